"""What `crossfade status` says."""

import json

import sqlalchemy as sa

from parity.database import open_database
from parity.tables import REMOVALS
from tests.cli.parity_store import agreeing, differing, fill
from tests.support.command import InProcess


def test_before_anything_runs_every_domain_is_off(crossfade: InProcess) -> None:
    ran = crossfade("status")

    assert ran.code == 0
    assert ["escrows", "off", "not", "yet", "nothing", "0", "0", "0", "0"] in [
        line.split() for line in ran.out.splitlines()
    ]
    assert "no proxy worker is running (crossfade up starts one)" in ran.out


def test_the_split_follows_the_stage(crossfade: InProcess) -> None:
    crossfade("flip", "escrows", "shadow", "--reason", "x")
    crossfade("flip", "escrows", "canary", "--share", "0.25", "--force", "--yes", "--reason", "x")
    canary = crossfade("status").out
    crossfade("flip", "escrows", "live", "--force", "--yes", "--reason", "x")
    live = crossfade("status").out

    assert "25% of clients" in canary
    assert "everything" in live


def test_an_endpoint_with_a_row_of_its_own_is_shown(crossfade: InProcess) -> None:
    crossfade("flip", "GET /v1/escrows", "shadow", "--reason", "x")

    assert "GET /v1/escrows: shadow (a row of its own)" in crossfade("status").out


def test_json_has_the_figures_of_every_domain(crossfade: InProcess) -> None:
    values = json.loads(crossfade("status", "--json").out)
    verdicts = [domain.pop("verdict") for domain in values["domains"]]

    assert {one["verdict"] for one in verdicts} == {"not yet"}
    assert {lack["name"] for one in verdicts for lack in one["missing"]} >= {"coverage", "self-test"}
    assert values["schema"] == "crossfade.status/1"
    assert values["workers"] == []
    assert {
        "domain": "escrows",
        "stage": "off",
        "canary_share": 0.05,
        "requests": 0,
        "mirrored": 0,
        "compared": 0,
        "mismatch": 0,
        "not_compared": 0,
        "fallback": 0,
        "failed": 0,
    } in values["domains"]


def test_of_what_is_mirrored_it_says_what_withholds_the_verdict(crossfade: InProcess) -> None:
    fill(crossfade, *agreeing(30), differing())

    lines = crossfade("status").out.splitlines()

    assert "escrows no: groups; missing: coverage, comparisons, mismatch rate, self-test" in [
        " ".join(line.split()) for line in lines
    ]
    assert not any(line.startswith("leads  ") and "missing" in line for line in lines)
    assert max(map(len, lines)) <= 80


def test_it_says_how_large_the_store_is_and_what_was_removed(crossfade: InProcess) -> None:
    fill(crossfade, differing())
    engine = open_database(f"sqlite:///{crossfade.state_dir}/store.sqlite3")
    with engine.begin() as connection:
        row = {"what": "minutes", "before": 1_795_000_020.0, "n": 3, "removed_at": 1_795_000_100.0}
        connection.execute(sa.insert(REMOVALS).values(row))
    engine.dispose()

    text = crossfade("status").out
    values = json.loads(crossfade("status", "--json").out)["store"]

    assert " MiB; removed: minutes from before 2026-11-18 11:07:00 UTC\n" in text
    assert values["bytes"] > 0
    assert values["removed"] == [row]
