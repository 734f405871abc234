"""A worker of Locust whose master has another recording, or is none of ours."""

import shutil
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgpack  # type: ignore[import-untyped]  # msgpack ships no types
import zmq

from loadtests.generators import Generators, joining
from loadtests.locusts import Locusts
from loadtests.settings import LoadSettings, parse_endpoints
from tests.loadtests.blocks_of_locust import command, stub
from tests.loadtests.stub_backend import SECRET


def test_a_worker_with_another_recording_ends_the_block_in_one_sentence(
    locusts: Locusts, contract: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(contract, other)
    recording = other / "exchanges" / "escrows.jsonl"
    lines = recording.read_text().splitlines()
    recording.write_text("\n".join(line.replace("limit", "size") for line in lines))
    with stub(tmp_path) as backend:
        block = command(backend.url, contract, tmp_path / "other.jsonl", measured_s=40.0)
        master, worker, astray = Generators(workers=2).commands(block)
        astray = [f"--contract={other}" if one.startswith("--contract") else one for one in astray]
        code, words = locusts.run(master, tmp_path / "block", 60, workers=[worker, astray])
        said = (tmp_path / "block-worker2.err").read_text()

    assert code == 2
    assert "has another recording than the master (digest " in words
    assert words.endswith("expected the same --contract everywhere")
    assert f"crossfade: {words}\n" in said
    assert "Traceback" not in said


def test_a_master_that_is_none_of_ours_gets_no_file_and_no_secret(
    locusts: Locusts, contract: Path, tmp_path: Path
) -> None:
    planted = tmp_path / "planted.jsonl"
    secret = tmp_path / "secret-of-somebody"
    secret.write_text("something that nobody must sign with, for it is no secret of ours")
    foreign = {"contract": "/etc", "results": str(planted), "jwt_secret_file": str(secret), "jwt_secret": ""}
    with stub(tmp_path) as backend:
        block = command(backend.url, contract, tmp_path / "own.jsonl", measured_s=0.5)
        endpoints = next(one.removeprefix("--endpoints=") for one in block if one.startswith("--endpoints"))
        digest = LoadSettings(contract, ("escrows",), SECRET, parse_endpoints(endpoints)).workload().digest
        with zmq.Context() as context, context.socket(zmq.ROUTER) as master:
            port = master.bind_to_random_port("tcp://127.0.0.1")
            ended = threading.Thread(
                target=locusts.run, args=([*block, *joining("127.0.0.1", port)], tmp_path / "block", 60)
            )
            ended.start()
            told = pretend(master, digest, foreign, backend.url)
            ended.join()

    assert told["why"] == ""
    assert told["recorded"] > 5
    assert b",401,false," not in told["timings"]  # it signs with its own secret
    assert not planted.exists()
    assert not (tmp_path / "own.jsonl").exists()  # nor is there a second file of the same


def pretend(master: zmq.Socket[bytes], digest: str, options: Mapping[str, Any], host: str) -> dict[str, Any]:
    """Be the master of one worker; what it hands over when it is done, with all timings."""
    timings = b""
    while master.poll(20_000):
        worker, message = master.recv_multipart()
        kind, told, _ = msgpack.unpackb(message)

        def tell(kind: str, told: Any, worker: bytes = worker) -> None:
            master.send_multipart([worker, msgpack.packb((kind, told, worker.decode()))])

        match kind:
            case "client_ready":
                tell("ack", {"index": 0})
            case "crossfade_joined":
                numbers = {"EscrowsUser": (0, 6)}
                tell(
                    "crossfade_share",
                    {"place": 0, "of": 1, "digest": digest, "options": {}, "load": 1, "numbers": numbers},
                )
                job = {"user_classes_count": {"EscrowsUser": 6}, "host": host, "stop_timeout": 3}
                tell("spawn", job | {"timestamp": time.time(), "parsed_options": dict(options)})
            case "stats":
                timings += told["crossfade"]["timings"]
            case "crossfade_done":
                tell("quit", None)
                return dict(told) | {"timings": timings + told["timings"]}
    raise AssertionError("the worker was never done")
