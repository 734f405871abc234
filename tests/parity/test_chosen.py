"""A cause that a person names is one of the report, or one sentence says which there are."""

import pytest

from parity.chosen import groups_of_cause
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
