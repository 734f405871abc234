"""The words of what guards tell."""

from dataclasses import replace
from datetime import UTC, datetime

from proxy.errors import NotAcknowledgedError
from proxy.flag_rows import Change, RowChange
from proxy.flags import Flag
from proxy.guard import DEFAULTS, Measure
from proxy.guard_events import blind, breached, rolled_back, unacknowledged
from proxy.guard_look import Look
from proxy.guard_survey import Seen
from proxy.stages import Stage

CHANGE = Change(
    7,
    datetime(2026, 11, 29, tzinfo=UTC),
    "rollback",
    "escrows",
    "guard:error_rate",
    "error rate 12.4 % of 812 in 30 s, limit 5 %",
    (
        RowChange("escrows", Flag(Stage.LIVE), Flag(Stage.OFF)),
        RowChange("GET /v1/escrows", Flag(Stage.COMPLETE), Flag(Stage.OFF)),
    ),
)
LOOK = Look(0.124, 0.1, 812, "error rate 12.4 % of 812 in 30 s, limit 5 %")


def seen(measure: Measure = Measure.ERROR_RATE, domain: str = "escrows", *, dry_run: bool = False) -> Seen:
    return Seen(domain, Stage.LIVE, replace(DEFAULTS[measure], dry_run=dry_run), CHANGE, LOOK)


def test_a_rollback_is_told_alike_by_whoever_reads_the_ledger() -> None:
    notification = rolled_back(CHANGE)

    assert notification == rolled_back(CHANGE)
    assert notification.title == "Crossfade: escrows was rolled back by guard error_rate"
    assert notification.text == (
        "error rate 12.4 % of 812 in 30 s, limit 5 %. escrows live → off, GET /v1/escrows complete → off. "
        "It stays there until somebody advances it."
    )
    assert notification.facts["version"] == 7


def test_a_dry_run_says_what_would_have_been_done() -> None:
    would, only_told = (breached(seen(dry_run=dry_run), LOOK, 1.0) for dry_run in (True, False))

    assert would.text.endswith("In a dry run: it would be rolled back to off.")
    assert (
        only_told.text == "error rate 12.4 % of 812 in 30 s, limit 5 %, at stage live. Nothing was changed."
    )
    assert would.id != only_told.id


def test_blindness_names_who_is_not_guarded() -> None:
    found = [seen(), seen(Measure.QUERY_RATIO), seen(domain="clients")]

    assert blind("proxy worker proxy-1 is silent", found, 1.0, 20.0).text == (
        "proxy worker proxy-1 is silent, for 20 s. "
        "Not guarded meanwhile: escrows: error_rate, query_ratio; clients: error_rate."
    )


def test_workers_that_still_serve_the_version_before_are_named() -> None:
    notification = unacknowledged(CHANGE, NotAcknowledgedError(7, ["proxy-2"], 5.0), 1.0)

    assert notification.facts["workers"] == ["proxy-2"]
    assert "proxy worker proxy-2" in notification.text
