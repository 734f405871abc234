"""The shadow that misbehaves, as the process that it is."""

import socket
import time
from pathlib import Path

import pytest

from loadtests.children import Child

REQUEST = b"GET /1k.json HTTP/1.1\r\nHost: here\r\n\r\n"


def child(directory: Path, option: str) -> Child:
    return Child("backend", ["-m", "loadtests.bench.slow_backend", option], log=directory / "backend")


def test_each_request_is_answered_after_the_work(tmp_path: Path) -> None:
    with (
        child(tmp_path, "--work-ms=50") as backend,
        socket.create_connection(("127.0.0.1", backend.ready()["port"]), 5) as connection,
    ):
        begun_s = time.monotonic()
        connection.sendall(REQUEST[:20])
        connection.sendall(REQUEST[20:] + REQUEST)
        received = b""
        while received.count(b'{"slow":true}') < 2:
            received += connection.recv(65_536)

    assert time.monotonic() - begun_s >= 0.05
    assert received.count(b"HTTP/1.1 200 OK\r\n") == 2


def test_one_that_hangs_takes_requests_and_gives_no_answers(tmp_path: Path) -> None:
    with (
        child(tmp_path, "--hang") as backend,
        socket.create_connection(("127.0.0.1", backend.ready()["port"]), 5) as connection,
    ):
        connection.sendall(REQUEST)
        connection.settimeout(0.2)

        with pytest.raises(TimeoutError):
            connection.recv(1)


def test_a_client_that_does_not_wait_for_its_answer_harms_nobody(tmp_path: Path) -> None:
    with child(tmp_path, "--work-ms=20") as backend:
        port = backend.ready()["port"]
        with socket.create_connection(("127.0.0.1", port), 5) as connection:
            connection.sendall(REQUEST)
        time.sleep(0.05)

        with socket.create_connection(("127.0.0.1", port), 5) as connection:
            connection.sendall(REQUEST)
            assert connection.recv(65_536).startswith(b"HTTP/1.1 200")
