"""Plays one case through a running proxy and says what is not as it should be."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from proxy.settings import ClientSettings, ForwardSettings
from tests.proxy.rig import Rig, running
from tests.wire.case import Case, Either, Got, OneOf
from tests.wire.messages import Message, UnreadableError, answers_in, requests_in
from tests.wire.play import Act, Pause, ScriptedBackend, Step, connected

CLIENT = ClientSettings(
    max_line_bytes=1_024,
    max_head_bytes=8_192,
    max_body_bytes=100_000,
    head_timeout_s=0.6,
    body_timeout_s=0.6,
    send_timeout_s=2.0,
    idle_s=3.0,
)
FORWARD = ForwardSettings(
    wait_s=0.5, connect_timeout_s=0.5, answer_timeout_s=0.8, fallback_timeout_s=0.5, connections=64
)
QUIET_S = 0.03


@dataclass
class Wired:
    """A proxy whose legacy backend plays scripts."""

    rig: Rig
    backend: ScriptedBackend

    @property
    def port(self) -> int:
        """Where the proxy listens."""
        return self.rig.port


@asynccontextmanager
async def wired(tmp_path: Path, **changes: Any) -> AsyncIterator[Wired]:
    """A running proxy with tight bounds before a backend that plays scripts."""
    options: dict[str, Any] = {"client": CLIENT, "forward": FORWARD, "expose_served_by": False, **changes}
    async with (
        ScriptedBackend() as backend,
        running(tmp_path, legacy_url=backend.url, **options) as rig,
    ):
        yield Wired(rig, backend)


@dataclass
class Played:
    """What a case came to on both sides."""

    got: bytes
    ended: str
    reached: bytes
    requests: list[Message]
    connections: int
    unreadable: str


async def play(case: Case, on: Wired, patience_s: float = 4.0) -> Played:
    """Do what the case says."""
    await on.backend.restart(case.answers)
    async with connected(on.port) as client:
        playing = asyncio.create_task(client.play(case.sends))
        wanted = len(case.gets)
        methods = _methods(case.sends)

        def is_there() -> bool:
            if client.ended:
                return True
            return case.ends == "open" and len(_whole(bytes(client.got), methods)) >= wanted

        await client.until(is_there, patience_s)
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)
        await asyncio.sleep(0.002 if client.ended else QUIET_S)
        ended = client.ended or "open"
        got = bytes(client.got)
    await _settled(case, on.backend)
    backend = on.backend
    try:
        requests, unreadable = backend.requests, backend.unreadable
    except UnreadableError as error:
        requests, unreadable = [], str(error)
    return Played(got, ended, backend.raw, requests, len(backend.ends), unreadable)


async def _settled(case: Case, backend: ScriptedBackend) -> None:
    if not case.reaches:
        return
    for _ in range(100):
        if backend.unreadable or sum(one.is_whole for one in backend.requests) >= len(case.reaches):
            return
        await asyncio.sleep(0.005)


def problems(case: Case, played: Played) -> list[str]:
    """What is not as the case says; nothing: all is well."""
    if case.may_refuse and not any(one.is_whole for one in played.requests):
        refused = not played.got or _refusal(played.got, 400) is None
        if refused and played.ended != "open":
            return []
    found = [*_at_the_backend(case, played), *_at_the_client(case, played)]
    if case.ends == "broken" or (case.gets and isinstance(case.gets[-1], int | OneOf)):
        ends_well = played.ended in {"closed", "reset"}
    else:
        ends_well = played.ended == case.ends
    if not ends_well:
        found.append(f"the client's connection is {played.ended}, not {case.ends}")
    return found


def _at_the_backend(case: Case, played: Played) -> list[str]:
    found = [f"unreadable at the backend: {played.unreadable}"] if played.unreadable else []
    whole = tuple(one.canonical() for one in played.requests if one.is_whole)
    if case.reaches is not None and whole != case.reaches:
        found.append(f"the backend got {_short(whole)}, not {_short(case.reaches)}")
    if case.reaches == () and not case.starts_ok and played.reached:
        found.append(f"the backend got {played.reached[:200]!r}, not nothing")
    if case.connections is not None and played.connections != case.connections:
        found.append(f"{played.connections} connections to the backend, not {case.connections}")
    found += [
        f"{wanted!r} did not reach it"
        for wanted in case.raw
        if not re.search(wanted, played.reached, re.DOTALL)
    ]
    found += [f"{bad!r} reached it" for bad in case.never if re.search(bad, played.reached)]
    return found


def _at_the_client(case: Case, played: Played) -> list[str]:
    rest = played.got
    methods = _methods(case.sends)
    for wanted in case.gets:
        if isinstance(wanted, int | OneOf):
            error = _refusal(rest, *((wanted,) if isinstance(wanted, int) else wanted.statuses))
            return [] if error is None else [error]
        error, rest = _answer(rest, wanted, methods, has_ended=played.ended != "open")
        if error:
            return [error]
        if not wanted_is_interim(wanted):
            methods = methods[1:]
    return [f"the client got {rest[:300]!r} beyond it"] if rest else []


def wanted_is_interim(wanted: Got) -> bool:
    """Whether this is one interim answer and nothing else."""
    return isinstance(wanted, bytes) and wanted.startswith(b"HTTP/1.1 10") and wanted.count(b"HTTP/1.1") == 1


def _answer(
    rest: bytes, wanted: bytes | Either, methods: list[bytes], *, has_ended: bool
) -> tuple[str, bytes]:
    options = wanted.answers if isinstance(wanted, Either) else (wanted,)
    try:
        messages = answers_in(rest, methods, has_ended=has_ended)
    except UnreadableError as error:
        return f"unreadable for the client: {error}", b""
    count = max(option.count(b"HTTP/1.1 ") for option in options)
    taken = messages[:count]
    if not taken:
        return f"the client got {rest[:300]!r}, not {_short(options)}", b""
    spelled = b"".join(one.canonical(frozenset()) for one in taken)
    if spelled not in options:
        return f"the client got {_short((spelled,))}, not {_short(options)}", b""
    return "", rest[taken[-1].end :]


def _refusal(got: bytes, *statuses: int) -> str | None:
    try:
        answer = next(iter(answers_in(got, [b"GET"], has_ended=True)), None)
    except UnreadableError as error:
        return f"unreadable refusal: {error}"
    if answer is None:
        return f"the client got {got[:200]!r}, not a {statuses}"
    if answer.status not in statuses:
        return f"the client got {answer.line!r}, not {statuses}"
    if answer.end != len(got):
        return f"bytes behind the refusal: {got[answer.end :][:100]!r}"
    try:
        envelope = json.loads(answer.body)
    except ValueError:
        return f"the body of the refusal is {answer.body[:100]!r}"
    checks = {
        "Proxy-Status": answer.values.get(b"proxy-status", b"").startswith(b"crossfade; error="),
        "Connection: close": answer.values.get(b"connection", b"").lower() == b"close",
        "success": envelope.get("success") is False,
        "code": bool(envelope.get("error", {}).get("code")),
        "requestId": envelope.get("error", {}).get("requestId")
        == answer.values.get(b"x-request-id", b"-").decode(),
        "whole": answer.is_whole,
    }
    lacking = [name for name, there in checks.items() if not there]
    return f"the refusal lacks {', '.join(lacking)}: {got[:300]!r}" if lacking else None


def _whole(got: bytes, methods: list[bytes]) -> list[Message]:
    try:
        return [one for one in answers_in(got, methods, has_ended=False) if one.is_whole]
    except UnreadableError:
        return []


def _methods(sends: Sequence[Step]) -> list[bytes]:
    sent = b"".join(step for step in sends if isinstance(step, bytes)).removeprefix(b"\r\n")
    try:
        return [one.line.split(b" ")[0] for one in requests_in(sent)]
    except UnreadableError:
        return []


def _short(messages: Sequence[bytes]) -> str:
    return " | ".join(repr(one if len(one) < 300 else one[:300] + b"...") for one in messages) or "nothing"


def plain(case: Case) -> bytes | None:
    """The bytes of a case that does nothing but send."""
    if any(isinstance(step, Act) or not isinstance(step, bytes | Pause) for step in case.sends):
        return None
    return b"".join(step for step in case.sends if isinstance(step, bytes))


def in_pieces(case: Case, size: int) -> Case:
    """The same case, its bytes in pieces of that size."""
    steps: list[Step] = []
    for step in case.sends:
        if isinstance(step, bytes):
            steps += [part for at in range(0, len(step), size) for part in (step[at : at + size], Pause(0))]
        else:
            steps.append(step)
    return replace(case, sends=tuple(steps))
