"""Steps: where one leads, and what is in its way."""

import pytest

from proxy.errors import ShareError, StageError
from proxy.flag_rows import Judged
from proxy.flags import Flag
from proxy.stages import Stage
from proxy.steps import READY, Step, following, in_the_way, refusal_of, together, weigh

NOT_YET = Judged("not yet", ("coverage: 2 of 3 cells",), {"comparisons": 12})


def step(before: Stage, after: Stage, share: float = 0.05, to: float = 0.05) -> Step:
    return Step("escrows", Flag(before, share), Flag(after, to))


def test_a_step_forward_without_a_ready_verdict_is_refused_with_what_is_missing() -> None:
    weighed = weigh(step(Stage.SHADOW, Stage.CANARY), NOT_YET, "")

    assert weighed.refused == ("the verdict is 'not yet'", "coverage: 2 of 3 cells")
    assert weighed.verdict == NOT_YET
    assert refusal_of(weighed) == "escrows does not go from shadow to canary"


@pytest.mark.parametrize(
    ("verdict", "may_be_missing", "lines"),
    [
        (Judged("ready"), (), []),
        (NOT_YET, (), ["the verdict is 'not yet'", "coverage: 2 of 3 cells"]),
        (NOT_YET, ("queries",), ["the verdict is 'not yet'", "coverage: 2 of 3 cells"]),
        (NOT_YET, ("queries", "coverage"), []),
        (Judged("not yet"), ("coverage",), ["the verdict is 'not yet'"]),  # what is missing is not told
        (Judged("no", ("coverage: none",)), ("coverage",), ["the verdict is 'no'", "coverage: none"]),
    ],
)
def test_what_may_be_missing_is_not_in_the_way_and_what_is_wrong_is(
    verdict: Judged, may_be_missing: tuple[str, ...], lines: list[str]
) -> None:
    assert in_the_way(verdict, may_be_missing) == lines
    assert list(weigh(step(Stage.SHADOW, Stage.CANARY), verdict, "", may_be_missing).refused) == lines


def test_into_shadow_no_verdict_is_needed_but_a_freeze_holds() -> None:
    into_shadow = step(Stage.OFF, Stage.SHADOW)

    assert weigh(into_shadow, NOT_YET, "").refused == ()
    assert weigh(into_shadow, NOT_YET, "freeze: holidays").refused == ("freeze: holidays",)


@pytest.mark.parametrize(
    "back",
    [
        step(Stage.LIVE, Stage.CANARY),
        step(Stage.CANARY, Stage.OFF),
        step(Stage.CANARY, Stage.CANARY, 0.5, 0.1),
        step(Stage.SHADOW, Stage.SHADOW, 0.05, 0.5),
    ],
)
def test_back_and_aside_nothing_is_in_the_way(back: Step) -> None:
    weighed = weigh(back, NOT_YET, "freeze: holidays")

    assert (weighed.refused, weighed.is_forward) == ((), False)


def test_a_larger_share_is_a_step_forward() -> None:
    weighed = weigh(step(Stage.CANARY, Stage.CANARY, 0.05, 0.5), NOT_YET, "")

    assert weighed.refused
    assert refusal_of(weighed) == "escrows stays at 5%"


def test_what_the_state_machine_forbids_is_told_apart() -> None:
    weighed = weigh(step(Stage.OFF, Stage.LIVE), Judged(READY), "")

    assert weighed.refused == ()
    assert "the next one is shadow" in weighed.forbidden


@pytest.mark.parametrize(
    ("flag", "share", "leads_to"),
    [
        (Flag(Stage.OFF), None, (Stage.SHADOW, None)),
        (Flag(Stage.SHADOW, 0.5), None, (Stage.CANARY, 0.05)),
        (Flag(Stage.SHADOW), 0.2, (Stage.CANARY, 0.2)),
        (Flag(Stage.CANARY, 0.2), 0.5, (Stage.CANARY, 0.5)),
        (Flag(Stage.CANARY, 0.2), None, (Stage.LIVE, None)),
        (Flag(Stage.LIVE), None, (Stage.COMPLETE, None)),
    ],
)
def test_one_step_on_never_begins_canary_with_the_share_of_before(
    flag: Flag, share: float | None, leads_to: tuple[Stage, float | None]
) -> None:
    assert following("escrows", flag, share) == leads_to


@pytest.mark.parametrize(
    ("flag", "share", "error", "words"),
    [
        (Flag(Stage.COMPLETE), None, StageError, "there is no further stage"),
        (Flag(Stage.CANARY, 0.2), 0.2, ShareError, "expected a larger one to advance, not 0.2"),
        (Flag(Stage.OFF), 0.2, ShareError, "from off to shadow, where there is no canary share"),
    ],
)
def test_where_no_step_leads_on_it_says_why(
    flag: Flag, share: float | None, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        following("escrows", flag, share)


def test_the_verdict_of_several_is_the_worst_with_each_ones_lines_and_figures() -> None:
    steps = [
        weigh(step(Stage.SHADOW, Stage.CANARY), NOT_YET, ""),
        weigh(Step("leads", Flag(), Flag(Stage.SHADOW)), Judged(READY, (), {"comparisons": 5}), ""),
    ]

    assert together(steps) == Judged(
        "not yet",
        ("escrows: coverage: 2 of 3 cells",),
        {"escrows: comparisons": 12, "leads: comparisons": 5},
    )
    assert together([]) is None
