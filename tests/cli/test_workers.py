"""The processes behind `crossfade up`."""

from pathlib import Path

import pytest

from cli.context import Context
from cli.errors import UsageError
from cli.settings import load_settings
from cli.workers import proxy_settings
from parity.exchange import Backend
from proxy.settings import ClientSettings, EndpointBounds, ForwardSettings, StickyKind, StickySettings
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


def test_every_section_reaches_the_proxy_worker(tmp_path: Path) -> None:
    file = tmp_path / "crossfade.toml"
    file.write_text(
        f"""
        state_dir = "{tmp_path}"
        [proxy]
        listen = "[::1]:7000"
        [backends]
        legacy = "unix:/run/legacy.sock"
        modern = "https://modern.example"
        [client]
        max_body_bytes = 9
        [forward]
        answer_timeout_s = 7
        [sticky]
        order = ["cookie"]
        cookie = "crm"
        [[bounds]]
        endpoint = "GET /v1/escrows"
        max_in_flight = 3
        [[bounds]]
        endpoint = "leads"
        answer_timeout_s = 1.5
        """
    )

    settings = proxy_settings(Context(load_settings(file), file, jwt_secret="", actor=""), None)

    assert (settings.listen_host, settings.listen_port) == ("::1", 7000)
    assert (settings.legacy_url, settings.modern_url) == ("unix:/run/legacy.sock", "https://modern.example")
    assert settings.client == ClientSettings(max_body_bytes=9)
    assert settings.forward == ForwardSettings(answer_timeout_s=7)
    assert settings.sticky == StickySettings(order=(StickyKind.COOKIE,), cookie="crm")
    assert settings.bounds == {
        "GET /v1/escrows": EndpointBounds(max_in_flight=3),
        "leads": EndpointBounds(answer_timeout_s=1.5),
    }
    assert settings.tls is None


def test_bounds_of_an_endpoint_that_is_not_there_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "crossfade.toml"
    file.write_text(f'state_dir = "{tmp_path}"\n[[bounds]]\nendpoint = "escrow"\nmax_in_flight = 3\n')

    with pytest.raises(
        UsageError, match=r"1 field is wrong .*\n  bounds.0.endpoint: 'escrow': .*'escrows'\?"
    ):
        proxy_settings(Context(load_settings(file), file, jwt_secret="", actor=""), None)


def test_two_parity_workers_cannot_own_one_socket(tmp_path: Path) -> None:
    socket = tmp_path / "parity.sock"
    with running_parity_worker(socket, tmp_path):
        ran = run_process("parity-worker", "--socket", str(socket), state_dir=tmp_path)

    assert ran.code == 3
    assert "parity.sock" in ran.err
    assert "Traceback" not in ran.err
