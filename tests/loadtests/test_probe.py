"""Every journey once against both sides before the load."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from loadtests import probe as probe_module
from loadtests.children import Child
from loadtests.errors import BackendError, RecordingError
from loadtests.probe import probe
from loadtests.recording import Credentials, load_recording
from loadtests.workload import Journey, Step, Workload, build_workload
from parity.exchange import Backend
from tests.loadtests.stub_backend import ENDPOINTS, SECRET
from tests.loadtests.test_recording import recorded
from tests.support.backends import FakeBackend, Seen, answering


@pytest.fixture
def workload(contract: Path) -> Workload:
    return build_workload(load_recording(contract, "escrows"), ENDPOINTS)


@pytest.fixture
def credentials(contract: Path) -> Credentials:
    return Credentials(contract, SECRET)


@pytest.fixture(scope="module")
def faithful(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with stub(tmp_path_factory.mktemp("faithful")) as url:
        yield url


@contextmanager
def stub(directory: Path, *options: str) -> Iterator[str]:
    arguments = ["-m", "tests.loadtests.stub_backend", "--delay-ms=0", *options]
    with Child("stub", arguments, log=directory / "stub") as child:
        yield f"http://127.0.0.1:{child.ready()['port']}"


def test_nothing_is_left_out_where_both_sides_answer_as_recorded(
    workload: Workload, credentials: Credentials, faithful: str
) -> None:
    kept = probe(workload, credentials, dict.fromkeys(Backend, faithful))

    assert kept == workload


def test_what_modern_answers_otherwise_below_500_is_left_out_with_both_statuses(
    workload: Workload, credentials: Credentials, faithful: str, tmp_path: Path
) -> None:
    with stub(tmp_path, "--surprise=410") as modern:
        kept = probe(workload, credentials, {Backend.LEGACY: faithful, Backend.MODERN: modern})

    assert kept.left_out["get_nulls"] == "modern answers 410 to get_nulls, recorded as 200"
    sent = {step.endpoint for journey in kept.journeys for step in journey.steps}
    assert "GET /v1/escrows/{id}" not in sent
    assert "GET /v1/escrows" in sent


def test_a_5xx_is_no_reason_to_leave_anything_out(
    workload: Workload, credentials: Credentials, faithful: str, tmp_path: Path
) -> None:
    with stub(tmp_path, "--surprise=500") as modern:
        kept = probe(workload, credentials, {Backend.LEGACY: faithful, Backend.MODERN: modern})

    assert kept == workload


def test_a_legacy_of_which_nothing_succeeds_leaves_nothing_to_measure(
    workload: Workload, credentials: Credentials, faithful: str, tmp_path: Path
) -> None:
    gets = tuple(s for s in workload.journeys if s.steps[0].endpoint == "GET /v1/escrows/{id}")
    with stub(tmp_path, "--surprise=500") as failing:
        with pytest.raises(
            BackendError, match=r"the legacy backend at .* answers nothing as recorded, first 500 to get_"
        ):
            probe(Workload(gets, {}), credentials, {Backend.LEGACY: failing, Backend.MODERN: faithful})
        kept = probe(Workload(gets, {}), credentials, {Backend.LEGACY: faithful, Backend.MODERN: failing})

    assert kept.journeys == gets


def test_a_side_that_is_not_there_is_an_error_with_its_address(
    workload: Workload, credentials: Credentials, faithful: str
) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{bound.getsockname()[1]}"

        with pytest.raises(BackendError, match=f"the modern backend at {nobody} does not answer: .*refused"):
            probe(workload, credentials, {Backend.LEGACY: faithful, Backend.MODERN: nobody})


def test_a_side_that_takes_requests_and_never_answers_is_an_error_soon(
    workload: Workload, credentials: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe_module, "_TIMEOUT_S", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        silent = f"http://127.0.0.1:{listener.getsockname()[1]}"

        with pytest.raises(BackendError, match=r"the legacy backend at .* does not answer: timed out"):
            probe(workload, credentials, dict.fromkeys(Backend, silent))


def test_something_else_than_an_address_is_an_error(workload: Workload, credentials: Credentials) -> None:
    with pytest.raises(
        BackendError, match=r"expected the address of the legacy backend like .* got 'localhost:9001'"
    ):
        probe(workload, credentials, dict.fromkeys(Backend, "localhost:9001"))


def test_sides_that_never_answer_as_recorded_leave_nothing_to_compare(
    workload: Workload, credentials: Credentials, faithful: str, tmp_path: Path
) -> None:
    gets = tuple(s for s in workload.journeys if s.steps[0].endpoint == "GET /v1/escrows/{id}")
    with (
        stub(tmp_path, "--surprise=410") as modern,
        pytest.raises(
            RecordingError, match=r"no recorded exchange has its recorded status on both sides; .*410"
        ),
    ):
        probe(Workload(gets, {}), credentials, {Backend.LEGACY: faithful, Backend.MODERN: modern})


def test_a_life_cycle_whose_creation_fails_is_not_gone_on_with(
    workload: Workload, credentials: Credentials, faithful: str
) -> None:
    cycle = next(journey for journey in workload.journeys if journey.name == "create_full")
    orphan = Journey("orphan", cycle.steps[1:])

    kept = probe(Workload((cycle, orphan), {}), credentials, dict.fromkeys(Backend, faithful))

    assert kept.journeys == (cycle, orphan)


async def test_what_succeeds_once_or_hangs_on_who_came_before_is_left_out(credentials: Credentials) -> None:
    journeys = tuple(
        Journey(
            name,
            (Step(f"{method} /{name}", recorded(name=name, method=method, path=f"/{name}", status=status)),),
        )
        for method, name, status in (
            ("GET", "shown", 200),
            ("PUT", "once", 200),
            ("PUT", "raise", 200),
            ("PUT", "stale", 400),
        )
    )
    refused_after = {"/once": "/once", "/stale": "/raise", "/shown": "/raise"}
    done: set[str] = set()

    async def answer(seen: Seen, writer: asyncio.StreamWriter) -> bool:
        refused = refused_after.get(seen.target) in done
        done.add(seen.target)
        return await answering(status="400 Bad Request" if refused else "200 OK")(seen, writer)

    async with FakeBackend(answer) as backend:
        urls = dict.fromkeys(Backend, backend.url)
        kept = await asyncio.to_thread(probe, Workload(journeys, {}), credentials, urls, done.clear)

    assert kept.left_out == {
        "once": "legacy answers 400 to once, recorded as 200 when it is sent again",
        "stale": "legacy answers 200 to stale, recorded as 400 in another order",
        "shown": "legacy answers 400 to shown, recorded as 200 in another order",
    }
