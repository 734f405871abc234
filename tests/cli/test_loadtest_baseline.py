"""`crossfade loadtest baseline`: a load test under a name, and what became of modern since."""

import json
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from parity.database import open_database
from parity.load_results import LoadTest
from parity.load_tests import KEPT, LoadTests
from tests.parity.load_results_factory import small_row, small_test
from tests.support.command import InProcess


@pytest.fixture
def tests(crossfade: InProcess) -> Iterator[LoadTests]:
    engine = open_database(f"sqlite:///{crossfade.state_dir}/store.sqlite3")
    yield LoadTests(engine, clock=lambda: 1_800_000_000.0)
    engine.dispose()


def slower(by: float = 1.4) -> LoadTest:
    ratio = (0.57 * by, 0.56 * by, 0.58 * by)
    return small_test(
        overall=small_row(domain="", time=ratio),
        endpoints=[small_row("GET /v1/escrows", time=ratio)],
    )


def test_a_baseline_stays_when_its_load_test_is_kept_no_more(crossfade: InProcess, tests: LoadTests) -> None:
    first = tests.add(slower(1.0), "olivia")
    saved = crossfade("loadtest", "baseline", "save", "main")
    for _ in range(KEPT):
        tests.add(slower(1.0), "olivia")

    ran = crossfade("loadtest", "baseline", "compare", "main")

    assert (saved.code, saved.err) == (
        0,
        f"main is {first} of escrows, ended 2027-01-15 08:00:00 UTC\n",
    )
    assert tests.get(first) is None
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[0].endswith(f" beside main ({first}): no regression")


def test_one_that_became_slower_is_exit_code_1_and_named_in_80_columns(
    crossfade: InProcess, tests: LoadTests, tmp_path: Path
) -> None:
    first = tests.add(slower(1.0), "olivia")
    second = tests.add(slower(), "olivia")
    crossfade("loadtest", "baseline", "save", "v1.2", first)

    ran = crossfade("loadtest", "baseline", "compare", "v1.2", second, "--junit", f"{tmp_path}/it.xml")
    values = json.loads(crossfade("loadtest", "baseline", "compare", "v1.2", "--json").out)

    assert ran.code == 1
    assert ran.out.splitlines() == [
        f"{second} beside v1.2 ({first}): 2 regressions",
        "           then            now             change",
        "all endpoints",
        "  time     0.57 0.56-0.58  0.80 0.78-0.81  1.40 1.37-1.44  regression",
        "  queries  0.40            0.40            1.00            same",
        "  cache    80% 78-82       80% 78-82       +0% -3 to +3    same",
        "  errors   0%              0%              +0%             same",
        "GET /v1/escrows",
        "  time     0.57 0.56-0.58  0.80 0.78-0.81  1.40 1.37-1.44  regression",
        "and 3 measures more same within 5%",
    ]
    root = ET.parse(tmp_path / "it.xml").getroot()  # noqa: S314  what we have written ourselves
    assert root.get("failures") == "2"
    assert (values["schema"], values["says"]) == ("crossfade.loadtest-comparison/1", "regression")
    assert (values["baseline"], values["then"], values["now"]) == ("v1.2", first, second)
    tolerated = crossfade("loadtest", "baseline", "compare", "v1.2", second, "--tolerance", "0.5")
    assert tolerated.code == 0


def test_baselines_are_listed_and_removed(crossfade: InProcess, tests: LoadTests) -> None:
    nothing = crossfade("loadtest", "baseline", "list")
    test_id = tests.add(small_test(), "olivia")
    crossfade("loadtest", "baseline", "save", "main")

    listed = crossfade("loadtest", "baseline", "list")
    values = json.loads(crossfade("loadtest", "baseline", "list", "--json").out)
    saved = json.loads(crossfade("loadtest", "baseline", "save", "v2", "--json").out)
    left = json.loads(crossfade("loadtest", "baseline", "remove", "main", "--json").out)
    removed = crossfade("loadtest", "baseline", "remove", "v2")

    assert nothing.err == "there is no baseline yet: crossfade loadtest baseline save NAME\n"
    assert listed.out == (
        f"main\n  {test_id} of escrows: steady, met\n  ended 2027-01-15 08:00:00 UTC, saved by olivia\n"
    )
    assert [(one["name"], one["id"]) for one in values["baselines"]] == [("main", test_id)]
    assert [one["name"] for one in saved["baselines"]] == ["main", "v2"]
    assert [one["name"] for one in left["baselines"]] == ["v2"]
    assert (removed.code, removed.err) == (0, "v2 is no baseline any more\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("save", "main", "l-00000000"), "there is no load test 'l-00000000', or it is kept no more"),
        (("save", "a b"), "'a b': expected a name of letters, digits"),
        (("save", "taken"), "there is a baseline 'taken' already"),
        (("compare", "main"), "there is no baseline 'main': expected one of taken"),
        (("compare", "taken", "--tolerance", "-1"), "-1.0 is not in the range"),
        (("remove", "main"), "there is no baseline 'main': expected one of taken"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(
    crossfade: InProcess, tests: LoadTests, arguments: tuple[str, ...], said: str
) -> None:
    tests.add(small_test(), "olivia")
    crossfade("loadtest", "baseline", "save", "taken")

    ran = crossfade("loadtest", "baseline", *arguments)

    assert ran.code == 2
    assert said in ran.err


def test_two_that_asked_something_else_are_not_compared(crossfade: InProcess, tests: LoadTests) -> None:
    tests.add(small_test(), "olivia")
    crossfade("loadtest", "baseline", "save", "main")
    other = tests.add(small_test(scenario="spike", users=50), "olivia")

    ran = crossfade("loadtest", "baseline", "compare", "main")
    again = crossfade("loadtest", "baseline", "save", "main", "--replace")

    assert ran.code == 2
    assert (
        f"{other} cannot be compared with 'main': scenario is spike, was steady; users is 50, was 20"
        in ran.err
    )
    assert again.code == 0


def test_without_a_load_test_there_is_nothing_to_save(crossfade: InProcess) -> None:
    ran = crossfade("loadtest", "baseline", "save", "main")

    assert ran.code == 2
    assert "no load test is kept yet: crossfade loadtest --domain NAME" in ran.err


def test_a_store_that_is_away_is_exit_code_2(crossfade: InProcess) -> None:
    ran = crossfade("loadtest", "baseline", "list", CROSSFADE_STORE__URL="sqlite:////nowhere/store.sqlite3")

    assert ran.code == 2
    assert "cannot read the baselines" in ran.err
