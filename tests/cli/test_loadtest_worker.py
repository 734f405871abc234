"""`crossfade loadtest` with several load generators, and `crossfade loadtest worker`."""

import json
import socket
from pathlib import Path

from tests.loadtests.blocks_of_locust import stub
from tests.loadtests.stub_backend import SECRET
from tests.support.command import InProcess, run_process


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def test_a_worker_wants_to_know_where_its_master_is(crossfade: InProcess) -> None:
    ran = crossfade("loadtest", "worker")

    assert ran.code == 2
    assert "expected --master HOST:PORT with the port where the master of the load test listens" in ran.err


def test_a_worker_without_a_master_says_so_in_time(crossfade: InProcess) -> None:
    master = f"127.0.0.1:{free_port()}"

    ran = crossfade("loadtest", "worker", "--master", master, CROSSFADE_LOADTEST__WAIT_S="1")

    assert ran.code == 2
    assert f"crossfade: no master of a load test at {master} within 1 s" in ran.err


def test_two_workers_send_the_load_until_a_side_dies(tmp_path: Path) -> None:
    with stub(tmp_path) as legacy, stub(tmp_path, "--die-after=100") as modern:
        ran = run_process(
            "loadtest", "--domain", "escrows", "--users", "24", "--workers", "2", "--yes", "--json",
            "--legacy", legacy.url, "--modern", modern.url,
            state_dir=tmp_path, timeout_s=120, CROSSFADE_JWT_SECRET=SECRET,
        )  # fmt: skip

    found = json.loads(ran.out)
    assert ran.code == 2, ran.err
    assert found["problem"] == f"the modern backend at {modern.url} stopped answering"
    assert "the load came from 2 load generators" in found["notes"]
    assert found["blocks"][0]["requests"] > 100
    assert found["blocks"][0]["problem"] == ""


def test_a_load_test_whose_workers_do_not_come_is_one_sentence(tmp_path: Path) -> None:
    master = f"127.0.0.1:{free_port()}"
    with stub(tmp_path) as backend:
        ran = run_process(
            "loadtest", "--domain", "escrows", "--expect-workers", "1", "--master", master, "--yes",
            "--legacy", backend.url, "--modern", backend.url,
            state_dir=tmp_path, CROSSFADE_JWT_SECRET=SECRET, CROSSFADE_LOADTEST__WAIT_S="1",
        )  # fmt: skip

    assert ran.code == 2
    assert ran.err.endswith(f"not all of the 1 load generators came to {master} within 1 s\n")
    assert "Traceback" not in ran.err
