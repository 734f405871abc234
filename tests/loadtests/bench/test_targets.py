"""The target table, judged from measurements by hand."""

import dataclasses
from collections.abc import Sequence

import msgspec
import pytest

from loadtests.bench.plan import FULL, QUICK
from loadtests.bench.rounds import Measured
from loadtests.bench.targets import fault_rows, floors, latency_rows, mirror_rows, plain_rows
from loadtests.bench.verdicts import Row, Verdict
from loadtests.interval import Interval
from tests.loadtests.bench.support import slices

SMALL = dataclasses.replace(FULL, sizes=("1k",))
QUIET = (0.99, 1.0, 1.0, 1.0, 1.01)


def around(middle: float, shape: Sequence[float] = QUIET) -> list[float]:
    return [middle * value for value in shape]


def plain(ours: Sequence[float], *, peer: Sequence[float], errors: int = 0) -> Row:
    measured = {
        "plain 1k: crossfade off": slices(ours),
        "plain 1k: nginx plain": slices(peer, errors=errors),
    }
    return plain_rows(measured, SMALL, 1)[0]


def test_capacity_that_is_surely_reached_passes() -> None:
    row = plain(around(25), peer=around(20))

    assert (row.name, row.verdict) == ("capacity 1k to nginx plain", Verdict.PASSED)
    assert row.value
    assert row.value.value == pytest.approx(0.8)
    assert row.note == "nginx plain 20.0 µs, crossfade off 25.0 µs"


def test_capacity_that_is_surely_not_reached_is_missed() -> None:
    assert plain(around(300), peer=around(20)).verdict is Verdict.MISSED


def test_capacity_whose_rounds_disagree_about_the_target_is_undecided() -> None:
    row = plain(around(30, (0.7, 0.8, 1.0, 1.3, 1.5)), peer=around(20))

    assert row.verdict is Verdict.UNDECIDED


def test_a_slow_moment_of_the_machine_that_met_both_sides_decides_nothing() -> None:
    shape = (1.0, 1.0, 3.0, 1.0, 1.0)

    assert plain(around(25, shape), peer=around(20, shape)).verdict is Verdict.PASSED


def test_a_machine_that_gets_slower_from_round_to_round_decides_nothing() -> None:
    drift = (1.0, 1.3, 1.7, 2.2, 2.9)

    row = plain(around(29, drift), peer=around(20, drift))

    assert row.verdict is Verdict.PASSED
    assert row.value
    assert row.value.low == pytest.approx(20 / 29)


def test_a_peer_that_is_not_installed_is_not_measured_and_never_passed() -> None:
    rows = plain_rows({"plain 1k: crossfade off": slices(around(1))}, SMALL, 1)

    assert {row.verdict for row in rows} == {Verdict.NOT_MEASURED}
    assert [row.note for row in rows[:2]] == ["nginx plain is not here", "envoy plain is not here"]


def test_a_peer_that_fails_its_requests_is_nothing_to_compare_with() -> None:
    row = plain(around(25), peer=around(20), errors=500)

    assert row.verdict is Verdict.NOT_MEASURED
    assert row.note == "nginx plain failed 2500 of 5000 requests"


def test_a_crossfade_that_fails_its_requests_has_missed_its_target_however_cheap_that_is() -> None:
    measured = {
        "plain 1k: crossfade off": slices(around(1), errors=500),
        "plain 1k: nginx plain": slices(around(20)),
    }

    row = plain_rows(measured, SMALL, 1)[0]

    assert (row.verdict, row.value) == (Verdict.MISSED, None)
    assert row.note == "crossfade off failed 2500 of 5000 requests"


def test_a_peer_that_answers_nothing_is_nothing_to_compare_with() -> None:
    silent = [
        msgspec.structs.replace(one, shot=msgspec.structs.replace(one.shot, answered=0))
        for one in slices(around(20))
    ]

    row = plain_rows(
        {"plain 1k: crossfade off": slices(around(25)), "plain 1k: nginx plain": silent}, SMALL, 1
    )[0]

    assert (row.verdict, row.note) == (Verdict.NOT_MEASURED, "nginx plain answered nothing")


def test_large_bodies_are_compared_with_nginx_with_large_buffers() -> None:
    measured = {
        "plain 200k: crossfade off": slices(around(55)),
        "plain 200k: nginx plain": slices(around(30)),
        "plain 200k: nginx large": slices(around(60)),
    }

    rows = {row.name: row.verdict for row in plain_rows(measured, FULL, 1)}

    assert rows["capacity 200k to nginx large"] is Verdict.PASSED


def test_mirroring_is_compared_with_those_who_mirror_and_with_itself_when_off() -> None:
    measured = {
        name: slices(around(cpu_us))
        for name, cpu_us in {
            "mirror 1k: nginx mirror": 60,
            "mirror 1k: envoy mirror": 50,
            "mirror 1k: nginx store": 35,
            "mirror 1k: crossfade equal": 33,
            "mirror 1k: crossfade different": 48,
            "paced 1k: crossfade off": 60,
            "paced 1k: crossfade equal": 66,
            "paced 1k: crossfade different": 96,
        }.items()
    }

    rows = {row.name: row.verdict for row in mirror_rows(measured, SMALL, 1)}

    assert rows == {
        "mirror 1k equal to nginx mirror": Verdict.PASSED,
        "mirror 1k equal to envoy mirror": Verdict.PASSED,
        "mirror 1k equal to nginx store": Verdict.PASSED,
        "mirroring on / off, 1k equal": Verdict.PASSED,
        "mirror 1k different to nginx mirror": Verdict.MISSED,
        "mirror 1k different to envoy mirror": Verdict.MISSED,
        "mirror 1k different to nginx store": Verdict.MISSED,
        "mirroring on / off, 1k different": Verdict.MISSED,
    }


