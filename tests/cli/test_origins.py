"""Where each value of the configuration is from, and what is not shown of it."""

from pathlib import Path
from typing import Any

import pytest

from cli.origins import DEFAULT, MASK, keys_of, masked, values_of
from cli.settings import Settings, load_settings, read_config


def origins(tmp_path: Path, text: str) -> dict[str, tuple[Any, str]]:
    file = tmp_path / "site.toml"
    file.write_text(text)
    found = values_of(load_settings(file), "site.toml", read_config(file)[1])
    return {one.key: (one.value, one.origin) for one in found}


def test_the_later_wins_and_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSFADE_PROXY__WORKERS", "3")
    monkeypatch.setenv("crossfade_state_dir", str(tmp_path))
    monkeypatch.setenv("CROSSFADE_FORWARD", '{"wait_s": 1.5}')

    found = origins(tmp_path, "[proxy]\nworkers = 2\ndrain_s = 1.0\n")

    assert found["proxy.workers"] == (3, "CROSSFADE_PROXY__WORKERS")
    assert found["proxy.drain_s"] == (1.0, "site.toml")
    assert found["proxy.listen"] == ("127.0.0.1:8080", DEFAULT)
    assert found["state_dir"] == (str(tmp_path), "crossfade_state_dir")
    assert found["forward.wait_s"] == (1.5, "CROSSFADE_FORWARD")
    assert found["endpoints"] == (None, DEFAULT)
    assert list(found) == list(keys_of(Settings))


def test_a_table_may_be_from_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSFADE_WRITE_CHECKS__EXCEPTIONS__users", "none")

    found = origins(tmp_path, '[write_checks.exceptions]\norders = "none"\n')

    value, origin = found["write_checks.exceptions"]
    assert value == {"orders": "none", "users": "none"}
    assert origin == "site.toml, CROSSFADE_WRITE_CHECKS__EXCEPTIONS__users"


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [
        ("store.url", "postgresql://me:pw@h:5432/x", f"postgresql://me:{MASK}@h:5432/x"),
        (
            "store.url",
            "postgresql:///x?user=me&password=pw&a=b",
            f"postgresql:///x?user=me&password={MASK}&a=b",
        ),
        ("store.url", "sqlite:////var/store.sqlite3", "sqlite:////var/store.sqlite3"),
        ("backends.legacy", "http://127.0.0.1:9001", "http://127.0.0.1:9001"),
        ("telemetry.otlp_endpoint", "https://u:p@c.example/v1", f"https://u:{MASK}@c.example/v1"),
        ("guards.webhook", "https://hooks.example/services/T0/B0/secret", f"https://hooks.example/{MASK}"),
        ("guards.notify", ["slack://tokenA/tokenB"], [f"slack://{MASK}"]),
        ("console.token", "abc", MASK),
        ("console.tokens", {"api_key": "abc", "name": "x"}, {"api_key": MASK, "name": "x"}),
        ("proxy.tls_key", "/etc/key.pem", "/etc/key.pem"),
        ("sticky.header", "X-API-Key", "X-API-Key"),
        ("proxy.workers", 3, 3),
        ("console.secret", "", ""),
    ],
)
def test_secrets_are_masked_by_their_key_and_in_addresses(key: str, value: Any, shown: Any) -> None:
    assert masked(key, value) == shown
