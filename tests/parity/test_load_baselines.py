"""Baselines: load tests under a name, which stay when the latest have gone."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from parity.database import open_database, writing
from parity.errors import BaselineError, StoreError
from parity.load_baselines import BASELINES, LoadBaseline, LoadBaselines
from parity.load_tests import KeptLoadTest
from tests.parity.load_results_factory import small_test


def kept(test_id: str = "l-12345678", problem: str = "") -> KeptLoadTest:
    return KeptLoadTest(test_id, 1_800_000_000.0, "olivia", small_test(problem=problem))


def test_what_was_saved_is_read_by_its_name_and_is_gone_when_removed(engine: sa.Engine) -> None:
    baselines = LoadBaselines(engine, clock=lambda: 1_800_000_100.0)
    baselines.save("v2", kept(), "piet")
    baselines.save("main", kept("l-00000002"), "piet")

    assert baselines.get("v2") == LoadBaseline("v2", 1_800_000_100.0, "piet", kept())
    assert [one.name for one in baselines.all()] == ["main", "v2"]
    baselines.remove("v2")
    assert [one.name for one in baselines.all()] == ["main"]


def test_a_name_that_is_taken_is_given_to_another_only_when_asked_to(engine: sa.Engine) -> None:
    baselines = LoadBaselines(engine)
    baselines.save("main", kept(), "piet")

    with pytest.raises(
        BaselineError, match="there is a baseline 'main' already, of l-12345678: --replace it"
    ):
        baselines.save("main", kept("l-00000002"), "piet")
    baselines.save("main", kept("l-00000002"), "piet", replace=True)

    assert [one.of.id for one in baselines.all()] == ["l-00000002"]


@pytest.mark.parametrize("name", ["", "a b", "-x", "a" * 101, "../x"])
def test_a_name_is_letters_and_digits(name: str, tmp_path: Path) -> None:
    baselines = LoadBaselines(open_database(f"sqlite:///{tmp_path}/store.db"))

    with pytest.raises(BaselineError, match="expected a name of letters, digits"):
        baselines.save(name, kept(), "piet")


def test_a_partial_one_can_be_none(tmp_path: Path) -> None:
    baselines = LoadBaselines(open_database(f"sqlite:///{tmp_path}/store.db"))

    with pytest.raises(BaselineError, match="l-12345678 is partial and can be no baseline: modern stopped"):
        baselines.save("main", kept(problem="modern stopped"), "piet")


def test_a_name_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    baselines = LoadBaselines(open_database(f"sqlite:///{tmp_path}/store.db"))

    with pytest.raises(BaselineError, match="there is no baseline 'main': there is none yet"):
        baselines.get("main")
    baselines.save("v1", kept(), "piet")
    with pytest.raises(BaselineError, match="there is no baseline 'main': expected one of v1"):
        baselines.remove("main")


def test_one_that_another_version_wrote_is_not_read(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/store.db")
    baselines = LoadBaselines(engine)
    baselines.save("main", kept(), "piet")
    with writing(engine) as connection:
        connection.execute(sa.update(BASELINES).values(schema="crossfade.loadtest/9", result="{}"))

    assert baselines.all() == []


def test_a_store_that_is_away_is_told(tmp_path: Path) -> None:
    baselines = LoadBaselines(open_database(f"sqlite:///{tmp_path}/nowhere/store.db"))

    with pytest.raises(StoreError, match="cannot read the baselines"):
        baselines.all()
