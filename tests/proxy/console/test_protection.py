"""What holds for every request."""

import pytest

from proxy.console.protection import HEADERS, host_name


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("localhost:8400", "localhost"),
        ("LocalHost.", "localhost"),
        ("[::1]:8400", "::1"),
        ("[::1]", "::1"),
        ("127.0.0.1", "127.0.0.1"),
        ("[::1", ""),
        ("[::1]x", ""),
        ("a:b:c", ""),
        ("127.0.0.1@evil.test", ""),
        ("", ""),
    ],
)
def test_a_host_field_has_a_name_or_none(host: str, name: str) -> None:
    assert host_name(host) == name


def test_the_policy_lets_nothing_in_from_elsewhere_and_nothing_inline() -> None:
    policy = dict(part.strip().split(" ", 1) for part in HEADERS["Content-Security-Policy"].split(";"))

    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert {policy[name] for name in ("script-src", "style-src", "connect-src", "form-action")} == {"'self'"}
    assert "unsafe" not in HEADERS["Content-Security-Policy"]
