"""A tiny real server, and measurements by hand."""

import contextlib
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from loadtests.bench.generator import Shot
from loadtests.bench.rounds import Measured

BODY = b"x" * 1_000


class Handler(BaseHTTPRequestHandler):
    """Answers by path: `/chunked`, `/close`, `/broken`, `/500`, and everything else with 200; counts what it saw."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    seen: list[tuple[str, int]]

    def do_GET(self) -> None:
        self.answer(0)

    def do_POST(self) -> None:
        self.answer(len(self.rfile.read(int(self.headers["Content-Length"]))))

    def answer(self, received: int) -> None:
        self.seen.append((f"{self.command} {self.path}", received))
        if self.path == "/broken":
            self.close_connection = True
            return
        self.send_response(500 if self.path == "/500" else 200)
        if self.path == "/close":
            self.send_header("Connection", "close")
        if self.path == "/chunked":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"3e8\r\n" + BODY + b"\r\n")
            self.wfile.flush()
            self.wfile.write(b"0\r\n\r\n")
            self.wfile.flush()
            return
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)
        self.wfile.flush()

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):  # the generator goes when its time is over
            super().handle()

    def finish(self) -> None:
        with contextlib.suppress(ConnectionError):
            super().finish()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextlib.contextmanager
def tiny_server() -> Iterator[tuple[int, list[tuple[str, int]]]]:
    """Its port, and a list of what it saw: method and path, and how long the body was."""
    seen: list[tuple[str, int]] = []
    handler = type("Counting", (Handler,), {"seen": seen})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_address[1], seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def shot(*, p50_us: float = 100.0, p90_us: float = 200.0, errors: int = 0, unanswered: int = 0) -> Shot:
    """What the generator met, by hand."""
    return Shot(
        answered=1_000, measured=900, rps=1_500.0, errors=errors, not_200=0, unanswered=unanswered,
        p50_us=p50_us, p90_us=p90_us, p99_us=5_000.0, max_us=9_000.0,
    )  # fmt: skip


def slices(
    cpu_us: Sequence[float] = (),
    *,
    p50_us: Sequence[float] = (),
    p90_us: Sequence[float] = (),
    errors: int = 0,
) -> list[Measured]:
    """One slice for each of the values of what is given."""
    count = max(len(cpu_us), len(p50_us), len(p90_us))
    return [
        Measured(
            shot=shot(
                p50_us=p50_us[number] if p50_us else 100.0,
                p90_us=p90_us[number] if p90_us else 200.0,
                errors=errors,
            ),
            failed=errors,
            cpu_us=cpu_us[number] if cpu_us else 10.0,
            helper_cpu_us=0.0,
            pss_mb=30.0,
            helper_pss_mb=40.0,
        )
        for number in range(count)
    ]
