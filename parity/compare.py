"""One exchange in, its verdict out: the only judge of whether two backends did the same.

Bytes equal is a match. Else the answers are decoded, read by their media types and walked by the rules of their
endpoint, and each difference is held against the acceptances. Nothing a backend sends makes this raise.
"""

from datetime import date

from parity.answer_headers import header_differences
from parity.bodies import BOUNDS, Body, Bounds, Media, Text, bodies_of
from parity.canonical import same
from parity.errors import BodyError
from parity.excerpts import with_excerpts
from parity.exchange import REHEARSE, Exchange
from parity.html_body import MAX_DEPTH
from parity.outcome import Comparison, Difference, Kind, Outcome
from parity.paths import BODY, STATUS
from parity.row_differences import row_differences
from parity.rules import EndpointRules, RuleBook
from parity.walk import how_leaves_differ, walk

_STEPS_OF_MARKUP = 2 * MAX_DEPTH + 8
"""An element is two steps deep: its tag and the place among its siblings."""


def compare(exchange: Exchange, rules: RuleBook, *, today: date, bounds: Bounds = BOUNDS) -> Comparison:
    """The verdict; `today` decides which acceptances still hold."""
    unanswered = _unanswered(exchange)
    if unanswered is not None:
        return unanswered
    try:
        differences = _differences(exchange, rules_for(exchange, rules), today, bounds)
    except BodyError as error:
        return Comparison(Outcome.SKIPPED, error.reason)
    if not differences:
        return Comparison(Outcome.MATCH)
    if exchange.raced:
        return Comparison(Outcome.SKIPPED, "write_overlapped")
    accepted = all(difference.acceptance for difference in differences)
    return Comparison(Outcome.ACCEPTED if accepted else Outcome.MISMATCH, "", with_excerpts(differences))


def rules_for(exchange: Exchange, rules: RuleBook) -> EndpointRules:
    """A rehearsed write was done by both: what each makes anew differs, as between two runs of a recording."""
    book = rules.for_recording() if exchange.check == REHEARSE else rules
    return book.for_endpoint(exchange.endpoint)


def _unanswered(exchange: Exchange) -> Comparison | None:
    """The verdict on an exchange that has not two whole answers."""
    if exchange.is_answered:
        return None
    if exchange.skipped:
        return Comparison(Outcome.SKIPPED, exchange.skipped)
    if exchange.shadow.error == "timeout":
        return Comparison(Outcome.TIMEOUT, f"{exchange.authoritative.other}_timeout")
    for backend in (exchange.authoritative, exchange.authoritative.other):
        if error := exchange.observation(backend).error:
            return Comparison(Outcome.ERROR, f"{backend}_{error}")
    return None


def _differences(exchange: Exchange, rules: EndpointRules, today: date, bounds: Bounds) -> list[Difference]:
    legacy, modern = exchange.legacy, exchange.modern
    found: list[Difference] = []
    if legacy.status != modern.status:
        found.append(Difference(STATUS, Kind.STATUS, legacy.status, modern.status))
    found += header_differences(legacy, modern, target=exchange.target, rules=rules.tree, named=rules.headers)
    if legacy.body != modern.body or (legacy.header("content-encoding") != modern.header("content-encoding")):
        found += body_differences(*bodies_of(legacy, modern, bounds), rules, bounds)
    if exchange.rows:
        found += row_differences(exchange.rows, rules.tree)
    if not rules.acceptances:
        return found
    statuses = legacy.status, modern.status
    return [_judged(difference, rules, statuses, today) for difference in found]


def body_differences(
    legacy: Body, modern: Body, rules: EndpointRules, bounds: Bounds = BOUNDS
) -> list[Difference]:
    """What differs between two bodies; those of two media differ in type as a whole. Raises BodyError."""
    if legacy.media is not modern.media:
        kind = Kind.TYPE
        if Media.NONE in (legacy.media, modern.media):
            kind = Kind.EXTRA if legacy.media is Media.NONE else Kind.MISSING
        return [Difference(BODY, kind, legacy.whole, modern.whole)]
    if legacy.media is Media.BINARY:
        return _binary_differences(legacy.value, modern.value, rules)
    if isinstance(legacy.value, Text) or isinstance(modern.value, Text):  # too many lines to tell them apart
        legacy, modern = legacy._replace(value=legacy.whole), modern._replace(value=modern.whole)
    if legacy.media is Media.NONE or same(legacy.value, modern.value):
        return []
    depth = _STEPS_OF_MARKUP if legacy.media is Media.HTML else bounds.max_depth
    return walk(legacy.value, modern.value, BODY, rules.tree, max_depth=depth)


def _binary_differences(legacy: bytes, modern: bytes, rules: EndpointRules) -> list[Difference]:
    if legacy == modern:
        return []
    kind = how_leaves_differ(legacy, modern, rules.rule_at(BODY))
    if kind is None:
        return []
    if len(legacy) != len(modern):
        return [Difference(BODY, Kind.LENGTH, len(legacy), len(modern))]
    return [Difference(BODY, kind, legacy, modern)]


def _judged(
    difference: Difference, rules: EndpointRules, statuses: tuple[int, int], today: date
) -> Difference:
    acceptance = rules.acceptance_of(difference, statuses, today)
    if acceptance is None:
        return difference
    return Difference(difference.steps, difference.kind, difference.legacy, difference.modern, acceptance)
