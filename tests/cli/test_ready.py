"""`make ready` in small: all recordings, writes included, through a real proxy until every domain may advance."""

import json
from pathlib import Path
from typing import Any

from domains.rooms import ROOMS
from parity.confidence import RateSequence
from tests.support.command import InProcess, Ran, run_process

MAX_RATE = 0.02
ENOUGH = {"CROSSFADE_VERDICT__MAX_RATE": str(MAX_RATE), "CROSSFADE_VERDICT__MAX_LATENCY_RATIO": "20"}
"""What so few comparisons take, on a machine that runs other tests, is no measurement."""
NEEDED = RateSequence(MAX_RATE).clean_missing(0, 0)


def played(tmp_path: Path, database_url: str, *arguments: str) -> tuple[Ran, dict[str, Any]]:
    ran = run_process(
        *(
            "ready",
            "--yes",
            "--database-url",
            database_url,
            "--build-dir",
            str(tmp_path / "build"),
            *arguments,
        ),
        state_dir=tmp_path,
        timeout_s=110,
        **ENOUGH,
    )
    return ran, json.loads((tmp_path / "build" / "ready.json").read_text())


def test_the_recordings_of_all_domains_end_in_ready_with_exact_books(
    tmp_path: Path, database_url: str
) -> None:
    ran, values = played(tmp_path, database_url, "--rounds", "2")

    domains = {one["domain"]: one for one in values["domains"]}
    assert ran.code == 0, ran.err + ran.out
    assert {name: one["verdict"] for name, one in domains.items()} == dict.fromkeys(ROOMS, "ready")
    for one in domains.values():
        outcomes = one["outcomes"]
        assert outcomes["match"] + outcomes["accepted"] >= NEEDED
        assert outcomes["mismatch"] == 0
        assert one["mirrored"] == sum(outcomes.values())
        assert one["requests"] == one["mirrored"] + sum(one["not_mirrored"].values())
        assert all(row["by"].startswith("Q-") for row in one["accepted"])
        assert outcomes["skipped"] == sum(one["reasons"]["skipped"].values())
        assert one["reasons"]["skipped"].keys() <= {"unknown_commit", "not_shown"}
        assert all(row["met"] for row in one["coverage"]["required"])
    balance = values["balance"]
    assert (balance["off_by"], balance["in_flight"], balance["lost"]) == (0, 0, 0)
    assert balance["mirrored"] == sum(one["mirrored"] for one in domains.values())
    assert values["unsendable"] == {}
    assert max(map(len, ran.out.splitlines())) <= 80


def test_with_a_fault_in_modern_the_verdict_of_its_domain_is_no(tmp_path: Path, database_url: str) -> None:
    ran, values = played(
        tmp_path, database_url, "--domain", "contacts", "--domain", "leads", "--fault", "last-item-lost"
    )

    verdicts = {one["domain"]: one["verdict"] for one in values["domains"]}
    found = {one["domain"]: one["largest_groups"] for one in values["domains"]}
    assert ran.code == 1
    assert verdicts == {"contacts": "no", "leads": "ready"}
    assert {group["endpoint"] for group in found["contacts"]} == {"GET /v1/contacts"}
    assert "open difference group" in ran.out
    assert values["balance"]["balanced"] is True


def test_an_unknown_domain_is_one_sentence(crossfade: InProcess) -> None:
    ran = crossfade("ready", "--domain", "bogus")

    assert ran.code == 2
    assert ran.err.startswith("crossfade: 'bogus' is not a domain; expected one of: appointments, ")
