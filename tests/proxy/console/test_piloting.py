"""Pilots as the console shows and turns them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from proxy.console.bodies import PilotStart, checked
from proxy.console.callers import Caller
from proxy.console.errors import ForbiddenError, InvalidError, NotFoundError
from proxy.console.piloting import Pilot, Piloting, policy_in_the_box
from proxy.console.tokens import Role, Token
from proxy.errors import PilotError
from proxy.lease import Lease
from proxy.pilot_runs import PilotRuns
from proxy.stages import Stage
from tests.proxy.console.rig import Store
from tests.proxy.piloting import QUICK

STRICT = QUICK.replace('verdict = ["queries"]\n', "")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.make(f"sqlite:///{tmp_path}/store.sqlite3")


def start(store: Store, role: Role = Role.OPERATOR, domain: str = "escrows", **wish: Any) -> Pilot:
    caller = Caller(Token("12345678", "olivia", role, 0.0, "root", 1.0), "127.0.0.1")
    return Piloting(store.sources).start(domain, checked(PilotStart, wish), caller)


def test_a_pilot_is_shown_with_its_steps_what_is_needed_next_and_its_ledger(store: Store) -> None:
    store.flip(Stage.SHADOW)

    found = start(store, to="canary")

    assert (found.state, found.target, found.policy, found.actor) == (
        "running",
        "canary",
        "default",
        "olivia",
    )
    assert (found.step, found.hours, found.walked_by) == (1, "mon, tue, wed, thu, fri 09:00-17:00 UTC", "")
    assert [(one.words, one.needed, one.made) for one in found.steps[:2]] == [
        ("shadow", "at least 30m, then when the verdict is ready", True),
        ("canary 1%", "at least 30m, then when the verdict is ready", False),
    ]
    assert (found.steps[-1].words, found.steps[-1].needed) == ("canary 50%", "")
    assert [(one.action, one.actor, one.reason) for one in found.changes] == [
        ("pilot", "olivia", "started to canary by policy default")
    ]


def test_it_is_paused_resumed_and_stopped_with_an_entry_each_and_over_it_may_begin_anew(store: Store) -> None:
    piloting = Piloting(store.sources)
    start(store)

    states = [
        piloting.pause("escrows", "", "piet").state,
        piloting.resume("escrows", "piet").state,
        piloting.stop("escrows", "lunch", "piet").state,
    ]
    with pytest.raises(PilotError, match="is stopped already"):
        piloting.stop("escrows", "", "piet")
    again = start(store)

    assert states == ["paused", "running", "stopped"]
    assert [one.reason for one in again.changes] == [
        "started to complete by policy default",
        "stopped: lunch",
        "resumed",
        "paused: by piet",
        "started to complete by policy default",
    ]


def test_who_walks_it_is_told_and_what_it_waits_for(store: Store) -> None:
    start(store)
    Lease(store.engine, "pilot:escrows", "bridge:12", 60).hold()
    runs = PilotRuns(store.engine, store.flags)
    runs.wait(runs.get("escrows"), "outside working hours")

    (found,) = Piloting(store.sources).all().pilots

    assert (found.walked_by, found.reason) == ("bridge:12", "outside working hours")


def test_its_steps_are_among_its_changes_and_those_of_others_are_not(store: Store) -> None:
    start(store, policy=STRICT, policy_name="quick")
    store.flags.flip("escrows", Stage.SHADOW, actor="pilot:quick", reason="step 1 of 5 to complete")
    store.flags.flip("leads", Stage.SHADOW, actor="pilot:quick", reason="step 1 of 5 to complete")
    store.flip(Stage.CANARY)

    found = Piloting(store.sources).get("escrows")

    assert [one.actor for one in found.changes] == ["pilot:quick", "olivia"]
    assert [row.key for row in found.changes[0].changed] == ["escrows"]


@pytest.mark.parametrize(
    ("wish", "fields"),
    [
        ({"to": "off"}, ["to"]),
        ({"policy": STRICT}, ["policy_name"]),
        ({"policy": STRICT, "policy_name": "default"}, ["policy_name"]),
        ({"to": "off", "policy": "[[steps]]\nstage = 'canary'\nshare = 3", "policy_name": ""}, None),
        ({"policy": "[[stairs", "policy_name": "mine"}, ["policy"]),
    ],
)
def test_everything_that_is_wrong_with_a_wish_is_named_and_no_pilot_is_started(
    store: Store, wish: dict[str, Any], fields: list[str] | None
) -> None:
    version = store.flags.version()

    with pytest.raises(InvalidError) as refused:
        start(store, **wish)

    assert [one.field for one in refused.value.fields] == (fields or ["to", "policy_name", "policy"])
    assert store.flags.version() == version


def test_a_policy_that_does_without_conditions_is_for_who_may_override_a_verdict(store: Store) -> None:
    wish: dict[str, Any] = {"policy": QUICK, "policy_name": "quick"}

    with pytest.raises(
        ForbiddenError, match="goes on without queries: olivia is operator; this is for admin"
    ):
        start(store, **wish)
    found = start(store, Role.ADMIN, **wish)

    assert (found.policy, found.policy_text, len(found.steps)) == ("quick", QUICK.strip() + "\n", 5)


def test_the_policy_in_the_box_is_that_whatever_a_form_makes_of_its_lines(store: Store) -> None:
    found = start(store, policy=policy_in_the_box().replace("\n", "\r\n"), policy_name="mine")

    assert (found.policy, found.policy_text) == ("default", policy_in_the_box())


def test_a_domain_that_is_configured_no_more_is_not_listed(store: Store) -> None:
    start(store)
    left = replace(store.sources, endpoints=[one for one in store.endpoints if one.domain != "escrows"])

    assert Piloting(left).all().pilots == []


def test_a_domain_that_had_none_is_told(store: Store) -> None:
    piloting = Piloting(store.sources)

    assert piloting.latest("escrows") is None
    for turn in (piloting.get, lambda domain: piloting.stop(domain, "", "piet")):
        with pytest.raises(NotFoundError, match="no pilot was started for escrows"):
            turn("escrows")
