"""What is said of the proxy workers that the store knows."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cli.context import Context
from cli.findings import Finding, Health
from cli.installation_findings import own_version
from cli.settings import Settings
from cli.worker_findings import reached, worker_findings
from proxy.flag_rows import Registration
from proxy.stages import Stage
from tests.support.backends import Behaviour, FakeBackend, Seen, answering
from tests.support.threads import in_thread

GOOD = {"version": own_version(), "compiled": False, "flag_version": 0}
READY = {"ready": True, "problems": []}


@contextmanager
def a_worker(tmp_path: Path, version: Any, ready: Any, *, host: str = "", port: int = 0) -> Iterator[Context]:
    """One that is registered and whose admin listener answers so."""

    async def behave(seen: Seen, writer: Any) -> bool:
        page: Behaviour = answering(json.dumps(version if seen.target == "/version" else ready).encode())
        return await page(seen, writer)

    with in_thread(lambda: FakeBackend(behave)) as admin:
        context = Context(Settings(state_dir=tmp_path), None, "", "a")
        registration = Registration(
            id="w1",
            name="proxy-1",
            host=host or socket.gethostname(),
            pid=os.getpid(),
            port=1,
            admin_port=port or admin.port,
        )
        context.flags.register(registration)
        context.flags.acknowledge("w1", 0)
        yield context


def test_without_a_store_or_a_worker_nobody_runs_and_no_store_is_made(tmp_path: Path) -> None:
    (finding,) = worker_findings(Context(Settings(state_dir=tmp_path), None, "", "a"))

    assert (finding.health, finding.says) == (Health.WARNING, "none is running")
    assert list(tmp_path.iterdir()) == []


def test_a_worker_of_this_version_and_these_flags_is_right(tmp_path: Path) -> None:
    with a_worker(tmp_path, GOOD, READY) as context:
        (finding,) = worker_findings(context)

    assert finding == Finding(
        "proxy-1", Health.OK, f"pid {os.getpid()}, crossfade {own_version()}, flag version 0"
    )


@pytest.mark.parametrize(
    ("version", "ready", "health", "said"),
    [
        (
            GOOD,
            {"ready": False, "problems": ["legacy takes no connections"]},
            Health.WARNING,
            "not ready: legacy",
        ),
        ({**GOOD, "version": "0.0.1"}, READY, Health.WARNING, "crossfade 0.0.1, flag version 0; here is"),
        ({**GOOD, "flag_version": 7}, READY, Health.FAILED, "the flag table is at 0"),
        ([], READY, Health.WARNING, "crossfade None"),
    ],
)
def test_what_is_not_as_it_should_be_is_said(
    tmp_path: Path, version: Any, ready: Any, health: Health, said: str
) -> None:
    with a_worker(tmp_path, version, ready) as context:
        (finding,) = worker_findings(context)

    assert finding.health is health
    assert said in finding.says
    assert finding.remedy


def test_a_worker_that_does_not_answer_failed(tmp_path: Path) -> None:
    with a_worker(tmp_path, GOOD, READY, port=1) as context:
        (finding,) = worker_findings(context)

    assert (finding.health, finding.is_environment) == (Health.FAILED, False)
    assert "does not answer" in finding.says


def test_of_a_worker_elsewhere_only_the_heartbeat_is_seen(tmp_path: Path) -> None:
    with a_worker(tmp_path, None, None, host="elsewhere") as context:
        (right,) = worker_findings(context)
        context.flags.flip("escrows", Stage.SHADOW, actor="a", reason="r")
        (behind,) = worker_findings(context)

    assert (right.health, right.says) == (Health.OK, "on elsewhere, flag version 0, seen 0 s ago")
    assert (behind.health, behind.remedy) == (Health.WARNING, "look on elsewhere")


def test_a_listener_on_every_address_is_reached_on_loopback() -> None:
    assert [reached(host) for host in ("0.0.0.0", "::", "10.0.0.1")] == ["127.0.0.1", "::1", "10.0.0.1"]  # noqa: S104  the very addresses
