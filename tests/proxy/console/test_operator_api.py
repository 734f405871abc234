"""What the API does for an operator's commands, asked as they ask it (`tests/cli/test_by_server.py` has them whole)."""

import os
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

from proxy.console.tokens import Role
from proxy.flag_rows import LastAnswer, Registration
from proxy.pilot_policy import DEFAULT_POLICY
from proxy.pilot_runs import PilotRuns
from proxy.stages import Stage
from tests.proxy.console.rig import Rig, running

GO = {"reason": "go"}
NEXT_WEEK = (datetime.now(UTC).date() + timedelta(days=7)).isoformat()


async def test_a_rollback_tells_each_worker_and_the_last_answer_by_modern(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        version = rig.store.flip(Stage.SHADOW)
        rig.store.flags.register(Registration("w-1", "proxy-1", socket.gethostname(), os.getpid()))
        rig.store.flags.acknowledge("w-1", version + 1, {"escrows": LastAnswer("GET /v1/escrows", 20.5)})

        answer = await rig.ask("POST", "/api/v1/flags/rollback", Role.OPERATOR, json={"key": "escrows"})

    assert (answer.status, answer.json["version"], answer.json["missing"]) == (200, version + 1, [])
    assert [one["worker"] for one in answer.json["workers"]] == ["proxy-1"]
    assert answer.json["last_by_modern"] == {"worker": "proxy-1", "endpoint": "GET /v1/escrows", "at_s": 20.5}
    assert answer.json["change"]["actor"] == "the operator"


async def test_a_change_that_is_asked_for_again_is_made_once(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        asked = {"key": "escrows", **GO, "since_version": rig.store.flags.version()}

        told = [await rig.ask("POST", "/api/v1/flags/advance", Role.OPERATOR, json=asked) for _ in range(2)]

        table = rig.store.flags.table()
    assert told[0].json["change"] == told[1].json["change"]
    assert table.rows["escrows"].stage is Stage.SHADOW


async def test_an_endpoint_has_a_stage_of_its_own_and_rows_are_planned_before_they_are_applied(
    tmp_path: Path,
) -> None:
    rows = {"rows": {"leads": {"stage": "canary", "canary_share": 0.05, "sample_rate": 1.0}}}
    async with running(tmp_path) as rig:
        asked = {"key": "GET /v1/escrows", "stage": "shadow", **GO}
        own = await rig.ask("POST", "/api/v1/flags/stage", Role.OPERATOR, json=asked)
        plan = await rig.ask("POST", "/api/v1/flags/plan", Role.OPERATOR, json=rows)
        refused = await rig.ask("POST", "/api/v1/flags/apply", Role.OPERATOR, json={**rows, **GO})
        flags = await rig.ask("GET", "/api/v1/flags", Role.VIEWER)

    assert own.json["change"]["changed"][0]["after"]["stage"] == "shadow"
    (step,) = plan.json["steps"]
    assert (step["key"], step["before"]["stage"], step["after"]["stage"]) == ("leads", "off", "canary")
    assert "cannot go to canary" in step["forbidden"]
    assert (refused.status, refused.code) == (409, "refused")
    assert refused.json["error"]["lines"][:2] == ["nothing was applied:", f"  {step['forbidden']}"]
    assert [(one["key"], one["stage"]) for one in flags.json["flags"]] == [
        ("escrows", "off"),
        ("leads", "off"),
        ("GET /v1/escrows", "shadow"),
    ]


async def test_force_wants_an_admin(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        asked = {"key": "escrows", "force": True, **GO}

        operator = await rig.ask("POST", "/api/v1/flags/advance", Role.OPERATOR, json=asked)
        admin = await rig.ask("POST", "/api/v1/flags/advance", Role.ADMIN, json=asked)

    assert (operator.status, operator.code, admin.status) == (403, "forbidden", 200)


async def test_what_is_not_there_is_404_with_what_is(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        answers = [
            await rig.ask("POST", "/api/v1/flags/rollback", json={"key": "stock"}),
            await rig.ask("GET", "/api/v1/parity/reports?domain=stock"),
            await rig.ask("GET", "/api/v1/parity/verdicts?domains=escrows,stock"),
            await rig.ask("POST", "/api/v1/pilots/stock/turn", json={"turn": "stop", "revision": 0}),
        ]

    assert [(one.status, "escrows" in one.message) for one in answers] == [(404, True)] * 4


async def test_samples_are_shown_only_with_the_whole_report_and_each_look_is_noted(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        group = rig.store.differ()
        part = await rig.ask("GET", "/api/v1/parity/reports", Role.VIEWER)
        nobody = await rig.ask("GET", "/api/v1/looks")
        whole = await rig.ask("GET", "/api/v1/parity/reports?whole=true", Role.VIEWER)
        looks = await rig.ask("GET", "/api/v1/looks")

    assert [one["samples"] for one in part.json["values"][0]["groups"]] == [[]]
    assert nobody.json["looks"] == []
    assert len(whole.json["values"][0]["groups"][0]["samples"]) == 1
    assert [(one["name"], one["group_id"]) for one in looks.json["looks"]] == [("the viewer", group)]


async def test_a_run_is_turned_as_it_was_seen_and_once(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        PilotRuns(rig.store.engine, rig.store.flags).start(
            "escrows", DEFAULT_POLICY.read_text(), "default", Stage.COMPLETE, actor="ada", now=0.0
        )
        seen = (await _pilots(rig))[0]["run"]["revision"]
        stop = {"turn": "stop", "revision": seen, "reason": "enough"}

        told = [await rig.ask("POST", "/api/v1/pilots/escrows/turn", json=stop) for _ in range(2)]
        late = await rig.ask("POST", "/api/v1/pilots/escrows/turn", json={**stop, "turn": "pause"})
        ledger = rig.store.flags.history(10)

    assert [one.json["run"]["state"] for one in told] == ["stopped"] * 2
    assert (late.status, late.code) == (409, "conflict")
    assert next(one.reason for one in ledger if one.action == "pilot") == "stopped: enough"
    assert len([one for one in ledger if one.action == "pilot"]) == 2


async def test_a_group_is_accepted_and_withdrawn_once(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        group = rig.store.differ()
        since = rig.store.flags.version()
        wish = {"groups": [group], "owner": "ada", "expires": NEXT_WEEK, **GO}

        accepted = [
            await rig.ask("POST", "/api/v1/parity/acceptances", json={**wish, "since_version": since})
            for _ in range(2)
        ]
        (one,) = accepted[0].json["acceptances"]
        back = {"ids": [one["id"]], "reason": "fixed", "since_version": accepted[0].json["version"]}
        withdrawn = [await rig.ask("POST", "/api/v1/parity/withdrawals", json=back) for _ in range(2)]
        held = await rig.ask("GET", "/api/v1/parity/acceptances")

    assert accepted[0].json == accepted[1].json
    assert withdrawn[0].json == withdrawn[1].json
    assert [entry["acceptance"]["id"] for entry in held.json["values"]] == [one["id"]]
    assert held.json["values"][0]["withdrawn_at"] is not None


async def _pilots(rig: Rig) -> list[dict[str, dict[str, int]]]:
    found: list[dict[str, dict[str, int]]] = (await rig.ask("GET", "/api/v1/pilots/runs")).json["runs"]
    return found
