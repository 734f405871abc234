"""The load generator against a real server."""

import time
from pathlib import Path

import pytest

from loadtests.bench.generator import Generator, Load
from loadtests.errors import BenchError
from tests.loadtests.bench.support import tiny_server


@pytest.fixture(scope="module")
def generator(tmp_path_factory: pytest.TempPathFactory) -> Generator:
    return Generator(tmp_path_factory.mktemp("build"))


def load(path: str, *, rate: float = 0, connections: int = 2, body_bytes: int = 0) -> Load:
    return Load(path, connections=connections, rate=rate, warm_s=0.05, run_s=0.25, body_bytes=body_bytes)


def burst(requests: int, *, path: str = "/1k.json", run_s: float = 10.0) -> Load:
    return Load(path, connections=4, warm_s=0.0, run_s=run_s, requests=requests)


def test_a_closed_loop_counts_exactly_what_the_server_saw(generator: Generator) -> None:
    with tiny_server() as (port, seen):
        shot = generator.shoot(port, load("/1k.json"))

    assert shot.failed == shot.unanswered == 0
    assert shot.answered == len(seen) > shot.measured > 10
    assert {request for request, _ in seen} == {"GET /1k.json"}
    assert 0 < shot.p50_us <= shot.p90_us <= shot.p99_us <= shot.max_us


@pytest.mark.parametrize("path", ["/1k.json", "/broken"])
def test_a_burst_sends_as_many_requests_as_it_is_told_and_ends(generator: Generator, path: str) -> None:
    with tiny_server() as (port, seen):
        began_s = time.monotonic()
        shot = generator.shoot(port, burst(101, path=path))

        assert time.monotonic() - began_s < 5

    assert len(seen) == 101
    assert shot.answered + shot.failed == 101
    assert shot.unanswered == 0


def test_the_rate_of_a_burst_is_that_of_the_time_it_took(generator: Generator) -> None:
    with tiny_server() as (port, _):
        began_s = time.monotonic()
        shot = generator.shoot(port, burst(200))
        took_s = time.monotonic() - began_s

    assert shot.measured == shot.answered == 200
    assert shot.rps > 200 / took_s


def test_a_burst_that_takes_too_long_is_over_when_its_time_is(generator: Generator) -> None:
    with tiny_server() as (port, seen):
        shot = generator.shoot(port, burst(1_000_000, run_s=0.1))

    assert 10 < shot.answered == len(seen) < 1_000_000


def test_an_open_loop_sends_at_its_rate(generator: Generator) -> None:
    with tiny_server() as (port, _):
        shot = generator.shoot(port, load("/1k.json", rate=200))

    assert 20 <= shot.measured <= 90


def test_in_an_open_loop_what_waits_for_a_connection_is_late(generator: Generator) -> None:
    with tiny_server() as (port, _):
        shot = generator.shoot(port, load("/1k.json", rate=1_000_000, connections=1))

    assert shot.unanswered > shot.answered > 0
    assert shot.p50_us > 1_000_000  # that long after the end it is given up


def test_with_a_body_the_request_is_a_post_of_that_size(generator: Generator) -> None:
    with tiny_server() as (port, seen):
        shot = generator.shoot(port, load("/1k.json", body_bytes=20_000))

    assert shot.failed == 0
    assert set(seen) == {("POST /1k.json", 20_000)}


@pytest.mark.parametrize("path", ["/chunked", "/close"])
def test_chunked_answers_and_closed_connections_are_no_failures(generator: Generator, path: str) -> None:
    with tiny_server() as (port, seen):
        shot = generator.shoot(port, load(path))

    assert shot.failed == 0
    assert shot.answered == len(seen) > 10


def test_an_answer_other_than_200_is_a_failure(generator: Generator) -> None:
    with tiny_server() as (port, _):
        shot = generator.shoot(port, load("/500"))

    assert shot.not_200 == shot.failed == shot.answered > 0


def test_a_connection_that_breaks_in_mid_request_is_a_failure(generator: Generator) -> None:
    with tiny_server() as (port, seen):
        shot = generator.shoot(port, load("/broken"))

    assert shot.answered == 0
    assert 0 < shot.errors <= len(seen)


def test_a_port_at_which_nobody_listens_is_an_error(generator: Generator) -> None:
    with tiny_server() as (port, _):
        pass

    with pytest.raises(BenchError, match=f"cannot connect to port {port}: Connection refused"):
        generator.shoot(port, load("/1k.json"))


def test_without_a_compiler_the_error_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"no C compiler .* apt-get install gcc"):
        Generator(tmp_path, compiler="no-such-compiler")


def test_a_compiler_that_fails_is_an_error_with_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="does not compile"):
        Generator(tmp_path, compiler="false")


def test_what_was_compiled_is_used_again(tmp_path: Path) -> None:
    Generator(tmp_path)

    Generator(tmp_path, compiler="no-such-compiler")

    assert (tmp_path / "load").exists()


def test_a_slice_that_is_broken_off_leaves_no_process(generator: Generator) -> None:
    with tiny_server() as (port, _), generator.fire(port, Load("/1k.json", run_s=60)) as firing:
        assert firing.running

    assert not firing.running
