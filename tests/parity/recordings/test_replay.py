"""A recording sent again: in order, each side by its own ids, writes once, resumable."""

import asyncio
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from parity.errors import RecordingError
from parity.exchange import Observation
from parity.recordings.journal import Journal
from parity.recordings.line import BadLine, RecordedExchange
from parity.recordings.replay import NAMED_BAD_LINES, ReplaySettings
from parity.redact import Redactor
from parity.rules import Compare, Rule, RuleBook
from tests.parity.factories import until
from tests.parity.recordings.factories import FakeSide, answered, answers_of, numbered, recorded
from tests.parity.recordings.stand import GatedSide, Stand

MAX = ReplaySettings(speed=None)
WRITES = ReplaySettings(speed=None, writes=True)
L, M, R = (f"e5c00000-0000-4000-8000-00000000000{digit}" for digit in "123")
CREATE = recorded(
    name="create", method="POST", target="/v1/escrows", json={"a": 1}, status=201, answer={"data": {"id": R}}
)


@pytest.fixture
def stand(tmp_path: Path) -> Stand:
    return Stand(tmp_path)


def side(**table: Any) -> FakeSide:
    return FakeSide(answers_of(table))


def both(table: Mapping[str, Any]) -> dict[str, FakeSide]:
    return {"legacy": FakeSide(answers_of(table)), "modern": FakeSide(answers_of(table))}


def creating(id_: Any) -> dict[str, Any]:
    made = {"id": id_, "name": "x"}
    return {
        "POST /v1/escrows": answered({"data": made}, 201),
        f"GET /v1/escrows/{id_}": {"data": made},
        f"DELETE /v1/escrows/{id_}": {"done": True},
    }


async def test_both_sides_are_asked_and_compared(stand: Stand) -> None:
    legacy = FakeSide(
        answers_of({"GET /v1/escrows/1": {"id": 1}, "GET /v1/escrows/2": {"id": 2, "name": "Ann"}})
    )
    modern = FakeSide(
        answers_of({"GET /v1/escrows/1": {"id": 1}, "GET /v1/escrows/2": {"id": 2, "name": "Bob"}})
    )
    lines = numbered([recorded(), recorded(target="/v1/escrows/2")])

    done = await stand.run(lines, legacy=legacy, modern=modern)

    assert legacy.targets == modern.targets == ["GET /v1/escrows/1", "GET /v1/escrows/2"]
    assert stand.outcomes == {"match": 1, "mismatch": 1}
    assert stand.groups == [("$.name", "value")]
    assert (done.sent, done.stopped, stand.advanced) == (2, False, 2)


async def test_writes_are_not_sent_unless_it_is_asked_for(stand: Stand) -> None:
    sides = both(creating(L))

    await stand.run(numbered([CREATE, recorded(target="/v1/escrows/{{create.data.id}}")]), **sides)

    assert sides["legacy"].targets == sides["modern"].targets == []
    assert stand.outcomes == {"skipped": 2, "write": 1, "value_unknown": 1}


async def test_each_side_gets_its_own_value_of_an_earlier_answer(stand: Stand) -> None:
    legacy, modern = FakeSide(answers_of(creating(L))), FakeSide(answers_of(creating(M)))

    await stand.run(
        numbered([CREATE, recorded(target="/v1/escrows/{{create.data.id}}")]),
        WRITES,
        legacy=legacy,
        modern=modern,
    )

    assert legacy.targets == ["POST /v1/escrows", f"GET /v1/escrows/{L}"]
    assert modern.targets == ["POST /v1/escrows", f"GET /v1/escrows/{M}"]
    assert stand.outcomes == {"match": 2}


@pytest.mark.parametrize(("was", "of_legacy", "of_modern"), [(R, L, M), (5, 7, 9), (5, 5, 9), (R, R, M)])
async def test_each_side_is_asked_by_its_own_id_of_what_was_made(
    stand: Stand, was: Any, of_legacy: Any, of_modern: Any
) -> None:
    legacy, modern = FakeSide(answers_of(creating(of_legacy))), FakeSide(answers_of(creating(of_modern)))
    create = recorded(method="POST", target="/v1/escrows", json={}, status=201, answer={"data": {"id": was}})
    later = [recorded(target=f"/v1/escrows/{was}"), recorded(method="DELETE", target=f"/v1/escrows/{was}")]

    await stand.run(numbered([create, *later]), WRITES, legacy=legacy, modern=modern)

    assert legacy.targets[1:] == [f"GET /v1/escrows/{of_legacy}", f"DELETE /v1/escrows/{of_legacy}"]
    assert modern.targets[1:] == [f"GET /v1/escrows/{of_modern}", f"DELETE /v1/escrows/{of_modern}"]
    assert stand.outcomes == {"match": 3}


