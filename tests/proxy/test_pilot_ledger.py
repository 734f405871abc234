"""What a ledger alone tells of a domain's past."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from proxy.flag_rows import Change, Judged, RowChange
from proxy.flags import Flag
from proxy.pilot_ledger import LedgerPast
from proxy.stages import Stage
from tests.proxy.piloting import READY

BEGIN = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
BY_ID = "GET /v1/escrows/{id}"


def at(minutes: float) -> float:
    return (BEGIN + timedelta(minutes=minutes)).timestamp()


def entry(
    minutes: float,
    before: Flag,
    after: Flag,
    verdict: Judged | None = None,
    *,
    key: str = "escrows",
    version: int = 1,
) -> Change:
    when = BEGIN + timedelta(minutes=minutes)
    rows = (RowChange(key, before, after),)
    return Change(version, when, "advance", key, "ada", "because", rows, verdict)


SHADOW = entry(0, Flag(), Flag(Stage.SHADOW), Judged("not yet", ("comparisons: 3",)))
CANARY = entry(60, Flag(Stage.SHADOW), Flag(Stage.CANARY, 0.1), READY)
LARGER = entry(90, Flag(Stage.CANARY, 0.1), Flag(Stage.CANARY, 0.5), READY)


def past(*changes: Change) -> LedgerPast:
    return LedgerPast(changes, "escrows", {"escrows", BY_ID})


def test_it_lasts_from_the_first_entry_until_the_minute_after_the_last_one() -> None:
    others = entry(-60, Flag(), Flag(Stage.SHADOW), key="leads")

    assert past(others, SHADOW, CANARY).span() == (at(0), at(61))
    assert past(others).span() is None


def test_the_verdict_is_that_of_the_last_entry_after_the_stage_began() -> None:
    told = past(SHADOW, CANARY)

    assert told.judge(at(1), at(60)) == READY
    assert told.judge(at(-1), at(59)) == SHADOW.verdict
    assert told.judge(at(60), at(61)).lines == (
        "ledger: no verdict on escrows was kept since 2026-11-27 13:00:00 UTC",
    )


def test_a_verdict_of_several_flags_or_of_an_endpoint_speaks_for_no_domain() -> None:
    together = replace(CANARY, key="")
    endpoint = entry(60, Flag(), Flag(Stage.SHADOW), READY, key=BY_ID)

    assert [past(SHADOW, one).judge(at(1), at(60)).word for one in (together, endpoint)] == ["not yet"] * 2


def test_steps_forward_were_those_of_the_pilots_forerunners_and_end_nothing() -> None:
    sampled = entry(99, Flag(Stage.SHADOW), Flag(Stage.SHADOW, sample_rate=0.5))

    assert past(SHADOW, CANARY, LARGER, sampled).taken_back(at(999)) == ""


def test_whoever_took_it_back_is_told_from_then_on() -> None:
    smaller = entry(99, Flag(Stage.CANARY, 0.5), Flag(Stage.CANARY, 0.1), version=7)
    one = entry(100, Flag(Stage.SHADOW), Flag(), key=BY_ID, version=8)

    told = past(SHADOW, smaller, one)

    assert told.taken_back(at(98)) == ""
    assert told.taken_back(at(101)) == "ada set the share of escrows to 10% (version 7): because"
    assert past(one).taken_back(at(100)) == f"ada rolled {BY_ID} back to off (version 8): because"
