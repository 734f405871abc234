"""Two recordings held against each other."""

from collections.abc import Sequence
from typing import Any

import pytest

from parity.outcome import Outcome
from parity.recordings.differing import Unpaired, compare_recordings
from parity.recordings.line import BadLine, RecordedExchange
from parity.recordings.results import Results
from parity.redact import Redactor
from parity.rules import RuleBook
from tests.parity.recordings.factories import endpoint_of, numbered, recorded

REDACTOR = Redactor(b"key")
L, M = "e5c00000-0000-4000-8000-000000000001", "e5c00000-0000-4000-8000-000000000002"
Side = Sequence[RecordedExchange | BadLine]


def held(first: Side, second: Side) -> tuple[dict[str, int], list[tuple[str, str]], Unpaired]:
    """Outcomes with reasons, groups, and what is unpaired."""
    results = Results()
    unpaired = compare_recordings(
        first, second, rules=RuleBook(), redactor=REDACTOR, endpoint_of=endpoint_of, results=results
    )
    report = results.report()
    outcomes = {outcome.value: n for outcome, n in report.tally.outcomes.items() if n}
    reasons = dict(report.tally.reasons.get(Outcome.SKIPPED, {}))
    return outcomes | reasons, [(group.path, group.kind) for group in report.groups], unpaired


def line(name: str = "", answer: Any = None, **changes: Any) -> RecordedExchange:
    return recorded(
        id=changes.pop("id", name), name=name, answer={"id": 1} if answer is None else answer, **changes
    )


def test_a_recording_is_like_itself() -> None:
    lines = numbered([line("a"), line("b", target="/v1/escrows"), line()])

    assert held(lines, lines) == ({"match": 3}, [], Unpaired())


def test_lines_belong_together_by_their_names_wherever_they_stand() -> None:
    first = [line("a", {"n": 1}), line("b", {"n": 2})]
    second = [line("b", {"n": 2}, target="/v1/escrows/9"), line("a", {"n": 3})]

    assert held(first, second)[:2] == ({"match": 1, "mismatch": 1}, [("$.n", "value")])


def test_without_names_the_nth_request_of_a_target_belongs_to_the_nth() -> None:
    first = [line(answer={"n": 1}), line(answer={"n": 2}), line(method="DELETE")]
    second = [line(answer={"n": 1}), line(method="DELETE"), line(answer={"n": 5})]

    assert held(first, second)[0] == {"match": 2, "mismatch": 1}


def test_a_name_that_comes_twice_is_told_apart_by_its_occurrence() -> None:
    first = [line("a", {"n": 1}), line("a", {"n": 2})]

    assert held(first, first)[0] == {"match": 2}


def test_a_named_line_belongs_to_one_without_a_name_by_its_target() -> None:
    assert held([line("a")], [line()])[0] == {"match": 1}
    assert held([line()], [line("a")])[0] == {"match": 1}
    assert held([line("a")], [line("b")])[0] == {
        "skipped": 2,
        "only_in_the_first": 1,
        "only_in_the_second": 1,
    }


def test_lines_of_one_recording_alone_are_told() -> None:
    outcomes, _, unpaired = held([line("a"), line("b")], [line("b"), line("c", target="/v1/escrows/3")])

    assert outcomes == {"match": 1, "skipped": 2, "only_in_the_first": 1, "only_in_the_second": 1}
    assert (unpaired.only_first, unpaired.only_second) == (["a"], ["c"])


def test_what_each_run_has_made_is_one_entity() -> None:
    def made(id_: str) -> list[RecordedExchange]:
        create = recorded(method="POST", target="/v1/escrows", status=201, answer={"data": {"id": id_}})
        return [create, recorded(target=f"/v1/escrows/{id_}", answer={"data": {"id": id_, "n": 1}})]

    assert held(made(L), made(M)) == ({"match": 2}, [], Unpaired())


def test_an_answer_that_was_not_recorded_is_not_compared() -> None:
    assert held([line("a")], [line("a", answer_body=None)])[0] == {"skipped": 1, "answer_not_recorded": 1}


def test_bad_lines_of_both_are_counted() -> None:
    bad = BadLine(2, "not JSON")

    outcomes, _, unpaired = held([line("a"), bad], [bad, line("a")])

    assert outcomes == {"match": 1, "skipped": 2, "bad_line": 2}
    assert unpaired.bad == [("second", bad), ("first", bad)]


@pytest.mark.parametrize("hidden", ["<jwt>", REDACTOR.token("ey.a.b")])
def test_what_one_recording_hides_is_equal_to_what_the_other_shows(hidden: str) -> None:
    assert held([line("a", {"t": hidden})], [line("a", {"t": "ey.a.b"})])[0] == {"match": 1}
    assert held([line("a", {"t": "ey.a.b"})], [line("a", {"t": hidden})])[0] == {"match": 1}


def test_a_status_that_differs_is_a_group() -> None:
    second = line("a", status=404)

    assert held([line("a")], [second])[:2] == ({"mismatch": 1}, [("$status", "status")])
