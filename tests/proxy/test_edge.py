"""Admission, plans, counts and fallback: single writer, steadiness at canary, and what is mirrored."""

import asyncio
import base64
import json
from dataclasses import replace
from pathlib import Path

import pytest

from parity.exchange import Backend
from proxy.stages import READS, WRITES, Stage
from tests.proxy.rig import QUICK_FORWARD, QUICK_MIRROR, Answer, running
from tests.support.backends import answering, closing, hanging, sending

WRITE_REQUESTS = [("POST", "/v1/escrows"), ("PUT", "/v1/escrows/1"), ("DELETE", "/v1/escrows/1")]


def bearer(subject: int) -> dict[str, str]:
    """The header of a client with that subject; nobody verifies it here."""
    claims = base64.urlsafe_b64encode(json.dumps({"id": subject}).encode()).decode().rstrip("=")
    return {"Authorization": f"Bearer e30.{claims}.x"}


def served_by(answer: Answer) -> Backend:
    return Backend(answer.header("X-Served-By") or "")


@pytest.mark.parametrize("stage", Stage)
async def test_each_write_reaches_one_backend_once(tmp_path: Path, stage: Stage) -> None:
    async with running(tmp_path) as rig:
        if stage is not Stage.OFF:
            await rig.flip_to(stage, canary_share=0.5 if stage is Stage.CANARY else None)
        answers = [
            await rig.ask(method, target, headers=bearer(client), data=b"{}")
            for method, target in WRITE_REQUESTS
            for client in range(6)
        ]
        await rig.settled(len(answers))

        for backend in Backend:
            mine = [answer for answer in answers if served_by(answer) is backend]
            assert len(rig.backend(backend).seen) == len(mine)
            assert all(seen.header("X-Crossfade-Shadow") is None for seen in rig.backend(backend).seen)
        allowed = {WRITES[stage].outside.authoritative, WRITES[stage].within.authoritative}
        assert {served_by(answer) for answer in answers} == allowed
        assert rig.parity.counts() == {"requests": len(answers), "not_mirrored/write": len(answers)}


@pytest.mark.parametrize("backend_fault", ["dead", "hanging", "closing", "half"])
async def test_a_write_whose_backend_fails_goes_nowhere_else(tmp_path: Path, backend_fault: str) -> None:
    faults = {
        "hanging": hanging(),
        "closing": closing(),
        "half": sending(b"HTTP/1.1 200 OK\r\nContent-"),
    }
    dead = Backend.MODERN if backend_fault == "dead" else None

    async with running(tmp_path, stage=Stage.LIVE, dead=dead) as rig:
        rig.modern.behaviour = faults.get(backend_fault, answering())
        answer = await rig.ask("POST", data=b"{}")

        assert answer.status in {502, 504}
        assert rig.legacy.seen == []


