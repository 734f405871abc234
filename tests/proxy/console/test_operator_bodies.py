"""What an operator's commands may send."""

import pytest

from proxy.console import operator_bodies as bodies
from proxy.console.bodies import Body, checked
from proxy.console.errors import InvalidError
from proxy.stages import Stage


def test_a_rollback_needs_nothing() -> None:
    found = checked(bodies.FlagRollback, {})

    assert (found.key, found.to, found.reason, found.since_version) == (None, Stage.OFF, "", None)


def test_verdicts_are_asked_for_by_name() -> None:
    assert checked(bodies.VerdictsQuery, {"domains": "escrows,leads"}).names == ["escrows", "leads"]
    assert checked(bodies.VerdictsQuery, {}).names == []


@pytest.mark.parametrize(
    ("model", "values", "field"),
    [
        (bodies.FlagAdvance, {"reason": "go"}, "key"),
        (bodies.FlagAdvance, {"key": "escrows", "reason": ""}, "reason"),
        (bodies.FlagAdvance, {"key": "escrows", "reason": "go", "share": "0.5"}, "share"),
        (bodies.FlagAdvance, {"key": "escrows", "reason": "go", "since_version": -1}, "since_version"),
        (bodies.FlagStage, {"key": "escrows", "reason": "go", "stage": "both"}, "stage"),
        (bodies.FlagPlan, {"rows": {"escrows": {"stage": "off"}}}, "rows.escrows.canary_share"),
        (bodies.RunTurn, {"turn": "back", "revision": 1}, "turn"),
        (bodies.Wishes, {"groups": [], "reason": "r", "owner": "o", "expires": "2027-01-01"}, "groups"),
        (bodies.ReportsQuery, {"since_s": "-1"}, "since_s"),
        (bodies.TalliesQuery, {"minute": "x"}, "minute"),
        (bodies.FlagRollback, {"force": True}, "force"),
    ],
)
def test_what_is_wrong_is_named(model: type[Body], values: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidError) as refused:
        checked(model, values)

    assert field in [one.field for one in refused.value.fields]
