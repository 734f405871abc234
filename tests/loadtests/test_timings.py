"""One line for each measured request."""

from pathlib import Path

import pytest

from loadtests.errors import LoadTestError
from loadtests.timings import Timing, read_timings, server_timing, within, writer

TIMING = Timing("GET /v1/escrows", "list", 1.5, 8.25, 200, True, False, 5, 2.5, "hit", 0.0, "escrows")


def write(file: Path, timings: list[Timing]) -> None:
    with file.open("wb") as stream:
        append = writer(stream)
        for timing in timings:
            append(timing)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "block.jsonl"

    write(file, [TIMING, TIMING])

    assert read_timings(file) == [TIMING, TIMING]


def test_a_line_is_compact(tmp_path: Path) -> None:
    file = tmp_path / "block.jsonl"

    write(file, [TIMING])

    assert (
        file.read_text()
        == '["GET /v1/escrows","list",1.5,8.25,200,true,false,5,2.5,"hit",0.0,"escrows","",0.0]\n'
    )


def test_a_last_line_that_was_cut_off_is_left_out(tmp_path: Path) -> None:
    file = tmp_path / "block.jsonl"
    write(file, [TIMING, TIMING])

    file.write_bytes(file.read_bytes()[:-9])

    assert read_timings(file) == [TIMING]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("db;dur=1.50, cache;desc=hit", (1.5, "hit")),
        ('cache;desc="miss", pool;dur=61.2, db;desc=both;dur=0', (0.0, "miss")),
        ("db;dur=1.50", (1.5, "")),
        ("db;dur=soon, cache, total;dur=3", (None, "")),
        (None, (None, "")),
    ],
)
def test_an_answer_says_what_its_database_and_its_cache_did(
    text: str | None, said: tuple[float | None, str]
) -> None:
    assert server_timing(text) == said


@pytest.mark.parametrize("text", ["[1,2]\n", "hello\n"])
def test_a_file_of_something_else_is_an_error(tmp_path: Path, text: str) -> None:
    file = tmp_path / "block.jsonl"
    file.write_text(text)

    with pytest.raises(LoadTestError, match="holds something else than timings"):
        read_timings(file)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LoadTestError, match="no timings in"):
        read_timings(tmp_path / "none.jsonl")


def test_the_window_goes_by_when_a_request_was_sent_not_by_how_long_it_took() -> None:
    slow = Timing("GET /", "slow", 1.9, 5_000.0, 200, True, False, 1, None, "", 0.0, "")
    early = Timing("GET /", "early", 0.9, 500.0, 200, True, False, 1, None, "", 0.0, "")
    late = Timing("GET /", "late", 2.0, 1.0, 200, True, False, 1, None, "", 0.0, "")

    assert within([early, slow, late], after_s=1.0, until_s=2.0) == [slow]


def test_a_request_that_hangs_from_before_the_window_on_is_in_it() -> None:
    hanging = Timing("GET /", "hanging", 0.5, 10_000.0, 0, False, False, None, None, "", 0.0, "")
    given_up = Timing("GET /", "given up", 0.1, 500.0, 0, False, False, None, None, "", 0.0, "")

    assert within([hanging, given_up], after_s=1.0, until_s=2.0) == [hanging]
