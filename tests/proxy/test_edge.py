"""Admission, plans, counts and fallback: single writer, steadiness at canary, and what is captured."""

import asyncio
import base64
import json
import random
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from parity.exchange import Backend
from proxy.admission import Admission, Refused
from proxy.headers import Peer
from proxy.refusals import Refusal
from proxy.settings import EndpointBounds, MirrorSettings
from proxy.stages import READS, WRITES, Stage
from proxy.wire.heads import answer_head
from tests.proxy.rig import QUICK_FORWARD, get
from tests.proxy.wire.fakes import head_of
from tests.proxy.wire.rig import RecordingEdge, planed, settings_of
from tests.support.backends import Behaviour, answering, closing, hanging, sending

WRITE_REQUESTS = [("POST", "/v1/escrows"), ("PUT", "/v1/escrows/1"), ("DELETE", "/v1/escrows/1")]
PEER = Peer("192.0.2.9", "http", trusted=False)
ANSWER = answer_head(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Query-Count: 4\r\n\r\n", to_head=False)
CAPTURES = MirrorSettings(capture_bytes=1_000, held_bytes=5_000)


def bearer(subject: int) -> str:
    """The header of a client with that subject; nobody verifies it here."""
    claims = base64.urlsafe_b64encode(json.dumps({"id": subject}).encode()).decode().rstrip("=")
    return f"Authorization: Bearer e30.{claims}.x"


def admit(edge: RecordingEdge, method: str = "GET", target: str = "/v1/escrows", *fields: str) -> Admission:
    admission = edge.admit(head_of(method, target, *fields), PEER)
    assert isinstance(admission, Admission)
    return admission


# Who answers


@pytest.mark.parametrize("stage", Stage)
async def test_each_write_reaches_one_backend_once(stage: Stage) -> None:
    flag = {"canary_share": 0.5} if stage is Stage.CANARY else {}
    async with planed(stage, flag=flag) as rig:
        answers = [
            await rig.ask(method, target, bearer(client), body=b"{}")
            for method, target in WRITE_REQUESTS
            for client in range(6)
        ]

        for backend in Backend:
            mine = [answer for answer in answers if answer.served_by is backend]
            assert len(rig.backend(backend).seen) == len(mine)
        allowed = {WRITES[stage].outside.authoritative, WRITES[stage].within.authoritative}
        assert {answer.served_by for answer in answers} == allowed
        kind = "not_mirrored/stage" if READS[stage].outside.shadow is None else "mirrored"
        assert rig.edge.counts() == {"requests": len(answers), kind: len(answers)}


@pytest.mark.parametrize(
    "behaviour",
    [hanging(), closing(), sending(b"HTTP/1.1 200 OK\r\nContent-")],
    ids=["hangs", "closes", "half"],
)
async def test_a_write_that_its_backend_may_have_committed_goes_nowhere_else(behaviour: Behaviour) -> None:
    async with planed(Stage.LIVE) as rig:
        rig.modern.behaviour = behaviour
        answer = await rig.ask("POST", body=b"{}")

        assert answer.status in {502, 504}
        assert rig.legacy.seen == []


def test_at_canary_a_client_reads_and_writes_on_one_side() -> None:
    edge = RecordingEdge(settings_of(), stage=Stage.CANARY, canary_share=0.5)

    sides = [
        {
            admit(edge, method, "/v1/escrows", bearer(client)).plan.authoritative
            for method in ("GET", "POST", "GET")
        }
        for client in range(40)
    ]

    assert all(len(side) == 1 for side in sides)
    assert {next(iter(side)) for side in sides} == set(Backend)


@pytest.mark.parametrize("stage", [Stage.SHADOW, Stage.CANARY, Stage.LIVE])
async def test_a_read_is_captured_for_the_other_backend(stage: Stage) -> None:
    flag = {"canary_share": 1.0} if stage is Stage.CANARY else {}
    async with planed(stage, flag=flag) as rig:
        answer = await rig.ask("GET", "/v1/escrows?x=1", body=b"asked")

        (capture,) = rig.edge.captures
        assert rig.backend(answer.served_by.other).seen == []
        assert (capture.authoritative, capture.stage, capture.endpoint, capture.domain) == (
            READS[stage].within.authoritative,
            stage.value,
            "GET /v1/escrows",
            "escrows",
        )
        assert (capture.method, capture.target, capture.body) == ("GET", "/v1/escrows?x=1", b"asked")
        assert (capture.status, capture.answer_body, capture.skipped) == (200, answer.body, "")
        assert capture.head.startswith(b"Host: crm.example.test\r\n")
        assert capture.head.endswith(b"\r\n")
        assert capture.answer_head == b"Content-Type: application/json\r\nContent-Length: 15\r\n"
        assert rig.edge.counts() == {"requests": 1, "mirrored": 1}


@pytest.mark.parametrize("stage", [Stage.OFF, Stage.COMPLETE])
async def test_without_a_shadow_nothing_is_captured(stage: Stage) -> None:
    async with planed(stage) as rig:
        await rig.ask()

        assert len(rig.legacy.seen) + len(rig.modern.seen) == 1
        assert rig.edge.captures == []
        assert rig.edge.counts() == {"requests": 1, "not_mirrored/stage": 1}


@pytest.mark.parametrize(("rate", "least", "most"), [(0.0, 0, 0), (0.5, 60, 140), (1.0, 200, 200)])
def test_the_sample_rate_decides_what_is_captured(rate: float, least: int, most: int) -> None:
    edge = RecordingEdge(settings_of(), stage=Stage.SHADOW, sample_rate=rate)
    edge._random = random.Random(4)

    admissions = [admit(edge) for _ in range(200)]
    for admission in admissions:
        kept = edge.kept_body() if admission.mirrored else None
        edge.answered(admission, ANSWER, 0.1, kept)

    counts = edge.counts()
    mirrored = counts.get("mirrored", 0)
    assert least <= mirrored <= most
    assert mirrored + counts.get("not_mirrored/sampled_out", 0) == 200
    assert len(edge.captures) == mirrored


@pytest.mark.parametrize("stage", [Stage.SHADOW, Stage.LIVE, Stage.COMPLETE])
@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/v1/unknown"),
        ("POST", "/v1/escrows/1/people"),
        ("GET", "/v1/escrows/.."),
        ("GET", "/v1/escrows/%2e%2E"),
        ("PATCH", "/v1/escrows/1"),
        ("BREW", "/v1/escrows"),
        ("GET", "/V1/escrows"),
    ],
)
async def test_unlisted_requests_go_to_legacy_and_nowhere_else(
    stage: Stage, method: str, target: str
) -> None:
    async with planed(stage) as rig:
        await rig.raw(get(target, method=method))

        assert [seen.target for seen in rig.legacy.seen] == [target]
        assert rig.modern.seen == []
        assert rig.edge.counts() == {"requests": 1, "not_mirrored/unlisted": 1}


