"""Cookies that an answer sets, compared attribute by attribute; what their values are is nobody's business.

A value is compared by its shape and a lifetime by its length, because both are made anew for each answer. Both are
told in words that hold nothing of the value.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Final

from parity.outcome import ABSENT, Difference, Kind
from parity.paths import Steps, header
from parity.shape import shape_of

ATTRIBUTES: Final = ("value", "path", "domain", "secure", "httponly", "samesite", "lifetime")

SESSION: Final = "session"
ENDED: Final = "ended"
_UNREADABLE: Final = "unreadable"
_UNITS = (("days", 86_400), ("hours", 3_600), ("minutes", 60), ("seconds", 1))
_SLACK_S = 5
_SLACK_SHARE = 0.01


@dataclass(frozen=True, slots=True)
class Cookie:
    """One `Set-Cookie` line: the name, the attributes as they are compared, and the lifetime in seconds if it has one."""

    name: str
    attributes: dict[str, str]
    lifetime_s: float | None


def read_cookie(line: str, date: str | None) -> Cookie:
    """A cookie of an answer with this `Date`; what is no attribute that browsers know is left out (RFC 6265)."""
    pair, *rest = line.split(";")
    name, _, value = pair.partition("=")
    given = {
        key.strip().lower(): written.strip()
        for key, _, written in (part.partition("=") for part in rest)
        if key.strip()
    }
    lifetime, lifetime_s = _lifetime(given, date)
    attributes = {"value": _shape(value.strip()), "lifetime": lifetime}
    attributes |= {key: "yes" for key in ("secure", "httponly") if key in given}
    attributes |= {key: given[key] for key in ("path", "domain", "samesite") if given.get(key)}
    if "domain" in attributes:
        attributes["domain"] = attributes["domain"].lower().removeprefix(".")
    if "samesite" in attributes:
        attributes["samesite"] = attributes["samesite"].lower()
    return Cookie(name.strip(), attributes, lifetime_s)


def _shape(value: str) -> str:
    """The shape in a word: the format and the length class."""
    shape = shape_of(value.strip('"'))
    return f"{shape.form.split(' ')[0]}-{shape.size}"


def _lifetime(given: dict[str, str], date: str | None) -> tuple[str, float | None]:
    """The lifetime in a word, and in seconds; `Max-Age` wins over `Expires`, which counts from the answer's `Date`."""
    seconds: float | None = None
    if "max-age" in given:
        try:
            seconds = float(int(given["max-age"]))
        except ValueError:
            return _UNREADABLE, None
    elif "expires" in given:
        try:
            end = parsedate_to_datetime(given["expires"]).timestamp()
            begin = parsedate_to_datetime(date).timestamp() if date else None
        except (ValueError, OverflowError):
            return _UNREADABLE, None
        if begin is None:
            return "dated", None
        seconds = end - begin
    if seconds is None:
        return SESSION, None
    if seconds <= 0:
        return ENDED, None
    unit, size = next((unit, size) for unit, size in (*_UNITS, ("seconds", 0)) if seconds >= size)
    return f"{unit}-{min(int(seconds / max(size, 1)), 9_999)}", seconds


def cookie_differences(
    legacy: Sequence[str], modern: Sequence[str], *, dates: tuple[str | None, str | None]
) -> list[Difference]:
    """What differs between the `Set-Cookie` lines of two answers, whose `Date` headers are given."""
    one = _by_name(read_cookie(line, dates[0]) for line in legacy)
    other = _by_name(read_cookie(line, dates[1]) for line in modern)
    found: list[Difference] = []
    for name in dict.fromkeys((*one, *other)):
        steps = (*header("set-cookie"), name)
        lefts, rights = one.get(name, []), other.get(name, [])
        if len(lefts) != len(rights):
            found.append(Difference(steps, Kind.HEADER, _times(lefts), _times(rights)))
            continue
        for left, right in zip(lefts, rights, strict=True):
            found.extend(_attribute_differences(steps, left, right))
    return found


def _by_name(cookies: Iterable[Cookie]) -> dict[str, list[Cookie]]:
    """Cookies of one name are told apart by domain and path, as browsers do."""
    found: dict[str, list[Cookie]] = {}
    for cookie in cookies:
        found.setdefault(cookie.name, []).append(cookie)
    for same in found.values():
        same.sort(key=lambda one: (one.attributes.get("domain", ""), one.attributes.get("path", "")))
    return found


def _times(cookies: Sequence[Cookie]) -> Any:
    if not cookies:
        return ABSENT
    return "set" if len(cookies) == 1 else f"times-{len(cookies)}"


def _attribute_differences(steps: Steps, legacy: Cookie, modern: Cookie) -> Iterable[Difference]:
    for attribute in ATTRIBUTES:
        one, other = legacy.attributes.get(attribute), modern.attributes.get(attribute)
        if one == other or (attribute == "lifetime" and _last_alike(legacy, modern)):
            continue
        yield Difference(
            (*steps, attribute),
            Kind.HEADER,
            ABSENT if one is None else one,
            ABSENT if other is None else other,
        )


def _last_alike(legacy: Cookie, modern: Cookie) -> bool:
    """Whether two lifetimes are as near as two answers of one moment come."""
    one, other = legacy.lifetime_s, modern.lifetime_s
    if one is None or other is None:
        return False
    return abs(one - other) <= max(_SLACK_S, _SLACK_SHARE * max(one, other))
