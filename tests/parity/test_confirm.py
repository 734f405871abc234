"""Confirmation over real sockets: every outcome by a fault, every bound, and books that add up all the same."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from parity.allowance import ConfirmSettings
from parity.exchange import Backend
from parity.outcome import Aside, Outcome
from parity.report import build_report
from tests.parity.confirming import (
    ALWAYS,
    PATIENT,
    benched,
    body,
    ever_new,
    handed_over,
    in_turn,
    read,
    read_fresh,
    telling,
)
from tests.parity.factories import until
from tests.proxy.rig import ENDPOINTS, STEADY
from tests.support.backends import Behaviour, Seen, answering, closing, hanging

Values = tuple[object, ...]


@pytest.mark.parametrize("authoritative", Backend)
@pytest.mark.parametrize(
    ("legacy", "modern", "outcome", "reason"),
    [
        ((1, 1), (2, 2), Outcome.MISMATCH, "persisted"),
        ((1, 1), (2, 3), Outcome.MISMATCH, "persisted"),
        ((1, 2), (2, 2), Outcome.TRANSIENT, "moved"),
        ((1, 1), (2, 1), Outcome.TRANSIENT, "agreed"),
        ((1, 3), (2, 3), Outcome.TRANSIENT, "moved"),
        ((1, 3), (2, 4), Outcome.TRANSIENT, "moved"),
    ],
    ids=["neither moves", "modern moves on", "legacy moves", "modern moves", "both move", "both move apart"],
)
async def test_a_read_that_differs_is_asked_again(
    tmp_path: Path, legacy: Values, modern: Values, outcome: Outcome, reason: str, authoritative: Backend
) -> None:
    answered, asked = (legacy, modern) if authoritative is Backend.LEGACY else (modern, legacy)
    behaviours = {authoritative: telling(*answered[1:]), authoritative.other: telling(*asked)}
    async with benched(tmp_path, behaviours[Backend.LEGACY], behaviours[Backend.MODERN]) as (bench, *_):
        await bench.take(read(answered[0], authoritative=authoritative))

        report = bench.report()

    assert [one for one, n in report.tally.outcomes.items() if n] == [outcome]
    assert report.tally.asides == {Aside.CONFIRMATIONS: {reason: 1}}
    assert len(report.groups) == (outcome is Outcome.MISMATCH)


async def test_both_are_asked_by_signed_copies_without_effects(tmp_path: Path) -> None:
    async with benched(tmp_path, telling(1), telling(2)) as (bench, legacy, modern):
        await bench.take(read(1, head=b"Authorization: Bearer x\r\n", target="/v1/escrows?a=%2F"))

        copies = [*legacy.seen, *modern.seen]

    assert (len(legacy.seen), len(modern.seen)) == (1, 2)
    assert {copy.header("X-Crossfade-Shadow") for copy in copies} == {"read"}
    assert all((copy.header("X-Crossfade-Signature") or "").startswith("t=") for copy in copies)
    assert {(copy.target, copy.header("Authorization")) for copy in copies} == {
        ("/v1/escrows?a=%2F", "Bearer x")
    }


async def test_what_matches_is_not_asked_again(tmp_path: Path) -> None:
    async with benched(tmp_path, telling(1), telling(1)) as (bench, legacy, modern):
        await bench.take(read(1), read(1))

        assert (len(legacy.seen), len(modern.seen), bench.asides()) == (0, 2, {})


@pytest.mark.parametrize(
    ("legacy", "modern", "reason"),
    [
        (closing(), telling(2), "legacy_broken"),
        (hanging(), telling(2), "legacy_timeout"),
        (answering(b"{}", status="503 No"), telling(2), "legacy_status"),
        (telling(1), in_turn(answering(body(2)), closing()), "modern_broken"),
        (telling(1), in_turn(answering(body(2)), hanging()), "modern_timeout"),
        (telling(1), in_turn(answering(body(2)), answering(body("x" * 3_000_000))), "body_too_large"),
    ],
    ids=["legacy breaks", "legacy hangs", "legacy refuses", "modern breaks", "modern is slow", "too large"],
)
async def test_a_confirmation_that_cannot_be_made_leaves_the_mismatch_and_counts_why(
    tmp_path: Path, legacy: Behaviour, modern: Behaviour, reason: str
) -> None:
    quick = replace(PATIENT, timeout_s=0.4) if reason.endswith("timeout") else PATIENT
    async with benched(tmp_path, legacy, modern, mirror=quick) as (bench, *_):
        await bench.take(read(1))

        report = bench.report()

    assert report.tally.mismatches == 1
    assert report.tally.asides == {Aside.UNCONFIRMED: {reason: 1}}
    assert len(report.open_groups) == 1


async def test_a_backend_that_is_down_is_left_alone(tmp_path: Path) -> None:
    once = replace(PATIENT, failures=1)
    async with benched(tmp_path, closing(), telling(2), mirror=once) as (bench, legacy, _):
        await bench.take(read(1))
        await bench.take(read(1))

        assert bench.asides() == {"unconfirmed": {"legacy_broken": 1, "shadow_down": 1}}
        assert len(legacy.seen) == 1


async def test_a_backend_that_strains_is_spared(tmp_path: Path) -> None:
    strained = replace(PATIENT, concurrency=2, queue_items=0, adaptive=replace(STEADY, failed_factor=0.5))
    behaviour = in_turn(closing(), hanging())
    async with benched(tmp_path, behaviour, telling(2), mirror=strained) as (bench, legacy, _):
        mirror = bench.completion.mirrors[Backend.LEGACY]
        await mirror.ask(read(1))
        holding = asyncio.create_task(mirror.ask(read(1)))
        await until(lambda: len(legacy.seen) == 2)
        await bench.take(read(1))
        holding.cancel()

        assert bench.asides() == {"unconfirmed": {"shadow_limit": 1}}


async def test_a_flood_of_mismatches_costs_a_share_and_the_rest_is_counted(tmp_path: Path) -> None:
    bounds = ConfirmSettings(share=0.05, noise_share=0.0, floor_per_s=0.0, burst=20.0)
    async with benched(tmp_path, telling(1), telling(2), bounds) as (bench, legacy, _):
        for _number in range(4):
            await bench.take(*(read(1) for _ in range(50)))

        tally = bench.report().tally

    # half of the burst for this endpoint, and 5 % of 200 but for what did not fit the bucket
    assert 18 <= len(legacy.seen) <= 20
    assert tally.mismatches == 200
    assert tally.asides == {
        Aside.CONFIRMATIONS: {"persisted": len(legacy.seen)},
        Aside.UNCONFIRMED: {"rate": 200 - len(legacy.seen)},
    }


async def test_one_endpoint_leaves_the_others_their_part(tmp_path: Path) -> None:
    bounds = ConfirmSettings(share=0.01, noise_share=0.0, floor_per_s=0.0, burst=4.0)
    async with benched(tmp_path, telling(1), telling(2), bounds) as (bench, *_):
        await bench.take(*(read(1) for _ in range(60)))
        await bench.take(read(1, endpoint="GET /v1/clients"))

        rows = {row.endpoint: row.tally.asides for row in bench.report().endpoints}

    assert rows["GET /v1/clients"] == {Aside.CONFIRMATIONS: {"persisted": 1}}


async def test_the_bound_over_all_endpoints_holds(tmp_path: Path) -> None:
    bounds = ConfirmSettings(share=0.0001, noise_share=0.0, floor_per_s=0.0, burst=1.0)
    names = [endpoint.name for endpoint in ENDPOINTS if endpoint.is_read and endpoint.mirrorable]
    async with benched(tmp_path, telling(1), telling(2), bounds) as (bench, *_):
        await bench.take(*(read(1, endpoint=name) for name in names))

        assert bench.asides() == {
            "confirmations": {"persisted": 1},
            "unconfirmed": {"rate": len(names) - 1},
        }


async def test_few_are_under_way_at_a_time(tmp_path: Path) -> None:
    bounds = replace(ALWAYS, concurrency=2, wait_s=0.05)
    slow = answering(body(1), after_s=0.2)
    async with benched(tmp_path, slow, telling(2), bounds) as (bench, legacy, _):
        await bench.take(*(read(1) for _ in range(6)))

        assert len(legacy.seen) == 2
        assert bench.asides() == {"confirmations": {"persisted": 2}, "unconfirmed": {"busy": 4}}


@pytest.mark.parametrize("endpoint", ["GET /v1/auth/verify", "GET /v1/unknown"])
async def test_what_is_not_mirrorable_is_never_asked_again(tmp_path: Path, endpoint: str) -> None:
    checking = replace(ALWAYS, noise_share=1.0)
    async with benched(tmp_path, telling(1), telling(2), checking) as (bench, legacy, modern):
        await bench.take(read(1, endpoint=endpoint), read(2, endpoint=endpoint))

        assert bench.asides() == {"unconfirmed": {"never": 1}}
        assert (len(legacy.seen), len(modern.seen)) == (0, 2)


async def test_a_server_error_is_no_data_that_could_have_moved(tmp_path: Path) -> None:
    failing = in_turn(answering(b"{}", status="500 Oops"), answering(body(1)))
    async with benched(tmp_path, telling(1), failing) as (bench, legacy, _):
        await bench.take(read(1))

        assert bench.report().tally.mismatches == 1
        assert bench.asides() == {"unconfirmed": {"server_error": 1}}
        assert legacy.seen == []


async def test_it_can_be_switched_off(tmp_path: Path) -> None:
    off = ConfirmSettings(share=0.0, noise_share=0.0)
    async with benched(tmp_path, telling(1), telling(2), off) as (bench, legacy, _):
        await bench.take(read(1), read(2))

        assert bench.asides() == {"unconfirmed": {"off": 1}}
        assert legacy.seen == []


async def test_what_was_raced_or_shed_or_failed_is_not_asked_again(tmp_path: Path) -> None:
    checking = replace(ALWAYS, noise_share=1.0)
    async with benched(tmp_path, telling(1), in_turn(telling(2), closing()), checking) as (bench, legacy, _):
        await bench.take(read(1, mark=(1, 1)))
        await bench.take(read(1), read(1, skipped="body_too_large"))

        assert (legacy.seen, bench.asides()) == ([], {})


async def test_figures_of_time_and_queries_come_from_the_first_answers(tmp_path: Path) -> None:
    first, later = (
        answering(body(2), headers=(("Content-Type", "application/json"), ("X-Query-Count", queries)))
        for queries in ("4", "99")
    )
    head = b"Content-Type: application/json\r\nX-Query-Count: 7\r\n"
    async with benched(tmp_path, later, in_turn(first, later)) as (bench, *_):
        await bench.take(read(1, duration_s=0.01, answer_head=head))

        (row,) = bench.report().endpoints

    assert (row.costs.n, row.costs.legacy_s) == (1, 0.01)
    assert (row.costs.query_n, row.costs.legacy_queries, row.costs.modern_queries) == (1, 7.0, 4.0)


async def test_a_worker_that_ends_in_the_middle_counts_nothing_twice(tmp_path: Path) -> None:
    release = asyncio.Event()

    async def held(seen: Seen, writer: asyncio.StreamWriter) -> bool:
        await release.wait()
        return await answering(body(1))(seen, writer)

    async with benched(tmp_path, held, telling(2)) as (bench, legacy, _):
        first, given = bench.runs(), handed_over((read(1),))
        await first.enter(given, 0)
        await until(lambda: len(legacy.seen) == 1)
        await first.drain(0.0)
        before = build_report(bench.engine).tally.total
        release.set()
        restarted = bench.runs()
        for _ in range(2):
            task = await restarted.enter(given, 0)
            if task is not None:
                await task

        report = bench.report()

    assert (before, report.tally.total, report.tally.mismatches) == (0, 1, 1)
    assert report.tally.asides == {Aside.CONFIRMATIONS: {"persisted": 1}}


async def test_noise_is_learned_shown_and_compared_by_shape(
    tmp_path: Path,
) -> None:
    async with benched(tmp_path, ever_new(), ever_new()) as (bench, *_):
        runs = bench.runs()
        for number in range(12):
            await bench.take(read_fresh(number), runs=runs)
        report = bench.report()

    assert report.tally.mismatches == 0
    assert report.tally.outcomes[Outcome.TRANSIENT] == 10
    assert report.tally.outcomes[Outcome.MATCH] == 2
    (noisy,) = report.noise
    assert (noisy.path, noisy.shape, noisy.is_learned) == ("$.id", "string (uuid)", True)


async def test_beside_noise_a_true_difference_is_a_mismatch_before_and_after_it_is_learned(
    tmp_path: Path,
) -> None:
    async with benched(tmp_path, ever_new(price=5), ever_new(price=6)) as (bench, *_):
        runs = bench.runs()
        for number in range(15):
            await bench.take(read_fresh(number), runs=runs)
        report = bench.report()

    assert report.tally.mismatches == 15
    assert [(group.path, group.n) for group in report.groups] == [("$.price", 15)]
    assert {path.path: path.is_learned for path in report.noise} == {"$.id": True}


async def test_a_share_of_what_matches_is_asked_again_for_noise(tmp_path: Path) -> None:
    checking = ConfirmSettings(share=0.0, noise_share=0.25)
    async with benched(tmp_path, telling(1), telling(1), checking) as (bench, legacy, _):
        await bench.take(*(read(1) for _ in range(20)))

        assert len(legacy.seen) == 5
        assert bench.asides() == {"noise_checks": {"same": 5}}
        assert bench.report().tally.outcomes[Outcome.MATCH] == 20


async def test_writes_that_race_make_no_noise(tmp_path: Path) -> None:
    asked: list[str] = []

    def overlapped(domain: str, _mark: tuple[int, int]) -> bool:
        asked.append(domain)
        return len(asked) % 2 == 0  # only when asked again

    legacy, modern = telling(*range(100, 200)), telling(*range(500, 600))
    async with benched(tmp_path, legacy, modern, overlapped=overlapped) as (bench, *_):
        for _ in range(12):
            await bench.take(read(1))

        assert bench.asides() == {"confirmations": {"moved": 12}}
        assert bench.report().noise == ()


async def test_a_fault_of_our_own_in_asking_leaves_a_mismatch(tmp_path: Path) -> None:
    calls: list[str] = []

    def overlapped(domain: str, _mark: tuple[int, int]) -> bool:
        calls.append(domain)
        if len(calls) == 2:
            raise KeyError("Nettle Brindlefox")
        return False

    async with benched(tmp_path, telling(1), telling(2), overlapped=overlapped) as (bench, *_):
        await bench.take(read(1))

        assert bench.asides() == {"unconfirmed": {"confirming_failed": 1}}
