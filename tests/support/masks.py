"""The recording's masks over secrets: an actual value of the right form is masked alike, so that it compares equal."""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from parity.exchange import Observation

_FORMS = {
    "<jwt>": re.compile(r"[\w-]+\.[\w-]+\.[\w-]+"),
    "<refreshToken>": re.compile(r"[0-9a-f]{80}"),
    "<key>": re.compile(r"[0-9a-f]{64}"),
    "<key_prefix>": re.compile(r"[0-9a-f]{8}\.\.\.[0-9a-f]{4}"),
    "<password_hash>": re.compile(r"\$2[aby]\$10\$[./A-Za-z0-9]{53}"),
}
_COOKIE = re.compile(r"(?<=^refreshToken=)(?:<cookie>|[0-9a-f]{80}|)(?=;)")
_LIFE = re.compile(r"Max-Age=(\d+);.* Expires=([^;]+)")
_TOLERANCE = timedelta(seconds=30)


def masked(actual: Observation, recorded: Any, now: datetime) -> Observation:
    """The observation with its secrets masked wherever the recorded answer masks them."""
    headers = tuple(
        (name, _masked_cookie(value, now) if name == "set-cookie" else value)
        for name, value in actual.headers
    )
    body = actual.body
    if body and "<" in json.dumps(recorded):
        try:
            body = json.dumps(_masked(json.loads(body), recorded)).encode()
        except ValueError:
            body = actual.body
    return msgspec.structs.replace(actual, headers=headers, body=body)


def masked_headers(recorded: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The recorded headers with the moments of their cookies masked."""
    return tuple(
        (name, _masked_cookie(value, None) if name == "set-cookie" else value) for name, value in recorded
    )


def _masked(actual: Any, recorded: Any) -> Any:
    match actual, recorded:
        case str(), str() if (form := _FORMS.get(recorded)) and form.fullmatch(actual):
            return recorded
        case dict(), dict():
            return {key: _masked(value, recorded.get(key)) for key, value in actual.items()}
        case list(), list() if len(actual) == len(recorded):
            return [_masked(*pair) for pair in zip(actual, recorded, strict=True)]
        case _:
            return actual


def _masked_cookie(cookie: str, now: datetime | None) -> str:
    """Without its value, and without its moment of expiry where that is `Max-Age` from now."""
    cookie = _COOKIE.sub("<cookie>", cookie)
    found = _LIFE.search(cookie)
    if found is None:
        return cookie
    expires = parsedate_to_datetime(found[2])
    if now is not None and abs(now + timedelta(seconds=int(found[1])) - expires.astimezone(UTC)) > _TOLERANCE:
        return cookie
    return cookie.replace(found[2], "<in Max-Age>")
