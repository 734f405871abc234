"""How many wrong tokens are looked at."""

from proxy.console.attempts import MAX_ADDRESSES, Attempts
from proxy.console.settings import ConsoleSettings
from tests.proxy.console.rig import Clock


def made(clock: Clock, *, each: int = 3, everybody: int = 1_000) -> Attempts:
    return Attempts(
        ConsoleSettings(failures_per_address=each, failures=everybody, failure_window_s=60), clock=clock
    )


def test_an_address_with_too_many_waits_until_the_oldest_is_over() -> None:
    clock = Clock(0.0)
    attempts = made(clock)
    for at in (0.0, 10.0, 20.0):
        clock.now = at
        attempts.failed("192.0.2.1")

    waits = attempts.wait_s("192.0.2.1")
    clock.now = 60.0

    assert (waits, attempts.wait_s("192.0.2.1"), attempts.wait_s("192.0.2.2")) == (40.0, 0.0, 0.0)


def test_many_addresses_together_are_bounded_too() -> None:
    attempts = made(Clock(0.0), everybody=5)
    for number in range(5):
        attempts.failed(f"192.0.2.{number}")

    assert attempts.wait_s("198.51.100.1") == 60.0


def test_a_subscriber_has_one_network_of_ipv6_and_one_address_written_in_two_ways() -> None:
    attempts = made(Clock(0.0))
    for end in ("1", "2", "ffff:1%eth0"):
        attempts.failed(f"2001:db8:0:7::{end}")
    for _ in range(3):
        attempts.failed("::ffff:192.0.2.9")

    assert attempts.wait_s("2001:db8:0:7::99") == 60.0
    assert attempts.wait_s("2001:db8:0:8::1") == 0.0
    assert attempts.wait_s("192.0.2.9") == 60.0


def test_memory_is_bounded_whoever_comes() -> None:
    attempts = made(Clock(0.0))
    for number in range(MAX_ADDRESSES + 50):
        attempts.failed(f"client-{number}")

    assert len(attempts._by_address) == MAX_ADDRESSES