async def test_at_canary_a_client_reads_and_writes_on_one_side(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        await rig.flip_to(Stage.CANARY, canary_share=0.5)
        sides = []
        for client in range(20):
            read = await rig.ask(headers=bearer(client))
            write = await rig.ask("POST", headers=bearer(client))
            again = await rig.ask(headers=bearer(client))
            sides.append({served_by(read), served_by(write), served_by(again)})

        assert all(len(side) == 1 for side in sides)
        assert {next(iter(side)) for side in sides} == set(Backend)


@pytest.mark.parametrize("stage", [Stage.SHADOW, Stage.CANARY, Stage.LIVE])
async def test_a_read_is_copied_to_the_other_backend(tmp_path: Path, stage: Stage) -> None:
    async with running(tmp_path) as rig:
        await rig.flip_to(stage, canary_share=1.0 if stage is Stage.CANARY else None)
        answer = await rig.ask()
        await rig.settled(1)

        shadow = served_by(answer).other
        (copy,) = rig.backend(shadow).seen
        (exchange,) = rig.parity.exchanges
        assert copy.header("X-Crossfade-Shadow") == "read"
        assert (exchange.authoritative, exchange.stage, exchange.endpoint, exchange.domain) == (
            READS[stage].within.authoritative,
            stage.value,
            "GET /v1/escrows",
            "escrows",
        )
        assert (exchange.legacy.body, exchange.modern.body) == (b'{"by":"legacy"}', b'{"by":"modern"}')


@pytest.mark.parametrize("stage", [Stage.OFF, Stage.COMPLETE])
async def test_without_a_shadow_nothing_is_copied(tmp_path: Path, stage: Stage) -> None:
    async with running(tmp_path, stage=stage) as rig:
        await rig.ask()
        await rig.settled(1)

        assert len(rig.legacy.seen) + len(rig.modern.seen) == 1
        assert rig.parity.counts() == {"requests": 1, "not_mirrored/stage": 1}


async def test_the_sample_rate_decides_what_is_copied(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        await rig.flip_to(Stage.SHADOW, sample_rate=0.5)
        for _ in range(60):
            await rig.ask()
        await rig.settled(60)
        await asyncio.to_thread(
            rig.store.flip, "escrows", Stage.SHADOW, sample_rate=0.0, actor="test", reason="test"
        )

        counts = rig.parity.counts()
        assert counts["mirrored"] + counts["not_mirrored/sampled_out"] == 60
        assert 10 < counts["mirrored"] < 50
        assert len(rig.modern.seen) == counts["mirrored"]


@pytest.mark.parametrize("stage", [Stage.SHADOW, Stage.LIVE, Stage.COMPLETE])
@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/v1/unknown"),
        ("POST", "/v1/escrows/1/people"),
        ("GET", "/v1/escrows/.."),
        ("GET", "/v1/escrows/%2e%2E"),
        ("PATCH", "/v1/escrows/1"),
        ("GET", "/V1/escrows"),
    ],
)
async def test_unlisted_requests_go_to_legacy_and_nowhere_else(
    tmp_path: Path, stage: Stage, method: str, target: str
) -> None:
    async with running(tmp_path, stage=stage) as rig:
        await rig.raw(f"{method} {target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".encode())
        await rig.settled(1)

        assert [seen.target for seen in rig.legacy.seen] == [target]
        assert rig.modern.seen == []
        assert rig.parity.counts() == {"requests": 1, "not_mirrored/unlisted": 1}


# Fallback


@pytest.mark.parametrize(
    ("fault", "error"),
    [("dead", "refused"), ("hanging", "timeout"), ("closing", "broken"), ("garbage", "broken")],
)
async def test_a_read_that_modern_fails_is_answered_by_legacy(tmp_path: Path, fault: str, error: str) -> None:
    faults = {"hanging": hanging(), "closing": closing(), "garbage": sending(b"nonsense\r\n\r\n")}
    dead = Backend.MODERN if fault == "dead" else None

    async with running(tmp_path, stage=Stage.LIVE, dead=dead) as rig:
        rig.modern.behaviour = faults.get(fault, answering())
        answer = await rig.ask()
        await rig.settled(1)

        (exchange,) = rig.parity.exchanges
        assert (answer.status, answer.body, served_by(answer)) == (200, b'{"by":"legacy"}', Backend.LEGACY)
        assert rig.parity.counts() == {"requests": 1, "mirrored": 1, "fallback": 1}
        assert (exchange.authoritative, exchange.modern.error, exchange.legacy.status) == (
            Backend.LEGACY,
            error,
            200,
        )


