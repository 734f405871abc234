"""A whole proxy worker: start, rollback under load, drain; what an operator relies on."""

import asyncio
import json
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from parity.exchange import Backend, Endpoint
from proxy.errors import ListenError, UnsignedError
from proxy.last_known_good import LastKnownGood
from proxy.races import Races
from proxy.settings import TelemetrySettings, WriteCheckSettings
from proxy.shared_counts import Counts
from proxy.stages import Stage
from proxy.worker import run_proxy
from tests.proxy.rig import ENDPOINTS, QUICK_FORWARD, QUICK_MIRROR, Rig, get, running, until
from tests.proxy.wire.rehearsing import rehearsing, rehearsing_settings
from tests.support.backends import answering, hanging

PATIENT = replace(QUICK_FORWARD, wait_s=60, answer_timeout_s=60, fallback_timeout_s=60)
"""For a machine that does something else for a moment."""


async def steadily(rig: Rig, answers: list[tuple[int, str, int]], stopped: asyncio.Event) -> None:
    """Ask without a pause; keeps status, backend and flag version of every answer."""
    while not stopped.is_set():
        answer = await rig.ask()
        served_by, version = answer.header("X-Served-By") or "", int(answer.header("X-Flag-Version") or -1)
        answers.append((answer.status, served_by, version))


async def test_after_an_acknowledged_rollback_modern_serves_no_new_request(tmp_path: Path) -> None:
    async with running(tmp_path, stage=Stage.LIVE, forward=PATIENT) as rig:
        answers: list[tuple[int, str, int]] = []
        stopped = asyncio.Event()
        clients = [asyncio.create_task(steadily(rig, answers, stopped)) for _ in range(8)]

        for _ in range(5):
            await until(lambda: len(answers) > 0 and answers[-1][1] == "modern")
            await rig.roll_back()
            begun = len(rig.modern.begun)
            late = await asyncio.gather(*(rig.ask() for _ in range(20)))
            await asyncio.sleep(0.02)
            assert {answer.header("X-Served-By") for answer in late} == {"legacy"}
            live_after = [seen for seen in rig.modern.seen[begun:] if not seen.header("X-Crossfade-Shadow")]
            assert len(live_after) <= len(clients), "only what was in flight may still arrive"
            await asyncio.sleep(0.02)
            assert len(rig.modern.seen) == len(rig.modern.begun)
            answers.clear()
            await rig.flip_to(Stage.LIVE)
        stopped.set()
        await asyncio.gather(*clients)

        assert {status for status, _, _ in answers} == {200}


async def test_the_answer_names_the_backend_that_its_flag_version_says(tmp_path: Path) -> None:
    expected = {0: "legacy", 1: "legacy", 2: "legacy", 3: "modern", 4: "legacy"}
    async with running(tmp_path, forward=PATIENT) as rig:
        answers: list[tuple[int, str, int]] = []
        stopped = asyncio.Event()
        clients = [asyncio.create_task(steadily(rig, answers, stopped)) for _ in range(4)]
        await rig.flip_to(Stage.CANARY, canary_share=0.0)
        await asyncio.to_thread(rig.store.flip, "escrows", Stage.LIVE, actor="test", reason="test")
        await until(lambda: answers[-1][2] == 3)
        await rig.roll_back()
        stopped.set()
        await asyncio.gather(*clients)
        await rig.settled(len(answers))

    assert {status for status, _, _ in answers} == {200}
    assert {(served_by, version) for _, served_by, version in answers} <= {
        (served_by, version) for version, served_by in expected.items()
    }


async def test_a_request_in_flight_finishes_on_modern_after_the_rollback(tmp_path: Path) -> None:
    async with running(tmp_path, stage=Stage.LIVE) as rig:
        rig.modern.behaviour = answering(b"late", after_s=0.15)
        asking = asyncio.create_task(rig.ask("POST"))
        await until(lambda: len(rig.modern.seen) == 1)
        await rig.roll_back()
        answer = await asking

        assert (answer.status, answer.body, answer.header("X-Served-By")) == (200, b"late", "modern")


