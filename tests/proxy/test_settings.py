"""The settings of a proxy worker."""

from pathlib import Path

import pytest

from parity.exchange import Backend, Endpoint
from proxy.settings import ProxySettings, WriteCheck, WriteCheckSettings


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


def test_the_check_of_an_endpoint_wins_over_that_of_its_domain_and_that_over_the_rest() -> None:
    checks = WriteCheckSettings(
        WriteCheck.READ_BACK,
        exceptions={"escrows": WriteCheck.NONE, "PUT /v1/escrows/{id}": WriteCheck.READ_BACK},
    )

    found = [
        checks.of(Endpoint(domain, method, path))
        for domain, method, path in (
            ("escrows", "PUT", "/v1/escrows/{id}"),
            ("escrows", "POST", "/v1/escrows"),
            ("clients", "POST", "/v1/clients"),
        )
    ]

    assert found == [WriteCheck.READ_BACK, WriteCheck.NONE, WriteCheck.READ_BACK]


@pytest.mark.parametrize(
    ("checks", "rehearses"),
    [
        (WriteCheckSettings(), False),
        (WriteCheckSettings(WriteCheck.REHEARSE), True),
        (WriteCheckSettings(exceptions={"escrows": WriteCheck.REHEARSE}), True),
        (WriteCheckSettings(WriteCheck.REHEARSE, rehearse_share=0.0), False),
        (WriteCheckSettings(WriteCheck.REHEARSE, share=0.0), False),
    ],
)
def test_writes_are_rehearsed_where_somebody_said_so(checks: WriteCheckSettings, *, rehearses: bool) -> None:
    assert checks.rehearses is rehearses
