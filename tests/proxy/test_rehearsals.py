"""When a write is rehearsed, what is made of it, and when not; behind a sender that does what a test wants."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from parity.exchange import Rehearsal
from proxy.admission import Admission
from proxy.captures import Budget, KeptBody
from proxy.errors import UnsignedError
from proxy.headers import Peer
from proxy.mirror import Reply
from proxy.rehearsal_results import RehearsalResults
from proxy.rehearsals import UNPROVEN, Attempt, Rehearser, bounds_of, require_secret, unfit
from proxy.settings import MirrorSettings, ProxySettings, WriteCheck
from proxy.stages import Stage
from tests.proxy.rig import SECRET
from tests.proxy.wire.fakes import head_of
from tests.proxy.wire.rehearsing import rehearsing_settings
from tests.proxy.wire.rig import RecordingEdge, settings_of

ANSWER = Reply(201, b"X-Write-Set: []\r\n", 0.01)
PEER = Peer("192.0.2.9", "http", trusted=False)
POST, PUT = "POST /v1/escrows", "PUT /v1/escrows/{id}"


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Sender:
    """Does what it is told, and remembers."""

    def __init__(self, act: Callable[[Attempt, KeptBody], Awaitable[Reply]]) -> None:
        self.act = act
        self.attempts: list[Attempt] = []
        self.is_closed = False

    async def rehearse(self, attempt: Attempt, kept: KeptBody) -> Reply:
        """Note it."""
        self.attempts.append(attempt)
        return await self.act(attempt, kept)

    async def close(self) -> None:
        """Note it."""
        self.is_closed = True


def replying(reply: Reply, body: bytes = b"") -> Callable[[Attempt, KeptBody], Awaitable[Reply]]:
    async def act(_attempt: Attempt, kept: KeptBody) -> Reply:
        kept.add(body)
        return reply

    return act


async def never(_attempt: Attempt, _kept: KeptBody) -> Reply:
    await asyncio.Event().wait()
    return ANSWER


def settings(mirror: MirrorSettings | None = None, **checks: Any) -> ProxySettings:
    found = settings_of(shadow_secret=SECRET, write_checks=rehearsing_settings(**checks))
    return found if mirror is None else replace(found, mirror=mirror)


class Rig:
    """A rehearser, what it sends to, and the rooms that it was given."""

    def __init__(self, sender: Sender, given: ProxySettings | None = None, *, room: int = 1_000_000) -> None:
        self.settings = given or settings()
        self.sender = sender
        self.clock = Clock()
        self.budget = Budget(room)
        self.results = RehearsalResults()
        self.rehearser = Rehearser(
            sender, self.settings, budget=self.budget, results=self.results, clock=self.clock
        )

    def admission(self, method: str = "POST", target: str = "/v1/escrows", *fields: str) -> Admission:
        """Of a write at stage `shadow`."""
        edge = RecordingEdge(self.settings, stage=Stage.SHADOW)
        edge.rehearser = self.rehearser
        admission = edge.admit(head_of(method, target, *fields), PEER)
        assert isinstance(admission, Admission)
        return admission

    async def rehearse(self, admission: Admission | None = None, body: bytes = b"{}") -> Rehearsal | str:
        """What became of one, or why it is not done."""
        ended: asyncio.Future[Rehearsal] = asyncio.get_running_loop().create_future()

        def end(rehearsal: Rehearsal, kept: KeptBody) -> None:
            kept.release()
            ended.set_result(rehearsal)

        begun = self.rehearser.begin(admission or self.admission(), body, end)
        return begun if isinstance(begun, str) else await ended


async def test_a_rehearsal_is_what_modern_answered() -> None:
    rig = Rig(Sender(replying(ANSWER, b"made")))

    rehearsal = await rig.rehearse()

    assert rehearsal == Rehearsal(201, b"X-Write-Set: []\r\n", b"made", 0.01)
    assert rig.budget.held == 0


async def test_question_and_copy_are_signed_and_go_to_the_same_place() -> None:
    rig = Rig(Sender(replying(ANSWER)))

    await rig.rehearse(rig.admission("POST", "/v1/escrows?x=1", "Content-Length: 2", "Cookie: a=b"), b"{}")

    (attempt,) = rig.sender.attempts
    question = attempt.question.wire.decode().split("\r\n")
    copy = attempt.copy().wire.decode().split("\r\n")
    assert question[0] == "OPTIONS /v1/escrows?x=1 HTTP/1.1"
    assert [line.partition(":")[0] for line in question[1:]] == [
        "Host",
        "X-Crossfade-Shadow",
        "X-Crossfade-Signature",
        "",
        "",
    ]
    assert copy[0] == "POST /v1/escrows?x=1 HTTP/1.1"
    assert {"Cookie: a=b", "X-Crossfade-Shadow: rehearse", "{}"} <= set(copy)
    (within,) = [line.partition(": ")[2] for line in copy if line.startswith("X-Crossfade-Within: ")]
    assert 0 <= float(within) <= rig.settings.write_checks.rehearse_within_s
    assert question[3] not in copy


async def test_where_nothing_was_proven_an_endpoint_is_left_alone_for_a_while() -> None:
    rig = Rig(Sender(replying(Reply(error=UNPROVEN))))

    first = await rig.rehearse()
    refusals = [rig.rehearser.refusal(name) for name in (POST, PUT)]
    rig.clock.now += 31
    later = rig.rehearser.refusal(POST)

    assert first == Rehearsal(shed=UNPROVEN)
    assert (refusals, later) == ([UNPROVEN, ""], "")


async def test_after_failures_on_end_one_is_tried_at_a_time() -> None:
    rig = Rig(
        Sender(replying(Reply(error="refused"))), settings(MirrorSettings(failures=2, cool_down_s=10.0))
    )

    for _ in range(2):
        await rig.rehearse()
    down = rig.rehearser.refusal(POST)
    rig.clock.now += 11
    probes = [rig.rehearser.refusal(POST) for _ in range(2)]
    rig.sender.act = replying(ANSWER)
    await rig.rehearse()

    assert (down, probes) == ("rehearsal_down", ["", "rehearsal_down"])
    assert rig.rehearser.refusal(POST) == ""


async def test_what_takes_too_long_is_a_timeout_and_is_broken_off() -> None:
    rig = Rig(Sender(never), settings(rehearse_within_s=0.05))

    rehearsal = await rig.rehearse()

    assert isinstance(rehearsal, Rehearsal)
    assert rehearsal.error == "timeout"
    assert rehearsal.duration_s >= 0.05


async def test_a_fault_of_our_own_is_a_rehearsal_without_an_answer() -> None:
    async def fails(_attempt: Attempt, _kept: KeptBody) -> Reply:
        raise RuntimeError("a fault of our own")

    rehearsal = await Rig(Sender(fails)).rehearse()

    assert isinstance(rehearsal, Rehearsal)
    assert rehearsal.error == "broken"


@pytest.mark.parametrize(
    ("room", "most", "expected"), [(50, 1_000, ("rehearsal_limit", "")), (1_000, 50, ("", "body_too_large"))]
)
async def test_an_answer_that_finds_no_room_is_said(room: int, most: int, expected: tuple[str, str]) -> None:
    rig = Rig(Sender(replying(ANSWER, b"x" * 100)), settings(MirrorSettings(capture_bytes=most)), room=room)

    rehearsal = await rig.rehearse()

    assert isinstance(rehearsal, Rehearsal)
    assert (rehearsal.shed, rehearsal.error) == expected
    assert rig.budget.held == 0


async def test_what_is_broken_off_calls_nobody_and_gives_its_room_back() -> None:
    async def keeps(attempt: Attempt, kept: KeptBody) -> Reply:
        kept.add(b"half")
        return await never(attempt, kept)

    rig = Rig(Sender(keeps))
    ended: list[Rehearsal] = []
    break_off = rig.rehearser.begin(rig.admission(), b"", lambda one, _: ended.append(one))
    assert not isinstance(break_off, str)
    await asyncio.sleep(0)
    held = rig.budget.held
    break_off()
    await rig.rehearser.close()

    assert (held, rig.budget.held, ended) == (4, 0, [])


async def test_a_retired_one_ends_what_is_under_way_and_begins_no_other() -> None:
    may_answer = asyncio.Event()

    async def waits(_attempt: Attempt, _kept: KeptBody) -> Reply:
        await may_answer.wait()
        return ANSWER

    rig = Rig(Sender(waits))
    under_way = asyncio.create_task(rig.rehearse())
    await asyncio.sleep(0)
    rig.rehearser.retire()
    refused = await rig.rehearse()
    was_closed = rig.rehearser.is_closed
    may_answer.set()
    rehearsal = await under_way
    await rig.rehearser.close()

    assert (refused, was_closed, rig.sender.is_closed) == ("rehearsal_limit", False, True)
    assert isinstance(rehearsal, Rehearsal)
    assert (rehearsal.status, rig.rehearser.is_closed) == (201, True)


async def test_once_stopped_nothing_begins() -> None:
    rig = Rig(Sender(replying(ANSWER)))
    rig.results.stop(POST, 200)

    assert (rig.rehearser.refusal(PUT), await rig.rehearse()) == (UNPROVEN, UNPROVEN)
    assert rig.sender.attempts == []


@pytest.mark.parametrize(
    ("status", "fields", "stops"),
    [
        (200, b"X-Write-Set: []\r\n", False),
        (200, b"x-write-set:\r\nA: 1\r\n", True),
        (200, b"A: X-Write-Set\r\n", True),
        (303, b"", True),
        (500, b"", True),
        (404, b"", False),
    ],
)
def test_an_answer_that_does_not_say_what_was_written_may_have_been_kept(
    status: int, fields: bytes, *, stops: bool
) -> None:
    rig = Rig(Sender(never))
    attempt = rig.rehearser._attempt(rig.admission(), b"")

    attempt.answering(status, fields)

    assert rig.results.is_stopped is stops


def test_what_modern_would_not_get_as_legacy_does_is_not_fit() -> None:
    heads = {
        "": head_of("POST", "/", "Content-Length: 10"),
        "large_body": head_of("POST", "/", "Content-Length: 11"),
        "expects": head_of("POST", "/", "Content-Length: 10", "Expect: 100-continue"),
        "encoded_body": head_of("POST", "/", "Content-Length: 10", "content-encoding: br"),
    }

    assert {reason: unfit(head, head.kept, 10) for reason, head in heads.items()} == {
        reason: reason for reason in heads
    }


def test_without_a_secret_writes_cannot_be_rehearsed() -> None:
    unsigned = replace(settings(), shadow_secret="")
    read_back = replace(unsigned, write_checks=rehearsing_settings(check=WriteCheck.READ_BACK))

    with pytest.raises(UnsignedError, match=r"^write_checks: 'rehearse' without a shadow secret"):
        require_secret(unsigned)
    assert (require_secret(read_back), require_secret(settings())) == (False, True)


def test_rehearsals_have_connections_of_their_own() -> None:
    bounds = bounds_of(settings(rehearse_concurrency=3, rehearse_within_s=0.2))

    assert (bounds.concurrency, bounds.timeout_s) == (3, 0.2)
