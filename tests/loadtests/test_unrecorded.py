"""What the recordings lack: with it, each success that a verdict asks for has a request."""

from pathlib import Path

import pytest

from domains.rooms import ROOMS
from domains.routes import ROUTES
from loadtests.recording import endpoint_of, load_recording
from loadtests.unrecorded import IN_LOAD, UNRECORDED, Unrecorded, in_load, unrecorded
from parity.coverage import requirements
from parity.exchange import Endpoint

TEMPLATES = [(route.method, route.path) for route in ROUTES]
REQUIRED = [
    requirement.endpoint
    for requirement in requirements(
        Endpoint(one.domain, one.method, one.path, one.mirrorable, one.read_back, required=one.required)
        for one in ROUTES
    )
]


def test_every_success_that_a_verdict_asks_for_has_a_request(contract: Path) -> None:
    recorded = [one for domain in ROOMS for one in load_recording(contract, domain) if one.status // 100 == 2]
    more = [one for domain in ROOMS for one in unrecorded(domain)]

    asked = {" ".join(endpoint_of(one, TEMPLATES) or ()) for one in (*recorded, *more)}

    assert [name for name in REQUIRED if name not in asked] == []


@pytest.mark.parametrize("one", UNRECORDED, ids=lambda one: f"{one.method} {one.path}")
def test_each_is_at_an_endpoint_of_its_domain_whose_success_is_asked_for(one: object) -> None:
    recorded = next(
        row
        for domain in ROOMS
        for row, own in zip(unrecorded(domain), _of(domain), strict=True)
        if own is one
    )
    endpoint = endpoint_of(recorded, TEMPLATES)

    assert endpoint is not None
    assert " ".join(endpoint) in REQUIRED
    assert recorded.domain == next(route.domain for route in ROUTES if (route.method, route.path) == endpoint)


def test_each_has_a_name_of_its_own() -> None:
    names = [(one.domain, one.id, one.name) for domain in ROOMS for one in unrecorded(domain)]

    assert len(set(names)) == len(names) == len(UNRECORDED)


@pytest.mark.parametrize("one", IN_LOAD, ids=lambda one: f"{one.method} {one.path}")
def test_what_a_load_sends_is_at_an_endpoint_of_its_domain_and_told_by_its_path(one: Unrecorded) -> None:
    sent = one.in_load

    endpoint = endpoint_of(sent, TEMPLATES)
    assert sent.domain == next(route.domain for route in ROUTES if (route.method, route.path) == endpoint)
    assert (sent.name, sent.status) == (f"unrecorded {one.method} {one.path}", 200)
    assert sent in in_load(one.domain)


def _of(domain: str) -> list[object]:
    return [one for one in UNRECORDED if one.domain == domain]
