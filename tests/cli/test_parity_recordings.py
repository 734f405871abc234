"""`crossfade parity import`, `export` and `diff`."""

import json
import stat
from pathlib import Path

import pytest

from parity.recordings.files import Form, write_recording
from parity.recordings.line import RecordedExchange
from tests.parity.recordings.factories import numbered, recorded
from tests.parity.recordings.test_har import entry, har
from tests.support.command import InProcess

LINES = numbered([recorded(id="a"), recorded(id="b", target="/v1/escrows/2", answer={"name": "Ann"})])


@pytest.fixture
def directory(crossfade: InProcess) -> Path:
    write_recording(crossfade.state_dir / "a.jsonl", Form.OWN, LINES)
    return crossfade.state_dir


def changed(directory: Path, name: str, *lines: RecordedExchange) -> None:
    write_recording(directory / name, Form.OWN, numbered(lines))


@pytest.mark.parametrize("suffix", ["har", "gor"])
def test_what_was_exported_and_imported_again_is_alike(
    crossfade: InProcess, directory: Path, suffix: str
) -> None:
    exported = crossfade("parity", "export", "a.jsonl", f"a.{suffix}", "--base-url", "http://crm.example")
    imported = crossfade("parity", "import", f"a.{suffix}", "b.jsonl")

    ran = crossfade("parity", "diff", "a.jsonl", "b.jsonl")

    assert (exported.code, imported.code, ran.code) == (0, 0, 0)
    assert exported.err == f"wrote a.{suffix}: 2 exchanges, 0 left out; nothing in it is redacted\n"
    assert stat.S_IMODE((directory / "b.jsonl").stat().st_mode) == 0o600
    assert "All 2 comparisons agree." in ran.out


def test_what_cannot_be_imported_is_named_and_left_out(crossfade: InProcess, directory: Path) -> None:
    (directory / "x.har").write_bytes(
        har(entry(), entry("ws://crm.example/s"), entry("http://cdn.example/a"))
    )

    refused = crossfade("parity", "import", "x.har", "x.jsonl")
    ran = crossfade("parity", "import", "x.har", "x.jsonl", "--host", "crm.example", "--json")

    assert refused.code == 2
    assert "expected one, by --host" in refused.err
    assert json.loads(ran.out) == {
        "schema": "crossfade.recording-written/1",
        "file": "x.jsonl",
        "form": "own",
        "exchanges": 1,
        "bad_lines": [{"line": 2, "problem": "a WebSocket cannot be sent again"}],
    }
    assert "line 2: a WebSocket cannot be sent again" in ran.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("import", "a.jsonl", "b.har"), "b.har: expected a name that ends in .jsonl"),
        (("import", "a.jsonl", "a.jsonl"), "a.jsonl exists: expected the name of a new file"),
        (("import", "no.har", "b.jsonl"), "no.har: cannot be read: No such file or directory"),
        (("import", "toml", "b.jsonl"), "toml: expected a recording, found no exchange; line 1: not JSON"),
        (("import", "empty", "b.jsonl"), "empty: expected a recording, found an empty file"),
        (("export", "a.jsonl", "b.zip"), "b.zip: expected a name that ends in .har, .gor, .jsonl"),
        (
            ("export", "a.jsonl", "b.har", "--base-url", "crm"),
            "--base-url 'crm': expected the address of a backend",
        ),
        (("diff", "a.jsonl", "no.jsonl"), "no.jsonl: cannot be read: No such file or directory"),
    ],
)
def test_bad_input_is_one_sentence_and_nothing_is_written(
    crossfade: InProcess, directory: Path, arguments: tuple[str, ...], message: str
) -> None:
    (directory / "toml").write_text("[parity]\n")
    (directory / "empty").write_text("")

    ran = crossfade("parity", *arguments)

    assert ran.code == 2
    assert message in ran.err
    assert [one.name for one in directory.iterdir() if one.name.startswith(("b.", ".b."))] == []


def test_recordings_that_differ_are_exit_code_1_without_secrets(
    crossfade: InProcess, directory: Path
) -> None:
    changed(directory, "b.jsonl", LINES[0], recorded(id="b", target="/v1/escrows/2", answer={"name": "Bob"}))

    ran = crossfade("parity", "diff", "a.jsonl", "b.jsonl")
    values = json.loads(crossfade("parity", "diff", "a.jsonl", "b.jsonl", "--json").out)

    assert ran.code == 1
    assert "$.name" in ran.out
    assert ("Ann" in ran.out, "Bob" in ran.out) == (False, False)
    assert values["schema"] == "crossfade.recording-diff/1"
    assert values["report"]["outcomes"]["mismatch"] == 1


def test_lines_without_a_counterpart_are_told_and_are_exit_code_1(
    crossfade: InProcess, directory: Path
) -> None:
    changed(
        directory, "b.jsonl", LINES[0], *(recorded(id=f"c{n}", target=f"/v1/escrows/9{n}") for n in range(7))
    )
    (directory / "b.jsonl").write_text((directory / "b.jsonl").read_text() + "nonsense\n")

    ran = crossfade("parity", "diff", "a.jsonl", "b.jsonl")

    assert ran.code == 1
    assert ran.err.splitlines() == [
        "b.jsonl, line 10: not JSON",
        "only in a.jsonl: 1 (b)",
        "only in b.jsonl: 7 (c0, c1, c2, c3, c4 …)",
    ]
