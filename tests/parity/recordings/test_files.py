"""Files of recordings: told apart by their content, read line by line, written whole or not at all."""

import gzip
import json
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from parity.errors import RecordingError
from parity.recordings.files import (
    SCHEMA,
    Form,
    Recording,
    form_of_name,
    header_line,
    write_recording,
)
from parity.recordings.line import BadLine, RecordedExchange, encoded_line
from tests.parity.recordings.factories import numbered, recorded

TWO = numbered(
    [recorded(id="a", number=2), recorded(id="b", method="POST", target="/v1/escrows", body=b"{}")]
)


def written(path: Path, text: str | bytes) -> Recording:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return Recording.open(path)


def ids(recording: Recording) -> list[str | int]:
    return [line.number if isinstance(line, BadLine) else line.id for line in recording.lines()]


@pytest.mark.parametrize("form", Form)
def test_what_was_written_in_any_form_is_read_again(tmp_path: Path, form: Form) -> None:
    suffix = {Form.OWN: "jsonl", Form.HAR: "har", Form.GOREPLAY: "gor"}[form]
    file = tmp_path / f"two.{suffix}"

    assert (
        write_recording(file, form_of_name(file), TWO, base_url="http://crm.example", began_at=1_795_000_000)
        == 2
    )

    recording = Recording.open(file)
    found = [line for line in recording.lines() if isinstance(line, RecordedExchange)]
    assert recording.form is form
    assert [(one.method, one.target, one.body, one.status) for one in found] == [
        (one.method, one.target, one.body, one.status) for one in TWO
    ]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_compressed_goreplay_file_is_read(tmp_path: Path) -> None:
    write_recording(tmp_path / "two.gor", Form.GOREPLAY, TWO)
    packed = written(tmp_path / "two.gor.gz", gzip.compress((tmp_path / "two.gor").read_bytes()))

    assert packed.form is Form.GOREPLAY
    assert len(list(packed.lines())) == 2


def test_a_recording_without_a_first_line_of_ours_is_read_too(tmp_path: Path) -> None:
    lines = [encoded_line(one) for one in TWO]

    assert ids(written(tmp_path / "a.jsonl", "\n".join([header_line("none"), *lines]) + "\n")) == ["a", "b"]
    assert ids(written(tmp_path / "b.jsonl", "\n\n".join(lines) + "\n")) == ["a", "b"]


def test_bad_lines_are_told_by_number_and_the_others_are_read(tmp_path: Path) -> None:
    good = encoded_line(TWO[0])

    lines = list(written(tmp_path / "a.jsonl", f"{good}\nnonsense\n{good}\n{good[:50]}").lines())

    assert [type(line) for line in lines] == [RecordedExchange, BadLine, RecordedExchange, BadLine]
    assert lines[1] == BadLine(2, "not JSON")
    assert lines[3] == BadLine(4, "torn: whoever wrote it was ended")


@pytest.mark.parametrize("length", [5_001, 5_002, 200_000])
def test_a_line_over_the_bound_is_not_held(tmp_path: Path, length: int) -> None:
    good = encoded_line(TWO[0])
    whole = written(tmp_path / "a.jsonl", f"{'x' * (length - 1)}\n{good}\n")

    lines = list(replace(whole, max_line_bytes=5_000).lines())

    assert lines[0] == BadLine(1, "longer than 5000 bytes")
    assert isinstance(lines[1], RecordedExchange)


def test_files_that_are_no_recording_are_one_sentence(tmp_path: Path) -> None:
    other = json.dumps({"schema": "crossfade.recording/9"})

    with pytest.raises(RecordingError, match=f"schema 'crossfade.recording/9': expected '{SCHEMA}'"):
        written(tmp_path / "a.jsonl", other)
    with pytest.raises(RecordingError, match="expected a recording, found an empty file"):
        written(tmp_path / "b.jsonl", "\n")
    with pytest.raises(RecordingError, match="cannot be read: No such file"):
        Recording.open(tmp_path / "c.jsonl")
    with pytest.raises(RecordingError, match=r"a\.txt: expected a name that ends in \.har, \.gor, \.jsonl"):
        form_of_name(Path("a.txt"))


def test_no_file_is_ever_replaced(tmp_path: Path) -> None:
    file = tmp_path / "there.jsonl"
    file.write_text("mine")

    with pytest.raises(RecordingError, match=r"there\.jsonl exists: expected the name of a new file"):
        write_recording(file, Form.OWN, TWO)

    assert file.read_text() == "mine"


def test_a_file_whose_writing_fails_is_not_there(tmp_path: Path) -> None:
    def broken() -> Iterator[RecordedExchange]:
        yield TWO[0]
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_recording(tmp_path / "half.jsonl", Form.OWN, broken())

    assert list(tmp_path.iterdir()) == []


def test_of_two_that_write_the_same_file_the_first_one_stays(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"

    def meanwhile() -> Iterator[RecordedExchange]:
        file.write_text("first")
        yield TWO[0]

    with pytest.raises(RecordingError, match="exists"):
        write_recording(file, Form.OWN, meanwhile())

    assert [one.name for one in tmp_path.iterdir()] == ["a.jsonl"]
    assert file.read_text() == "first"


def test_another_content_is_another_digest(tmp_path: Path) -> None:
    one, other = written(tmp_path / "a.jsonl", "{}"), written(tmp_path / "b.jsonl", "{} ")

    assert one.digest() == Recording.open(tmp_path / "a.jsonl").digest() != other.digest()