async def test_stopping_finishes_requests_and_hands_over_what_is_captured(tmp_path: Path) -> None:
    async with running(tmp_path, stage=Stage.SHADOW) as rig:
        rig.legacy.behaviour = answering(after_s=0.15)
        rig.modern.behaviour = answering(after_s=0.05)
        asking = [asyncio.create_task(rig.ask()) for _ in range(10)]
        await until(lambda: len(rig.legacy.seen) == 10)
        await rig.end()
        answers = await asyncio.gather(*asking)

        assert {answer.status for answer in answers} == {200}
        assert {answer.header("Connection") for answer in answers} == {"close"}
        assert len(rig.parity.exchanges) == 10
        assert rig.parity.batches[-1].in_flight == 0
        rig.parity.assert_the_books_balance()
        with pytest.raises(ConnectionRefusedError):
            await rig.raw(get())
        assert rig.store.workers() == []


async def test_stopping_is_bounded_with_everything_hanging(tmp_path: Path) -> None:
    bounds = replace(QUICK_MIRROR, timeout_s=60)

    async with running(
        tmp_path, stage=Stage.SHADOW, forward=PATIENT, mirror=bounds, drain_s=0.2, mirror_drain_s=0.2
    ) as rig:
        rig.modern.behaviour = hanging()
        await rig.ask()
        rig.legacy.behaviour = hanging()
        stuck = [asyncio.create_task(rig.raw(get(method=method))) for method in ("GET", "POST")]
        await until(lambda: len(rig.legacy.seen) == 3)
        await asyncio.wait_for(rig.end(), 5)
        await asyncio.gather(*stuck, return_exceptions=True)

        rig.parity.assert_the_books_balance()


async def test_stopping_without_a_parity_worker_ends_too(tmp_path: Path) -> None:
    async with running(tmp_path, stage=Stage.SHADOW, mirror_drain_s=0.1) as rig:
        await rig.parity.stop()
        await rig.ask()

        await asyncio.wait_for(rig.end(), 5)


async def test_a_proxy_starts_and_serves_without_its_store(tmp_path: Path) -> None:
    nowhere = f"sqlite:///{tmp_path}/no/such/place.db"

    async with running(tmp_path, store_url=nowhere) as rig:
        answer = await rig.ask()

    assert (answer.status, answer.header("X-Served-By"), answer.header("X-Flag-Version")) == (
        200,
        "legacy",
        "0",
    )


async def test_a_restart_without_the_store_keeps_the_stages(tmp_path: Path) -> None:
    async with running(tmp_path, stage=Stage.LIVE) as rig:
        assert LastKnownGood(rig.settings.state_dir).load() is not None
        await rig.end()
        rig.settings = replace(rig.settings, store_url=f"sqlite:///{tmp_path}/no/such/place.db")
        await rig.start()
        answer = await rig.ask()

    assert (answer.header("X-Served-By"), answer.header("X-Flag-Version")) == ("modern", "3")


async def test_a_port_in_use_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        async with running(tmp_path, starts=False, listen_port=port) as rig:
            with pytest.raises(ListenError, match=f"cannot listen on 127.0.0.1:{port}: "):
                await rig.start()
            rig._running = None
        async with running(tmp_path, starts=False, admin_port=port) as rig:
            with pytest.raises(ListenError, match=r"cannot listen on .* \(admin\)"):
                await rig.start()
            rig._running = None


