"""Reports of a load test in files, and as JSON."""

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pytest

from loadtests.errors import LoadTestError
from loadtests.reports import to_json, write_html, write_junit, write_markdown
from parity.load_results import SCHEMA, LoadTest
from tests.parity.load_results_factory import load_test, mixed, side

Write = Callable[[LoadTest, Path], None]
WRITERS = (write_html, write_junit, write_markdown)


def test_as_json_it_is_all_there_and_can_be_read_again() -> None:
    test = mixed()

    values = json.loads(json.dumps(to_json(test)))

    assert next(iter(values)) == "schema"
    assert values.pop("schema") == SCHEMA
    assert msgspec.convert(values, LoadTest) == test


@pytest.mark.parametrize("write", WRITERS)
def test_a_file_is_written_whole_and_over_the_one_before(write: Write, tmp_path: Path) -> None:
    file = tmp_path / "build" / "report"
    write(load_test(), file)
    before = file.read_text()

    write(mixed(), file)

    assert "Met: " in before
    assert "Missed: " in file.read_text()
    assert [found.name for found in file.parent.iterdir()] == ["report"]


@pytest.mark.parametrize("write", WRITERS)
def test_a_path_that_cannot_be_written_is_one_sentence(write: Write, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()

    with pytest.raises(LoadTestError, match=r"^.*folder: cannot be written: Is a directory$"):
        write(load_test(), folder)

    assert list(tmp_path.iterdir()) == [folder]
    (tmp_path / "file").write_text("")
    with pytest.raises(LoadTestError, match=r"cannot be written: (Not a directory|File exists)$"):
        write(load_test(), tmp_path / "file" / "report.html")


def test_what_cannot_be_shown_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    write_html(load_test(), file)
    before = file.read_text()
    broken = msgspec.structs.replace(load_test().overall, modern=side(histogram="nonsense"))

    with pytest.raises(LoadTestError, match="a histogram of the load test cannot be read"):
        write_html(load_test(overall=broken), file)

    assert file.read_text() == before


def test_junit_is_a_document(tmp_path: Path) -> None:
    write_junit(load_test(), tmp_path / "junit.xml")

    assert ET.parse(tmp_path / "junit.xml").getroot().get("name") == "crossfade loadtest"  # noqa: S314  we wrote it
