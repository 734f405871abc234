"""The closed-loop client of the benchmark."""

import os
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from loadtests.bench_client import WARM_UP_ROUND, Connection, Plan, Target, measure


@contextmanager
def server(*, status: int = 200, keep_alive: bool = True) -> Iterator[tuple[int, list[tuple[str, int]]]]:
    """A real server; what it was asked, with the client's port."""
    asked: list[tuple[str, int]] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked.append((self.path, self.client_address[1]))
            body = b"x" * 1_000
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            if not keep_alive:
                self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.daemon_threads = True
    threading.Thread(target=httpd.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield httpd.server_address[1], asked
    finally:
        httpd.shutdown()
        httpd.server_close()


def test_all_requests_of_a_connection_go_over_one_socket() -> None:
    with server() as (port, asked):
        connection = Connection(port, "/v1/escrows", 2)

        answered = [connection.ask() for _ in range(3)]
        connection.close()

    assert answered == [True] * 3
    assert {path for path, _ in asked} == {"/v1/escrows"}
    assert len({client for _, client in asked}) == 1


def test_a_connection_that_the_server_closes_is_opened_anew() -> None:
    with server(keep_alive=False) as (port, asked):
        connection = Connection(port, "/", 2)

        assert [connection.ask() for _ in range(2)] == [True, True]

    assert len({client for _, client in asked}) == 2


def test_another_status_than_200_is_a_failed_request() -> None:
    with server(status=502) as (port, _):
        assert Connection(port, "/", 2).ask() is False


def test_a_port_where_nobody_listens_is_a_failed_request() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))

        assert Connection(bound.getsockname()[1], "/", 1).ask() is False


def test_an_answer_that_breaks_off_is_a_failed_request() -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def answer_half() -> None:
        with suppress(OSError):
            client, _ = listener.accept()
            client.recv(1_000)
            client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
            client.close()

    thread = threading.Thread(target=answer_half, daemon=True)
    thread.start()
    try:
        assert Connection(listener.getsockname()[1], "/", 2).ask() is False
    finally:
        listener.close()
        thread.join(2)


def test_every_round_has_one_slice_of_each_target_in_shuffled_order() -> None:
    with server() as (port, _):
        targets = [Target(name, port, os.getpid()) for name in ("off", "healthy", "dead")]
        plan = Plan(targets=targets, rounds=6, slice_s=0.01, warm_up_s=0.01, seed=1, path="/", timeout_s=2)

        slices = list(measure(plan))

    assert Counter(measured.round for measured in slices) == Counter(
        dict.fromkeys(range(WARM_UP_ROUND, 6), 3)
    )
    orders = {tuple(m.target for m in slices if m.round == number) for number in range(6)}
    assert len(orders) > 1
    assert all(measured.durations_ms and not measured.failed for measured in slices)
    assert all(measured.cpu_s is None or measured.cpu_s > 0 for measured in slices)
