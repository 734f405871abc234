"""The effective configuration as text, with everything that is a secret masked."""

import re
from typing import Any

from cli.settings import Settings

MASK = "***"
_PASSWORD = re.compile(r"(://[^/:@]*):.*@")
_PARAMETER = re.compile(r"([?&][^=&]*(?:pass|secret|token|key)[^=&]*=)[^&]*", re.IGNORECASE)


def effective(settings: Settings) -> dict[str, str]:
    """Every setting by its key, in the order of the sections; passwords within addresses are masked."""
    found: dict[str, str] = {}
    for key, value in settings.model_dump(mode="json").items():
        _flatten(found, key, value)
    return found


def _flatten(found: dict[str, str], key: str, value: Any) -> None:
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            _flatten(found, f"{key}.{name}", inner)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        found[key] = f"{len(value)} rows"
    else:
        found[key] = _text(value)


def _text(value: Any) -> str:
    match value:
        case None | "" | [] | {}:
            return "not set"
        case bool():
            return str(value).lower()
        case str():
            return _masked(value)
        case list():
            return ", ".join(_masked(str(one)) for one in value)
        case _:
            return str(value)


def _masked(text: str) -> str:
    """An address without its password, and without what its parameters keep secret."""
    if "://" not in text:
        return text
    return _PARAMETER.sub(rf"\1{MASK}", _PASSWORD.sub(rf"\1:{MASK}@", text))
