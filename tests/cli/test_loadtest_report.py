"""`crossfade loadtest report`: what was kept, in every form."""

import json
from pathlib import Path

import msgspec
import pytest

from parity.database import open_database
from parity.load_results import SCHEMA, LoadTest
from parity.load_tests import LoadTests
from tests.parity import load_results_factory as made
from tests.parity.load_results_factory import load_test, mixed, side
from tests.support.command import InProcess


def keep(state_dir: Path, *tests: LoadTest) -> list[str]:
    """The ids under which they are kept."""
    engine = open_database(f"sqlite:///{state_dir}/store.sqlite3")
    ids = [LoadTests(engine).add(test, "piet") for test in tests]
    engine.dispose()
    return ids


@pytest.mark.parametrize(
    ("test", "code"),
    [(load_test(), 0), (mixed(), 1), (made.partial(), 2)],
    ids=["met", "missed", "not whole"],
)
def test_the_exit_code_is_that_of_the_run(crossfade: InProcess, test: LoadTest, code: int) -> None:
    (kept,) = keep(crossfade.state_dir, test)

    ran = crossfade("loadtest", "report")

    assert ran.code == code
    assert ran.err == f"{kept}, run by piet\n"
    assert ran.out.startswith("Load test · steady (open")
    assert max(map(len, ran.out.splitlines())) <= 80


def test_the_latest_is_shown_or_the_latest_of_a_domain_or_the_one_that_is_named(crossfade: InProcess) -> None:
    first, _, last = keep(
        crossfade.state_dir, load_test(), load_test(domains=["leads"]), load_test(domains=["users"])
    )

    assert crossfade("loadtest", "report").err.startswith(last)
    assert crossfade("loadtest", "report", "--domain", "listings").err.startswith(first)
    assert crossfade("loadtest", "report", first).err.startswith(first)


def test_of_many_endpoints_all_are_shown_when_asked_for(crossfade: InProcess) -> None:
    keep(crossfade.state_dir, load_test())

    few, every = (crossfade("loadtest", "report", *more).out for more in ((), ("--all",)))

    assert "4 more endpoints" in few
    assert "more endpoints" not in every


def test_files_are_written_in_place_of_the_text(crossfade: InProcess, tmp_path: Path) -> None:
    keep(crossfade.state_dir, load_test())

    ran = crossfade(
        "loadtest", "report", "--html", "build/test.html", "--junit", "test.xml", "--markdown", "test.md"
    )

    assert (ran.code, ran.out) == (0, "")
    assert ran.err == "wrote build/test.html\nwrote test.xml\nwrote test.md\n"
    assert (tmp_path / "build" / "test.html").read_text().startswith("<!doctype html>")
    assert (tmp_path / "test.xml").read_text().startswith("<?xml")
    assert (tmp_path / "test.md").read_text().startswith("## Load test: Met")


def test_as_json_it_is_the_whole_result(crossfade: InProcess) -> None:
    keep(crossfade.state_dir, mixed())

    values = json.loads(crossfade("loadtest", "report", "--json").out)

    assert values.pop("schema") == SCHEMA
    assert msgspec.convert(values, LoadTest) == mixed()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--domain", "bogus"), "'bogus' is not a domain"),
        (("--domain", "leads"), "no load test of leads is kept: crossfade loadtest runs one"),
        (("l-00000000",), "no load test 'l-00000000' is kept; the latest: l-"),
        (("--html", "."), "is a directory"),
        (("--html", "file/test.html"), "file/test.html: cannot be written: "),
    ],
)
def test_bad_input_is_one_sentence(
    crossfade: InProcess, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    keep(crossfade.state_dir, load_test())
    (tmp_path / "file").write_text("no directory")

    ran = crossfade("loadtest", "report", *arguments)

    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert "Traceback" not in ran.err


def test_an_empty_store_says_what_makes_a_load_test(crossfade: InProcess) -> None:
    ran = crossfade("loadtest", "report")

    assert (ran.code, ran.err) == (2, "crossfade: no load test is kept: crossfade loadtest runs one\n")


def test_a_store_that_is_away_is_told(crossfade: InProcess, tmp_path: Path) -> None:
    ran = crossfade("loadtest", "report", CROSSFADE_STORE__URL=f"sqlite:///{tmp_path}/nowhere/store.sqlite3")

    assert ran.code == 2
    assert "cannot read the load tests" in ran.err


def test_a_histogram_that_cannot_be_read_is_told_and_nothing_is_written(
    crossfade: InProcess, tmp_path: Path
) -> None:
    broken = msgspec.structs.replace(load_test().overall, modern=side(histogram="nonsense"))
    keep(crossfade.state_dir, load_test(overall=broken))

    ran = crossfade("loadtest", "report", "--html", "test.html")

    assert ran.code == 2
    assert "a histogram of the load test cannot be read" in ran.err
    assert not (tmp_path / "test.html").exists()
