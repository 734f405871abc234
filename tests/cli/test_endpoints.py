"""`crossfade endpoints learn`: what traffic gives reason to propose, and nothing is changed by it."""

import json
import time
import tomllib

import pytest

from cli.endpoints import learned, template
from parity.database import open_database
from parity.exchange import Endpoint
from proxy.unlisted import OTHER, Asked, Seen, add
from tests.support.command import InProcess

LISTED = (Endpoint("shop", "GET", "/v1/orders/{id}"),)


def seen(method: str, path: str, n: int = 1) -> Seen:
    return Seen(method, path, n, 0.0, 1_795_000_000.0)


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/v1/orders", "/v1/orders"),
        ("/v1/orders/{}", "/v1/orders/{id}"),
        ("/v1/orders/{}/items/{}", "/v1/orders/{order}/items/{id}"),
        ("/v1/categories/{}/sub-pages/{}/text", "/v1/categories/{category}/sub-pages/{id}/text"),
        ("/{}/{}/x", "/{id}/{id2}/x"),
        ("/a/{}/a/{}/a/{}", "/a/{a}/a/{a2}/a/{id}"),
        ("/", "/"),
    ],
)
def test_parameters_get_names_of_their_own(path: str, named: str) -> None:
    assert template(path) == named


def test_only_what_is_not_listed_is_proposed_with_what_was_seen() -> None:
    came = [
        seen("GET", "/v1/orders/{}", 9),
        seen("POST", "/v1/orders", 1_234),
        seen("HEAD", "/v1/items"),
        seen("BREW", "/v1/pot"),
        seen("GET", OTHER, 5),
        seen("POST", "/v1/login"),
    ]

    orders, login = learned(came, LISTED)

    assert orders.endpoint == Endpoint("orders", "POST", "/v1/orders", read_back="none")
    assert orders.why[0] == "seen 1,234 times (a sample), last 2026-11-18 11:06 UTC"
    assert not login.endpoint.mirrorable


def test_the_rows_are_printed_for_the_configuration(crossfade: InProcess) -> None:
    engine = open_database(f"sqlite:///{crossfade.state_dir}/store.sqlite3")
    now = time.time()
    add(engine, [Asked("GET", "/v1/parcels/1", now), Asked("GET", "/v1/parcels/2", now)])
    add(engine, [Asked("GET", "/old", now - 7_200), Asked("GET", "/x" * 20, now)])

    ran = crossfade("endpoints", "learn", "--since", "1h")
    said = json.loads(crossfade("endpoints", "learn", "--json").out)

    assert ran.code == 0
    assert tomllib.loads(ran.out)["endpoints"] == [
        {"domain": "parcels", "method": "GET", "path": "/v1/parcels/{id}"}
    ]
    assert "1 more requests were at paths" in ran.err
    assert [one["path"] for one in said["proposals"]] == ["/v1/parcels/{id}", "/old"]
    assert said["other"] == 1


def test_where_nothing_came_there_is_nothing_to_propose(crossfade: InProcess) -> None:
    ran = crossfade("endpoints", "learn")

    assert (ran.code, ran.out) == (0, "")
    assert ran.err.startswith("nothing to propose")
    assert not (crossfade.state_dir / "store.sqlite3").exists()
