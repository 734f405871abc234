"""Which relay an address means; that it relays is shown with the sockets."""

import pytest

from domains.shared.relays import NatsRelay, RedisRelay, relay_of


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("nats://127.0.0.1:4222", NatsRelay),
        ("tls://127.0.0.1:4222", NatsRelay),
        ("redis://127.0.0.1:6379/1", RedisRelay),
        ("rediss://127.0.0.1:6379", RedisRelay),
    ],
)
def test_nats_and_redis_are_relays(url: str, kind: type) -> None:
    assert isinstance(relay_of(url), kind)


@pytest.mark.parametrize("url", ["http://127.0.0.1", "127.0.0.1:4222", ""])
def test_another_address_is_refused_with_its_words(url: str) -> None:
    with pytest.raises(ValueError, match="expected the address of a relay"):
        relay_of(url)
