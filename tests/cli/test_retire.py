"""`crossfade retire`: exit codes and lists, on a store that proxy workers have reported to."""

import json

import pytest

from parity.exchange import FALLBACK_BEGUN, Count
from tests.cli.told import Told, requests
from tests.support.command import InProcess

LEADS = "GET /v1/leads"


@pytest.fixture
def told(crossfade: InProcess) -> Told:
    return Told(crossfade)


def test_a_domain_that_only_modern_serves_is_proven_and_what_can_go_is_listed(
    crossfade: InProcess, told: Told
) -> None:
    told.say(20, requests("legacy", LEADS, 5))
    told.say(0, requests("modern", LEADS, 7), requests("legacy", "GET /v1/escrows", 3))
    told.complete()

    ran = crossfade("retire", "leads")

    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("leads: legacy has served nothing for 19 d 23 h (14 d asked): proven\n")
    assert "modern was asked 7 times in that time" in ran.out
    assert " list_leads GET /v1/leads\n" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80


def test_what_legacy_still_served_is_told_with_exit_code_1(crossfade: InProcess, told: Told) -> None:
    told.say(20)
    told.say(3, requests("legacy", LEADS, 2))
    told.say(2, Count("GET /v1/leads/{id}", FALLBACK_BEGUN, "", 1))
    told.say(0)
    told.complete()

    ran = crossfade("retire", "leads")
    shorter = crossfade("retire", "leads", "--unused", "1d")

    assert ran.code == 1
    assert ran.out.startswith("leads: not proven that legacy has served nothing for 14 d\n")
    assert "legacy got 2 requests at GET /v1/leads, last until" in ran.out
    assert "legacy got 1 request that modern failed at GET /v1/leads/{id}" in ran.out
    assert "Delete" not in ran.out
    assert shorter.code == 0


def test_a_hole_is_no_proof_and_is_told(crossfade: InProcess, told: Told) -> None:
    told.say(20)
    told.end(10)
    told.say(9, run="proxy-1-b")
    told.say(0, run="proxy-1-b")
    told.complete()

    ran = crossfade("retire", "leads")

    assert ran.code == 1
    assert "with 1 hole in the time asked" in ran.out
    assert "no proxy worker\n    reported" in ran.out
    assert "proven are only the last 9 d" in ran.out


def test_without_any_data_nothing_is_proven(crossfade: InProcess, told: Told) -> None:
    told.complete()

    ran = crossfade("retire", "leads")

    assert ran.code == 1
    assert "no proxy worker has reported yet" in ran.out


def test_a_domain_that_legacy_may_be_asked_for_again_is_not_proven(crossfade: InProcess, told: Told) -> None:
    told.say(20)
    told.say(0)
    told.complete()
    crossfade("rollback", LEADS, "--to", "live")

    ran = crossfade("retire", "leads", "--json")

    found = json.loads(ran.out)
    assert (ran.code, found["proven"], found["leftovers"]) == (1, False, None)
    assert found["in_the_way"] == [
        f"{LEADS}: at live, not at complete: legacy may be asked again at any moment"
    ]


def test_json_has_a_schema_and_all_that_was_found(crossfade: InProcess, told: Told) -> None:
    told.say(20, requests("legacy", "(unlisted)"))
    told.say(1, requests("legacy", "(unlisted)", 4))
    told.say(0, requests("modern", LEADS, 7))
    told.complete()

    found = json.loads(crossfade("retire", "leads", "--json").out)

    assert (found["schema"], found["domain"], found["proven"]) == ("crossfade.retire/1", "leads", True)
    assert (found["asked_s"], found["modern_requests"], found["legacy"]) == (14 * 86_400, 7, [])
    assert [use["requests"] for use in found["unlisted"]] == [4]
    assert found["leftovers"]["flags"] == ["leads"]


def test_markdown_is_written_whole_for_a_ticket(crossfade: InProcess, told: Told) -> None:
    told.say(20)
    told.say(0)
    told.complete()

    ran = crossfade("retire", "leads", "--markdown", "leads.md")

    text = (crossfade.state_dir / "leads.md").read_text()
    assert (ran.code, ran.err) == (0, "wrote leads.md\n")
    assert text.startswith("## leads: legacy has served nothing for")
    assert "- [ ] `legacy_bridge.leads`" in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("fleads",), "'fleads' is not a domain"),
        (("leads", "--unused", "31d"), "--unused 31 d: expected 1m to 30 d"),
        (("leads", "--unused", "1s"), "--unused 1 s: expected 1m to 30 d"),
        (("leads", "--unused", "long"), "expected a duration like 90s"),
    ],
)
def test_what_was_typed_wrong_is_told(crossfade: InProcess, arguments: tuple[str, ...], said: str) -> None:
    ran = crossfade("retire", *arguments)

    assert ran.code == 2
    assert said in ran.err


def test_a_store_that_is_not_there_is_exit_code_3(
    crossfade: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CROSSFADE_STORE__URL", "postgresql://nobody@127.0.0.1:1/none")

    assert crossfade("retire", "leads").code == 3
