"""The settings of a proxy worker."""

from pathlib import Path

from parity.exchange import Backend
from proxy.settings import ProxySettings


def test_the_address_of_a_backend_has_no_slash_at_its_end() -> None:
    settings = ProxySettings(
        legacy_url="http://127.0.0.1:1/",
        modern_url="http://127.0.0.1:2",
        store_url="sqlite://",
        state_dir=Path(),
        endpoints=(),
        token_key=b"key",
    )

    assert settings.url_of(Backend.LEGACY) == "http://127.0.0.1:1"
    assert settings.url_of(Backend.MODERN) == "http://127.0.0.1:2"
