"""Files of targets: the shipped one, and everything that may be wrong with another, at once."""

from pathlib import Path

import pytest

from loadtests.backends import PLAN_TARGETS
from loadtests.errors import TargetsError
from loadtests.targets import load_targets
from parity.load_results import Targets

ENDPOINTS = (("escrows", "GET /v1/escrows"), ("listings", "GET /v1/listings"))


def written(directory: Path, text: str) -> Path:
    file = directory / "targets.toml"
    file.write_text(text)
    return file


def problems(file: Path) -> list[str]:
    with pytest.raises(TargetsError) as raised:
        load_targets(file, endpoints=ENDPOINTS)
    first, *lines = str(raised.value).splitlines()
    assert first == f"{file}: {len(lines)} fields are wrong:"
    return [line.strip() for line in lines]


def test_the_shipped_targets_are_those_of_the_plan() -> None:
    targets = load_targets(None)

    assert (targets.time, targets.queries, targets.cache, targets.average_ms) == (0.8, 0.7, 0.7, None)
    assert targets.endpoints == {
        "GET /v1/escrows": {"time": 0.6},
        "GET /v1/listings": {"time": 0.64},
        "GET /v1/clients": {"time": 0.61},
        "POST /v1/escrows": {"time": 0.67},
        "POST /v1/auth/login": {"time": 1.05},
        "POST /v1/auth/register": {"time": 1.05},
    }


def test_the_bench_of_both_backends_asks_the_same_of_the_four_that_the_plan_names() -> None:
    own = {name: target["time"] for name, target in load_targets(None).endpoints.items()}

    assert {name: target for name, target in own.items() if target < 0.8} == PLAN_TARGETS


def test_a_file_says_only_what_is_asked_otherwise(tmp_path: Path) -> None:
    file = written(tmp_path, "time = 0.9\naverage_ms = 200\n[domains.escrows]\nqueries = 0.5\n")

    assert load_targets(file, endpoints=ENDPOINTS) == Targets(
        time=0.9, average_ms=200, domains={"escrows": {"queries": 0.5}}
    )


def test_false_asks_nothing(tmp_path: Path) -> None:
    targets = load_targets(written(tmp_path, "queries = false\ncache = false\n"))

    assert (targets.time, targets.queries, targets.cache) == (0.8, None, None)


def test_everything_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        """
        time = "fast"
        querys = 0.7
        cache = 70
        not_slower_margin = false
        average_ms = nan
        [domains]
        escrow = { time = 0.5 }
        listings = 3
        [endpoints]
        "GET /v1/escrows" = { time = -1, memory = 4, cache = true }
        "DELETE /v1/boats" = { time = 0.5 }
        """,
    )

    assert problems(file) == [
        "time: 'fast': expected a number above 0, 10 at most, or false",
        "querys: unknown key, did you mean queries?",
        "cache: 70: expected a number above 0, 1 at most, or false",
        "not_slower_margin: false: expected a number above 0, 1 at most",
        "average_ms: nan: expected a number above 0, 600000 at most, or false",
        'domains."escrow": no such one, did you mean escrows?',
        'domains."listings": 3: expected a table of targets by measure (time, queries, cache)',
        'endpoints."GET /v1/escrows".time: -1: expected a number above 0, 10 at most',
        'endpoints."GET /v1/escrows".memory: unknown measure, expected one of cache, queries, time',
        'endpoints."GET /v1/escrows".cache: true: expected a number above 0, 1 at most',
        'endpoints."DELETE /v1/boats": no such one, expected one of GET /v1/escrows, GET /v1/listings',
    ]


def test_a_table_that_is_none_is_said(tmp_path: Path) -> None:
    assert problems(written(tmp_path, "domains = 1\nendpoints = []\n")) == [
        "domains: 1: expected a table, as in [domains.escrows]",
        'endpoints: []: expected a table, as in [endpoints."GET /v1/escrows"]',
    ]


def test_the_example_of_the_page_is_a_file_of_targets(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "load-tests.md").read_text()
    example = page.partition("```toml\n")[2].partition("```")[0]

    targets = load_targets(written(tmp_path, example))

    assert (targets.time, targets.queries, targets.domains) == (0.75, None, {"orders": {"time": 0.6}})


def test_names_are_taken_as_they_are_where_nobody_says_which_there_are(tmp_path: Path) -> None:
    file = written(tmp_path, '[endpoints."GET /boats"]\ntime = 0.5\n')

    assert load_targets(file).endpoints == {"GET /boats": {"time": 0.5}}


def test_a_file_that_cannot_be_read_or_is_no_toml_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(TargetsError, match=r"nowhere\.toml: cannot be read: No such file or directory"):
        load_targets(tmp_path / "nowhere.toml")
    with pytest.raises(TargetsError, match=r"targets\.toml: not valid TOML: "):
        load_targets(written(tmp_path, "time = \n"))
