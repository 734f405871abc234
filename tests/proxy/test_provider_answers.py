"""What of a provider's evaluation may be taken."""

import math

import pytest

from proxy.provider_answers import NoAnswer, Said, none_of, read_answer
from proxy.stages import Stage


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize(
    "reason", [None, "STATIC", "TARGETING_MATCH", "SPLIT", "CACHED", "UNKNOWN", "own words"]
)
def test_a_stage_that_was_evaluated_is_taken(stage: Stage, reason: str | None) -> None:
    assert read_answer(stage.value, reason, {}) == Said(stage)


@pytest.mark.parametrize("reason", ["ERROR", "DEFAULT", "DISABLED", "STALE", "default"])
def test_a_stage_that_nobody_decided_is_not(reason: str) -> None:
    assert isinstance(read_answer("live", reason, {}), NoAnswer)


@pytest.mark.parametrize(
    "value", ["", "Live", "on", True, 1, None, {"stage": "live"}, ["live"], "x" * 10_000]
)
def test_what_is_no_stage_is_not_taken_and_shown_in_few_words(value: object) -> None:
    found = read_answer(value, "STATIC", {})

    assert isinstance(found, NoAnswer)
    assert "expected a stage (off, shadow, canary, live, complete)" in found.problem
    assert len(found.problem) < 120


@pytest.mark.parametrize(("given", "share"), [(0, 0.0), (1, 1.0), (0.25, 0.25), (None, None)])
def test_at_canary_the_share_is_in_the_metadata(given: object, share: float | None) -> None:
    assert read_answer("canary", "SPLIT", {"canary_share": given}) == Said(Stage.CANARY, share)


@pytest.mark.parametrize("given", [True, "0.25", -0.1, 1.5, 25, math.nan, math.inf, [0.25]])
def test_a_share_that_is_none_makes_the_whole_answer_one(given: object) -> None:
    found = read_answer("canary", "STATIC", {"canary_share": given})

    assert isinstance(found, NoAnswer)
    assert "canary_share" in found.problem


@pytest.mark.parametrize("stage", [stage for stage in Stage if stage is not Stage.CANARY])
def test_at_other_stages_a_share_means_nothing(stage: Stage) -> None:
    assert read_answer(stage.value, "STATIC", {"canary_share": "any"}) == Said(stage)


def test_metadata_in_another_form_are_none() -> None:
    assert read_answer("canary", "STATIC", ["canary_share", 0.5]) == Said(Stage.CANARY)


def test_what_was_said_reads_as_one_would_say_it() -> None:
    assert (str(Said(Stage.LIVE)), str(Said(Stage.CANARY, 0.25))) == ("live", "canary 0.25")


def test_none_of_them_is_the_same_problem_for_each() -> None:
    assert none_of(["a", "b"], "is gone") == {"a": NoAnswer("is gone"), "b": NoAnswer("is gone")}