def test_requests_keep_the_flags_that_they_were_admitted_with() -> None:
    edge = RecordingEdge(settings_of(), stage=Stage.LIVE)
    before = admit(edge)
    edge.set_stage(Stage.OFF)
    after = admit(edge)

    assert (before.plan.authoritative, before.way.version, before.way.stage) == (Backend.MODERN, 1, "live")
    assert (after.plan.authoritative, after.way.version, after.way.stage) == (Backend.LEGACY, 2, "off")
    assert edge.outbound(before, ANSWER, Backend.MODERN)[-1].endswith(b"X-Flag-Version: 1")


# What is refused


def test_what_is_refused_is_not_counted_and_has_a_name() -> None:
    edge = RecordingEdge(settings_of())
    via = f"Via: 1.1 {edge._headers.pseudonym}"
    refused = {
        refusal: edge.admit(head_of(method, target, "X-Request-Id: mine", *fields), PEER)
        for refusal, method, target, fields in (
            (Refusal.CONNECT, "CONNECT", "evil:443", ()),
            (Refusal.BAD_TARGET, "GET", "http://evil/", ()),
            (Refusal.BAD_TARGET, "OPTIONS", "*", ()),
            (Refusal.BAD_TARGET, "GET", "/a#b", ()),
            (Refusal.LOOP, "GET", "/", (via,)),
        )
    }

    assert refused == {refusal: Refused(refusal, b"mine") for refusal in refused}
    assert edge.counts() == {}


