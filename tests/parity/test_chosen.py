"""A cause that a person names is one of the report, or one sentence says which there are."""

from dataclasses import replace
from datetime import date

import pytest

from parity.accepting import Wish
from parity.chosen import groups_of_cause, wishes_of_cause
from parity.errors import AcceptanceError
from tests.parity.reports import report, together


def test_the_groups_of_a_cause_come_with_the_one_to_look_at_first_in_front() -> None:
    found = together()

    groups = groups_of_cause(found, found.causes[0].id)

    assert [group.path for group in groups] == ["$.data.total", "$.data.rows"]


def test_an_unknown_cause_is_answered_with_those_that_there_are() -> None:
    known = together().causes[0]

    with pytest.raises(AcceptanceError, match=f"'c-1'.*of now are {known.id} .GET /v1/escrows/{{id}}."):
        groups_of_cause(together(), "c-1")


def test_without_causes_the_sentence_says_so() -> None:
    with pytest.raises(AcceptanceError, match="there is none now"):
        groups_of_cause(report(), "c-1")


def test_of_a_cause_what_nobody_has_accepted_is_wished_for_and_the_rest_is_told() -> None:
    found = together()
    wish = Wish(group="", reason="rounded", owner="crm", expires=date(2027, 1, 31))

    wishes, already = wishes_of_cause(found, found.causes[0].id, wish)

    assert wishes == [replace(wish, group="aaaa00000001")]
    assert [group.id for group in already] == ["aaaa00000002"]


def test_a_cause_of_which_nothing_is_left_is_refused() -> None:
    found = together()
    taken = found.groups[1].accepts
    done = replace(found, groups=tuple(replace(one, accepts=taken) for one in found.groups))
    wish = Wish(group="", reason="rounded", owner="crm", expires=date(2027, 1, 31))

    with pytest.raises(AcceptanceError, match="all of its groups are accepted already"):
        wishes_of_cause(done, done.causes[0].id, wish)
