"""A master of Locust that loses a worker or its backend, and what it tells the workers."""

import os
import signal
import socket
import threading
import time
from pathlib import Path

import msgpack  # type: ignore[import-untyped]  # msgpack ships no types
import pytest
import zmq

from loadtests.generators import WORKER_LOST_EXIT_CODE, Generators
from loadtests.locusts import Locusts
from loadtests.settings import SIDE_DOWN_EXIT_CODE
from loadtests.timings import read_timings
from tests.loadtests.blocks_of_locust import Stub, command, ended, stub
from tests.loadtests.stub_backend import SECRET


def test_a_worker_that_is_killed_ends_the_block_with_what_is_known(
    locusts: Locusts, contract: Path, tmp_path: Path
) -> None:
    results = tmp_path / "killed.jsonl"
    with stub(tmp_path) as backend:
        block = [*command(backend.url, contract, results, measured_s=40.0), "--worker-silence=3"]
        killer = threading.Thread(target=kill_a_worker, args=(locusts.pid, backend))
        killer.start()
        begun_s = time.monotonic()
        code, words = ended(locusts, Generators(workers=2), block, tmp_path / "killed")
        took_s = time.monotonic() - begun_s
        killer.join()
        served = backend.served()

    timings = read_timings(results)
    assert (code, took_s < 35) == (WORKER_LOST_EXIT_CODE, True)
    assert "load generator " in words
    assert f" of 2 on {socket.gethostname()} was lost in mid-block: " in words
    assert 0 < len(timings) < served


def kill_a_worker(pid: int, backend: Stub) -> None:
    """In mid-block."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and backend.served() < 150:
        time.sleep(0.1)
    *_, worker = (int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
    os.kill(worker, signal.SIGKILL)


def test_a_side_that_dies_is_told_by_the_worker_that_sees_it(
    locusts: Locusts, contract: Path, tmp_path: Path
) -> None:
    with stub(tmp_path, "--die-after=40") as backend:
        block = command(backend.url, contract, tmp_path / "down.jsonl", measured_s=40.0)
        code, _ = ended(locusts, Generators(workers=2), block, tmp_path / "down")

    assert code == SIDE_DOWN_EXIT_CODE
    assert {timing.status for timing in read_timings(tmp_path / "down.jsonl")} > {0}


def test_a_master_that_waits_in_vain_ends_in_time(locusts: Locusts, contract: Path, tmp_path: Path) -> None:
    generators = Generators(expect_workers=1, port=free_port(), wait_s=1)
    block = command("http://127.0.0.1:1", contract, tmp_path / "vain.jsonl")

    code, words = ended(locusts, generators, block, tmp_path / "vain")

    assert generators.missed(code, words) == (
        f"not all of the 1 load generators came to 127.0.0.1:{generators.port} within 1 s"
    )


def test_the_secret_stays_with_the_master(
    locusts: Locusts, contract: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CROSSFADE_JWT_SECRET", SECRET)
    generators = Generators(expect_workers=1, port=free_port(), wait_s=20)
    block = command("http://127.0.0.1:1", contract, tmp_path / "secret.jsonl")
    block = [f"--jwt-secret={SECRET}" if one.startswith("--jwt-secret-file") else one for one in block]
    running = threading.Thread(target=ended, args=(locusts, generators, block, tmp_path / "secret"))
    running.start()

    received = messages_for_a_worker(generators.port)

    running.join()
    kinds = [msgpack.unpackb(message)[0] for message in received]
    assert kinds[:3] == ["ack", "crossfade_share", "spawn"]
    assert not any(SECRET.encode() in message for message in received)
    assert b"jwt_secret" in received[2]  # all options are sent


def messages_for_a_worker(port: int) -> list[bytes]:
    """What a master sends to somebody who says that it is a worker, until that is to send load; then it leaves."""
    with zmq.Context() as context, context.socket(zmq.DEALER) as worker:
        worker.identity = b"stranger_1"
        worker.connect(f"tcp://127.0.0.1:{port}")
        worker.send(msgpack.packb(("client_ready", -1, "stranger_1")))
        worker.send(msgpack.packb(("crossfade_joined", None, "stranger_1")))
        received: list[bytes] = []
        while worker.poll(20_000) and (not received or msgpack.unpackb(received[-1])[0] != "spawn"):
            received.append(worker.recv())
        worker.send(msgpack.packb(("quit", None, "stranger_1")))
        return received


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port
