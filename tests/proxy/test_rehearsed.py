"""A rehearsed write is one exchange of both answers and the rows, whatever the rehearsal or the database did."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from parity.compare import compare
from parity.completing import Shed
from parity.exchange import Backend, Capture, Exchange, Rehearsal
from parity.outcome import Outcome
from parity.rules import RuleBook
from parity.write_sets import NO_DATABASE
from proxy.captures import NO_ROOM
from proxy.completion import Completion
from proxy.legacy_rows import DOWN, LegacyRows
from proxy.settings import MirrorSettings, ProxySettings
from proxy.write_checks import UNCOUNTED
from tests.proxy.rig import ENDPOINTS
from tests.proxy.test_write_checks import Writes, a_write

JSON_HEAD = b"Content-Type: application/json\r\n"
OURS, THEIRS = "11111111-0000-4000-8000-000000000001", "22222222-0000-4000-8000-000000000002"
ROW = {"table": "escrows", "op": "update", "key": "e-1", "columns": ["city"], "row": {"id": "e-1"}}


def body(**data: Any) -> bytes:
    return json.dumps({"data": data}).encode()


def rehearsal(*rows: Any, **changes: Any) -> Rehearsal:
    """One that answered as legacy did, but for its own id."""
    told = f"X-Query-Count: 3\r\nX-Write-Set: {json.dumps(rows)}\r\n".encode()
    fields: dict[str, Any] = {
        "status": 201,
        "head": JSON_HEAD + told,
        "body": body(id=THEIRS),
        "duration_s": 0.02,
    }
    return Rehearsal(**(fields | changes))


def a_rehearsed_write(made: Rehearsal, **changes: Any) -> Capture:
    return a_write(**({"rehearsal": made, "answer_body": body(id=OURS), "mark": (0, 6)} | changes))


@asynccontextmanager
async def completion(
    tmp_path: Path, *, held_bytes: int = 1_000_000, **changes: Any
) -> AsyncIterator[Completion]:
    """What makes exchanges, without any backend to ask; holds nothing in the end."""
    settings = ProxySettings(
        legacy_url="http://127.0.0.1:9",
        modern_url="http://127.0.0.1:9",
        store_url="sqlite://",
        state_dir=tmp_path,
        endpoints=ENDPOINTS,
        token_key=b"a token key of some length",
        mirror=MirrorSettings(held_bytes=held_bytes),
    )
    made = Completion(settings, {}, **({"counted_writes": Writes()} | changes))
    yield made
    await made.close()
    assert made.held_bytes == 0


async def checked(tmp_path: Path, capture: Capture, **changes: Any) -> Exchange | Shed:
    async with completion(tmp_path, **changes) as made:
        (found,) = await made.complete([capture])
        made.release([found])
        return found


def outcome_of(found: Exchange | Shed) -> tuple[Outcome, str]:
    assert isinstance(found, Exchange)
    verdict = compare(found, RuleBook(), today=datetime.now(UTC).date())
    return verdict.outcome, verdict.reason


async def test_both_answers_to_the_write_are_the_exchange(tmp_path: Path) -> None:
    writes = Writes()

    found = await checked(tmp_path, a_rehearsed_write(rehearsal(ROW)), counted_writes=writes)

    assert isinstance(found, Exchange)
    assert (found.check, found.write, found.endpoint) == ("rehearse", "POST /v1/escrows", "POST /v1/escrows")
    assert (found.method, found.authoritative, found.skipped, found.raced) == (
        "POST",
        Backend.LEGACY,
        "",
        False,
    )
    assert (found.legacy.status, found.legacy.body) == (201, body(id=OURS))
    assert (found.modern.status, found.modern.body, found.modern.query_count) == (201, body(id=OURS), 3)
    assert found.modern.header("x-write-set") is None
    assert found.row_counts == {NO_DATABASE: 1}
    assert writes.asked == [("overlapped", "escrows", (0, 7))]
    assert outcome_of(found) == (Outcome.MISMATCH, "")  # the id that both name as made is written nowhere


async def test_another_write_in_between_is_a_race_and_its_own_is_not(tmp_path: Path) -> None:
    differing = a_rehearsed_write(rehearsal(body=body(id=OURS, city="x")))

    raced = await checked(tmp_path, differing, counted_writes=Writes(overlaps=True))
    alone = await checked(tmp_path, differing)

    assert outcome_of(raced) == (Outcome.SKIPPED, "write_overlapped")
    assert outcome_of(alone) == (Outcome.MISMATCH, "")


@pytest.mark.parametrize(
    ("made", "changes", "expected"),
    [
        (rehearsal(error="timeout"), {}, (Outcome.TIMEOUT, "modern_timeout")),
        (rehearsal(error="broken"), {}, (Outcome.ERROR, "modern_broken")),
        (rehearsal(error="refused"), {}, (Outcome.ERROR, "modern_refused")),
        (rehearsal(error="body_too_large"), {}, (Outcome.SKIPPED, "body_too_large")),
        (rehearsal(), {"status": 502}, (Outcome.SKIPPED, "unknown_commit")),
        (rehearsal(error="timeout"), {"status": 500}, (Outcome.SKIPPED, "unknown_commit")),
        (rehearsal(), {"skipped": "unknown_commit"}, (Outcome.SKIPPED, "unknown_commit")),
        (rehearsal(status=500), {}, (Outcome.MISMATCH, "")),
        (
            rehearsal(body=b"[" * 900 + b"]" * 900),
            {"answer_body": b"[" * 900 + b"1" + b"]" * 900},
            (Outcome.SKIPPED, "too_deep"),
        ),
        (rehearsal(status=404, body=b"{}"), {"status": 404, "answer_body": b"{}"}, (Outcome.MATCH, "")),
        (rehearsal(status=409, body=b"{}"), {"status": 404, "answer_body": b"{}"}, (Outcome.MISMATCH, "")),
    ],
)
async def test_each_rehearsal_has_one_outcome_with_its_reason(
    tmp_path: Path, made: Rehearsal, changes: dict[str, Any], expected: tuple[Outcome, str]
) -> None:
    found = await checked(tmp_path, a_rehearsed_write(made, **changes))

    assert outcome_of(found) == expected


async def test_a_rehearsal_that_was_shed_is(tmp_path: Path) -> None:
    assert await checked(tmp_path, a_rehearsed_write(rehearsal(shed="shadow_limit"))) == Shed("shadow_limit")


async def test_where_nobody_counts_writes_nothing_is_compared(tmp_path: Path) -> None:
    found = await checked(tmp_path, a_rehearsed_write(rehearsal()), counted_writes=None)

    assert outcome_of(found) == (Outcome.SKIPPED, UNCOUNTED)


async def test_an_answer_for_which_there_is_no_room_is_shed_and_rows_are_left_out(tmp_path: Path) -> None:
    size = len(body(id=OURS))
    capture = a_rehearsed_write(rehearsal(ROW, body=body(id=OURS)))

    without_room = await checked(tmp_path, capture, held_bytes=size - 1)
    without_rows = await checked(tmp_path, capture, held_bytes=size)

    assert without_room == Shed("shadow_queue")
    assert outcome_of(without_rows) == (Outcome.MATCH, "")
    assert isinstance(without_rows, Exchange)
    assert (without_rows.row_counts, without_rows.rows) == ({NO_ROOM: 1}, ())


async def test_a_database_that_is_away_costs_the_rows_and_no_outcome(tmp_path: Path) -> None:
    capture = a_rehearsed_write(rehearsal(ROW, body=body(id=OURS)))

    found = await checked(tmp_path, capture, legacy_rows=LegacyRows("postgresql://127.0.0.1:9/none"))

    assert outcome_of(found) == (Outcome.MATCH, "")
    assert isinstance(found, Exchange)
    assert found.row_counts == {DOWN: 1}


@pytest.mark.parametrize(
    "told", [b"", b"X-Write-Set: [\r\n", b"X-Write-Set: \xff\r\n", b"x-write-set:{}\r\n"]
)
async def test_a_write_set_that_cannot_be_read_is_counted(tmp_path: Path, told: bytes) -> None:
    made = replace_head(rehearsal(body=body(id=OURS)), JSON_HEAD + told)

    found = await checked(tmp_path, a_rehearsed_write(made))

    assert isinstance(found, Exchange)
    assert (found.row_counts, outcome_of(found)) == ({"no_write_set": 1}, (Outcome.MATCH, ""))


def replace_head(made: Rehearsal, head: bytes) -> Rehearsal:
    return Rehearsal(made.status, head, made.body, made.duration_s)


@pytest.mark.parametrize(
    ("changes", "group"),
    [
        ({"body": body(id=OURS)}, ("$.data.city", "missing")),
        ({"body": body(id=OURS, city="Newtown", note=None)}, ("$.data.note", "extra")),
        ({"body": body(id=OURS, city="Oldtown")}, ("$.data.city", "value")),
        ({"body": body(id=OURS, city="Newtown"), "status": 200}, ("$status", "status")),
        (
            {"body": body(id=OURS, city="Newtown"), "head": b"Content-Type: text/json\r\n"},
            ("header:content-type", "header"),
        ),
    ],
)
async def test_an_answer_that_modern_would_give_otherwise_is_a_mismatch_in_its_group(
    tmp_path: Path, changes: dict[str, Any], group: tuple[str, str]
) -> None:
    capture = a_rehearsed_write(rehearsal(**changes), answer_body=body(id=OURS, city="Newtown"))

    found = await checked(tmp_path, capture)

    assert isinstance(found, Exchange)
    verdict = compare(found, RuleBook(), today=datetime.now(UTC).date())
    assert [(one.folded, one.kind.value) for one in verdict.mismatches] == [group]