async def test_workers_share_a_socket_and_both_acknowledge(tmp_path: Path) -> None:
    counts = tmp_path / "counts"
    Counts.make(counts, 2, {endpoint.domain for endpoint in ENDPOINTS})
    with socket.create_server(("127.0.0.1", 0)) as shared:
        port = shared.getsockname()[1]
        async with running(tmp_path, listen_fd=shared.fileno(), counts_file=counts) as first:
            second = Rig(
                replace(first.settings, worker_name="proxy-2", slot=1, parity_socket=None),
                first.legacy,
                first.modern,
                first.parity,
                first.engine,
            )
            await second.start()
            try:
                version = await first.flip_to(Stage.SHADOW)
                acknowledged = await asyncio.to_thread(first.store.wait_acknowledged, version)
            finally:
                await second.session.close()
                await second.end()
            still = await first.ask()

        assert (first.port, second.port) == (port, port)
        assert {(seen.worker, seen.version) for seen in acknowledged} == {("proxy-1", 1), ("proxy-2", 1)}
        assert still.status == 200


async def test_a_worker_in_the_place_of_a_killed_one_ends_the_writes_of_that_one(tmp_path: Path) -> None:
    counts = tmp_path / "counts"
    Counts.make(counts, 1, {endpoint.domain for endpoint in ENDPOINTS})
    Races(Counts.open(counts, 0)).began("escrows")

    async with running(tmp_path, stage=Stage.SHADOW, counts_file=counts) as rig:
        await rig.ask()
        await rig.settled(1)

    assert [exchange.raced for exchange in rig.parity.exchanges] == [False]
    assert (rig.modern.seen[0].header("X-Crossfade-Writes") or "").endswith(" escrows=1.1")


async def test_a_reload_changes_what_new_requests_get_and_one_in_flight_ends_by_the_old(
    tmp_path: Path,
) -> None:
    async with running(tmp_path, stage=Stage.LIVE, forward=PATIENT) as rig:
        rig.modern.behaviour = answering(b"slow", after_s=0.3)
        slow = asyncio.create_task(rig.ask())
        await until(lambda: len(rig.modern.begun) == 1)

        hasty = replace(QUICK_FORWARD, answer_timeout_s=0.1, fallback_timeout_s=0.1)
        orders = Endpoint("orders", "GET", "/v1/orders")
        problem = await rig.reload(forward=hasty, endpoints=(*ENDPOINTS, orders), expose_served_by=True)
        fallen_back = await rig.ask()
        orders_answer = await rig.ask(target="/v1/orders")
        slow_answer = await slow
        await rig.settled(3)

        assert problem == ""
        assert (slow_answer.status, slow_answer.body) == (200, b"slow")
        assert fallen_back.header("X-Served-By") == "legacy"
        assert orders_answer.header("X-Flag-Version") == "3"
        counted = {count.endpoint for batch in rig.parity.batches for count in batch.counts}
        assert "GET /v1/orders" in counted