async def test_with_one_side_the_recorded_answer_stands_for_the_other(stand: Stand) -> None:
    modern = FakeSide(answers_of({"GET /v1/escrows/1": {"id": 1, "name": "x", "t": "ey.a"}}))
    lines = numbered(
        [
            recorded(answer={"id": 1, "name": "y", "t": "<jwt>"}),
            recorded(answer_body=None),
            recorded(status=0),
        ]
    )

    await stand.run(lines, modern=modern)

    assert stand.outcomes == {"mismatch": 1, "skipped": 2, "answer_not_recorded": 2}
    assert stand.groups == [("$.name", "value")]


async def test_with_legacy_alone_it_is_modern_that_was_recorded(stand: Stand) -> None:
    legacy = FakeSide(answers_of({"GET /v1/escrows/1": {"id": 1, "more": 1}}))

    await stand.run(numbered([recorded()]), legacy=legacy)

    assert stand.groups == [("$.more", "missing")]


async def test_rules_for_recordings_hold_where_two_runs_are_compared(tmp_path: Path) -> None:
    rule = Rule(endpoint="*", path="$.at", compare=Compare.SHAPE, reason="of the run", recording_only=True)
    stand = Stand(tmp_path, RuleBook(rules=(rule,)))
    answers = {"GET /v1/escrows/1": {"at": 2}}
    line = recorded(answer={"at": 1})

    await stand.run(numbered([line]), modern=FakeSide(answers_of(answers)))
    assert stand.outcomes == {"match": 1}

    stand.journal.remove()
    legacy = FakeSide(answers_of({"GET /v1/escrows/1": {"at": 1}}))
    await stand.run(numbered([line]), legacy=legacy, modern=FakeSide(answers_of(answers)))
    assert stand.outcomes == {"mismatch": 1}


async def test_volatile_paths_are_compared_by_shape(stand: Stand) -> None:
    line = recorded(answer={"id": 1, "n": 5}, volatile=("$.n",))

    await stand.run(numbered([line]), modern=FakeSide(answers_of({"GET /v1/escrows/1": {"id": 1, "n": 7}})))

    assert stand.outcomes == {"match": 1}


async def test_moments_that_both_made_now_are_no_difference(stand: Stand) -> None:
    def now(_request: RecordedExchange) -> Observation:
        time.sleep(0.002)
        return answered({"at": datetime.now(UTC).isoformat(timespec="milliseconds")})

    await stand.run(numbered([recorded()]), legacy=FakeSide(now), modern=FakeSide(now))

    assert stand.outcomes == {"match": 1}


async def test_credentials_are_made_for_the_user_and_recorded_and_given_headers_win(stand: Stand) -> None:
    sides = both({"GET /v1/escrows/1": {}})
    lines = numbered([recorded(user="ann", headers=(("authorization", "mine"), ("A", "1"), ("A", "2")))])
    settings = ReplaySettings(speed=None, headers={"a": "3", "B": "4"})

    stand.credentials = lambda user: {"Authorization": user, "X-Key": f"key of {user}"}
    await stand.run(lines, settings, **sides)

    assert sides["modern"].seen[0].headers == (
        ("authorization", "mine"),
        ("X-Key", "key of ann"),
        ("a", "3"),
        ("B", "4"),
    )


async def test_a_user_without_credentials_is_told(stand: Stand) -> None:
    def unknown(user: str) -> Mapping[str, str]:
        raise RecordingError(f"no user {user}")

    stand.credentials = unknown
    await stand.run(numbered([recorded(user="ghost")]), **both({}))

    assert stand.outcomes == {"skipped": 1, "value_unknown": 1}


