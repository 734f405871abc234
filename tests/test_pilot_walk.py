"""A pilot takes a domain from `off` to `complete` on a real site: two small backends, real traffic, the real verdict."""

import asyncio
import http.server
import json
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from cli.piloting import pilot_of
from proxy.flags import Flag
from proxy.pilot_runs import RunState
from proxy.stages import Stage
from tests.proxy.rig import until
from tests.support.site import Site, running_site

ENDPOINTS = json.dumps([{"domain": "orders", "method": "GET", "path": "/orders/{id}"}])
VERDICT = {
    "MAX_RATE": "0.2",
    "MIN_COMPARISONS": "10",
    "MAX_LATENCY_RATIO": "1000",
    "MAX_SHED_SHARE": "1",
    "REQUIRE_SELF_TEST": "false",
}
# a verdict counts whole minutes since the stage changed: what this test has no time for may be missing after `shadow`
POLICY = """
[[steps]]
stage = "shadow"
[[steps]]
stage = "canary"
share = 0.25
hold = "0.2s"
verdict = ["coverage", "comparisons", "mismatch rate", "latency", "books"]
[[steps]]
stage = "canary"
share = 0.5
verdict = ["coverage", "comparisons", "mismatch rate", "latency", "books"]
[[steps]]
stage = "live"
hold = "0.2s"
verdict = ["coverage", "comparisons", "mismatch rate", "latency", "books"]
[[steps]]
stage = "complete"
"""


class Orders(http.server.BaseHTTPRequestHandler):
    """The same order on both sides."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = b'{"id":7,"total_cents":1200}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def backend() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Orders)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Site]:
    settings = {f"CROSSFADE_VERDICT__{name}": value for name, value in VERDICT.items()}
    with ExitStack() as stack:
        legacy, modern = (stack.enter_context(backend()) for _ in range(2))
        yield stack.enter_context(
            running_site(
                monkeypatch,
                tmp_path,
                legacy=legacy,
                modern=modern,
                CROSSFADE_ENDPOINTS=ENDPOINTS,
                CROSSFADE_PILOT__EVERY_S="0.1",
                **settings,
            )
        )


def served_by(site: Site) -> str:
    with urllib.request.urlopen(f"{site.url}/orders/7", timeout=10) as answer:
        return str(answer.headers["X-Served-By"])


async def test_it_goes_from_off_to_complete_by_what_was_compared(site: Site) -> None:
    pilot = pilot_of(site.context)
    run = pilot.runs.start("orders", POLICY, "tiny", Stage.COMPLETE, actor="ada", now=time.time())
    assert served_by(site) == "legacy"
    watch = asyncio.create_task(pilot.run())

    def is_over() -> bool:
        served_by(site)
        assert not watch.done()
        return pilot.runs.get("orders").state is not RunState.RUNNING

    await until(is_over, 60)
    watch.cancel()
    await asyncio.gather(watch, return_exceptions=True)

    flags = site.context.flags
    run = pilot.runs.get("orders")
    assert (run.state, run.reason) == (RunState.DONE, "")
    assert flags.table().rows["orders"] == Flag(Stage.COMPLETE, 0.5)
    steps = [change for change in reversed(flags.history()) if change.rows]
    assert [(change.actor, change.rows[0].after.stage) for change in steps] == [
        ("pilot:tiny", stage)
        for stage in (Stage.SHADOW, Stage.CANARY, Stage.CANARY, Stage.LIVE, Stage.COMPLETE)
    ]
    to_canary = steps[1].verdict
    assert to_canary is not None
    assert to_canary.word == "ready"
    assert (to_canary.figures["comparisons"] or 0) >= 10
    flags.wait_acknowledged(flags.version())
    assert {served_by(site) for _ in range(20)} == {"modern"}
