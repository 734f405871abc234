"""The HTTP clients that people use, behind one seam: aiohttp, httpx, requests, curl, and node's fetch."""

import asyncio
import base64
import json
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import aiohttp
import httpx
import pytest
import requests
from yarl import URL

_TIMEOUT_S = 30.0
_CHUNK_BYTES = 60_000
_FETCH = Path(__file__).with_name("fetch.mjs")


@dataclass(frozen=True, slots=True)
class Ask:
    """A request; with `chunked` its length is not said before."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    chunked: bool = False


@dataclass(frozen=True, slots=True)
class Got:
    """What the client made of the answer: names of headers in lower case, the body decoded."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def all(self, name: str) -> list[str]:
        """Every value of that header."""
        return [value for key, value in self.headers if key == name]

    def header(self, name: str) -> str | None:
        """The first of them."""
        return next(iter(self.all(name)), None)


class Client(Protocol):
    """Follows no redirects; keeps connections alive within one call, and cookies where it has a jar."""

    name: str
    has_jar: bool
    connections_of_seven: int
    """How many connections it makes for seven requests of all kinds in turn, also directly."""

    def in_turn(self, asks: Sequence[Ask]) -> list[Got]:
        """One request after the other."""
        ...

    def at_once(self, asks: Sequence[Ask]) -> list[Got]:
        """All side by side; answers in the order of the requests."""
        ...


def _chunks(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), _CHUNK_BYTES):
        yield body[start : start + _CHUNK_BYTES]


async def _chunks_later(body: bytes) -> AsyncIterator[bytes]:
    for chunk in _chunks(body):
        yield chunk
        await asyncio.sleep(0)


class Aiohttp:
    """aiohttp."""

    name, has_jar, connections_of_seven = "aiohttp", True, 1

    def in_turn(self, asks: Sequence[Ask]) -> list[Got]:
        """One request after the other."""
        return asyncio.run(self._all(asks, side_by_side=1))

    def at_once(self, asks: Sequence[Ask]) -> list[Got]:
        """All side by side."""
        return asyncio.run(self._all(asks, side_by_side=len(asks)))

    async def _all(self, asks: Sequence[Ask], side_by_side: int) -> list[Got]:
        jar = aiohttp.CookieJar(unsafe=True)  # cookies of addresses, too
        connector = aiohttp.TCPConnector(limit=side_by_side)
        async with aiohttp.ClientSession(cookie_jar=jar, connector=connector) as session:
            if side_by_side > 1:
                return list(await asyncio.gather(*(self._one(session, ask) for ask in asks)))
            return [await self._one(session, ask) for ask in asks]

    async def _one(self, session: aiohttp.ClientSession, ask: Ask) -> Got:
        data = _chunks_later(ask.body or b"") if ask.chunked else ask.body
        async with session.request(
            ask.method,
            URL(ask.url, encoded=True),
            headers=ask.headers,
            data=data,
            allow_redirects=False,
        ) as answer:
            headers = tuple((name.lower(), value) for name, value in answer.headers.items())
            return Got(answer.status, headers, await answer.read())


class Httpx:
    """httpx."""

    name, has_jar, connections_of_seven = "httpx", True, 1

    def in_turn(self, asks: Sequence[Ask]) -> list[Got]:
        """One request after the other."""
        with httpx.Client(timeout=_TIMEOUT_S, trust_env=False) as client:
            return [self._one(client, ask) for ask in asks]

    def at_once(self, asks: Sequence[Ask]) -> list[Got]:
        """All side by side."""
        with (
            httpx.Client(timeout=_TIMEOUT_S, trust_env=False) as client,
            ThreadPoolExecutor(len(asks)) as threads,
        ):
            return list(threads.map(lambda ask: self._one(client, ask), asks))

    def _one(self, client: httpx.Client, ask: Ask) -> Got:
        content = _chunks(ask.body or b"") if ask.chunked else ask.body
        answer = client.request(ask.method, ask.url, headers=ask.headers, content=content)
        headers = tuple((name.lower(), value) for name, value in answer.headers.multi_items())
        return Got(answer.status_code, headers, answer.content)