async def test_requests_that_were_redacted_where_it_matters_are_not_sent(stand: Stand) -> None:
    token, sides = Redactor(b"key").token("secret"), both({"GET /v1/escrows/1": {}})
    credentials = recorded(headers=(("Authorization", f"Bearer {token}"), ("Accept", token), ("A", "1")))
    lines = numbered([recorded(target=f"/v1/escrows/{token}"), recorded(body=token.encode()), credentials])

    await stand.run(lines, **sides)
    assert stand.outcomes == {"skipped": 3, "redacted": 3}

    stand.journal.remove()
    await stand.run(lines, ReplaySettings(speed=None, headers={"authorization": "mine"}), **sides)
    assert stand.outcomes == {"match": 1, "skipped": 2, "redacted": 2}
    assert [one.headers for one in sides["modern"].seen] == [(("A", "1"), ("authorization", "mine"))]


async def test_lines_at_no_endpoint_are_counted_and_not_sent(stand: Stand) -> None:
    sides = both({})

    await stand.run(numbered([recorded(target="/app.js")]), **sides)

    assert (stand.outcomes, sides["legacy"].targets) == ({"skipped": 1, "unlisted": 1}, [])


async def test_bad_lines_are_counted_and_the_first_are_named(stand: Stand) -> None:
    bad = [BadLine(number, "not JSON") for number in range(2, NAMED_BAD_LINES + 5)]

    done = await stand.run([*numbered([recorded()]), *bad], **both({"GET /v1/escrows/1": {}}))

    assert stand.outcomes == {"match": 1, "skipped": len(bad), "bad_line": len(bad)}
    assert (done.bad, done.bad_lines) == (len(bad), bad[:NAMED_BAD_LINES])


async def test_a_backend_at_fault_is_an_outcome(stand: Stand) -> None:
    silent = FakeSide(lambda _: Observation(error="timeout"))

    await stand.run(numbered([recorded()]), legacy=side(), modern=silent)
    assert stand.outcomes == {"timeout": 1}

    stand.journal.remove()
    await stand.run(
        numbered([recorded()]), legacy=FakeSide(lambda _: Observation(error="refused")), modern=side()
    )
    assert stand.outcomes == {"error": 1}


async def test_lines_of_a_session_keep_their_order_and_sessions_go_side_by_side(stand: Stand) -> None:
    gate = asyncio.Event()
    modern = GatedSide(a1=gate, b1=asyncio.Event())
    modern.gates["b1"].set()
    lines = numbered(
        [recorded(session=name[0], target=f"/v1/escrows/{name}") for name in ("a1", "a2", "b1", "b2")]
    )

    running = asyncio.ensure_future(
        stand.run(lines, ReplaySettings(speed=None, concurrency=4), modern=modern)
    )
    await until(lambda: "b2" in modern.ended)
    assert modern.targets == ["GET /v1/escrows/a1", "GET /v1/escrows/b1", "GET /v1/escrows/b2"]
    gate.set()
    await running

    assert modern.ended == ["b1", "b2", "a1", "a2"]


async def test_a_line_waits_for_the_answer_that_it_needs_of_another_session(stand: Stand) -> None:
    gate = asyncio.Event()
    modern = GatedSide(first=gate)
    lines = numbered(
        [
            recorded(name="first", session="a", target="/v1/escrows/first"),
            recorded(session="b", target="/v1/escrows/{{first.data.id}}"),
            recorded(session="c", target="/v1/escrows/c"),
        ]
    )

    running = asyncio.ensure_future(
        stand.run(lines, ReplaySettings(speed=None, concurrency=3), modern=modern)
    )
    await until(lambda: "c" in modern.ended)
    gate.set()
    await running

    assert modern.ended == ["c", "first", L]


async def test_no_more_lines_are_under_way_than_allowed(stand: Stand) -> None:
    gate = asyncio.Event()
    modern = GatedSide(a=gate, b=gate, c=gate)
    lines = numbered([recorded(session=name, target=f"/v1/escrows/{name}") for name in "abc"])

    running = asyncio.ensure_future(
        stand.run(lines, ReplaySettings(speed=None, concurrency=2), modern=modern)
    )
    for _ in range(20):
        await asyncio.sleep(0)
    under_way = len(modern.seen)
    gate.set()
    await running

    assert (under_way, len(modern.seen)) == (2, 3)