async def test_a_reload_keeps_connections_and_flags_that_come_later_are_served(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        reader, writer = await asyncio.open_connection("127.0.0.1", rig.port)
        request = get().replace(b"Connection: close\r\n", b"")
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(len(b'{"by":"legacy"}'))

        await rig.reload(expose_served_by=False)
        writer.write(request)
        later = await reader.readuntil(b"\r\n\r\n")
        writer.close()
        await rig.flip_to(Stage.LIVE)
        live = await rig.ask()

        assert b"X-Served-By: legacy" in head
        assert b"200" in later.splitlines()[0]
        assert b"X-Served-By" not in later
        assert live.body == b'{"by":"modern"}'


async def test_a_reload_leaves_what_takes_a_new_process_and_refuses_what_it_cannot_serve(
    tmp_path: Path,
) -> None:
    counts = tmp_path / "counts"
    Counts.make(counts, 1, {endpoint.domain for endpoint in ENDPOINTS})

    async with running(tmp_path, counts_file=counts) as rig:
        refused = await rig.reload(endpoints=(*ENDPOINTS, Endpoint("orders", "GET", "/v1/orders")))
        moved = await rig.reload(endpoints=ENDPOINTS, listen_port=1, store_url="sqlite:////nowhere/x")
        await rig.flip_to(Stage.LIVE)
        answer = await rig.ask()

    assert refused == "'orders' has no write counts: it was not there when they were made"
    assert moved == ""
    assert answer.header("X-Served-By") == "modern"


async def test_without_a_parity_socket_clients_are_served_and_no_copy_is_sent(tmp_path: Path) -> None:
    async with running(tmp_path, stage=Stage.SHADOW, parity_socket=None) as rig:
        answers = [await rig.ask() for _ in range(5)]

    assert {answer.status for answer in answers} == {200}
    assert (len(rig.legacy.seen), rig.modern.seen) == (5, [])


async def test_a_storm_of_faults_loses_no_request_and_no_outcome(tmp_path: Path) -> None:
    async with running(tmp_path, stage=Stage.SHADOW) as rig:
        behaviours = [hanging(), answering(), answering(b"x" * 1_100_000), answering(after_s=0.1)]
        answers: list[tuple[int, str, int]] = []
        stopped = asyncio.Event()
        clients = [asyncio.create_task(steadily(rig, answers, stopped)) for _ in range(8)]
        for number in range(8):
            rig.modern.behaviour = behaviours[number % len(behaviours)]
            if number % 3 == 0:
                await rig.parity.stop()
                await rig.parity.start()
            if number % 4 == 2:
                await rig.roll_back()
                await rig.flip_to(Stage.SHADOW)
            await asyncio.sleep(0.03)
        stopped.set()
        await asyncio.gather(*clients)
        await rig.settled(len(answers))

        counts = rig.parity.counts()
        assert {status for status, _, _ in answers} == {200}
        assert {backend for _, backend, _ in answers} == {Backend.LEGACY.value}
        assert counts["requests"] == len(answers)
        shed = sum(n for name, n in counts.items() if name.startswith("shed"))
        assert counts["mirrored"] == len(rig.parity.exchanges) + shed


async def test_a_worker_rehearses_until_it_is_told_otherwise_and_says_how_long_it_took(
    tmp_path: Path,
) -> None:
    log = TelemetrySettings(access_log=tmp_path / "access.log", access_log_rate=1.0)
    async with running(
        tmp_path, stage=Stage.SHADOW, telemetry=log, write_checks=rehearsing_settings()
    ) as rig:
        rig.modern.behaviour = rehearsing()
        await rig.ask("POST", data=b"{}")
        async with rig.session.get(f"http://127.0.0.1:{rig.admin_port}/metrics") as page:
            metrics = await page.text()
        kept = await rig.reload(drain_s=3.0)
        await rig.ask("POST", data=b"{}")
        changed = await rig.reload(write_checks=WriteCheckSettings())
        await rig.ask("POST", data=b"{}")
        await rig.settled(3)

        assert (kept, changed) == ("", "")
        assert len(rig.legacy.seen) == 3 + sum(seen.method == "GET" for seen in rig.legacy.seen)
        assert [
            capture.rehearsal.status if capture.rehearsal else None for capture in rig.parity.captures
        ] == [201, 201, None]
        assert 'rehearsals_total{endpoint="POST /v1/escrows",result="answered"} 1.0' in metrics
        assert "crossfade_proxy_rehearsals_stopped 0.0" in metrics

    lines = [json.loads(line) for line in (tmp_path / "access.log").read_text().splitlines()]
    posts = [line for line in lines if line["method"] == "POST"]
    assert [line["rehearsal_ms"] > 0 for line in posts] == [True, True, False]
    assert all(line["rehearsal_ms"] < line["duration_ms"] for line in posts)


async def test_rehearsals_that_nobody_could_sign_are_refused_at_the_start_and_in_a_reload(
    tmp_path: Path,
) -> None:
    async with running(tmp_path, stage=Stage.SHADOW, shadow_secret="") as rig:
        refused = await rig.reload(write_checks=rehearsing_settings())
        await rig.ask("POST", data=b"{}")

        assert refused.startswith("write_checks: 'rehearse' without a shadow secret: expected one")
        assert [seen for seen in rig.modern.seen if seen.method != "GET"] == []

        with pytest.raises(UnsignedError):
            await run_proxy(rig.settings, stop=asyncio.Event())
