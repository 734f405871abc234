"""What the console is told."""

import pytest

from proxy.console.settings import ConsoleSettings, is_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_loopback_is_what_only_this_machine_reaches(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["::", "192.0.2.1", "10.0.0.1", "crossfade.example", "localhost.evil.test", ""]
)
def test_everything_else_may_be_anybodys(host: str) -> None:
    assert not is_loopback(host)


def test_unless_it_is_told_otherwise_nobody_else_reaches_it() -> None:
    assert is_loopback(ConsoleSettings().host)
