"""What the proxy tells modern about finished writes."""

from pathlib import Path

import pytest

from parity.exchange import Endpoint
from proxy.shared_counts import ROWS, Counts
from proxy.stages import Stage
from proxy.writes import Writes
from tests.proxy.rig import running
from tests.support.backends import answering, closing

ROW = "/v1/escrows/e5c00000-0000-4000-8000-000000000001"
OTHER_ROW = "/v1/escrows/e5c00000-0000-4000-8000-000000000002"
LIST = Endpoint("escrows", "GET", "/v1/escrows")
CREATE = Endpoint("escrows", "POST", "/v1/escrows")
BATCH = Endpoint("escrows", "POST", "/v1/escrows/batch-delete")
GET = Endpoint("escrows", "GET", "/v1/escrows/{id}")
PUT = Endpoint("escrows", "PUT", "/v1/escrows/{id}/people")
LISTINGS = Endpoint("listings", "GET", "/v1/listings")
ROLE = Endpoint("contacts", "PUT", "/v1/contact-roles/{id}")
CONTACT = Endpoint("contacts", "GET", "/v1/contacts/{id}")
ENDPOINTS = (LIST, CREATE, BATCH, GET, PUT, LISTINGS, ROLE, CONTACT)


def row_of(stamp: str) -> str:
    return stamp.partition(" row=")[2]


def test_every_write_to_a_domain_is_another_stamp_for_its_lists() -> None:
    for write, target in ((CREATE, "/v1/escrows"), (BATCH, BATCH.path), (PUT, f"{ROW}/people")):
        writes = Writes(ENDPOINTS)
        before = writes.stamp(LIST, "/v1/escrows?page=2")

        writes.finished(write, target)

        assert writes.stamp(LIST, "/v1/escrows?page=2") != before


def test_a_write_to_one_row_leaves_the_other_rows_as_they_were() -> None:
    writes = Writes(ENDPOINTS)
    before = [row_of(writes.stamp(GET, target)) for target in (ROW, OTHER_ROW)]

    writes.finished(PUT, f"{ROW.upper().replace('/V1/ESCROWS', '/v1/escrows')}/people?x=1")

    after = [row_of(writes.stamp(GET, target)) for target in (ROW, OTHER_ROW)]
    assert [a != b for a, b in zip(after, before, strict=True)] == [True, False]


@pytest.mark.parametrize(
    ("endpoint", "target", "changes"),
    [
        (CREATE, "/v1/escrows", False),
        (BATCH, "/v1/escrows/batch-delete", True),
        (PUT, "/v1/escrows/ESC-2026-0001/people", True),
        (PUT, "/v1/escrows/1001/people", True),
    ],
)
def test_a_write_whose_row_is_not_known_may_have_changed_each_but_a_creation_changes_none(
    *, endpoint: Endpoint, target: str, changes: bool
) -> None:
    writes = Writes(ENDPOINTS)
    before = row_of(writes.stamp(GET, ROW))

    writes.finished(endpoint, target)

    assert (row_of(writes.stamp(GET, ROW)) != before) is changes


def test_of_several_kinds_of_rows_those_count_that_are_named_like_the_domain() -> None:
    writes = Writes(ENDPOINTS)
    role, contact = (ROW.replace("escrows", kind) for kind in ("contact-roles", "contacts"))
    before = writes.stamp(CONTACT, contact)

    writes.finished(ROLE, role)

    assert row_of(writes.stamp(ROLE, role)) == ""
    assert row_of(writes.stamp(CONTACT, contact)) != row_of(before)
    assert " contacts=1.1" in writes.stamp(CONTACT, contact)


def test_a_write_at_no_endpoint_may_have_changed_everything() -> None:
    writes = Writes(ENDPOINTS)
    before = [writes.stamp(endpoint, endpoint.path) for endpoint in (LIST, LISTINGS)]

    writes.finished(None, "/v1/unheard-of")

    assert all(writes.stamp(e, e.path) != b for e, b in zip((LIST, LISTINGS), before, strict=True))


def test_two_runs_of_a_proxy_are_never_taken_for_one_another() -> None:
    assert Writes(ENDPOINTS).stamp(LIST, LIST.path) != Writes(ENDPOINTS).stamp(LIST, LIST.path)


def test_memory_is_bounded_however_many_rows_are_written() -> None:
    writes = Writes(ENDPOINTS)

    rows = set()
    for number in range(5_000):
        row = f"/v1/escrows/e5c00000-0000-4000-8000-{number:012x}"
        writes.finished(PUT, f"{row}/people")
        rows.add(writes._row(GET, row))

    assert len(rows) == ROWS
    assert len(writes.stamp(GET, ROW)) < 200


def test_a_write_through_one_worker_renews_the_stamp_of_every_other(tmp_path: Path) -> None:
    file = tmp_path / "counts"
    Counts.make(file, 3, {endpoint.domain for endpoint in ENDPOINTS})
    here, there = (Writes(ENDPOINTS, Counts.open(file, slot)) for slot in (0, 2))
    before = [writes.stamp(LIST, LIST.path) for writes in (here, there)]

    here.finished(CREATE, CREATE.path)
    there.finished(PUT, f"{ROW}/people")

    assert before[0] == before[1]
    assert here.stamp(GET, ROW) == there.stamp(GET, ROW) == f"{before[0]} escrows=2.0 row=0.1"


async def test_modern_alone_is_stamped_and_a_finished_write_renews_the_stamp(tmp_path: Path) -> None:
    async with running(tmp_path, stage=Stage.SHADOW) as rig:
        await rig.ask(headers={"X-Crossfade-Writes": "epoch=forged"})
        await rig.settled(1)
        await rig.ask("POST", json={})
        await rig.ask()
        await rig.settled(3)

        before, after = (seen.header("X-Crossfade-Writes") for seen in rig.modern.seen)
        assert all(seen.header("X-Crossfade-Writes") is None for seen in rig.legacy.seen)
        assert before is not None
        assert after == f"{before} escrows=1.0"
        assert "forged" not in after


async def test_a_refused_write_changes_no_stamp_and_a_broken_one_does(tmp_path: Path) -> None:
    async with running(tmp_path, stage=Stage.LIVE) as rig:
        rig.modern.behaviour = answering(status="409 Conflict")
        await rig.ask("POST", json={})
        rig.modern.behaviour = closing()
        await rig.ask("POST", json={})
        rig.modern.behaviour = answering()
        await rig.ask()

        stamps = [seen.header("X-Crossfade-Writes") or "" for seen in rig.modern.seen]
        assert [stamp.count(" escrows=1") for stamp in stamps] == [0, 0, 1]
