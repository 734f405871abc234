"""The effective configuration as a page shows it: a line of text each, with everything that is a secret masked."""

from typing import Any

from cli.origins import values_of
from cli.settings import Settings


def effective(settings: Settings) -> dict[str, str]:
    """Every setting by its key, in the order of the reference."""
    return {one.key: _text(one.value) for one in values_of(settings, "", {})}


def _text(value: Any) -> str:
    match value:
        case None | "" | [] | {}:
            return "not set"
        case bool():
            return str(value).lower()
        case [dict(), *_]:
            return "1 row" if len(value) == 1 else f"{len(value)} rows"
        case list():
            return ", ".join(map(str, value))
        case dict():
            return ", ".join(f"{name}: {_text(child)}" for name, child in value.items())
        case _:
            return str(value)
