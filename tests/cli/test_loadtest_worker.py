"""`crossfade loadtest` with several load generators, and `crossfade loadtest worker`."""

import json
import socket
from pathlib import Path

from tests.loadtests.blocks_of_locust import stub
from tests.loadtests.stub_backend import SECRET
from tests.support.command import InProcess, Ran


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


def load_test(crossfade: InProcess, *arguments: str, **environment: str) -> Ran:
    """One of a single endpoint: the load is not what is looked at here."""
    config = crossfade.state_dir / "crossfade.toml"
    config.write_text('[[endpoints]]\ndomain = "escrows"\nmethod = "GET"\npath = "/v1/escrows/{id}"\n')
    return crossfade(
        "--config", str(config), "loadtest", "--domain", "escrows", "--yes", "--json", *arguments,
        CROSSFADE_JWT_SECRET=SECRET, **environment,
    )  # fmt: skip


def test_two_workers_send_the_load_until_a_side_dies(crossfade: InProcess, tmp_path: Path) -> None:
    with stub(tmp_path) as legacy, stub(tmp_path, "--die-after=100") as modern:
        ran = load_test(
            crossfade, "--users", "100", "--duration", "9s", "--warm-up", "0.2s", "--workers", "2",
            "--legacy", legacy.url, "--modern", modern.url,
        )  # fmt: skip

    found = json.loads(ran.out)
    assert ran.code == 2, ran.err
    assert found["problem"] == f"the modern backend at {modern.url} stopped answering"
    assert "the load came from 2 load generators" in found["notes"]
    assert found["blocks"][0]["requests"] > 100
    assert found["blocks"][0]["problem"] == ""


def test_a_load_test_whose_workers_do_not_come_is_one_sentence(crossfade: InProcess, tmp_path: Path) -> None:
    master = f"127.0.0.1:{free_port()}"
    with stub(tmp_path) as backend:
        ran = load_test(
            crossfade, "--expect-workers", "1", "--master", master,
            "--legacy", backend.url, "--modern", backend.url, CROSSFADE_LOADTEST__WAIT_S="1",
        )  # fmt: skip

    assert ran.code == 2
    assert ran.err.endswith(f"not all of the 1 load generators came to {master} within 1 s\n")
    assert "Traceback" not in ran.err
