"""Proposals as rows of the configuration."""

import tomllib

from cli.endpoint_toml import by_domain, rows_toml
from cli.proposals import Proposal
from parity.exchange import Endpoint

PROPOSALS = (
    Proposal(Endpoint("orders", "GET", '/v1/"orders"/{id}')),
    Proposal(Endpoint("login", "POST", "/v1/login", mirrorable=False), ("no copies: it signs in",)),
    Proposal(Endpoint("orders", "POST", "/v1/orders", True, "/v1/orders/{id}", "$.n"), ("one", "two")),
)


def test_the_rows_are_what_the_configuration_reads() -> None:
    text = rows_toml(PROPOSALS)

    assert tomllib.loads(text)["endpoints"] == [
        {"domain": "orders", "method": "GET", "path": '/v1/"orders"/{id}'},
        {
            "domain": "orders",
            "method": "POST",
            "path": "/v1/orders",
            "read_back": "/v1/orders/{id}",
            "read_back_id": "$.n",
        },
        {"domain": "login", "method": "POST", "path": "/v1/login", "mirrorable": False},
    ]


def test_what_was_decided_stands_above_its_row_and_domains_are_together() -> None:
    lines = rows_toml(PROPOSALS).splitlines()

    assert [line for line in lines if line.startswith("#")] == [
        "# ---- orders: 2 endpoints ----",
        "# one",
        "# two",
        "# ---- login: 1 endpoint ----",
        "# no copies: it signs in",
    ]
    assert [(domain, len(rows)) for domain, rows in by_domain(PROPOSALS)] == [("orders", 2), ("login", 1)]
