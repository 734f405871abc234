"""The headers that are compared, by an allow list, each in the form in which its value has one meaning."""

from collections.abc import Callable

from parity.exchange import Observation
from parity.outcome import ABSENT, Difference, Kind
from parity.paths import header

Headers = tuple[tuple[str, str], ...]


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


def _cookie_names(values: list[str]) -> str:
    return ", ".join(sorted(value.partition("=")[0].strip() for value in values))


COMPARED: dict[str, Callable[[list[str]], str]] = {
    "content-type": _media_type,
    "location": _plain,
    "cache-control": _members,
    "www-authenticate": _plain,
    "content-disposition": _plain,
    "vary": _members,
    "set-cookie": _cookie_names,
}


def compared(observation: Observation) -> dict[str, str]:
    """The canonical values of the compared headers that are there."""
    found: dict[str, list[str]] = {}
    for name, value in observation.headers:
        lower = name.lower()
        if lower in COMPARED:
            found.setdefault(lower, []).append(value.strip())
    return {name: COMPARED[name](values) for name, values in found.items()}


def header_differences(legacy: Observation, modern: Observation) -> list[Difference]:
    """The compared headers that differ."""
    one, other = compared(legacy), compared(modern)
    return [
        Difference(header(name), Kind.HEADER, one.get(name, ABSENT), other.get(name, ABSENT))
        for name in COMPARED
        if one.get(name) != other.get(name)
    ]