def test_the_absolute_form_of_the_served_host_becomes_a_path() -> None:
    admission = admit(RecordingEdge(settings_of()), "GET", "http://crm.example.test/v1/escrows?x=//y")

    assert (admission.target, admission.way.name) == ("/v1/escrows?x=//y", "GET /v1/escrows")
    assert admission.head_for(Backend.LEGACY).startswith(b"GET /v1/escrows?x=//y HTTP/1.1\r\n")


def test_every_request_has_a_name_of_its_own() -> None:
    edge = RecordingEdge(settings_of())

    names = [edge.fresh_id() for _ in range(2_000)]

    assert len(set(names)) == 2_000
    assert all(len(name) == 32 and int(name, 16) >= 0 for name in names)


def test_bounds_of_an_endpoint_win_over_those_of_its_domain() -> None:
    bounds = {"escrows": EndpointBounds(max_in_flight=1), "GET /v1/escrows": EndpointBounds(max_in_flight=2)}
    edge = RecordingEdge(settings_of(bounds=bounds))

    found = [
        admit(edge, method, target).way.bounds.max_in_flight
        for method, target in (
            ("GET", "/v1/escrows"),
            ("POST", "/v1/escrows"),
            ("GET", "/v1/clients"),
            ("GET", "/x"),
        )
    ]

    assert found == [2, 1, None, None]


# Fallback


@pytest.mark.parametrize(
    ("fault", "error"),
    [("dead", "refused"), ("hanging", "timeout"), ("closing", "broken"), ("garbage", "broken")],
)
async def test_a_read_that_modern_fails_is_answered_by_legacy(fault: str, error: str) -> None:
    faults = {"hanging": hanging(), "closing": closing(), "garbage": sending(b"nonsense\r\n\r\n")}
    dead = Backend.MODERN if fault == "dead" else None

    async with planed(Stage.LIVE, dead=dead) as rig:
        rig.modern.behaviour = faults.get(fault, answering())
        answer = await rig.ask()

        (capture,) = rig.edge.captures
        assert (answer.status, answer.body, answer.served_by) == (200, b'{"by":"legacy"}', Backend.LEGACY)
        assert rig.edge.counts() == {"requests": 1, "mirrored": 1, "fallback_begun": 1, "fallback": 1}
        assert capture.shadow is not None
        assert (capture.authoritative, capture.shadow.error, capture.status) == (Backend.LEGACY, error, 200)


async def test_a_fallback_is_captured_whatever_the_sample_rate() -> None:
    async with planed(Stage.LIVE, flag={"sample_rate": 0.0}) as rig:
        rig.modern.behaviour = closing()
        await rig.ask()

        assert [capture.shadow and capture.shadow.error for capture in rig.edge.captures] == ["broken"]


async def test_an_error_answer_of_modern_is_an_answer() -> None:
    async with planed(Stage.LIVE) as rig:
        rig.modern.behaviour = answering(status="500 Internal Server Error")
        answer = await rig.ask()

        assert (answer.status, answer.served_by) == (500, Backend.MODERN)


async def test_when_both_fail_the_client_gets_one_error() -> None:
    async with planed(Stage.LIVE, dead=Backend.LEGACY) as rig:
        rig.modern.behaviour = closing()
        answer = await rig.ask()

        assert answer.status == 502
        counts = rig.edge.counts()
        assert counts == {"requests": 1, "fallback_begun": 1, "failed": 1, "not_mirrored/unanswered": 1}


async def test_at_complete_legacy_is_not_asked_any_more() -> None:
    async with planed(Stage.COMPLETE) as rig:
        rig.modern.behaviour = closing()
        answer = await rig.ask()

        assert answer.status == 502
        assert rig.legacy.seen == []


async def test_a_fallback_under_many_requests_keeps_the_books() -> None:
    async with planed(Stage.LIVE, forward=replace(QUICK_FORWARD, wait_s=5)) as rig:
        rig.modern.behaviour = closing()
        answers = await asyncio.gather(*(rig.ask() for _ in range(100)))

        assert {answer.status for answer in answers} == {200}
        assert rig.edge.counts() == {"requests": 100, "mirrored": 100, "fallback_begun": 100, "fallback": 100}
        assert rig.edge.budget.held == 0


