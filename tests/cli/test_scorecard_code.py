"""What the scorecard takes from the code."""

import os
from pathlib import Path

from cli.context import ROOT
from cli.domain_audit import Audit, Block, Room, audited
from cli.scorecard_code import changed_at, found_by_audit
from loadtests.scorecard.goals import DUPLICATES, SERVICES, STRUCTURE
from parity.load_results import MET, MISSED


def test_our_own_rooms_are_alike_on_services_and_no_copies() -> None:
    found = found_by_audit(audited(ROOT))

    assert {one.judgement for one in found.values()} == {MET}
    assert found[STRUCTURE].measured == "7 of 7 rooms"
    assert "which serve 125 endpoints" in found[SERVICES].detail


def test_what_the_audit_finds_wrong_is_a_miss() -> None:
    room = Room("leads", False, [], ["routes.py"], [], 10, ["LeadController"], [], None)
    audit = Audit([], [room], [Block("domains/a/services.py:3", "domains/b/utils.py:3", 8)])

    found = found_by_audit(audit)

    assert {goal: one.remarks for goal, one in found.items()} == {
        STRUCTURE: ("leads: no routes.py, not mounted",),
        DUPLICATES: ("8 lines: domains/a/services.py:3 ~ domains/b/utils.py:3",),
        SERVICES: ("not in leads",),
    }
    assert {one.judgement for one in found.values()} == {MISSED}


def test_code_was_changed_when_its_newest_source_was_and_tests_do_not_count(tmp_path: Path) -> None:
    for at, name in ((100, "domains/a.py"), (300, "domains/b/c.py"), (900, "domains/b/tests/test_c.py")):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
        os.utime(file, (at, at))

    assert changed_at(tmp_path, ["domains"]) == 300
    assert changed_at(tmp_path, ["domains", "cli"]) == 300
    assert changed_at(tmp_path, ["cli"]) == 0