class Requests:
    """requests."""

    name, has_jar, connections_of_seven = "requests", True, 1

    def in_turn(self, asks: Sequence[Ask]) -> list[Got]:
        """One request after the other."""
        with self._session() as session:
            return [self._one(session, ask) for ask in asks]

    def at_once(self, asks: Sequence[Ask]) -> list[Got]:
        """All side by side."""
        with self._session() as session, ThreadPoolExecutor(len(asks)) as threads:
            return list(threads.map(lambda ask: self._one(session, ask), asks))

    def _session(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False
        return session

    def _one(self, session: requests.Session, ask: Ask) -> Got:
        data = _chunks(ask.body or b"") if ask.chunked else ask.body
        answer = session.request(
            ask.method,
            ask.url,
            headers=dict(ask.headers),
            data=data,
            allow_redirects=False,
            timeout=_TIMEOUT_S,
        )
        headers = tuple((name.lower(), value) for name, value in answer.raw.headers.items())
        return Got(answer.status_code, headers, answer.content)


class Curl:
    """curl; its requests are those of one process, so that connections are kept alive."""

    name, has_jar, connections_of_seven = "curl", True, 1

    def in_turn(self, asks: Sequence[Ask]) -> list[Got]:
        """One request after the other."""
        return self._all(asks)

    def at_once(self, asks: Sequence[Ask]) -> list[Got]:
        """All side by side."""
        return self._all(asks, "--parallel", "--parallel-immediate", "--parallel-max", str(len(asks)))

    def _all(self, asks: Sequence[Ask], *options: str) -> list[Got]:
        if shutil.which("curl") is None:
            pytest.skip("no curl on this machine")
        with tempfile.TemporaryDirectory() as directory:
            jar = Path(directory) / "jar"
            command = ["curl", "--no-progress-meter", "--noproxy", "*", *options]
            for number, ask in enumerate(asks):
                command += ["--next"] if number else []
                command += self._options(ask, Path(directory) / str(number))
                command += ["--cookie", str(jar), "--cookie-jar", str(jar)]
            subprocess.run(command, check=True, capture_output=True, timeout=_TIMEOUT_S)
            return [self._read(Path(directory) / str(number)) for number in range(len(asks))]

    def _options(self, ask: Ask, place: Path) -> list[str]:
        options = ["--compressed", "-o", f"{place}.body", "-D", f"{place}.head"]
        options += ["--head"] if ask.method == "HEAD" else ["-X", ask.method]
        for name, value in ask.headers.items():
            options += ["-H", f"{name}: {value}"]
        if ask.body is not None:
            place.write_bytes(ask.body)
            options += ["--data-binary", f"@{place}"]
        if ask.chunked:
            options += ["-H", "Transfer-Encoding: chunked"]
        return [*options, ask.url]

    def _read(self, place: Path) -> Got:
        blocks = Path(f"{place}.head").read_bytes().decode("latin-1").strip().split("\r\n\r\n")
        line, *fields = blocks[-1].split("\r\n")  # those before are interim answers
        split = (one.partition(":") for one in fields)
        headers = tuple((name.lower(), value.strip()) for name, _, value in split)
        body = Path(f"{place}.body")
        is_head = not body.exists() or body.read_bytes().startswith(b"HTTP/1.1 ")  # `--head` writes that
        return Got(int(line.split()[1]), headers, b"" if is_head else body.read_bytes())


class NodeFetch:
    """fetch of Node, which gives a connection up after HEAD and after 304."""

    name, has_jar, connections_of_seven = "fetch", False, 3

    def in_turn(self, asks: Sequence[Ask]) -> list[Got]:
        """One request after the other."""
        return self._all([[ask] for ask in asks])

    def at_once(self, asks: Sequence[Ask]) -> list[Got]:
        """All side by side."""
        return self._all([asks])

    def _all(self, batches: Sequence[Sequence[Ask]]) -> list[Got]:
        if shutil.which("node") is None:
            pytest.skip("no node on this machine")
        job = {"requests": [[self._told(ask) for ask in batch] for batch in batches]}
        ran = subprocess.run(
            ["node", str(_FETCH)],
            input=json.dumps(job).encode(),
            check=True,
            capture_output=True,
            timeout=_TIMEOUT_S,
        )
        return [
            Got(
                one["status"],
                tuple((name, value) for name, value in one["headers"]),
                base64.b64decode(one["body"]),
            )
            for one in json.loads(ran.stdout)
        ]

    def _told(self, ask: Ask) -> dict[str, object]:
        body = None if ask.body is None else base64.b64encode(ask.body).decode()
        return {
            "method": ask.method,
            "url": ask.url,
            "headers": dict(ask.headers),
            "body": body,
            "chunked": ask.chunked,
        }


CLIENTS: tuple[Client, ...] = (Aiohttp(), Httpx(), Requests(), Curl(), NodeFetch())
