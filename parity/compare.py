"""One exchange in, its verdict out: the only judge of whether two backends did the same.

Bytes equal is a match. Else the answers are decoded, parsed and walked by the rules of their endpoint, and
each difference is held against the acceptances. Nothing a backend sends makes this raise.
"""

from datetime import date
from typing import Any

from parity.answer_headers import header_differences
from parity.bodies import BOUNDS, Bounds, Text, value_of
from parity.errors import BodyError
from parity.exchange import Backend, Exchange
from parity.outcome import ABSENT, Comparison, Difference, Kind, Outcome
from parity.paths import BODY, STATUS
from parity.rules import Compare, EndpointRules, RuleBook
from parity.shape import same_size, shape_of
from parity.walk import walk


def compare(exchange: Exchange, rules: RuleBook, *, today: date, bounds: Bounds = BOUNDS) -> Comparison:
    """The verdict; `today` decides which acceptances still hold."""
    unanswered = _unanswered(exchange)
    if unanswered is not None:
        return unanswered
    try:
        differences = _differences(exchange, rules.for_endpoint(exchange.endpoint), today, bounds)
    except BodyError as error:
        return Comparison(Outcome.SKIPPED, error.reason)
    if not differences:
        return Comparison(Outcome.MATCH)
    if exchange.raced:
        return Comparison(Outcome.SKIPPED, "write_overlapped")
    accepted = all(difference.acceptance for difference in differences)
    return Comparison(Outcome.ACCEPTED if accepted else Outcome.MISMATCH, "", tuple(differences))


def _unanswered(exchange: Exchange) -> Comparison | None:
    """The verdict on an exchange that has not two whole answers."""
    if exchange.skipped:
        return Comparison(Outcome.SKIPPED, exchange.skipped)
    if exchange.shadow.error == "timeout":
        return Comparison(Outcome.TIMEOUT, f"{exchange.authoritative.other}_timeout")
    for backend in (exchange.authoritative, exchange.authoritative.other):
        if error := exchange.observation(backend).error:
            return Comparison(Outcome.ERROR, f"{backend}_{error}")
    return None


def _differences(exchange: Exchange, rules: EndpointRules, today: date, bounds: Bounds) -> list[Difference]:
    legacy, modern = exchange.observation(Backend.LEGACY), exchange.observation(Backend.MODERN)
    found: list[Difference] = []
    if legacy.status != modern.status:
        found.append(Difference(STATUS, Kind.STATUS, legacy.status, modern.status))
    found.extend(
        difference for difference in header_differences(legacy, modern) if not _same_shape(difference, rules)
    )
    codings = legacy.header("content-encoding"), modern.header("content-encoding")
    if legacy.body != modern.body or codings[0] != codings[1]:
        found.extend(_body_differences(value_of(legacy, bounds), value_of(modern, bounds), rules))
    statuses = legacy.status, modern.status
    return [_judged(difference, rules, statuses, today) for difference in found]


def _same_shape(difference: Difference, rules: EndpointRules) -> bool:
    """Whether a header's rule asks for its shape alone, and the shape is the same."""
    if (
        ABSENT in (difference.legacy, difference.modern)
        or rules.compare_at(difference.steps) is not Compare.SHAPE
    ):
        return False
    one, other = shape_of(difference.legacy), shape_of(difference.modern)
    return one.form == other.form and same_size(one, other)


def _body_differences(legacy: Any, modern: Any, rules: EndpointRules) -> list[Difference]:
    if legacy is ABSENT and modern is ABSENT:
        return []
    if legacy is ABSENT:
        return [Difference(BODY, Kind.EXTRA, legacy, modern)]
    if modern is ABSENT:
        return [Difference(BODY, Kind.MISSING, legacy, modern)]
    if isinstance(legacy, Text | bytes) or isinstance(modern, Text | bytes):
        if type(legacy) is not type(modern):
            return [Difference(BODY, Kind.TYPE, legacy, modern)]
        return [Difference(BODY, Kind.VALUE, legacy, modern)] if legacy != modern else []
    return walk(legacy, modern, BODY, rules.compare_at)


def _judged(
    difference: Difference, rules: EndpointRules, statuses: tuple[int, int], today: date
) -> Difference:
    acceptance = rules.acceptance_of(difference, statuses, today)
    if acceptance is None:
        return difference
    return Difference(difference.steps, difference.kind, difference.legacy, difference.modern, acceptance)
