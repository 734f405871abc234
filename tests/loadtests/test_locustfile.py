"""The Locust file, in Locust's own process: importing it here would patch this one."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlencode

import pytest

from loadtests.children import Child
from loadtests.timings import Timing, read_timings
from tests.loadtests.conftest import LOCUSTFILE, Measure, running
from tests.loadtests.stub_backend import ENDPOINTS, SECRET

T = TypeVar("T")
NAMES = ", ".join(f"{method} {path}" for method, path in ENDPOINTS)


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(tmp_path_factory.mktemp("stub"), "--delay-ms=2", "--queries=3") as address:
        yield address


def locust(host: str, contract: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    fixed = [f"--locustfile={LOCUSTFILE}", "--headless", f"--host={host}", "--users=6", "--only-summary"]
    return subprocess.run(
        [sys.executable, "-m", "locust", *fixed, f"--contract={contract}", *options],
        env=os.environ | {"CROSSFADE_JWT_SECRET": SECRET} | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def load(measure: Measure, backend: str, *options: str) -> list[Timing]:
    short = ["--users=6", "--pace=0.05", "--reads=recorded", "--measured=1", f"--endpoints={NAMES}"]
    return measure(backend, *short, *options)


def test_recorded_requests_are_sent_at_their_pace_and_answered_as_recorded(
    measure: Measure, backend: str
) -> None:
    begun_at = time.time()
    timings = load(measure, backend)

    assert {one.served_by for one in timings} == {""}
    assert all(begun_at < one.sent_at < time.time() for one in timings)
    assert 80 <= len(timings) <= 200  # 6 users for 1 s at 0.05 s, and the clean-up
    assert [timing for timing in timings if not timing.as_recorded] == []
    assert {(one.query_count, one.db_ms, one.cache, one.domain) for one in timings} == {
        (3, 1.25, "miss", "escrows")
    }
    assert {timing.endpoint for timing in timings} <= set(NAMES.split(", "))
    assert any(timing.refused for timing in timings)
    assert all(2 <= timing.duration_ms < 1_000 for timing in timings)


def test_everything_that_was_created_is_deleted_again(measure: Measure, backend: str) -> None:
    timings = load(measure, backend)

    done = Counter(timing.endpoint for timing in timings if not timing.refused)
    assert (
        done["POST /v1/escrows"]
        == done["DELETE /v1/escrows/{id}"]
        == done["PUT /v1/escrows/{id}/restore"]
        > 0
    )
    assert done["PUT /v1/escrows/{id}/archive"] == 2 * done["POST /v1/escrows"]


def test_the_same_seed_sends_the_same_requests_in_the_same_order(measure: Measure, backend: str) -> None:
    one, same, other = (load(measure, backend, "--users=1", f"--load-seed={seed}") for seed in (7, 7, 8))

    orders = [[timing.exchange for timing in timings[:10]] for timings in (one, same, other)]
    assert orders[0] == orders[1] != orders[2]


def test_without_a_running_backend_locust_ends_soon_and_says_that_the_side_is_down(
    contract: Path, tmp_path: Path
) -> None:
    file = tmp_path / "none.jsonl"
    options = ["--pace=0.05", "--warm-up=0", "--measured=30", f"--endpoints={NAMES}", f"--results={file}"]

    done = locust("http://127.0.0.1:1", contract, *options)

    assert done.returncode == 4, done.stderr
    assert {timing.status for timing in read_timings(file)} == {0}


@pytest.mark.parametrize(
    ("options", "environment", "message"),
    [
        ([], {"CROSSFADE_LOADTEST_DOMAIN": "escrows,boats"}, "crossfade: no recording of boats in"),
        (["--scenario=stress"], {}, "argument --scenario: invalid choice: 'stress' (choose from"),
    ],
)
def test_settings_come_from_the_environment_too_and_wrong_ones_end_locust_with_2(
    contract: Path, options: list[str], environment: dict[str, str], message: str
) -> None:
    done = locust("http://127.0.0.1:1", contract, "--measured=1", *options, **environment)

    assert done.returncode == 2, done.stderr
    assert message in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_with_locusts_web_page_the_load_starts_and_stops_from_there(
    backend: str, contract: Path, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    page = f"http://127.0.0.1:{port}"
    options = [
        f"--locustfile={LOCUSTFILE}",
        f"--host={backend}",
        "--web-host=127.0.0.1",
        f"--web-port={port}",
        "--class-picker",
    ]
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    options.append(f"--jwt-secret-file={secret}")

    with Child("locust", ["-m", "locust", *options], log=tmp_path / "locust"):
        form = {
            "user_count": "4",
            "spawn_rate": "4",
            "pace": "0.05",
            "contract": str(contract),
            "user_classes": "EscrowsUser",
            "scenario": "smoke",
        }
        first_page = until(lambda: get(page))
        started = json.loads(get(f"{page}/swarm", urlencode(form).encode()))
        names = until(lambda: statistics_of(page) if len(statistics_of(page)) > 3 else None)
        get(f"{page}/stop", b"")

    assert SECRET not in first_page
    assert started["success"] is True
    assert started["user_classes"] == ["EscrowsUser"]
    assert '"ClientsUser"' in first_page
    assert all("/v1/escrows" in name for name in names)


def statistics_of(page: str) -> dict[str, tuple[int, int]]:
    """Requests and failures by endpoint, from Locust's own statistics."""
    rows = json.loads(get(f"{page}/stats/requests"))["stats"]
    return {
        row["name"]: (row["num_requests"], row["num_failures"]) for row in rows if row["name"] != "Aggregated"
    }


def get(url: str, form: bytes | None = None) -> str:
    with urllib.request.urlopen(url, form, timeout=5) as answer:
        return str(answer.read().decode())


def until(ask: Callable[[], T | None], *, within_s: float = 15) -> T:
    """What `ask` answers once it answers something."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            if (answer := ask()) is not None:
                return answer
        time.sleep(0.1)
    pytest.fail(f"nothing within {within_s} s")
