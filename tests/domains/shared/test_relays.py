"""Which relay an address means; that it relays is shown with the sockets."""

import pytest

from domains.shared.relays import NatsRelay, relay_of


def test_nats_is_a_relay() -> None:
    assert isinstance(relay_of("nats://127.0.0.1:4222"), NatsRelay)


@pytest.mark.parametrize("url", ["http://127.0.0.1", "127.0.0.1:4222", ""])
def test_another_address_is_refused_with_its_words(url: str) -> None:
    with pytest.raises(ValueError, match="expected the address of a relay"):
        relay_of(url)
