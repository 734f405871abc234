"""The headers that are compared, by an allow list, each in the form in which its value has one meaning.

A rule with a header's path (`header:x-total-count`) adds that header for its endpoints.
"""

import re
from collections.abc import Callable, Collection, Iterable
from urllib.parse import urljoin, urlsplit, urlunsplit

from parity.cookies import cookie_differences
from parity.exchange import Observation
from parity.outcome import ABSENT, Difference, Kind
from parity.paths import header
from parity.rule import Compare, Rule
from parity.rule_tree import NO_RULES, RuleTree
from parity.shape import same_size, shape_of
from parity.tolerance import within

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
_ESCAPE = re.compile(r"%[0-9a-fA-F]{2}")


def _plain(values: list[str]) -> str:
    return ", ".join(values)


def _media_type(values: list[str]) -> str:
    essence, *parameters = ", ".join(values).split(";")
    pairs = (parameter.strip().partition("=") for parameter in parameters if parameter.strip())
    written = sorted(f"{name.lower()}={value.strip(chr(34)).lower()}" for name, _, value in pairs)
    return "; ".join([essence.strip().lower(), *written])


def _members(values: list[str]) -> str:
    return ", ".join(
        sorted({member.strip().lower() for value in values for member in value.split(",") if member.strip()})
    )


COMPARED: dict[str, Callable[[list[str]], str]] = {
    "content-type": _media_type,
    "location": _plain,
    "cache-control": _members,
    "www-authenticate": _plain,
    "content-disposition": _plain,
    "vary": _members,
    "set-cookie": _plain,
}


def resolved(location: str, target: str) -> str:
    """Where a `Location` leads from a request's path and query, in one spelling (RFC 3986 section 6.2).

    A host is kept where it was given: whether it is the one that was asked cannot be seen here.
    """
    try:
        parts = urlsplit(urljoin(target or "/", location.strip()))
        host = parts.netloc.lower().removesuffix(_DEFAULT_PORTS.get(parts.scheme, "\0"))
    except ValueError:
        return location
    path = parts.path or ("/" if host else "")
    written = urlunsplit((parts.scheme, host, path, parts.query, parts.fragment))
    return _ESCAPE.sub(lambda found: found[0].upper(), written)


_ALLOWED = frozenset(COMPARED)


def collected(observation: Observation, wanted: Collection[str] = _ALLOWED) -> dict[str, list[str]]:
    """The values of these headers, as many as there are of each."""
    found: dict[str, list[str]] = {}
    for name, value in observation.headers:
        if name in wanted or (name := name.lower()) in wanted:
            found.setdefault(name, []).append(value.strip())
    return found


def _pairs(observation: Observation, wanted: Collection[str]) -> list[tuple[str, str]]:
    return [pair for pair in observation.headers if pair[0] in wanted or pair[0].lower() in wanted]


def compared(observation: Observation, target: str = "/") -> dict[str, str]:
    """The headers of the allow list that are there, each in the form in which its value has one meaning."""
    return {name: str(_value(name, values, target)) for name, values in collected(observation).items()}


def header_differences(
    legacy: Observation,
    modern: Observation,
    *,
    target: str = "/",
    rules: RuleTree = NO_RULES,
    named: Collection[str] = (),
) -> list[Difference]:
    """The headers that differ: those of the allow list and those `named` by rules. `target` is the request's."""
    if legacy.headers == modern.headers:
        return []
    wanted = _ALLOWED.union(named) if named else _ALLOWED
    if _pairs(legacy, wanted) == _pairs(modern, wanted):  # as nearly always, and quicker than by name
        return []
    one, other = collected(legacy, wanted), collected(modern, wanted)
    if one == other:
        return []
    found: list[Difference] = []
    for name in (*COMPARED, *(name for name in named if name not in COMPARED)):
        left, right = one.get(name), other.get(name)
        if left == right:
            continue
        if name == "set-cookie":
            dates = legacy.header("date"), modern.header("date")
            found.extend(cookie_differences(left or [], right or [], dates=dates))
        else:
            found.extend(_differing(name, left, right, target, rules))
    return found


def _differing(
    name: str, legacy: list[str] | None, modern: list[str] | None, target: str, rules: RuleTree
) -> Iterable[Difference]:
    steps = header(name)
    one, other = _value(name, legacy, target), _value(name, modern, target)
    if one == other or (
        one is not None and other is not None and _lets_pass(rules.at(steps).value, one, other)
    ):
        return
    yield Difference(steps, Kind.HEADER, ABSENT if one is None else one, ABSENT if other is None else other)


def _value(name: str, values: list[str] | None, target: str) -> str | None:
    if values is None:
        return None
    if name == "location":
        return ", ".join(resolved(value, target) for value in values)
    return COMPARED.get(name, _plain)(values)


def _lets_pass(rule: Rule | None, legacy: str, modern: str) -> bool:
    """Whether a rule of the header asks for less than these two values being equal."""
    if rule is None or rule.compare is Compare.VALUE:
        return False
    if rule.compare is Compare.TOLERANCE:
        return within(rule.tolerance, legacy, modern)
    one, other = shape_of(legacy), shape_of(modern)
    return one.form == other.form and same_size(one, other)
