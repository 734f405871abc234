"""The settings of a proxy worker as one line, from `crossfade up` to the worker's stdin. They hold secrets."""

from pathlib import Path
from typing import Any

import msgspec

from proxy.settings import ProxySettings

MAX_LINE_BYTES = 1_048_576
"""As much as a pipe holds, so that a worker that does not read keeps nobody waiting."""


def encode(settings: ProxySettings) -> bytes:
    """One line of JSON."""
    return msgspec.json.encode(settings, enc_hook=_plain) + b"\n"


def decode(line: bytes) -> ProxySettings:
    """The settings of such a line; raises `msgspec.DecodeError`."""
    return msgspec.json.decode(line, type=ProxySettings, dec_hook=_typed)


def _plain(value: Any) -> str:
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no form on this wire")


def _typed(kind: type, value: Any) -> Any:
    return kind(value) if issubclass(kind, Path) else value
