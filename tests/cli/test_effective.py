"""The effective configuration, with its secrets masked."""

import pytest

from cli.effective import effective
from cli.sections import EndpointRow, StoreSection
from cli.settings import Settings


def test_every_setting_is_there_by_its_key() -> None:
    found = effective(Settings())

    assert found["proxy.listen"] == "127.0.0.1:8080"
    assert found["console.allow_insecure"] == "false"
    assert found["backends.ca"] == "not set"
    assert found["sticky.order"] == "jwt, header, cookie, address"


def test_rows_are_counted() -> None:
    row = EndpointRow(domain="escrows", method="GET", path="/v1/escrows")

    assert effective(Settings(endpoints=(row, row)))["endpoints"] == "2 rows"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://crm:s3cret@db/crossfade", "postgresql://crm:***@db/crossfade"),
        ("postgresql://db/crossfade?sslpassword=s3cret&a=b", "postgresql://db/crossfade?sslpassword=***&a=b"),
        ("postgresql://crm@db/crossfade", "postgresql://crm@db/crossfade"),
        ("postgresql://crm:s3/cr@et@db/crossfade", "postgresql://crm:***@db/crossfade"),
    ],
)
def test_passwords_within_addresses_are_masked(url: str, shown: str) -> None:
    assert effective(Settings(store=StoreSection(url=url)))["store.url"] == shown
