"""The keys of the flag table."""

import pytest

from parity.exchange import Endpoint
from proxy.errors import UnknownKeyError
from proxy.flag_keys import FlagKeys

KEYS = FlagKeys(
    [
        Endpoint("leads", "GET", "/v1/leads"),
        Endpoint("escrows", "GET", "/v1/escrows"),
        Endpoint("leads", "POST", "/v1/leads"),
    ]
)


def test_each_domain_has_its_endpoints_in_their_order() -> None:
    assert KEYS.domains == {"leads": ["GET /v1/leads", "POST /v1/leads"], "escrows": ["GET /v1/escrows"]}


def test_a_domain_and_an_endpoint_of_it_are_of_that_domain() -> None:
    assert [KEYS.domain_of(key) for key in ("leads", "POST /v1/leads")] == ["leads", "leads"]


def test_an_unknown_key_is_refused_with_close_ones() -> None:
    with pytest.raises(UnknownKeyError, match=r"no endpoint 'escrow'; did you mean escrows"):
        KEYS.domain_of("escrow")
