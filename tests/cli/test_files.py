"""Files that a command reads and writes."""

from pathlib import Path

import pytest

from cli.errors import UsageError
from cli.files import read_whole, write_whole


def test_a_file_is_written_with_its_folders_and_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "out" / "report.xml"

    write_whole(file, "façade\n")

    assert file.read_text(encoding="utf-8") == "façade\n"
    assert capsys.readouterr().err == f"wrote {file}\n"
    assert file.stat().st_mode & 0o600 == 0o600


def test_a_file_that_is_there_is_replaced_in_one_step(tmp_path: Path) -> None:
    file = tmp_path / "report.xml"
    file.write_text("before")

    with file.open() as reader:
        write_whole(file, "after")

        assert reader.read() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["report.xml"]


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    file = tmp_path / "report.xml"
    file.mkdir()
    (file / "kept").touch()

    with pytest.raises(OSError, match=r"report\.xml"):
        write_whole(file, "text")

    assert [path.name for path in tmp_path.iterdir()] == ["report.xml"]


def test_a_file_is_read_within_its_bound(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes(b"\xef\xbb\xbffa\xc3\xa7ade")

    assert read_whole(file, most_bytes=10) == "façade"
    with pytest.raises(UsageError, match=r"list.csv: expected at most 9 bytes, found 10"):
        read_whole(file, most_bytes=9)


@pytest.mark.parametrize(
    ("name", "words"), [("none", "cannot be read: No such file"), ("latin", "expected UTF-8: .* at byte 2")]
)
def test_what_cannot_be_read_is_told(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "latin").write_bytes("façade".encode("latin-1"))

    with pytest.raises(UsageError, match=f"{name}: {words}"):
        read_whole(tmp_path / name, most_bytes=100)
