"""What the code says of the plan's goals."""

import pytest

from loadtests.scorecard.card import NO_EVIDENCE
from loadtests.scorecard.of_code import RoomFacts, of_coverage, of_duplicates, of_services, of_structure
from parity.load_results import MET, MISSED

WHOLE = RoomFacts("escrows", (), 2, 2)
HALF = RoomFacts("leads", ("no routes.py", "not mounted"), 2, 1)
TOTALS = {"percent_covered": 96.61, "covered_lines": 9_700, "num_statements": 10_000}


def test_coverage_is_told_with_what_it_is_of() -> None:
    found = of_coverage(
        TOTALS | {"num_branches": 3_000, "covered_branches": 2_800}, "build/coverage.json", 7.0
    )

    assert (found.judgement, found.measured) == (MET, "96.6 %")
    assert found.detail == "9,700 of 10,000 statements, 2,800 of 3,000 branches"
    assert (found.by, found.at) == ("build/coverage.json", 7.0)


def test_eighty_per_cent_are_not_over_eighty() -> None:
    assert of_coverage(TOTALS | {"percent_covered": 80.0}, "", 0.0).judgement == MISSED


def test_what_is_no_coverage_is_an_error() -> None:
    with pytest.raises(KeyError):
        of_coverage({"percent_covered": 80.0}, "", 0.0)


def test_a_room_that_lacks_a_file_is_named_with_it() -> None:
    found = of_structure([WHOLE, HALF])

    assert (found.judgement, found.measured) == (MISSED, "1 of 2 rooms")
    assert found.remarks == ("leads: no routes.py, not mounted",)
    assert of_structure([WHOLE]).judgement == MET


def test_one_block_that_stands_twice_is_one_too_many() -> None:
    found = of_duplicates(["8 lines: a.py:1 ~ b.py:1"], rooms=7, least_lines=6)

    assert (found.judgement, found.measured) == (MISSED, "1 block")
    assert found.remarks == ("8 lines: a.py:1 ~ b.py:1",)
    assert of_duplicates([], rooms=7, least_lines=6).judgement == MET


def test_every_controller_is_to_stand_on_a_service() -> None:
    found = of_services([WHOLE, HALF], endpoints=125)

    assert (found.judgement, found.measured) == (MISSED, "75 %")
    assert found.detail == "3 of 4 controllers, which serve 125 endpoints"
    assert found.remarks == ("not in leads",)
    assert of_services([WHOLE], endpoints=125).judgement == MET
    assert of_services([], endpoints=0).judgement == NO_EVIDENCE
