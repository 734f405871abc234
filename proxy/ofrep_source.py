"""Another flag system, asked by OFREP: one question a flag, within a deadline, and never a default of ours."""

import asyncio
import math
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlsplit

import aiohttp
import msgspec

from proxy.provider_answers import NoAnswer, ProviderAnswer, none_of, read_answer

_MAX_BODY_BYTES = 65_536
_CONNECTIONS = 4
_LONGEST_PAUSE_S = 3_600.0
_DETAILS_CHARS = 120


class _Answer(msgspec.Struct, rename="camel"):
    key: str | None = None
    value: Any = None
    reason: str | None = None
    metadata: dict[str, Any] | None = None
    error_code: str | None = None
    error_details: str | None = None


_decode = msgspec.json.Decoder(_Answer).decode


class OfrepSource:
    """Asks `url` + `/ofrep/v1/evaluate/flags/KEY`, with `token` as bearer token where there is one."""

    def __init__(
        self,
        url: str,
        *,
        token: str = "",
        targeting_key: str = "crossfade",
        timeout_s: float = 2.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._body = {"context": {"targetingKey": targeting_key}}
        self._timeout_s = timeout_s
        self._clock = clock
        self._not_before = -math.inf
        self._session: aiohttp.ClientSession | None = None

    @property
    def name(self) -> str:
        """The host and port."""
        return urlsplit(self._url).netloc

    async def ask(self, keys: Sequence[str]) -> dict[str, ProviderAnswer]:
        """All of them at once; none before the time that a 429 named."""
        pause_s = self._not_before - self._clock()
        if pause_s > 0:
            return none_of(keys, f"wants no question for another {pause_s:.0f} s")
        if self._session is None:
            # no redirects and no proxies of the environment: the token is for that address alone
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=_CONNECTIONS),
                timeout=aiohttp.ClientTimeout(total=self._timeout_s),
                headers=self._headers,
                trust_env=False,
            )
        session = self._session
        answers = await asyncio.gather(*(self._ask(session, key) for key in keys))
        return dict(zip(keys, answers, strict=True))

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _ask(self, session: aiohttp.ClientSession, key: str) -> ProviderAnswer:
        url = f"{self._url}/ofrep/v1/evaluate/flags/{quote(key, safe='')}"
        try:
            async with session.post(url, json=self._body, allow_redirects=False) as response:
                if response.status == 429:
                    self._pause(response.headers.get("Retry-After", ""))
                body = await _bounded(response)
        except TimeoutError:
            return NoAnswer(f"did not answer within {self._timeout_s:g} s")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            problem = getattr(error, "strerror", None) or str(error).strip() or type(error).__name__
            return NoAnswer(f"cannot be asked: {problem}")
        if body is None:
            return NoAnswer(f"answered with more than {_MAX_BODY_BYTES} bytes")
        return _read(key, response.status, body)

    def _pause(self, retry_after: str) -> None:
        pause_s = min(_LONGEST_PAUSE_S, _seconds(retry_after))
        self._not_before = max(self._not_before, self._clock() + pause_s)


async def _bounded(response: aiohttp.ClientResponse) -> bytes | None:
    body = bytearray()
    async for chunk in response.content.iter_chunked(_MAX_BODY_BYTES):
        body += chunk
        if len(body) > _MAX_BODY_BYTES:
            return None
    return bytes(body)


def _read(key: str, status: int, body: bytes) -> ProviderAnswer:
    try:
        found = _decode(body)
    except (ValueError, RecursionError):
        found = _Answer()
        if status == 200:
            return NoAnswer("answered with what is no evaluation of a flag")
    if status != 200 or found.error_code is not None:
        details = f": {found.error_details[:_DETAILS_CHARS]}" if found.error_details else ""
        return NoAnswer(
            f"answered {status}{f' {found.error_code[:40]}' if found.error_code else ''}{details}"
        )
    if found.key is not None and found.key != key:
        return NoAnswer(f"answered for another flag, {found.key[:40]!r}")
    if found.value is None:
        return NoAnswer("leaves it to a default in the code")
    return read_answer(found.value, found.reason, found.metadata)


def _seconds(retry_after: str) -> float:
    """From now; `retry_after` is a number of seconds, or a moment as HTTP or ISO 8601 writes it."""
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after)
    for parse in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = parse(retry_after)
        except ValueError:
            continue
        at = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        return max(0.0, at.timestamp() - time.time())
    return 0.0
