"""Every value of the configuration with where it is from; secrets masked."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr
from pydantic_settings import EnvSettingsSource

from cli.settings import Settings

DEFAULT = "default"
MASK = "***"
_PLAIN_URLS = frozenset({"backends.legacy", "backends.modern", "telemetry.otlp_endpoint", "store.url"})
"""Addresses whose path says nothing secret, as that of a webhook does."""
_SECRET_KEY = re.compile(r"(^|[_.])(secret|password|passwd|token|api_key)s?$")
_PASSWORD = re.compile(r"(://[^/:@]*):.*@")
_SECRET_PARAMETER = re.compile(r"([?&][^=&#]*(?:secret|password|token|key)[^=&#]*=)[^&#]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Value:
    """One setting: `key` is like `proxy.listen`, `value` as in JSON, `origin` `default`, the file or a variable."""

    key: str
    value: Any
    origin: str

    @property
    def is_set(self) -> bool:
        """Whether somebody has set it."""
        return self.origin != DEFAULT


def values_of(settings: Settings, file: str, said: Mapping[str, Any]) -> list[Value]:
    """All settings in the order of the reference; `said` is what the file says."""
    environment = EnvSettingsSource(Settings)()
    dumped = settings.model_dump(mode="json")
    found = []
    for key in keys_of(Settings):
        origins = [file] if _has(said, key) else []
        value = _at(dumped, key)
        if key == "endpoints" and not settings.lists_endpoints:
            value = None  # the reference CRM's; an empty list would say that there are none
        if _has(environment, key):
            # only tables are merged; any other value of the environment takes the place of the file's
            origins = [*(origins if isinstance(value, dict) else []), _variable(key)]
        found.append(Value(key, masked(key, value), ", ".join(origins) or DEFAULT))
    return found


def keys_of(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """The keys of all settings, those of sections after the section's name."""
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from keys_of(kind, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def masked(key: str, value: Any) -> Any:
    """The value without what is secret in it: passwords and tokens by their key, and in addresses."""
    if isinstance(value, dict):
        return {name: masked(f"{key}.{name}", child) for name, child in value.items()}
    if isinstance(value, list):
        return [masked(key, child) for child in value]
    if isinstance(value, SecretStr) or (value and _SECRET_KEY.search(key)):
        return MASK
    return _masked_address(key, value) if isinstance(value, str) and "://" in value else value


def _masked_address(key: str, url: str) -> str:
    scheme = url.partition("://")[0]
    if key not in _PLAIN_URLS:
        host = urlsplit(url).hostname or "" if scheme in {"http", "https"} else ""
        return f"{scheme}://{host}{'/' if host else ''}{MASK}"
    # greedy: a password may hold any of the characters that end one elsewhere
    return _SECRET_PARAMETER.sub(rf"\g<1>{MASK}", _PASSWORD.sub(rf"\g<1>:{MASK}@", url))


def _at(values: Any, key: str) -> Any:
    for part in key.split("."):
        values = values.get(part) if isinstance(values, Mapping) else None
    return values


def _has(values: Mapping[str, Any], key: str) -> bool:
    *sections, last = key.split(".")
    for part in sections:
        below = values.get(part)
        if not isinstance(below, Mapping):
            return False
        values = below
    return last in values


def _variable(key: str) -> str:
    """The variable that says it: its own, that of a part of it, or that of the section around it."""
    wanted = f"CROSSFADE_{key.replace('.', '__')}".upper()
    names = {name.upper(): name for name in os.environ}
    around = wanted.rpartition("__")[0]
    parts = sorted(name for upper, name in names.items() if upper.startswith(f"{wanted}__"))
    return names.get(wanted) or ", ".join(parts) or names.get(around, around)
