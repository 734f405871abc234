"""Files that a command writes."""

from pathlib import Path

import pytest

from cli.files import write_whole


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
