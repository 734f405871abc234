"""How looks become deeds: only what holds, once, and never around the limit back and forth."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.guard import DEFAULTS, Action, Blindness, Guard, GuardSettings, Measure
from proxy.guard_judge import RELEASE, Deed, GuardState, Watched, step
from proxy.guard_look import Look

GUARD = replace(DEFAULTS[Measure.ERROR_RATE], limit=0.1, looks=3, min_samples=20, cool_down_s=60.0)
SETTINGS = GuardSettings(blind_s=5.0)
BLIND = Look(0.0, 0.0, 100, "", blind="proxy worker proxy-1 is silent")


def found(value: float, samples: int = 100) -> Look:
    """A look at that value, about which nobody is in doubt."""
    return Look(value, value, samples, f"error rate {value}")


def run(
    looks: Sequence[Look],
    guard: Guard = GUARD,
    action: Action = Action.ROLL_BACK,
    settings: GuardSettings = SETTINGS,
) -> tuple[list[Watched], list[Deed | None]]:
    """One look a second."""
    watched: Watched | None = None
    states, deeds = [], []
    for second, one in enumerate(looks):
        watched, deed = step(guard, action, one, watched, float(second), settings)
        states.append(watched)
        deeds.append(deed)
    return states, deeds


def test_what_holds_for_as_many_looks_as_asked_is_a_breach_that_rolls_back() -> None:
    states, deeds = run([found(0.05), found(0.2), found(0.2), found(0.2)])

    assert [one.state for one in states] == [
        GuardState.WATCHING,
        GuardState.HOLDING,
        GuardState.HOLDING,
        GuardState.BREACHED,
    ]
    assert deeds == [None, None, None, Deed.ROLL_BACK]
    assert [one.held for one in states] == [0, 1, 2, 3]


def test_the_limit_itself_is_allowed() -> None:
    assert run([found(0.1)] * 10)[1] == [None] * 10


def test_what_is_not_sure_is_not_exceeded() -> None:
    assert run([Look(0.2, 0.09, 30, "")] * 10)[1] == [None] * 10


def test_few_samples_are_said_and_begin_the_count_anew() -> None:
    states, deeds = run([found(0.9), found(0.9), found(0.9, samples=19), found(0.9), found(0.9)])

    assert states[2].state is GuardState.TOO_FEW
    assert deeds == [None] * 5


def test_a_breach_that_is_not_undone_is_acted_on_again() -> None:
    # a rollback that met another change is tried at the next look
    assert run([found(0.9)] * 5)[1] == [None, None, Deed.ROLL_BACK, Deed.ROLL_BACK, Deed.ROLL_BACK]


def test_a_dry_run_tells_and_does_nothing() -> None:
    _, deeds = run([found(0.9)] * 10, replace(GUARD, dry_run=True))

    assert deeds == [None, None, Deed.NOTIFY, *[None] * 7]


def test_a_breach_that_stays_is_told_again_after_the_cool_down() -> None:
    _, deeds = run([found(0.9)] * 130, action=Action.NOTIFY)

    assert [second for second, deed in enumerate(deeds) if deed is Deed.NOTIFY] == [2, 62, 122]


def test_back_and_forth_over_the_limit_and_far_under_it_is_no_breach() -> None:
    assert set(run([found(0.2), found(0.2), found(0.01)] * 50)[1]) == {None}


def test_a_dip_that_stays_near_the_limit_does_not_begin_the_count_anew() -> None:
    near = found(0.1 * (RELEASE + 0.1))

    states, deeds = run([found(0.2), near, found(0.2), near, found(0.2)])

    assert [one.held for one in states] == [1, 1, 2, 2, 3]
    assert deeds == [None, None, None, None, Deed.ROLL_BACK]


def test_blindness_is_told_once_it_lasts_and_is_never_called_fine() -> None:
    states, deeds = run([found(0.05), *[BLIND] * 20])

    assert {one.state for one in states[1:]} == {GuardState.CANNOT_TELL}
    assert [second for second, deed in enumerate(deeds) if deed is Deed.NOTIFY_BLIND] == [6]


def test_a_short_blindness_is_told_to_nobody() -> None:
    assert set(run([*[BLIND] * 4, found(0.05)] * 10)[1]) == {None}


@pytest.mark.parametrize(
    ("blind", "action", "dry_run", "deed"),
    [
        (Blindness.NOTHING, Action.ROLL_BACK, False, None),
        (Blindness.NOTIFY, Action.ROLL_BACK, False, Deed.NOTIFY_BLIND),
        (Blindness.ROLL_BACK, Action.ROLL_BACK, False, Deed.ROLL_BACK_BLIND),
        (Blindness.ROLL_BACK, Action.NOTIFY, False, Deed.NOTIFY_BLIND),
        (Blindness.ROLL_BACK, Action.ROLL_BACK, True, Deed.NOTIFY_BLIND),
    ],
)
def test_what_blindness_does_is_configured(
    blind: Blindness, action: Action, *, dry_run: bool, deed: Deed | None
) -> None:
    settings = replace(SETTINGS, blind=blind)

    _, deeds = run([BLIND] * 6, replace(GUARD, dry_run=dry_run), action, settings)

    assert deeds[-1] is deed
    assert set(deeds[:-1]) == {None}


def test_a_breach_that_is_seen_in_what_is_left_of_the_figures_is_a_breach() -> None:
    _, deeds = run([replace(found(0.9), blind="proxy worker proxy-2 is silent")] * 3)

    assert deeds[-1] is Deed.ROLL_BACK


def test_blind_looks_neither_count_nor_begin_the_count_anew() -> None:
    _, deeds = run([found(0.9), found(0.9), BLIND, found(0.9)])

    assert deeds == [None, None, None, Deed.ROLL_BACK]


LOOKS = st.lists(
    st.one_of(
        st.builds(found, st.floats(0, 1), st.integers(0, 200)),
        st.just(BLIND),
        st.sampled_from([found(0.11), found(0.099), found(0.05)]),
    ),
    max_size=150,
)


@given(LOOKS)
def test_nothing_is_rolled_back_that_did_not_exceed_its_limit_three_times_since_it_was_well(
    looks: list[Look],
) -> None:
    _, deeds = run(looks)

    for second, deed in enumerate(deeds):
        if deed is Deed.ROLL_BACK:
            since_well = looks[: second + 1]
            for at in range(second, -1, -1):
                one = looks[at]
                if not one.blind and (one.samples < 20 or (one.value or 0) <= 0.1 * RELEASE):
                    since_well = looks[at + 1 : second + 1]
                    break
            assert sum(one.floor > 0.1 and one.samples >= 20 for one in since_well) >= 3
            assert looks[second].floor > 0.1


@given(LOOKS)
def test_who_is_notified_has_peace_for_the_cool_down_whatever_flaps(looks: list[Look]) -> None:
    _, deeds = run(looks, action=Action.NOTIFY)

    for kind in (Deed.NOTIFY, Deed.NOTIFY_BLIND):
        told = [second for second, deed in enumerate(deeds) if deed is kind]
        assert all(later - earlier >= 60 for earlier, later in pairwise(told))


@given(LOOKS)
def test_a_dry_run_never_rolls_back(looks: list[Look]) -> None:
    _, deeds = run(looks, replace(GUARD, dry_run=True), settings=replace(SETTINGS, blind=Blindness.ROLL_BACK))

    assert Deed.ROLL_BACK not in deeds
    assert Deed.ROLL_BACK_BLIND not in deeds


@given(LOOKS, st.integers(0, 150))
def test_a_restart_in_the_middle_changes_nothing(looks: list[Look], cut: int) -> None:
    states, deeds = run(looks)
    watched = states[cut - 1] if 0 < cut <= len(states) else None

    again = []
    for second, one in enumerate(looks[cut:], start=cut):
        watched, deed = step(GUARD, Action.ROLL_BACK, one, watched, float(second), SETTINGS)
        again.append(deed)

    assert again == deeds[cut:]
