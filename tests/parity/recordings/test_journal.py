"""The progress of a replay, kept beside the recording."""

import json
import stat
from pathlib import Path

import pytest

from parity.errors import RecordingError
from parity.exchange import Backend
from parity.outcome import Outcome
from parity.recordings.entities import Entity
from parity.recordings.journal import Journal, Values
from parity.recordings.results import Judged
from parity.redact import Redactor

SUBJECT = {"recording": "abc", "sides": {"legacy": "http://a"}}
REDACTOR = Redactor(b"key")
MATCH = Judged("GET /v1/escrows", "escrows", Outcome.MATCH)
L, M, R = (f"e5c00000-0000-4000-8000-00000000000{digit}" for digit in "123")


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "a.jsonl.progress", REDACTOR, SUBJECT)


def test_what_is_done_is_known_to_the_next_run(journal: Journal) -> None:
    values: Values = {Backend.LEGACY: {("create", "data.id"): L}, Backend.MODERN: {("create", "data.id"): 7}}
    entity = Entity("escrows", L, M, R, is_own=False)

    with journal:
        journal.begin(1)
        journal.finish(1, MATCH, values, [entity])
        journal.finish(2, MATCH, {}, [])

    progress = journal.load()
    assert progress.done == {1: MATCH, 2: MATCH}
    assert progress.values == values
    assert (progress.entities, progress.in_doubt, progress.not_kept) == ([entity], set(), set())
    assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600


def test_a_write_that_was_begun_and_not_finished_is_in_doubt(journal: Journal) -> None:
    with journal:
        journal.begin(1)
        journal.finish(1, MATCH, {}, [])
        journal.begin(2)

    assert journal.load().in_doubt == {2}


def test_a_step_that_was_torn_is_not_done_and_does_not_spoil_the_next(journal: Journal) -> None:
    with journal:
        journal.begin(1)
        journal.finish(1, MATCH, {}, [])
    content = journal.path.read_bytes()
    begun = content.index(b'{"begun": 1}') + len(b'{"begun": 1}')

    for end in range(content.index(b"begun"), len(content)):
        journal.path.write_bytes(content[:end])
        with journal:
            journal.finish(2, MATCH, {}, [])
        progress = journal.load()
        assert (set(progress.done), progress.in_doubt) == ({2}, {1} if end >= begun else set())


def test_secrets_are_not_kept_and_what_needs_them_is_known_by_a_token(journal: Journal) -> None:
    values = {
        Backend.LEGACY: {("login", "data.refreshToken"): "s3cret-s3cret", ("login", "data.name"): "Ann"}
    }
    odd = Entity("orders", "V1StGXR8Z5jdHi6B", "myT9x2kQw8LpRt5Z", "Qr7sUv3wXy1zAb4C")

    with journal:
        journal.finish(1, MATCH, values, [odd])

    text = journal.path.read_text()
    assert [secret for secret in ("s3cret", "Ann", "V1St", "myT9", "Qr7s") if secret in text] == []
    progress = journal.load()
    assert (progress.values[Backend.LEGACY], progress.entities) == ({}, [])
    assert progress.not_kept == {REDACTOR.token("Qr7sUv3wXy1zAb4C")}


def test_the_progress_of_another_replay_is_refused(journal: Journal) -> None:
    with journal:
        journal.finish(1, MATCH, {}, [])
    other = Journal(journal.path, REDACTOR, SUBJECT | {"recording": "def"})

    with pytest.raises(RecordingError, match="is the progress of another replay"):
        other.load()
    journal.path.write_text("anything")
    with pytest.raises(RecordingError, match="is the progress of another replay"):
        journal.load()


def test_without_an_earlier_run_nothing_is_done(journal: Journal) -> None:
    assert journal.load().done == {}


def test_a_replay_that_is_complete_leaves_nothing(journal: Journal) -> None:
    with journal:
        journal.finish(1, MATCH, {}, [])

    journal.remove()

    assert not journal.path.exists()


def test_a_step_that_is_none_of_ours_is_left_out(journal: Journal) -> None:
    with journal:
        journal.finish(1, MATCH, {}, [])
    with journal.path.open("a") as stream:
        stream.writelines(
            f"\n{json.dumps(row)}" for row in ({"done": 2}, {"done": "x", "judged": {}}, [1], "a")
        )

    assert set(journal.load().done) == {1}