async def test_a_fallback_is_handed_over_whatever_the_sample_rate(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        await rig.flip_to(Stage.LIVE, sample_rate=0.0)
        rig.modern.behaviour = closing()
        await rig.ask()
        await rig.settled(1)

        assert [exchange.modern.error for exchange in rig.parity.exchanges] == ["broken"]


async def test_an_error_answer_of_modern_is_an_answer(tmp_path: Path) -> None:
    async with running(tmp_path, stage=Stage.LIVE) as rig:
        rig.modern.behaviour = answering(status="500 Internal Server Error")
        answer = await rig.ask()

        assert (answer.status, served_by(answer)) == (500, Backend.MODERN)


async def test_when_both_fail_the_client_gets_one_error(tmp_path: Path) -> None:
    async with running(tmp_path, stage=Stage.LIVE, dead=Backend.LEGACY) as rig:
        rig.modern.behaviour = closing()
        answer = await rig.ask()
        await rig.settled(1)

        assert answer.status == 502
        assert rig.parity.counts() == {"requests": 1, "failed": 1, "not_mirrored/unanswered": 1}


async def test_at_complete_legacy_is_not_asked_any_more(tmp_path: Path) -> None:
    async with running(tmp_path, stage=Stage.COMPLETE) as rig:
        rig.modern.behaviour = closing()
        answer = await rig.ask()

        assert answer.status == 502
        assert rig.legacy.seen == []


# Bounds


async def test_an_answer_too_large_to_compare_spares_the_shadow(tmp_path: Path) -> None:
    bounds = replace(QUICK_MIRROR, capture_bytes=1_000)

    async with running(tmp_path, stage=Stage.SHADOW, mirror=bounds) as rig:
        rig.legacy.behaviour = answering(b"x" * 1_001)
        answer = await rig.ask()
        await rig.settled(1)

        (exchange,) = rig.parity.exchanges
        assert len(answer.body) == 1_001
        assert (exchange.skipped, exchange.legacy.status, exchange.legacy.body) == (
            "body_too_large",
            200,
            b"",
        )
        assert rig.modern.seen == []


async def test_without_room_for_captured_bytes_copies_are_shed(tmp_path: Path) -> None:
    bounds = replace(QUICK_MIRROR, held_bytes=5_000)

    async with running(tmp_path, stage=Stage.SHADOW, mirror=bounds) as rig:
        rig.legacy.behaviour = answering(b"x" * 6_000)
        answer = await rig.ask()
        await rig.settled(1)

        assert len(answer.body) == 6_000
        assert rig.parity.counts() == {"requests": 1, "mirrored": 1, "shed/parity_queue": 1}


async def test_a_fallback_under_many_requests_keeps_the_books(tmp_path: Path) -> None:
    async with running(tmp_path, stage=Stage.LIVE, forward=replace(QUICK_FORWARD, wait_s=5)) as rig:
        rig.modern.behaviour = closing()
        answers = await asyncio.gather(*(rig.ask() for _ in range(100)))
        await rig.settled(100)

        assert {answer.status for answer in answers} == {200}
        assert rig.parity.counts() == {"requests": 100, "mirrored": 100, "fallback": 100}


@pytest.mark.parametrize("stage", [Stage.SHADOW, Stage.LIVE])
async def test_an_endpoint_that_is_not_mirrorable_is_routed_and_never_copied(
    tmp_path: Path, stage: Stage
) -> None:
    async with running(tmp_path, stage=stage) as rig:
        answer = await rig.ask("GET", "/v1/auth/verify")
        await rig.settled(1)

        assert served_by(answer) is READS[stage].outside.authoritative
        assert rig.backend(served_by(answer).other).seen == []
        assert rig.parity.counts() == {"requests": 1, "not_mirrored/never": 1}


async def test_an_endpoint_that_is_not_mirrorable_falls_back_without_a_comparison(tmp_path: Path) -> None:
    async with running(tmp_path, stage=Stage.LIVE, dead=Backend.MODERN) as rig:
        answer = await rig.ask("GET", "/v1/auth/verify")
        await rig.settled(1)

        assert served_by(answer) is Backend.LEGACY
        assert rig.parity.counts() == {"requests": 1, "fallback": 1, "not_mirrored/never": 1}
