"""Several acceptances at once: all of them or none, and once, however often they are asked for."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from cli.accepting import accept_all, withdraw_all
from cli.context import Context
from cli.settings import Settings
from parity.accepting import Wish
from parity.errors import AcceptanceError
from parity.tables import GROUPS
from tests.cli.parity_store import differing, fill
from tests.support.command import InProcess

NEXT_WEEK = datetime.now(UTC).date() + timedelta(days=7)


@pytest.fixture
def context(crossfade: InProcess) -> Iterator[Context]:
    """A store with one group of differences."""
    fill(crossfade, differing())
    made = Context(Settings(state_dir=crossfade.state_dir), None, jwt_secret="", actor="ada")
    yield made
    made.engine.dispose()


def wish(context: Context, reason: str = "known") -> Wish:
    """To accept that group."""
    with context.engine.connect() as connection:
        group = connection.execute(GROUPS.select()).mappings().one()
    return Wish(group=group["id"], reason=reason, owner="ada", expires=NEXT_WEEK)


def test_with_a_version_the_same_is_accepted_and_withdrawn_once(context: Context) -> None:
    wishes = [wish(context)]

    accepted = [accept_all(context, "ada", wishes, dry_run=False, since_version=0) for _ in range(2)]
    ids = [one.id for one in accepted[0].acceptances]
    withdrawn = [withdraw_all(context, "ada", ids, "fixed", since_version=1) for _ in range(2)]

    assert accepted[0] == accepted[1]
    assert withdrawn[0] == withdrawn[1]
    assert [change.action for change in context.flags.history()] == ["unaccept", "accept"]


def test_without_one_it_is_refused_the_second_time(context: Context) -> None:
    accept_all(context, "ada", [wish(context)], dry_run=False)

    with pytest.raises(AcceptanceError, match="is accepted already"):
        accept_all(context, "ada", [wish(context)], dry_run=False)


def test_what_another_person_accepted_is_not_taken_for_ones_own(context: Context) -> None:
    accept_all(context, "bob", [wish(context)], dry_run=False)

    with pytest.raises(AcceptanceError, match="is accepted already"):
        accept_all(context, "ada", [wish(context)], dry_run=False, since_version=0)


def test_a_dry_run_makes_nothing_and_no_id(context: Context) -> None:
    done = accept_all(context, "ada", [wish(context)], dry_run=True)

    assert (done.version, [one.id for one in done.acceptances]) == (None, [""])
    assert context.flags.history() == []


def test_of_several_all_or_none_is_withdrawn(context: Context) -> None:
    (made,) = accept_all(context, "ada", [wish(context)], dry_run=False).acceptances

    with pytest.raises(AcceptanceError, match="'a-00000000': expected one of the store"):
        withdraw_all(context, "ada", [made.id, "a-00000000"], "fixed")

    assert [change.action for change in context.flags.history()] == ["accept"]
