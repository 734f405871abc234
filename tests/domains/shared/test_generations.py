"""What a cached answer has seen: own commits and the proxy's stamp."""

from dataclasses import dataclass

import pytest

from domains.shared.generations import Callers, Generations
from parity.exchange import Endpoint
from proxy.writes import Writes

ROW, OTHER_ROW = "e5c00000-0000-4000-8000-000000000001", "e5c00000-0000-4000-8000-000000000002"


@dataclass(frozen=True)
class Place:
    """As much of a route as is asked of it."""

    domain: str
    method: str
    path: str
    reads: tuple[str, ...] | None = ()
    callers: Callers = Callers.ANY
    shown_in: tuple[str, ...] | None = None


LIST = Place("escrows", "GET", "/v1/escrows")
CREATE = Place("escrows", "POST", "/v1/escrows")
BATCH = Place("escrows", "POST", "/v1/escrows/batch-delete")
GET = Place("escrows", "GET", "/v1/escrows/{id}")
PEOPLE = Place("escrows", "GET", "/v1/escrows/{id}/people", ("contacts",))
REFERS = Place("appointments", "GET", "/v1/appointments/{id}", ("escrows!",))
GONE = Place("escrows", "DELETE", "/v1/escrows/{id}")
ALL = Place("listings", "GET", "/v1/listings", None)
CONTACT = Place("contacts", "GET", "/v1/contacts/{id}")
ROLE = Place("contacts", "PUT", "/v1/contact-roles/{id}")
QUIET = Place("contacts", "PUT", "/v1/contacts/{id}/notes", shown_in=("listings",))
PLACES = (LIST, CREATE, BATCH, GET, PEOPLE, REFERS, GONE, ALL, CONTACT, ROLE, QUIET)


ALIKE = (
    (GET, ROW, LIST, "", True),
    (GET, ROW, GET, ROW, True),
    (GET, ROW, GET, OTHER_ROW, False),
    (GET, "ESC-2026-0001", GET, ROW, True),
    (CREATE, "", GET, ROW, False),
    (BATCH, "", GET, ROW, True),
    (ROLE, ROW, CONTACT, OTHER_ROW, True),
    (CONTACT, ROW, PEOPLE, ROW, True),
    (CONTACT, ROW, GET, ROW, False),
    (CONTACT, ROW, ALL, "", True),
    (GET, ROW, REFERS, ROW, False),
    (CREATE, "", REFERS, ROW, False),
    (GONE, ROW, REFERS, ROW, True),
    (BATCH, "", REFERS, ROW, True),
)
"""Write, its key, read, its key, whether the read is made new: by an own commit and by the proxy's stamp."""


def changed_by(write: Place, write_key: str, read: Place, read_key: str) -> bool:
    generations = Generations(PLACES)
    before = generations.seen_by(read, read_key, None)
    generations.committed(write, write_key)
    return generations.seen_by(read, read_key, None) != before


@pytest.mark.parametrize(
    ("write", "write_key", "read", "read_key", "expected"),
    [
        *ALIKE,
        (GET, ROW, GET, ROW.upper(), True),
        (GET, ROW, GET, "ESC-2026-0001", True),
        (CREATE, "", LIST, "", True),
        (QUIET, ROW, PEOPLE, ROW, False),
        (QUIET, ROW, ALL, "", True),
        (QUIET, ROW, CONTACT, ROW, True),
    ],
)
def test_which_reads_an_own_commit_makes_new(
    write: Place, write_key: str, read: Place, read_key: str, *, expected: bool
) -> None:
    assert changed_by(write, write_key, read, read_key) is expected


def endpoint(place: Place) -> Endpoint:
    return Endpoint(place.domain, place.method, place.path)


@pytest.mark.parametrize(
    ("write", "write_key", "read", "read_key", "expected"),
    ALIKE,
)
def test_the_proxys_stamp_makes_the_same_reads_new(
    write: Place, write_key: str, read: Place, read_key: str, *, expected: bool
) -> None:
    generations = Generations(PLACES)
    writes = Writes([endpoint(place) for place in PLACES])
    target = read.path.replace("{id}", read_key)
    before = generations.seen_by(read, read_key, writes.stamp(endpoint(read), target))

    writes.finished(endpoint(write), write.path.replace("{id}", write_key))

    after = generations.seen_by(read, read_key, writes.stamp(endpoint(read), target))
    assert (after != before) is expected


def test_callers_are_as_new_as_the_writes_to_their_domain() -> None:
    generations = Generations(PLACES)
    before = generations.seen_of_caller("epoch=1 *=0 users=1", by_key=False)

    def seen(stamp: str) -> object:
        return generations.seen_of_caller(stamp, by_key=False)

    assert seen("epoch=1 *=0 escrows=4 users=1") == before
    assert seen("epoch=1 *=0 users=2") != before
    assert seen("epoch=1 *=1 users=1") != before
    assert seen("epoch=2 *=0 users=1") != before


@pytest.mark.parametrize(
    ("domain", "callers", "with_token", "with_key"),
    [
        ("users", Callers.ANY, True, True),
        ("users", Callers.BY_KEY, False, True),
        ("users", Callers.NONE, False, False),
        ("escrows", Callers.ANY, False, False),
    ],
)
def test_an_own_commit_makes_those_callers_new_of_which_it_may_change_something(
    domain: str, callers: Callers, *, with_token: bool, with_key: bool
) -> None:
    generations = Generations(PLACES)
    before = [generations.seen_of_caller(None, by_key=by_key) for by_key in (False, True)]

    generations.committed(Place(domain, "PUT", f"/v1/{domain}/{{id}}", callers=callers), ROW)

    after = [generations.seen_of_caller(None, by_key=by_key) for by_key in (False, True)]
    assert [one != other for one, other in zip(before, after, strict=True)] == [with_token, with_key]


@pytest.mark.parametrize("stamp", [None, "", "x", "=", "epoch", "a=b=c ===", "x" * 10_000])
def test_a_stamp_that_says_nothing_is_no_error(stamp: str | None) -> None:
    generations = Generations(PLACES)

    hash(generations.seen_by(GET, ROW, stamp))
