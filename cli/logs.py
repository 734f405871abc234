"""What processes that serve say of themselves: events as JSON lines on stderr; stdout is for results alone.

They configure it before they import what they serve: structlog imports rich, for traces in colour that no log has, and
that is a fifth of the time of a start.
"""

import json
import sys
from typing import Any

import msgspec

from cli.without import without

_encoder = msgspec.json.Encoder()


def log_to_stderr() -> None:
    """Events of note as JSON lines."""
    with without("rich"):  # which who wants it can import afterwards
        import structlog
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_line),
        ],
        logger_factory=lambda *_: structlog.WriteLogger(sys.stderr),  # the stderr of the moment
    )


def _line(words: Any, **options: Any) -> str:
    """An event as JSON: written for every request, so by what writes it in a tenth of the time."""
    try:
        return _encoder.encode(words).decode()
    except (TypeError, UnicodeEncodeError):  # a type that it does not know, half a surrogate pair
        return json.dumps(words, **options)
