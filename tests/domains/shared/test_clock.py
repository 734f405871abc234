"""The time of this machine."""

from datetime import UTC

from domains.shared.clock import utc_now


def test_the_time_is_aware_and_in_utc() -> None:
    assert utc_now().tzinfo is UTC
