"""Rounds of slices at a real server."""

import dataclasses
import os
import time
from pathlib import Path

from loadtests.bench.drain import Drain
from loadtests.bench.generator import Generator, Load, Target
from loadtests.bench.rounds import Scenario, measure
from loadtests.children import Child
from tests.loadtests.bench.support import tiny_server

SHORT = Load("/1k.json", connections=2, warm_s=0.02, run_s=0.08)


def test_every_round_has_every_scenario_in_an_order_drawn_anew(tmp_path: Path) -> None:
    said: list[str] = []
    with tiny_server() as (port, seen):
        target = Target("tiny", port, (os.getpid(),))
        scenarios = [
            Scenario(name, target, Load(f"/{name}", connections=1, warm_s=0.01, run_s=0.03)) for name in "abc"
        ]

        measured = measure(scenarios, 6, Generator(tmp_path), seed=1, progress=said.append)

    orders = list(dict.fromkeys(path for path, _ in seen))
    assert {name: len(slices) for name, slices in measured.items()} == {"a": 6, "b": 6, "c": 6}
    assert said == [f"round {number} of 6" for number in range(1, 7)]
    assert len(orders) == 3
    changes = [path for (path, _), (before, _) in zip(seen[1:], seen, strict=False) if path != before]
    rounds = {tuple(changes[at : at + 3]) for at in range(-1, len(changes), 3)}
    assert len(rounds) > 1


def test_those_who_are_compared_are_asked_one_after_the_other(tmp_path: Path) -> None:
    with tiny_server() as (port, seen):
        target = Target("tiny", port, (os.getpid(),))
        load = Load("/", connections=1, warm_s=0.01, run_s=0.02)
        names = [f"{kind}: {who}" for who in "abc" for kind in ("plain", "mirror")]
        scenarios = [Scenario(name, target, dataclasses.replace(load, path=f"/{name[:5]}")) for name in names]

        measure(scenarios, 1, Generator(tmp_path), seed=1)

    changes = [path for (path, _), (before, _) in zip(seen[1:], seen, strict=False) if path != before]
    assert len(changes) == 1


def test_what_a_slice_leaves_under_way_has_its_time_before_the_next_one_begins(tmp_path: Path) -> None:
    server = Child("server", ["-m", "loadtests.bench.slow_backend", "--work-ms=0"], log=tmp_path / "server")
    with server:
        target = Target("it", int(server.ready()["port"]), pids=(server.pid,))
        generator = Generator(tmp_path)
        began_s = time.monotonic()

        measure([Scenario("it", target, SHORT, settle_s=0.4)], 2, generator, seed=1)

    assert time.monotonic() - began_s > 2 * (0.4 + SHORT.run_s)


def test_a_slice_has_the_cpu_time_a_request_and_the_memory_of_server_and_helpers(tmp_path: Path) -> None:
    server = Child("server", ["-m", "loadtests.bench.slow_backend", "--work-ms=0"], log=tmp_path / "server")
    sleeper = Child("sleeper", ["-c", "import time; time.sleep(60)"], log=tmp_path / "sleeper")
    with server, sleeper:
        target = Target("it", int(server.ready()["port"]), pids=(server.pid,), helpers=(sleeper.pid,))
        generator = Generator(tmp_path)
        generator.shoot(target.port, SHORT)  # meanwhile the sleeper falls asleep

        (one,) = measure([Scenario("it", target, SHORT)], 1, generator, seed=1, memory=True)["it"]

    assert one.failed == 0
    assert one.cpu_us > 5
    assert one.helper_cpu_us < one.cpu_us
    assert one.pss_mb > 5
    assert one.helper_pss_mb > 0


def test_what_a_server_takes_when_idle_is_no_part_of_a_burst(tmp_path: Path) -> None:
    server = Child("server", ["-m", "loadtests.bench.slow_backend", "--work-ms=0"], log=tmp_path / "server")
    busy = Child("busy", ["-c", "while True: pass"], log=tmp_path / "busy")
    burst = dataclasses.replace(SHORT, requests=20)
    with server, busy:
        target = Target("it", int(server.ready()["port"]), pids=(busy.pid,))

        measured = measure(
            [Scenario("burst", target, burst), Scenario("other", target, SHORT)],
            1,
            Generator(tmp_path),
            seed=1,
        )

    one, other = measured["burst"][0], measured["other"][0]
    assert one.shot.answered == 20
    assert one.drained
    assert one.wait_s >= 0.25
    assert one.cpu_us < 2 * one.idle_us
    assert one.idle_us * 20 / 1e6 > one.wait_s / 20
    assert (other.wait_s, other.idle_us) == (0.0, 0.0)


def test_a_burst_whose_outcomes_do_not_come_is_told(tmp_path: Path) -> None:
    said: list[str] = []
    with tiny_server() as (port, _):
        drain = Drain(f"sqlite:///{tmp_path / 'store.sqlite3'}", within_s=0.1)
        target = Target("tiny", port, (os.getpid(),), drain=drain)
        burst = dataclasses.replace(SHORT, requests=20)

        (one,) = measure(
            [Scenario("it", target, burst)], 1, Generator(tmp_path), seed=1, progress=said.append
        )["it"]

    assert not one.drained
    assert said == ["round 1 of 1", "it: not all had its outcome after 0 s"]


def test_what_has_no_answer_is_failed_in_a_closed_loop_and_late_in_an_open_one(tmp_path: Path) -> None:
    with tiny_server() as (port, _):
        target = Target("tiny", port)
        scenarios = [
            Scenario("closed", target, Load("/500", connections=1, warm_s=0.0, run_s=0.05)),
            Scenario("open", target, Load("/1k.json", connections=1, rate=1_000_000, warm_s=0.0, run_s=0.05)),
        ]

        measured = measure(scenarios, 1, Generator(tmp_path), seed=1)

    assert measured["closed"][0].failed > 0
    assert measured["open"][0].failed == 0
    assert measured["open"][0].shot.unanswered > 0
