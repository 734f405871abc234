"""Policies played against what was recorded: what a pilot would have done, and what it would have waited for."""

from datetime import UTC, datetime, timedelta

import pytest

from proxy.flag_rows import Judged
from proxy.freeze import FreezeWindow
from proxy.pilot_policy import parse_policy
from proxy.pilot_simulation import MOST_DECISIONS, JudgeAt, interval, simulate
from proxy.stages import Stage
from tests.proxy.piloting import NO, READY

BEGIN = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
POLICY = parse_policy(
    """
    [working_hours]
    hours = "09:00-17:00"
    [[steps]]
    stage = "shadow"
    hold = "1h"
    [[steps]]
    stage = "canary"
    share = 0.05
    hold = "30m"
    [[steps]]
    stage = "canary"
    share = 0.5
    hold = "5h"
    [[steps]]
    stage = "live"
    """,
    "policy",
)


def ready(_since: float, _now: float) -> Judged:
    return READY


def play(
    judge: JudgeAt = ready, *, hours: float = 100, freezes: tuple[FreezeWindow, ...] = ()
) -> list[tuple[str, str, str]]:
    span = (BEGIN.timestamp(), (BEGIN + timedelta(hours=hours)).timestamp())
    moments = simulate("escrows", POLICY, Stage.LIVE, span, judge, freezes)
    return [(f"{moment.at:%a %H:%M}", moment.kind, moment.words) for moment in moments]


def test_it_says_when_each_step_would_have_been_made_and_what_it_waited_for() -> None:
    assert play() == [
        ("Fri 12:00", "step", "shadow"),
        ("Fri 12:00", "wait", "holds shadow for 1h, until 2026-11-27 13:00:00 UTC"),
        ("Fri 13:00", "step", "canary 5%"),
        ("Fri 13:00", "wait", "holds canary 5% for 30m, until 2026-11-27 13:30:00 UTC"),
        ("Fri 13:36", "step", "canary 50%"),  # one decision in twelve minutes
        ("Fri 13:36", "wait", "holds canary 50% for 5h, until 2026-11-27 18:36:00 UTC"),
        ("Fri 18:36", "wait", "outside working hours until Mon 2026-11-30 09:00 UTC"),
        ("Mon 09:00", "step", "live"),
        ("Mon 09:00", "done", "live"),
    ]


def test_the_verdict_is_asked_from_the_last_stage_on_and_not_from_the_last_share() -> None:
    asked: set[str] = set()

    def judge(since: float, _now: float) -> Judged:
        asked.add(f"{datetime.fromtimestamp(since, UTC):%H:%M}")
        return READY

    play(judge, hours=4)

    assert asked == {"12:00", "13:00"}


def test_a_verdict_that_is_no_ends_it_as_a_pause() -> None:
    later = (BEGIN + timedelta(minutes=30)).timestamp()

    played = play(lambda _since, now: NO if now >= later else READY, hours=8)

    assert played[-1] == ("Fri 12:30", "pause", "the verdict is 'no'; groups: 1 open difference group")


def test_a_freeze_window_ends_it_as_a_pause() -> None:
    window = FreezeWindow("year end", BEGIN + timedelta(minutes=45), BEGIN + timedelta(hours=2))

    assert play(hours=8, freezes=(window,))[-1] == (
        "Fri 13:00",
        "pause",
        "freeze until 2026-11-27 14:00 UTC: year end",
    )


def test_where_the_history_ends_it_says_what_was_missing() -> None:
    played = play(lambda _since, _now: Judged("not yet", ("comparisons: 3",)), hours=2)

    assert played[-1] == ("Fri 14:00", "end", "the verdict is 'not yet'; comparisons: 3")


def test_it_is_the_same_each_time() -> None:
    assert play() == play()


def test_without_anything_recorded_it_says_so() -> None:
    assert play(hours=-1)[-1][1:] == ("end", "nothing was recorded")


@pytest.mark.parametrize(
    ("minutes", "seconds"), [(0, 60), (1, 60), (MOST_DECISIONS, 60), (MOST_DECISIONS + 1, 120)]
)
def test_it_decides_once_a_minute_or_so_that_a_long_history_stays_bounded(minutes: int, seconds: int) -> None:
    assert interval(0, 60 * minutes) == seconds
