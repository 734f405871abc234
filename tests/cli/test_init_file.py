"""The text of a new configuration."""

import tomllib

import pytest

from cli.errors import UsageError
from cli.init_file import checked, config_toml
from cli.proposals import Proposal
from cli.settings import Settings
from parity.exchange import Endpoint

LEGACY, MODERN = "http://127.0.0.1:9001", "unix:/run/modern.sock"


def test_it_is_a_configuration_with_comments() -> None:
    text = config_toml(LEGACY, MODERN, [Proposal(Endpoint("orders", "GET", "/v1/orders"))], ["spec\n.yaml"])

    settings = Settings.model_validate(tomllib.loads(checked(text)))
    assert (settings.backends.legacy, settings.backends.modern) == (LEGACY, MODERN)
    assert [row.path for row in settings.endpoints] == ["/v1/orders"]
    assert "# From spec?.yaml." in text
    assert all(len(line) <= 110 for line in text.splitlines())


def test_without_endpoints_it_says_that_there_are_none() -> None:
    settings = Settings.model_validate(tomllib.loads(checked(config_toml(LEGACY, MODERN, [], []))))

    assert settings.endpoints == ()
    assert settings.lists_endpoints


def test_every_wrong_field_is_said_before_anything_is_written() -> None:
    rows = [Proposal(Endpoint("Orders", "GET", "/v1/orders"))]

    with pytest.raises(UsageError) as raised:
        checked(config_toml("gopher://x", "http://x/path", rows, []))

    assert [line.partition(": ")[0] for line in str(raised.value).split("\n  ")[1:]] == [
        "backends.legacy",
        "backends.modern",
        "endpoints.0.domain",
    ]