async def test_a_replay_that_is_stopped_goes_on_where_it_ended(stand: Stand) -> None:
    lines = numbered(
        [CREATE, recorded(target=f"/v1/escrows/{R}"), recorded(target="/v1/escrows/{{create.data.id}}")]
    )
    legacy, modern = FakeSide(answers_of(creating(L))), FakeSide(answers_of(creating(M)))

    def stopping(request: RecordedExchange) -> Observation:
        stand.stop.set()
        return answers_of(creating(M))(request)

    first = await stand.run(lines, WRITES, legacy=legacy, modern=FakeSide(stopping))
    assert (first.stopped, stand.outcomes) == (True, {"match": 1})
    stand.stop.clear()
    second = await stand.run(lines, WRITES, legacy=legacy, modern=modern)

    assert (second.resumed, second.sent, second.stopped) == (1, 2, False)
    assert legacy.targets == ["POST /v1/escrows", f"GET /v1/escrows/{L}", f"GET /v1/escrows/{L}"]
    assert modern.targets == [f"GET /v1/escrows/{M}", f"GET /v1/escrows/{M}"]
    assert stand.outcomes == {"match": 3}


async def test_stopping_ends_the_wait_for_a_line_that_is_not_due(stand: Stand) -> None:
    lines = numbered([recorded(), recorded(at_s=3_600.0)])

    running = asyncio.ensure_future(stand.run(lines, ReplaySettings(speed=1.0), modern=side()))
    await asyncio.sleep(0.02)
    stand.stop.set()

    assert (await asyncio.wait_for(running, 1)).stopped


async def test_a_write_that_may_have_been_applied_is_never_sent_again(stand: Stand) -> None:
    lines = numbered([CREATE, recorded(target=f"/v1/escrows/{L}")])
    modern = GatedSide(escrows=asyncio.Event())
    running = asyncio.ensure_future(stand.run(lines, WRITES, legacy=side(), modern=modern))
    await until(lambda: bool(modern.seen))
    killed_here = stand.journal.path.read_bytes()
    modern.gates["escrows"].set()
    await running

    stand.journal.path.write_bytes(killed_here)
    sides = both(creating(L))
    await stand.run(lines, WRITES, **sides)

    assert sides["legacy"].targets == sides["modern"].targets == [f"GET /v1/escrows/{L}"]
    assert stand.outcomes == {"match": 1, "skipped": 1, "interrupted": 1}


async def test_after_a_resumption_lines_that_need_what_was_not_kept_are_skipped(stand: Stand) -> None:
    login = recorded(name="login", target="/v1/escrows/1", answer={})
    odd_was, odd_legacy, odd_modern = "V1StGXR8Z5jdHi6B", "myT9x2kQw8LpRt5Z", "Qr7sUv3wXy1zAb4C"
    create = recorded(method="POST", target="/v1/escrows", status=201, answer={"id": odd_was})
    needing = recorded(target="/v1/escrows", headers=(("Authorization", "Bearer {{login.token}}"),))
    lines = numbered([login, create, needing, recorded(target=f"/v1/escrows/{odd_was}")])

    def told(id_: str) -> FakeSide:
        return FakeSide(
            answers_of(
                {"GET /v1/escrows/1": {"token": "s3cret"}, "POST /v1/escrows": answered({"id": id_}, 201)}
            )
        )

    await stand.run(lines[:2], WRITES, legacy=told(odd_legacy), modern=told(odd_modern))
    sides = both({})
    await stand.run(lines, WRITES, **sides)

    assert sides["legacy"].targets == []
    assert stand.outcomes == {"match": 2, "skipped": 2, "value_unknown": 1, "id_not_kept": 1}


async def test_a_replay_whose_progress_cannot_be_kept_ends_and_sends_no_write(stand: Stand) -> None:
    class Full(Journal):
        def begin(self, number: int) -> None:
            raise OSError(28, f"no space for {number}")

    stand.journal = Full(stand.journal.path, Redactor(b"key"), {})
    sides = both(creating(L))

    with pytest.raises(OSError, match="no space for 1"):
        await stand.run(numbered([CREATE, recorded()]), WRITES, **sides)

    assert sides["legacy"].targets == sides["modern"].targets == []


async def test_samples_of_a_replay_hold_nothing_unredacted(stand: Stand) -> None:
    legacy = FakeSide(answers_of({"GET /v1/escrows/1?q=Ann": {"name": "Ann"}}))
    modern = FakeSide(answers_of({"GET /v1/escrows/1?q=Ann": {"name": "Bob"}}))

    await stand.run(
        numbered([recorded(target="/v1/escrows/1?q=Ann", user="Ann")]), legacy=legacy, modern=modern
    )

    told = json.dumps(stand.results.report().to_json()) + stand.journal.path.read_text()
    assert "Ann" not in told
    assert "Bob" not in told
