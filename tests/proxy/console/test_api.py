"""The API: every answer, what changes change, and what they refuse."""

import asyncio
import json
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jsonschema_rs
import pytest

from proxy.console.tokens import Role
from proxy.control import Control, ControlSettings
from proxy.flag_rows import Judged
from proxy.flag_store import FlagStore
from proxy.stages import Stage
from tests.parity.factories import LIST, exchange, until
from tests.proxy.console.rig import Rig, Store, running, serving

REFERENCE = Path(__file__).parent.parent.parent.parent / "docs" / "reference"
NEXT_WEEK = (datetime.now(UTC).date() + timedelta(days=7)).isoformat()


async def test_the_status_has_every_domain_with_stage_outcomes_ratios_and_verdict(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        rig.store.differ()
        version = rig.store.flip(Stage.SHADOW)

        # verdicts are judged beside the answers, which do not wait long for them
        async with asyncio.timeout(30):
            while True:
                answer = await rig.ask("GET", "/api/v1/status", Role.VIEWER)
                escrows, leads = answer.json["domains"]
                if escrows["verdict"] and leads["verdict"]:
                    break

    assert (answer.status, answer.json["version"]) == (200, version)
    assert (escrows["domain"], escrows["stage"], escrows["next_stage"]) == ("escrows", "shadow", "canary")
    assert (escrows["mirrored"], escrows["compared"], escrows["mismatches"]) == (13, 13, 1)
    assert escrows["outcomes"] == {
        **dict.fromkeys(("accepted", "transient", "shed", "timeout", "error", "skipped"), 0),
        "match": 12,
        "mismatch": 1,
    }
    assert escrows["latency"]["n"] == 13
    assert 0.8 < escrows["latency"]["value"] < 0.85
    assert escrows["verdict"] == "no"
    assert escrows["wrong"] >= 1
    assert (leads["domain"], leads["stage"], leads["latency"], leads["verdict"]) == (
        "leads",
        "off",
        None,
        "not yet",
    )


async def test_the_flag_table_and_its_ledger_are_told(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        rig.store.flip(Stage.SHADOW)
        rig.store.flip(Stage.SHADOW, key="GET /v1/leads")

        flags = await rig.ask("GET", "/api/v1/flags", Role.VIEWER)
        changes = await rig.ask("GET", "/api/v1/changes?domain=leads", Role.VIEWER)
        latest = await rig.ask("GET", "/api/v1/changes?limit=1", Role.VIEWER)

    assert [(row["key"], row["stage"]) for row in flags.json["flags"]] == [
        ("escrows", "shadow"),
        ("leads", "off"),
        ("GET /v1/leads", "shadow"),
    ]
    assert [one["key"] for one in changes.json["changes"]] == ["GET /v1/leads"]
    assert changes.json["changes"][0]["changed"][0]["after"]["stage"] == "shadow"
    assert latest.json["changes"] == changes.json["changes"]


async def test_a_domain_tells_conditions_coverage_and_its_timeline(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        rig.store.flip(Stage.SHADOW)
        rig.store.differ()

        page = await rig.ask("GET", "/api/v1/domains/escrows", Role.VIEWER)
        line = await rig.ask("GET", "/api/v1/domains/escrows/timeline?since=30m", Role.VIEWER)

    cells = [(cell["endpoint"], cell["n"], cell["required"]) for cell in page.json["coverage"]]
    assert ("GET /v1/escrows/{id}", 12, True) in cells
    assert {one["standing"] for one in page.json["conditions"]} >= {"holds", "missing"}
    assert sum(line.json["compared"]) == 13
    assert sum(line.json["mismatches"]) == 1
    assert [mark["text"] for mark in line.json["changes"]] == ["escrows: off → shadow by walker"]


async def test_the_report_and_the_verdict_are_those_of_the_command_line(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        rig.store.differ()

        report = await rig.ask("GET", "/api/v1/parity/report?domain=escrows&since=1h", Role.VIEWER)
        verdict = await rig.ask("GET", "/api/v1/parity/verdict/escrows", Role.VIEWER)

    told = {"report": report.json["report"], "verdict": verdict.json["verdict"]}
    told["verdict"]["schema"] = "crossfade.parity-verdict/1"
    for name, values in told.items():
        schema = json.loads((REFERENCE / f"parity-{name}.schema.json").read_text())
        assert [str(one) for one in jsonschema_rs.validator_for(schema).iter_errors(values)] == []
    assert told["report"]["domain"] == "escrows"


async def test_samples_are_told_of_one_group_at_a_time_and_the_look_is_noted(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        group = rig.store.differ()

        report = await rig.ask("GET", "/api/v1/parity/report", Role.VIEWER)
        nobody = await rig.ask("GET", "/api/v1/looks", Role.ADMIN)
        shown = await rig.ask("GET", f"/api/v1/parity/groups/{group[:6]}", Role.VIEWER)
        looks = await rig.ask("GET", "/api/v1/looks", Role.ADMIN)

    assert [one["samples"] for one in report.json["report"]["groups"]] == [[]]
    assert nobody.json == {"looks": []}
    assert (shown.json["group"]["samples"][0]["legacy"], shown.json["group"]["samples"][0]["modern"]) == (
        "1",
        "2",
    )
    assert "curl" in shown.json["group"]["samples"][0]["curl"]["legacy"]
    assert [(one["name"], one["group_id"], one["address"]) for one in looks.json["looks"]] == [
        ("the viewer", group, "127.0.0.1")
    ]


async def test_what_is_not_there_is_404_and_says_what_is(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        domain = await rig.ask("GET", "/api/v1/domains/escrow")
        group = await rig.ask("GET", "/api/v1/parity/groups/ffffffffffff")

    assert (domain.status, domain.code) == (404, "not_found")
    assert domain.message == "there is no domain 'escrow'; there are escrows, leads"
    assert (group.status, group.code) == (404, "not_found")


async def test_a_ready_domain_advances_by_one_stage_and_the_ledger_has_who_and_why(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        rig.store.flip(Stage.SHADOW)
        rig.store.judge.ready.add("escrows")

        answer = await rig.ask(
            "POST",
            "/api/v1/domains/escrows/advance",
            Role.OPERATOR,
            json={"reason": "all  agree", "share": 0.1},
        )
        change = rig.store.flags.history(1)[0]

    assert (answer.status, answer.json["version"], answer.json["acknowledged"]) == (200, change.version, True)
    assert answer.json["changed"][0]["after"] == {
        "key": "escrows",
        "stage": "canary",
        "canary_share": 0.1,
        "sample_rate": 1.0,
    }
    assert (change.actor, change.reason) == ("the operator", "all agree")


async def test_what_is_not_ready_is_refused_with_what_is_missing_unless_an_admin_forces_it(
    tmp_path: Path,
) -> None:
    path, why = "/api/v1/domains/escrows/advance", {"reason": "we must"}
    async with running(tmp_path) as rig:
        version = rig.store.flip(Stage.SHADOW)

        refused = await rig.ask("POST", path, Role.OPERATOR, json=why)
        forced = await rig.ask("POST", path, Role.OPERATOR, json=why | {"force": True})
        unchanged = rig.store.flags.version()
        by_admin = await rig.ask("POST", path, Role.ADMIN, json=why | {"force": True})

    assert (refused.status, refused.code) == (409, "refused")
    assert "comparisons: 0, wanted 100 at least" in refused.message
    assert (forced.status, forced.code, unchanged) == (403, "forbidden", version)
    assert by_admin.json["changed"][0]["after"]["stage"] == "canary"


async def test_whoever_decided_on_another_version_changes_nothing(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        version = rig.store.flip(Stage.SHADOW, Stage.CANARY)
        rig.store.judge.ready.add("escrows")
        body = {"share": 0.2, "reason": "more", "expected_version": version}

        first = await rig.ask("POST", "/api/v1/domains/escrows/share", Role.OPERATOR, json=body)
        second = await rig.ask(
            "POST", "/api/v1/domains/escrows/share", Role.OPERATOR, json=body | {"share": 0.5}
        )
        share = rig.store.flags.table().rows["escrows"].canary_share

    assert (first.status, second.status, second.code, share) == (200, 409, "conflict", 0.2)
    assert f"escrows was changed since version {version}, by the operator" in second.message


async def test_an_acceptance_or_a_token_since_is_no_conflict(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        version = rig.store.flip(Stage.SHADOW, Stage.CANARY)
        rig.store.judge.ready.add("escrows")
        rig.store.tokens.create("x", Role.VIEWER, days=1, actor="test")
        body = {"share": 0.2, "reason": "more", "expected_version": version}

        done = await rig.ask("POST", "/api/v1/domains/escrows/share", Role.OPERATOR, json=body)

    assert (done.status, done.json["version"]) == (200, version + 2)


async def test_a_rollback_needs_no_body_and_no_verdict(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        rig.store.flip(Stage.SHADOW, Stage.CANARY)
        rig.store.flip(Stage.SHADOW, key="leads")

        one = await rig.ask("POST", "/api/v1/domains/escrows/rollback", Role.OPERATOR)
        everything = await rig.ask("POST", "/api/v1/rollback", Role.OPERATOR, json={"reason": "all of it"})
        again = await rig.ask("POST", "/api/v1/rollback", Role.OPERATOR, json={})
        rows = rig.store.flags.table().rows

    assert [row["key"] for row in one.json["changed"]] == ["escrows"]
    assert [row["key"] for row in everything.json["changed"]] == ["leads"]
    assert (again.status, again.json["changed"], again.json["acknowledged"]) == (200, [], True)
    assert {flag.stage for flag in rows.values()} == {Stage.OFF}


async def test_a_rollback_does_not_wait_for_the_verdict_that_its_entry_gets(tmp_path: Path) -> None:
    gate = threading.Event()

    def before(_key: str, _version: int) -> Judged:
        gate.wait(20)
        return Judged("no", ("groups: 1",), {"mismatches": 1})

    async with running(tmp_path) as rig:
        rig.store.flip(Stage.SHADOW)
    control = Control(rig.store.flags, rig.store.judged, ControlSettings(), judge_before=before)
    async with serving(rig.store, sources=replace(rig.store.sources, control=control)) as rig:
        answer = await rig.ask("POST", "/api/v1/rollback", Role.OPERATOR)
        at_once = (await rig.ask("GET", "/api/v1/changes?limit=1")).json["changes"][0]
        gate.set()
        await until(lambda: rig.store.flags.history(1)[0].verdict is not None, timeout_s=20)
        later = (await rig.ask("GET", "/api/v1/changes?limit=1")).json["changes"][0]

    assert (answer.status, answer.json["changed"][0]["after"]["stage"]) == (200, "off")
    assert at_once["verdict"] is None
    assert later["verdict"] == {"word": "no", "lines": ["groups: 1"], "figures": {"mismatches": 1}}


async def test_every_wrong_field_is_named_at_once_and_nothing_is_changed(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        version = rig.store.flip(Stage.SHADOW)

        answer = await rig.ask(
            "POST",
            "/api/v1/domains/escrows/advance",
            json={"share": 7, "force": "yes", "expected_version": -1, "resaon": "x"},
        )
        unchanged = rig.store.flags.version()

    assert (answer.status, answer.code, unchanged) == (422, "invalid", version)
    assert [one["field"] for one in answer.json["error"]["fields"]] == [
        "reason",
        "share",
        "force",
        "expected_version",
        "resaon",
    ]


async def test_a_pilot_is_started_seen_by_everybody_and_stopped(tmp_path: Path) -> None:
    path = "/api/v1/domains/escrows/pilot"
    async with running(tmp_path) as rig:
        none = await rig.ask("GET", path, Role.VIEWER)
        started = await rig.ask("POST", path, Role.OPERATOR, json={"to": "live"})
        twice = await rig.ask("POST", path, Role.OPERATOR)
        paused = await rig.ask("POST", f"{path}/pause", Role.OPERATOR, json={"reason": "lunch"})
        status = await rig.ask("GET", "/api/v1/status", Role.VIEWER)
        resumed = await rig.ask("POST", f"{path}/resume", Role.OPERATOR)
        stopped = await rig.ask("POST", f"{path}/stop", Role.OPERATOR)
        shown = await rig.ask("GET", "/api/v1/pilots", Role.VIEWER)

    assert (none.status, none.code, started.json["state"]) == (404, "not_found", "running")
    assert (twice.status, twice.code) == (409, "refused")
    assert [one.json["state"] for one in (paused, resumed, stopped)] == ["paused", "running", "stopped"]
    assert [(one["pilot"], one["pilot_reason"]) for one in status.json["domains"]] == [
        ("paused", "lunch"),
        ("", ""),
    ]
    assert [(one["domain"], one["actor"], one["target"]) for one in shown.json["pilots"]] == [
        ("escrows", "the operator", "live")
    ]


async def test_a_group_is_accepted_and_taken_back_with_both_in_the_ledger(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        group = rig.store.differ()
        wish = {"group": group, "reason": "rounded", "owner": "crm", "expires": NEXT_WEEK}

        accepted = await rig.ask("POST", "/api/v1/acceptances", Role.OPERATOR, json=wish)
        held = await rig.ask("GET", "/api/v1/acceptances", Role.VIEWER)
        again = await rig.ask("POST", "/api/v1/acceptances", Role.OPERATOR, json=wish)
        (one,) = accepted.json["acceptances"]
        path = f"/api/v1/acceptances/{one['id']}"
        withdrawn = await rig.ask("DELETE", path, Role.OPERATOR, json={"reason": "fixed"})
        after = await rig.ask("GET", "/api/v1/acceptances", Role.VIEWER)
        ledger = [(one.action, one.actor) for one in rig.store.flags.history(2)]

    assert (accepted.status, one["label"], one["path"]) == (200, "rounded", "$.a")
    assert [(it["id"], it["accepted_by"], it["holds"]) for it in held.json["acceptances"]] == [
        (one["id"], "the operator", True)
    ]
    assert (again.status, again.code) == (422, "invalid")
    assert "is accepted already" in again.message
    assert withdrawn.status == 200
    assert [one["holds"] for one in after.json["acceptances"]] == [False]
    assert ledger == [("unaccept", "the operator"), ("accept", "the operator")]


async def test_a_whole_cause_is_accepted_with_an_entry_for_each_of_its_groups(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        for number in range(5):
            together = exchange({"a": 1, "b": 1}, {"a": 2, "b": 2}, endpoint=LIST, id=f"both-{number}")
            rig.store.compare(together)
        report = await rig.ask("GET", "/api/v1/parity/report", Role.VIEWER)
        (cause,) = report.json["report"]["causes"]
        wish = {"cause": cause["id"], "reason": "rounded", "owner": "crm", "expires": NEXT_WEEK}
        before = rig.store.flags.version()

        accepted = await rig.ask("POST", "/api/v1/acceptances", Role.OPERATOR, json=wish)
        again = await rig.ask("POST", "/api/v1/acceptances", Role.OPERATOR, json=wish)
        unknown = await rig.ask("POST", "/api/v1/acceptances", json=wish | {"cause": "c-00000000"})

    assert (accepted.status, accepted.json["version"]) == (200, before + 2)
    assert sorted(one["path"] for one in accepted.json["acceptances"]) == ["$.a", "$.b"]
    assert (again.status, again.json["error"]["fields"][0]["field"]) == (422, "cause")
    assert "all of its groups are accepted already" in again.message
    assert (unknown.status, "expected a cause of crossfade parity report" in unknown.message) == (422, True)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"expires": "soon"}, "expires"),
        ({"owner": " "}, "owner"),
        ({"ticket": "javascript:alert(1)"}, "ticket"),
        ({"quirk": "seven"}, "quirk"),
        ({"quirk": "Q-1", "ticket": "https://t.test/1"}, "ticket"),
        ({"kind": "wrong"}, "kind"),
        ({"group": "../../etc"}, "group"),
    ],
)
async def test_a_wish_that_is_wrong_names_its_field(
    changes: dict[str, str], field: str, tmp_path: Path
) -> None:
    wish = {"group": "abcdef", "reason": "rounded", "owner": "crm", "expires": NEXT_WEEK}
    async with running(tmp_path) as rig:
        answer = await rig.ask("POST", "/api/v1/acceptances", json=wish | changes)

    assert (answer.status, [one["field"] for one in answer.json["error"]["fields"]]) == (422, [field])


async def test_the_same_holds_on_postgresql(database_url: str, tmp_path: Path) -> None:
    async with running(tmp_path, url=database_url) as rig:
        version = rig.store.flip(Stage.SHADOW)
        group = rig.store.differ()

        status = await rig.ask("GET", "/api/v1/status", Role.VIEWER)
        shown = await rig.ask("GET", f"/api/v1/parity/groups/{group}", Role.VIEWER)
        looks = await rig.ask("GET", "/api/v1/looks")
        line = await rig.ask("GET", "/api/v1/domains/escrows/timeline")
        pilot = await rig.ask("POST", "/api/v1/domains/escrows/pilot", Role.OPERATOR)
        stopped = await rig.ask("POST", "/api/v1/domains/escrows/pilot/stop", Role.OPERATOR)
        back = await rig.ask("POST", "/api/v1/rollback", Role.OPERATOR)

    assert (pilot.json["step"], stopped.json["state"]) == (1, "stopped")
    assert status.json["domains"][0]["mismatches"] == 1
    assert (shown.status, len(looks.json["looks"])) == (200, 1)
    assert sum(line.json["compared"]) == 13
    assert (back.status, back.json["version"]) == (200, version + 3)


async def _two(rig: Rig, other: Store) -> list[int]:
    async with serving(other) as second:
        body = {"reason": "go", "expected_version": rig.store.flags.version()}
        answers = [
            await one.ask("POST", "/api/v1/domains/escrows/advance", json=body) for one in (rig, second)
        ]
    return [answer.status for answer in answers]


async def test_two_consoles_on_one_store_do_not_both_advance(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        other = Store(
            rig.store.url,
            rig.store.engine,
            FlagStore(rig.store.engine, rig.store.sources.endpoints),
            rig.store.judge,
            rig.store.tokens,
            rig.store.secrets,
        )

        assert await _two(rig, other) == [200, 409]
