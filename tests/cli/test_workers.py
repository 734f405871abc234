"""The processes behind `crossfade up`."""

from pathlib import Path

import pytest

from cli.context import Context
from cli.settings import load_settings
from cli.workers import proxy_settings
from parity.exchange import Backend
from proxy.settings import TelemetrySettings
from tests.support.command import run_process
from tests.support.site import running_parity_worker


def test_a_proxy_worker_is_told_what_the_configuration_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {
        "STATE_DIR": str(tmp_path),
        "PROXY__LISTEN": "127.0.0.1:7000",
        "PROXY__EXPOSE_SERVED_BY": "false",
        "BACKENDS__LEGACY": "http://127.0.0.1:7001",
        "BACKENDS__MODERN": "http://127.0.0.1:7002/",
        "MIRROR__MAX_ITEMS": "7",
        "MIRROR__MAX_BYTES": "70000",
        "MIRROR__MAX_BODY_BYTES": "700",
        "MIRROR__CONCURRENCY": "3",
        "MIRROR__TIMEOUT_S": "0.5",
        "TELEMETRY__ACCESS_LOG": str(tmp_path / "access.log"),
        "TELEMETRY__ACCESS_LOG_RATE": "0.1",
        "TELEMETRY__ACCESS_LOG_QUERIES": "true",
        "TELEMETRY__OTLP_ENDPOINT": "http://127.0.0.1:7003",
        "TELEMETRY__SERVICE_NAME": "crm",
        "TELEMETRY__TRACE_RATE": "0.2",
    }
    for name, value in values.items():
        monkeypatch.setenv(f"CROSSFADE_{name}", value)

    settings = proxy_settings(Context(load_settings(), None, jwt_secret="", actor=""), tmp_path / "s")

    assert (settings.listen_host, settings.listen_port) == ("127.0.0.1", 7000)
    assert not settings.expose_served_by
    assert [settings.url_of(backend) for backend in Backend] == [
        "http://127.0.0.1:7001",
        "http://127.0.0.1:7002",
    ]
    mirror = settings.mirror
    assert (mirror.queue_items, mirror.held_bytes, mirror.capture_bytes) == (7, 70000, 700)
    assert (mirror.concurrency, mirror.timeout_s) == (3, 0.5)
    assert settings.telemetry == TelemetrySettings(
        access_log=tmp_path / "access.log",
        access_log_rate=0.1,
        access_log_queries=True,
        otlp_endpoint="http://127.0.0.1:7003",
        service_name="crm",
        trace_rate=0.2,
    )


def test_two_parity_workers_cannot_own_one_socket(tmp_path: Path) -> None:
    socket = tmp_path / "parity.sock"
    with running_parity_worker(socket, tmp_path):
        ran = run_process("parity-worker", "--socket", str(socket), state_dir=tmp_path)

    assert ran.code == 3
    assert "parity.sock" in ran.err
    assert "Traceback" not in ran.err
