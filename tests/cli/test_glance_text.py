"""The view fits into 80 columns and into the window, and says what is wrong."""

import io
import json
from dataclasses import replace
from datetime import UTC, datetime

from rich.console import Console

from cli.glance_text import SCHEMA, json_of, view_of
from cli.glances import DomainRow, Glance
from parity.outcome import Outcome
from parity.tally import Tally
from proxy.flag_rows import Change, RowChange, Worker
from proxy.flags import Flag
from proxy.operations import GuardRow
from proxy.stages import Stage
from tests.support.published import faults

NOON = datetime(2026, 11, 29, 12, 0, 1, tzinfo=UTC)
NOW = NOON.timestamp()
WORKER = Worker("id", "proxy-1", "here", 12, 80, 81, NOON, 3, NOON)
CHANGE = Change(
    3,
    NOON,
    "advance",
    "escrows",
    "ada",
    "clean\nfor a day " * 9,
    (RowChange("escrows", Flag(Stage.SHADOW), Flag(Stage.CANARY, 0.05)),),
    forced=True,
)
TALLY = Tally(
    requests=12_345_678, outcomes={Outcome.MATCH: 2_345_678, Outcome.MISMATCH: 1_204}, fallback=12, failed=3
)
ESCROWS = DomainRow("escrows-with-a-very-long-name", Flag(Stage.CANARY, 0.125), {}, TALLY, 12_345.6)
GLANCE = Glance(NOW, 3, (ESCROWS,), (WORKER,), (CHANGE,))


def drawn(glance: Glance, *, height: int | None = None) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=80).print(view_of(glance, now=NOW, height=height))
    return [line.rstrip() for line in out.getvalue().splitlines()]


def test_a_busy_domain_and_a_long_reason_fit_into_80_columns() -> None:
    lines = drawn(GLANCE)

    assert max(map(len, lines)) <= 80
    assert lines[0] == "12:00:01 UTC  flag version 3"
    assert lines[3].split()[1:] == ["canary", "12.5%", "12,346", "2.3M", "1,204", "0", "-", "-", "-"]
    assert "escrows-with-a-very-long-name: 12 answered by legacy for modern, 3 failed" in lines
    assert lines[-1].startswith(
        "11-29 12:00:01 advance escrows: shadow → canary 5%, by ada, forced: clean for a"
    )


def test_a_worker_that_is_behind_is_told() -> None:
    lines = drawn(replace(GLANCE, version=4, workers=(WORKER, replace(WORKER, name="proxy-2", version=-1))))

    assert "proxy-1 (pid 12) serves version 3, behind 4" in lines
    assert "proxy-2 (pid 12) serves nothing yet, behind 4" in lines


def test_an_endpoint_with_a_row_of_its_own_is_named() -> None:
    glance = replace(
        GLANCE, domains=(replace(ESCROWS, own_flags={"GET /v1/escrows": Flag(Stage.LIVE)}),), workers=()
    )

    assert "GET /v1/escrows: live (a row of its own)" in drawn(glance)
    assert "no proxy worker is running (crossfade up starts one)" in drawn(glance)


def test_guards_that_are_breached_or_about_to_be_are_told_and_others_are_not() -> None:
    guards = (
        GuardRow("escrows", "error rate", "breached", "5 % of 40", is_alarming=True),
        GuardRow("escrows", "latency ratio", "holding 2 of 3", "", is_alarming=False),
        GuardRow("escrows", "mismatch rate", "watching", "", is_alarming=False),
        GuardRow("leads", "error rate", "unwatched", "", is_alarming=True),
        GuardRow("leads", "latency ratio", "unwatched", "", is_alarming=True),
        GuardRow("stock", "latency ratio", "unwatched", "of nothing", is_alarming=True),
    )

    lines = drawn(replace(GLANCE, guards=guards))

    assert [line for line in lines if "guard of" in line] == [
        "escrows: guard of error rate breached: 5 % of 40",
        "escrows: guard of latency ratio holding 2 of 3",
    ]
    assert "no process watches the guards of leads, stock (crossfade up does)" in lines
    assert len(json_of(replace(GLANCE, guards=guards), now=NOW)["guards"]) == 6


def test_a_store_that_is_away_is_said_with_the_age_of_what_is_shown() -> None:
    lines = drawn(replace(GLANCE, at=NOW - 60, trouble="cannot read the store: gone"))

    assert lines[1] == "cannot read the store: gone; what stands here is of 11:59:01 UTC"
    assert "canary" in lines[4]


def test_before_the_store_has_said_anything_that_is_said() -> None:
    assert drawn(Glance(trouble="gone")) == [
        "12:00:01 UTC  flag version 0",
        "gone",
        "waiting for the store ...",
    ]


def test_in_a_low_window_domains_on_their_way_come_first_and_the_others_are_counted() -> None:
    off = [DomainRow(f"d{n:02}", Flag(), {}, Tally()) for n in range(30)]
    glance = replace(GLANCE, domains=(*off, replace(ESCROWS, name="escrows", tally=Tally())))

    lines = drawn(glance, height=14)

    assert len(lines) <= 14
    assert any(line.startswith("escrows ") for line in lines)
    assert any(line.startswith("and 26 domains more") for line in lines)


def test_json_has_the_whole_of_a_moment() -> None:
    found = json_of(
        replace(GLANCE, guards=(GuardRow("escrows", "error_rate", "watching", "", is_alarming=False),)),
        now=NOW,
    )

    (domain,) = found["domains"]
    assert (found["at"], found["read_at"], found["trouble"], found["version"]) == (NOW, NOW, "", 3)
    assert (domain["stage"], domain["canary_share"], domain["requests_per_s"]) == ("canary", 0.125, 12_345.6)
    assert (domain["requests"], domain["outcomes"]["mismatch"], domain["verdict"]) == (
        12_345_678,
        1_204,
        None,
    )
    assert found["workers"] == [{"worker": "proxy-1", "id": "id", "pid": 12, "version": 3}]
    assert found["changes"][0]["actor"] == "ada"
    assert faults(json.dumps({"schema": SCHEMA, **found})) == []
