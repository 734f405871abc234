"""Beside the store: what is read and changed there, in the name of the actor."""

from collections.abc import Iterator

import pytest

from cli.by_store import StoreOperations
from cli.context import Context
from cli.settings import Settings
from proxy.served import Served
from proxy.stages import Stage
from tests.cli.parity_store import agreeing, differing, fill
from tests.support.command import InProcess


@pytest.fixture
def context(crossfade: InProcess) -> Iterator[Context]:
    """A store in which one of three comparisons differs."""
    fill(crossfade, *agreeing(2), differing())
    made = Context(Settings(state_dir=crossfade.state_dir), None, jwt_secret="", actor="ada")
    yield made
    made.engine.dispose()


def test_a_command_gets_it_in_the_name_of_its_actor(context: Context) -> None:
    operations = context.operations
    told: list[Served] = []

    operations.set_stage(
        "escrows", Stage.SHADOW, share=None, sample_rate=None, reason="go", force=False, expected_version=0
    )
    operations.roll_back("escrows", to=Stage.OFF, reason="", told=told.append)

    assert isinstance(operations, StoreOperations)
    assert [(one.actor, one.action) for one in operations.history()] == [("ada", "rollback"), ("ada", "flip")]
    assert [one.version for one in told] == [2]


def test_samples_and_verdicts_are_read_for_the_whole_report_alone(context: Context) -> None:
    part = context.operations.report("escrows").report
    whole = context.operations.report("escrows", whole=True).report

    assert [(len(one.groups[0].samples), len(one.verdicts)) for one in (part, whole)] == [(0, 0), (1, 1)]


def test_a_report_without_its_rules_says_why(context: Context) -> None:
    context.settings.parity.rules = (context.settings.state_dir / "none.toml",)

    reported = context.operations.report("escrows")

    assert "none.toml" in reported.without_rules
    assert reported.report.tally.mismatches == 1


def test_what_was_counted_is_told_by_domain(context: Context) -> None:
    tallies = context.operations.tallies()

    assert (tallies["escrows"].compared, tallies["escrows"].mismatches) == (3, 1)
    assert context.operations.store_use().taken > 0
