"""Telling a `crossfade up` that runs; what becomes of the signals is in test_supervisor.py."""

import json
import os
import signal
from pathlib import Path

import pytest

from cli.errors import UnavailableError
from cli.reload import WITH_RESTART, WITH_ROLLING_RESTART, announced, different, running_pid
from cli.sections import ProxySection, StoreSection, TelemetrySection
from cli.settings import Settings
from tests.support.command import InProcess


def test_without_one_that_runs_there_is_nobody_to_tell(crossfade: InProcess) -> None:
    ran = crossfade("restart")

    assert ran.code == 3
    assert ran.err == f"crossfade: no crossfade up runs in {crossfade.state_dir}\n"


def test_a_configuration_is_checked_before_anybody_is_told(crossfade: InProcess) -> None:
    ran = crossfade("reload")

    assert ran.code == 2
    assert "no legacy backend" in ran.err


@pytest.mark.parametrize(("command", "number"), [("reload", signal.SIGHUP), ("restart", signal.SIGUSR2)])
def test_who_was_told_is_said_as_json(crossfade: InProcess, command: str, number: signal.Signals) -> None:
    told = []
    before = signal.signal(number, lambda heard, _frame: told.append(heard))
    rows = '[{"domain": "orders", "method": "GET", "path": "/v1/orders"}]'
    os.environ |= {
        "CROSSFADE_BACKENDS__LEGACY": "http://127.0.0.1:1",
        "CROSSFADE_BACKENDS__MODERN": "http://127.0.0.1:2",
        "CROSSFADE_ENDPOINTS": rows,
    }
    try:
        with announced(crossfade.state_dir):
            ran = crossfade(command, "--json")
    finally:
        signal.signal(number, before)

    assert json.loads(ran.out) == {"schema": f"crossfade.{command}/1", "pid": os.getpid()}
    assert told == [number]


def test_one_runs_in_a_state_directory_at_a_time(tmp_path: Path) -> None:
    with announced(tmp_path):
        assert running_pid(tmp_path) == os.getpid()

        with (
            pytest.raises(UnavailableError, match=rf"crossfade up \(pid {os.getpid()}\) already runs in"),
            announced(tmp_path),
        ):
            pass


def test_a_number_that_was_left_behind_is_nobody(tmp_path: Path) -> None:
    with announced(tmp_path):
        pass
    with pytest.raises(UnavailableError):
        running_pid(tmp_path)

    (tmp_path / "up.pid").write_text("1")

    with pytest.raises(UnavailableError, match="no crossfade up runs in"):
        running_pid(tmp_path)


def test_what_changed_is_named_by_its_key(tmp_path: Path) -> None:
    before = Settings(state_dir=tmp_path)
    after = Settings(
        state_dir=tmp_path, proxy=ProxySection(workers=2, admin="127.0.0.1:1"), store=StoreSection(url="x")
    )

    assert different(before, after, WITH_RESTART) == ["proxy.workers"]
    assert different(before, after, WITH_ROLLING_RESTART) == ["proxy.admin", "store.url"]
    secured = Settings(
        state_dir=tmp_path,
        proxy=ProxySection(tls_certificate=tmp_path / "cert.pem"),
        telemetry=TelemetrySection(service_name="crm"),
    )
    assert different(before, secured, WITH_ROLLING_RESTART) == ["proxy.tls_certificate", "telemetry"]
    assert different(before, before, {**WITH_RESTART, **WITH_ROLLING_RESTART}) == []
