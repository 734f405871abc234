"""Which requests get a copy or a check, as their clients, backends and the settings have it."""

import asyncio
import random

import pytest

from parity.exchange import NO_READ_BACK, Endpoint
from proxy.admission import Admission
from proxy.flags import Flag
from proxy.headers import Peer
from proxy.settings import WriteCheck, WriteCheckSettings
from proxy.spared import Spared
from proxy.stages import Stage
from proxy.wire.heads import answer_head
from proxy.wire.outgoing import reset
from tests.proxy.rig import get, until
from tests.proxy.wire.fakes import head_of
from tests.proxy.wire.rig import RecordingEdge, planed, settings_of
from tests.support.backends import Seen, answering

PEER = Peer("192.0.2.9", "http", trusted=False)
ANSWER = answer_head(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", to_head=False)


def admit(edge: RecordingEdge, method: str = "GET", target: str = "/v1/escrows") -> Admission:
    admission = edge.admit(head_of(method, target), PEER)
    assert isinstance(admission, Admission)
    return admission


@pytest.mark.parametrize("stage", [Stage.SHADOW, Stage.CANARY, Stage.LIVE])
async def test_a_committed_write_is_captured_without_its_body(stage: Stage) -> None:
    flag = {"canary_share": 1.0} if stage is Stage.CANARY else {}
    async with planed(stage, flag=flag) as rig:
        answer = await rig.ask("PUT", "/v1/escrows/1?x=1", body=b"asked")

        (capture,) = rig.edge.captures
        assert (capture.endpoint, capture.method, capture.target) == (
            "PUT /v1/escrows/{id}",
            "PUT",
            "/v1/escrows/1?x=1",
        )
        assert (capture.authoritative, capture.status) == (answer.served_by, 200)
        assert (capture.body, capture.answer_body, capture.skipped) == (b"", answer.body, "")
        assert rig.edge.counts() == {"requests": 1, "mirrored": 1}
        assert len(rig.backend(answer.served_by.other).seen) == 0


@pytest.mark.parametrize(
    ("status", "counted"),
    [
        ("303 See Other", {"mirrored": 1}),
        ("302 Found", {"not_mirrored/refused_write": 1}),
        ("400 Bad Request", {"not_mirrored/refused_write": 1}),
        ("409 Conflict", {"not_mirrored/refused_write": 1}),
        ("500 Oops", {"mirrored": 1}),
    ],
)
async def test_only_a_write_that_may_have_been_committed_is_mirrored(
    status: str, counted: dict[str, int]
) -> None:
    async with planed(Stage.SHADOW) as rig:
        rig.legacy.behaviour = answering(b"x" * 600, status=status)
        await rig.ask("POST", body=b"{}")

        assert rig.edge.counts() == {"requests": 1, **counted}
        assert rig.edge.budget.held == 0


async def test_of_a_write_that_failed_nobody_knows_whether_it_was_committed() -> None:
    async with planed(Stage.SHADOW) as rig:
        rig.legacy.behaviour = answering(status="503 Away")
        await rig.ask("PUT", "/v1/escrows/1", body=b"{}")

        assert [(one.skipped, one.answer_body) for one in rig.edge.captures] == [("unknown_commit", b"")]


@pytest.mark.parametrize(
    ("checks", "reasons"),
    [
        (WriteCheckSettings(check=WriteCheck.NONE), {"POST": "write", "PUT": "write"}),
        (WriteCheckSettings(exceptions={"escrows": WriteCheck.NONE}), {"POST": "write", "PUT": "write"}),
        (
            WriteCheckSettings(
                exceptions={"escrows": WriteCheck.NONE, "POST /v1/escrows": WriteCheck.READ_BACK}
            ),
            {"POST": "", "PUT": "write"},
        ),
        (
            WriteCheckSettings(exceptions={"PUT /v1/escrows/{id}": WriteCheck.NONE}),
            {"POST": "", "PUT": "write"},
        ),
    ],
)
def test_checks_are_switched_off_by_domain_and_endpoint(
    checks: WriteCheckSettings, reasons: dict[str, str]
) -> None:
    edge = RecordingEdge(settings_of(write_checks=checks), stage=Stage.SHADOW)

    found = {
        "POST": admit(edge, "POST").way.spared,
        "PUT": admit(edge, "PUT", "/v1/escrows/1").way.spared,
    }

    assert (found, admit(edge).way.spared) == (reasons, "")


@pytest.mark.parametrize(
    ("share", "rate", "least", "most"), [(0.0, 1.0, 0, 0), (0.5, 0.5, 20, 80), (1.0, 1.0, 200, 200)]
)
def test_the_share_of_checked_writes_is_of_those_in_the_sample(
    share: float, rate: float, least: int, most: int
) -> None:
    checks = WriteCheckSettings(share=share)
    edge = RecordingEdge(settings_of(write_checks=checks), stage=Stage.SHADOW, sample_rate=rate)
    edge._random = random.Random(4)

    mirrored = sum(admit(edge, "POST").mirrored for _ in range(200))

    assert least <= mirrored <= most


def test_a_write_that_no_read_shows_is_not_captured() -> None:
    endpoints = (Endpoint("escrows", "POST", "/v1/escrows"), Endpoint("clients", "GET", "/v1/escrows"))
    edge = RecordingEdge(settings_of(endpoints=endpoints), stage=Stage.SHADOW)

    write = admit(edge, "POST")
    edge.answered(write, ANSWER, 0.1, None)

    assert edge.counts() == {"requests": 1, "not_mirrored/no_read": 1}


async def test_a_client_that_left_before_the_answer_has_its_write_committed_and_not_checked() -> None:
    async with planed(Stage.SHADOW) as rig:
        client_is_gone = asyncio.Event()

        async def late(seen: Seen, writer: asyncio.StreamWriter) -> bool:
            await client_is_gone.wait()
            return await answering()(seen, writer)

        rig.legacy.behaviour = late
        _, writer = await rig.connect()
        writer.write(get("/v1/escrows", "Content-Length: 2", method="POST", body=b"{}"))
        await until(lambda: len(rig.legacy.seen) == 1)
        reset(writer.transport)
        await until(lambda: rig.plane.load.clients == 0)
        client_is_gone.set()
        await rig.settled()

        assert rig.edge.counts() == {"requests": 1, "not_mirrored/unanswered": 1}
        assert (rig.edge.captures, rig.edge.budget.held) == ([], 0)


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize(
    ("endpoint", "fits"),
    [
        (Endpoint("escrows", "POST", "/v1/escrows"), True),
        (Endpoint("escrows", "POST", "/v1/sweep", read_back=NO_READ_BACK), True),
        (Endpoint("escrows", "POST", "/v1/escrows", mirrorable=False), False),
        (Endpoint("escrows", "GET", "/v1/escrows"), False),
        (Endpoint("leads", "POST", "/v1/leads"), False),
    ],
)
def test_what_may_be_rehearsed_is_a_mirrorable_write_that_legacy_commits_and_modern_shadows(
    stage: Stage, endpoint: Endpoint, *, fits: bool
) -> None:
    checks = WriteCheckSettings(WriteCheck.REHEARSE, exceptions={"leads": WriteCheck.READ_BACK})
    of_settings = Spared(settings_of(endpoints=(endpoint,), write_checks=checks))

    may = of_settings.may_rehearse(endpoint, Flag(stage))

    assert may is (fits and stage in {Stage.SHADOW, Stage.CANARY})


def test_a_write_that_no_read_shows_is_mirrored_where_it_may_be_rehearsed() -> None:
    sweep = Endpoint("escrows", "POST", "/v1/sweep", read_back=NO_READ_BACK)
    reasons = {
        (check, stage): Spared(
            settings_of(endpoints=(sweep,), write_checks=WriteCheckSettings(check))
        ).reason(sweep, Flag(stage))
        for check in (WriteCheck.READ_BACK, WriteCheck.REHEARSE)
        for stage in (Stage.SHADOW, Stage.LIVE)
    }

    assert reasons == {
        (WriteCheck.READ_BACK, Stage.SHADOW): "no_read",
        (WriteCheck.READ_BACK, Stage.LIVE): "no_read",
        (WriteCheck.REHEARSE, Stage.SHADOW): "",
        (WriteCheck.REHEARSE, Stage.LIVE): "no_read",
    }