def test_a_burst_whose_answers_were_not_all_compared_has_missed_its_target() -> None:
    measured = {
        f"mirror 1k: {name}": slices(around(cpu_us))
        for name, cpu_us in {"nginx mirror": 60, "crossfade equal": 30}.items()
    }
    ours = measured["mirror 1k: crossfade equal"]
    ours[2] = msgspec.structs.replace(ours[2], drained=False)

    row = mirror_rows(measured, SMALL, 1)[0]

    assert (row.name, row.verdict) == ("mirror 1k equal to nginx mirror", Verdict.MISSED)
    assert row.note == "crossfade equal left 1 of 5 bursts without all outcomes"


def latency(ours_us: float, *, nginx_us: float) -> dict[str, list[Measured]]:
    direct = around(100)
    return {
        "latency 1k: direct": slices(p50_us=direct, p90_us=direct),
        "latency 1k: nginx plain": slices(
            p50_us=[value + nginx_us for value in direct], p90_us=[value + nginx_us for value in direct]
        ),
        "latency 1k: crossfade off": slices(
            p50_us=[value + ours_us for value in direct], p90_us=[value + ours_us for value in direct]
        ),
    }


def test_what_the_proxy_adds_is_compared_with_what_nginx_adds() -> None:
    rows = latency_rows(latency(128, nginx_us=100), 1)

    assert [(row.name, row.verdict) for row in rows] == [
        ("added p50 to nginx's", Verdict.MISSED),
        ("added p90 to nginx's", Verdict.PASSED),
    ]
    assert rows[0].note == "crossfade adds 128 µs, nginx 100 µs"


def of_rounds(added_us: Sequence[tuple[float, float]]) -> Interval | None:
    """The p50 row's ratio where in each round we and nginx add that."""
    direct = [100.0] * len(added_us)
    measured = {
        "latency 1k: direct": slices(p50_us=direct, p90_us=direct),
        "latency 1k: crossfade off": slices(
            p50_us=[100 + ours for ours, _ in added_us], p90_us=[100 + ours for ours, _ in added_us]
        ),
        "latency 1k: nginx plain": slices(
            p50_us=[100 + other for _, other in added_us], p90_us=[100 + other for _, other in added_us]
        ),
    }
    return latency_rows(measured, 1)[0].value


def test_a_machine_that_is_slow_for_whole_rounds_does_not_blur_what_is_added() -> None:
    ratio = of_rounds([(mood * 80, mood * 100) for mood in (1, 3, 1, 2, 3, 1, 2, 3, 1, 3)])

    assert ratio
    assert [round(bound, 2) for bound in (ratio.value, ratio.low, ratio.high)] == [0.8, 0.8, 0.8]


def test_a_round_in_which_nginx_adds_nothing_is_none_in_our_favour() -> None:
    kept, with_one = (of_rounds([(80, 100)] * 3 + [(120, 100)] * 3 + more) for more in ([], [(-5, -20)]))

    assert kept
    assert with_one
    assert with_one.value > kept.value


def test_the_floor_of_what_is_added_is_told_where_it_was_measured() -> None:
    measured = latency(128, nginx_us=100)
    without = floors(measured, 1)
    measured["latency 1k: least proxy"] = slices(
        p50_us=[value + 110 for value in around(100)], p90_us=[value + 150 for value in around(100)]
    )

    found = floors(measured, 1)

    assert without == []
    assert [(name, round(ratio.value, 2)) for name, ratio in found] == [
        ("added p50 of the least proxy to nginx's", 1.1),
        ("added p90 of the least proxy to nginx's", 1.5),
    ]


@pytest.mark.parametrize("missing", ["nginx plain", "direct"])
def test_latency_without_a_side_is_not_measured(missing: str) -> None:
    measured = latency(100, nginx_us=100)
    del measured[f"latency 1k: {missing}"]

    rows = latency_rows(measured, 1)

    assert {row.verdict for row in rows} == {Verdict.NOT_MEASURED}


def test_an_nginx_that_seems_to_add_nothing_is_no_measure() -> None:
    rows = latency_rows(latency(100, nginx_us=-1), 1)

    assert {row.verdict for row in rows} == {Verdict.NOT_MEASURED}


def test_a_failing_shadow_is_judged_by_the_client_s_median() -> None:
    measured = {
        "faults 1k slow: crossfade off": slices(p50_us=around(200)),
        "faults 1k slow: crossfade slow": slices(p50_us=around(204)),
        "faults 1k hanging: crossfade off": slices(p50_us=around(200)),
        "faults 1k hanging: crossfade hanging": slices(p50_us=around(250)),
    }

    assert [(row.name, row.verdict) for row in fault_rows(measured, 1)] == [
        ("live p50, shadow slow / off", Verdict.PASSED),
        ("live p50, shadow hanging / off", Verdict.MISSED),
        ("live p50, shadow dead / off", Verdict.NOT_MEASURED),
    ]


def test_the_smoke_judges_only_what_it_measures() -> None:
    assert not [row for row in plain_rows({}, QUICK, 1) if "20k" in row.name or "200k" in row.name]
