"""Which guards a domain has: what holds by itself, what a rule changes, and what a breach does at which stage."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from proxy.guard import DEFAULTS, LONGEST_WINDOW_S, Action, Guard, GuardRule, GuardSettings, Measure
from proxy.guard_judge import GuardState
from proxy.guard_overview import Shown
from proxy.notification import EventKind
from proxy.stages import Stage

PAGE = (Path(__file__).parent.parent.parent / "docs" / "guards.md").read_text()


def guard_of(settings: GuardSettings, measure: Measure, domain: str = "escrows") -> Guard | None:
    return next((one for one in settings.guards_of(domain) if one.measure is measure), None)


@pytest.mark.parametrize("measure", Measure)
def test_each_measure_has_a_guard_without_configuration(measure: Measure) -> None:
    assert guard_of(GuardSettings(), measure) == DEFAULTS[measure]
    assert DEFAULTS[measure].window_s <= LONGEST_WINDOW_S


def test_a_rule_for_one_domain_wins_over_one_for_all_wherever_they_stand() -> None:
    own = GuardRule(Measure.ERROR_RATE, "escrows", changes={"limit": 0.2})
    settings = GuardSettings(
        rules=(own, GuardRule(Measure.ERROR_RATE, changes={"limit": 0.1, "window_s": 9}))
    )

    escrows, clients = (guard_of(settings, Measure.ERROR_RATE, name) for name in ("escrows", "clients"))

    assert escrows is not None
    assert clients is not None
    assert (escrows.limit, escrows.window_s, clients.limit, clients.window_s) == (0.2, 9, 0.1, 9)


def test_a_guard_may_be_switched_off_everywhere_and_on_again_in_one_domain() -> None:
    rules = (
        GuardRule(Measure.QUERY_RATIO, enabled=False),
        GuardRule(Measure.QUERY_RATIO, "escrows", enabled=True),
    )
    settings = GuardSettings(rules=rules)

    assert guard_of(settings, Measure.QUERY_RATIO, "clients") is None
    assert guard_of(settings, Measure.QUERY_RATIO, "escrows") is not None


def test_without_guards_there_are_none() -> None:
    assert GuardSettings(enabled=False).guards_of("escrows") == ()


def test_a_dry_run_of_all_is_one_of_each_and_one_alone_is_its_own() -> None:
    rules = (GuardRule(Measure.ERROR_RATE, changes={"dry_run": True}),)

    assert all(one.dry_run for one in GuardSettings(dry_run=True).guards_of("escrows"))
    found = {one.measure for one in GuardSettings(rules=rules).guards_of("escrows") if one.dry_run}
    assert found == {Measure.ERROR_RATE}


def test_where_modern_serves_nobody_a_breach_only_notifies_unless_told_otherwise() -> None:
    usual = DEFAULTS[Measure.MISMATCH_RATE]
    strict = Guard(Measure.MISMATCH_RATE, 0.1, (Stage.SHADOW,), shadow_action=Action.ROLL_BACK)

    assert [usual.action_at(stage) for stage in (Stage.SHADOW, Stage.CANARY)] == [
        Action.NOTIFY,
        Action.ROLL_BACK,
    ]
    assert strict.action_at(Stage.SHADOW) is Action.ROLL_BACK


def test_a_domain_that_is_where_the_guard_rolls_back_to_is_not_rolled_back() -> None:
    guard = Guard(
        Measure.MISMATCH_RATE, 0.1, (Stage.SHADOW,), shadow_action=Action.ROLL_BACK, to=Stage.SHADOW
    )

    assert guard.action_at(Stage.SHADOW) is Action.NOTIFY
    assert guard.action_at(Stage.CANARY) is Action.ROLL_BACK


def test_the_ledger_names_the_guard() -> None:
    assert DEFAULTS[Measure.ERROR_RATE].actor == "guard:error_rate"


@pytest.mark.parametrize("measure", Measure)
def test_a_measure_is_a_share_or_a_ratio(measure: Measure) -> None:
    assert measure.is_share is not measure.endswith("_ratio")


@pytest.mark.parametrize("guard", DEFAULTS.values(), ids=list(DEFAULTS))
def test_the_page_says_what_holds_without_configuration(guard: Guard) -> None:
    row = re.search(rf"^\| `{guard.measure}` \|[^|]*\|(.*)$", PAGE, re.MULTILINE)
    limit = f"{guard.limit * 100:g} %" if guard.measure.is_share else f"{guard.limit:g}"

    assert row is not None
    limit_cell, window, samples, stages, does, *_ = (cell.strip() for cell in row[1].split("|"))
    assert (limit_cell, window, samples) == (limit, f"{guard.window_s:g} s", str(guard.min_samples))
    assert stages == ", ".join(guard.stages)
    assert does.startswith("rolls back" if guard.action is Action.ROLL_BACK else "notifies")


@pytest.mark.parametrize("word", [*GuardState, *Shown, *EventKind])
def test_the_page_explains_each_state_and_each_kind_of_notification(word: str) -> None:
    assert f"| `{word}` |" in PAGE


def test_the_page_explains_each_key_of_a_rule() -> None:
    keys = {one.name for one in fields(Guard)} - {"measure"} | {"guard", "domain", "enabled"}

    section = PAGE.partition("| key of a rule |")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == keys
