"""How one replay is wired: addresses, sides, what counts as the same replay, the end of a result."""

from pathlib import Path

import click
import pytest

from cli.context import Context
from cli.errors import UsageError
from cli.replaying import Plan, end_with, places, say_bad_lines, urls_of
from cli.sections import BackendsSection
from cli.settings import load_settings
from parity.exchange import Backend
from parity.outcome import Outcome
from parity.recordings.files import Form, Recording, write_recording
from parity.recordings.line import BadLine, RecordedExchange
from parity.recordings.results import Judged, Results
from tests.parity.recordings.factories import recorded

ONE, OTHER = "http://127.0.0.1:9001", "http://127.0.0.1:9002"


def plan(directory: Path, **changes: object) -> Plan:
    file = directory / "a.jsonl"
    if not file.exists():
        write_recording(file, Form.OWN, [recorded(id="e-1", name="list")])
    fields: dict[str, object] = {
        "context": Context(load_settings(), None, "secret", "olivia"),
        "recording": Recording.open(file),
        "urls": {Backend.LEGACY: ONE, Backend.MODERN: OTHER},
        "speed": None,
        "concurrency": 1,
        "writes": False,
        "headers": {},
        "volatile": None,
        "contract": directory,
    }
    return Plan(**(fields | changes))  # type: ignore[arg-type]  # each test gives what it is about


def results(outcome: Outcome | None) -> Results:
    added = Results()
    if outcome is not None:
        added.add(Judged("GET /v1/escrows", "escrows", outcome))
    return added


def test_the_same_backend_is_recognised_however_it_is_written() -> None:
    backends = BackendsSection(legacy="http://crm.example:80", modern="http://crm.example")

    with pytest.raises(UsageError, match="or every write would be applied twice"):
        urls_of(backends, None, writes=True)
    assert set(urls_of(backends, None, writes=False)) == set(Backend)
    assert urls_of(backends, Backend.MODERN, writes=True) == {Backend.MODERN: "http://crm.example"}


def test_only_what_decides_about_the_answers_makes_it_another_replay(tmp_path: Path) -> None:
    subject = plan(tmp_path).subject()

    assert plan(tmp_path, speed=2.0, concurrency=5).subject() == subject
    assert plan(tmp_path, writes=True).subject() != subject
    assert plan(tmp_path, urls={Backend.LEGACY: ONE}).subject() != subject
    with (tmp_path / "a.jsonl").open("a") as stream:
        stream.write("\n")
    assert plan(tmp_path).subject() != subject


def test_lines_have_the_volatile_paths_of_their_id_and_name(tmp_path: Path) -> None:
    paths = tmp_path / "volatile.json"
    paths.write_text('{"e-1 list": ["$.at"], "e-2 list": ["$.b"]}')

    [line] = plan(tmp_path, volatile=paths).lines()

    assert isinstance(line, RecordedExchange)
    assert line.volatile == ("$.at",)


def test_a_title_says_who_is_asked(tmp_path: Path) -> None:
    assert places(plan(tmp_path)) == f"legacy {ONE} and modern {OTHER}"
    assert places(plan(tmp_path, urls={Backend.MODERN: OTHER})) == (
        f"modern {OTHER}; legacy is the recorded answer"
    )


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (Outcome.MATCH, 0),
        (Outcome.ACCEPTED, 0),
        (Outcome.MISMATCH, 1),
        (Outcome.TIMEOUT, 1),
        (Outcome.SKIPPED, 1),
        (None, 1),
    ],
)
def test_nothing_compared_is_no_success(outcome: Outcome | None, code: int) -> None:
    ended = 0
    try:
        end_with(results(outcome))
    except click.exceptions.Exit as end:
        ended = end.exit_code

    assert ended == code


def test_bad_lines_that_are_not_named_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    say_bad_lines([BadLine(3, "not JSON")], 1_500)

    assert capsys.readouterr().err == "line 3: not JSON\nand 1,499 more bad lines\n"