async def test_a_backend_that_fails_every_request_is_one_line_in_the_log() -> None:
    with capture_logs() as lines:
        async with planed(Stage.LIVE) as rig:
            rig.modern.behaviour = closing()
            await asyncio.gather(*(rig.ask() for _ in range(5)))

    assert [line["error"] for line in lines if line["event"] == "fallback"] == ["broken"]


# Bounds


async def test_an_answer_too_large_to_compare_spares_the_shadow() -> None:
    async with planed(Stage.SHADOW, mirror=CAPTURES) as rig:
        rig.legacy.behaviour = answering(b"x" * 1_001)
        answer = await rig.ask()

        (capture,) = rig.edge.captures
        assert len(answer.body) == 1_001
        assert (capture.skipped, capture.status, capture.answer_body) == ("body_too_large", 200, b"")


async def test_a_large_body_of_a_read_is_streamed_and_not_captured() -> None:
    async with planed(Stage.SHADOW, mirror=CAPTURES) as rig:
        await rig.ask(body=b"q" * 4_000)

        (capture,) = rig.edge.captures
        assert len(rig.legacy.seen[0].body) == 4_000
        assert (capture.skipped, capture.body) == ("body_too_large", b"")


async def test_without_room_for_kept_bytes_captures_are_shed() -> None:
    async with planed(Stage.SHADOW, mirror=replace(CAPTURES, capture_bytes=9_000)) as rig:
        rig.legacy.behaviour = answering(b"x" * 6_000)
        answer = await rig.ask()

        assert len(answer.body) == 6_000
        assert rig.edge.counts() == {"requests": 1, "mirrored": 1, "shed/parity_queue": 1}
        assert rig.edge.budget.held == 0


@pytest.mark.parametrize("stage", [Stage.SHADOW, Stage.LIVE])
async def test_an_endpoint_that_is_not_mirrorable_is_routed_and_never_captured(stage: Stage) -> None:
    async with planed(stage) as rig:
        answer = await rig.ask("GET", "/v1/auth/verify")

        assert answer.served_by is READS[stage].outside.authoritative
        assert rig.edge.captures == []
        assert rig.edge.counts() == {"requests": 1, "not_mirrored/never": 1}


async def test_an_endpoint_that_is_not_mirrorable_falls_back_without_a_comparison() -> None:
    async with planed(Stage.LIVE, dead=Backend.MODERN) as rig:
        answer = await rig.ask("GET", "/v1/auth/verify")

        assert answer.served_by is Backend.LEGACY
        assert rig.edge.captures == []
        counts = rig.edge.counts()
        assert counts == {"requests": 1, "fallback_begun": 1, "fallback": 1, "not_mirrored/never": 1}


# Writes


@pytest.mark.parametrize(
    ("status", "is_finished"),
    [(200, True), (302, True), (500, True), (400, False), (409, False), (499, False)],
)
def test_a_write_is_finished_before_its_client_hears_of_it(status: int, *, is_finished: bool) -> None:
    edge = RecordingEdge(settings_of(), stage=Stage.SHADOW)
    before = admit(edge).stamp

    edge.answering(admit(edge, "POST"), status)

    assert (admit(edge).stamp != before) is is_finished


@pytest.mark.parametrize("end", ["failed", "abandoned"])
def test_a_write_without_a_whole_answer_may_have_been_committed(end: str) -> None:
    edge = RecordingEdge(settings_of(), stage=Stage.SHADOW)
    before, write = admit(edge).stamp, admit(edge, "PUT", "/v1/escrows/1")

    getattr(edge, end)(write)

    assert admit(edge).stamp != before


def test_a_read_knows_of_writes_in_flight() -> None:
    edge = RecordingEdge(settings_of(), stage=Stage.SHADOW)
    write = admit(edge, "POST")

    marks = [admit(edge).mark]
    edge.began(write)
    marks.append(admit(edge).mark)
    edge.ended(write)
    marks.append(admit(edge).mark)

    assert [tuple(mark) for mark in marks] == [(0, 0), (1, 1), (0, 1)]
