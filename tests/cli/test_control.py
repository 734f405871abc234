"""What control is given: the verdict of the store, and the freeze windows of the configuration."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from cli.context import Context
from cli.control import StoredJudge, freeze_windows
from cli.sections import FreezeRow
from cli.settings import load_settings
from proxy.freeze import FreezeWindow
from proxy.stages import Stage
from tests.cli.parity_store import DETAIL, ONE_ENDPOINT, agreeing, differing, fill
from tests.support.command import InProcess


@pytest.fixture
def context(crossfade: InProcess) -> Context:
    """One endpoint at `shadow`, and the store of the test."""
    (crossfade.state_dir / "crossfade.toml").write_text(ONE_ENDPOINT)
    made = Context(settings=load_settings(None), config=None, jwt_secret="", actor="olivia")
    made.flags.flip("escrows", Stage.SHADOW, actor="olivia", reason="x")
    return made


def test_the_verdict_is_that_of_the_command_with_its_figures(crossfade: InProcess, context: Context) -> None:
    fill(crossfade, *agreeing(50))

    judged = StoredJudge(context)("escrows")

    assert (judged.word, judged.lines) == ("ready", ())
    assert judged.figures["comparisons"] == 50
    assert judged.figures["open_groups"] == 0
    rate = judged.figures["rate_upper"]
    assert rate is not None
    assert 0 < rate < 0.1


def test_an_endpoint_is_judged_alone(crossfade: InProcess, context: Context) -> None:
    fill(crossfade, *agreeing(50), differing())

    judged = StoredJudge(context)(DETAIL)

    assert judged.word == "no"
    assert judged.lines[0].startswith("groups: 1 open difference group")
    assert not any(line.startswith("books") for line in judged.lines)


def test_before_a_change_it_is_what_was_compared_until_then(crossfade: InProcess, context: Context) -> None:
    fill(crossfade, *agreeing(50))
    version = context.flags.flip("escrows", Stage.CANARY, actor="olivia", reason="x").version
    judge = StoredJudge(context)

    assert judge.before("escrows", version).word == "ready"
    assert judge("escrows").word == "not yet"


def windows(**values: object) -> list[FreezeWindow]:
    return list(freeze_windows((FreezeRow.model_validate({"reason": "why", **values}),)))


def test_a_span_is_by_its_own_offset_or_by_the_clock_of_the_zone() -> None:
    given = windows(
        **{"from": date(2026, 12, 20), "to": datetime(2027, 1, 4, tzinfo=UTC)}, timezone="Europe/Berlin"
    )

    assert given == [
        FreezeWindow(
            "why",
            datetime(2026, 12, 19, 23, tzinfo=UTC),
            datetime(2027, 1, 4, tzinfo=UTC),
            zone=ZoneInfo("Europe/Berlin"),
        )
    ]


def test_weekly_hours_may_last_until_the_end_of_the_day() -> None:
    assert windows(days=["fri", "sat"], hours="16:00-24:00") == [
        FreezeWindow("why", None, None, frozenset({4, 5}), (time(16), time(0)), ZoneInfo("UTC"))
    ]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "either from and to, or days"),
        ({"from": date(2026, 12, 20), "days": ["mon"]}, "either from and to, or days"),
        ({"to": date(2026, 12, 20), "hours": "10:00-11:00"}, "expected only with days"),
        ({"days": ["monday"]}, "'mon'"),
        ({"days": ["mon"], "hours": "25:00-26:00"}, "hours like 16:00-24:00"),
        ({"days": ["mon"], "timezone": "Mars/Olympus"}, "a timezone like UTC or Europe/Berlin"),
        ({"days": ["mon"], "reason": ""}, "at least 1 character"),
    ],
)
def test_a_window_that_is_none_is_told(values: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        windows(**values)
