"""`crossfade parity rules check`: what is wrong, or what holds."""

import json

from tests.support.command import InProcess

ENDPOINTS = """
[parity]
rules = ["rules.toml"]

[[endpoints]]
domain = "deals"
method = "GET"
path = "/v1/deals"
"""
GOOD = """
[[rules]]
endpoint = "GET /v1/deals"
path = "$.data"
compare = "keyed"
key = "id"
reason = "ties have no order"
"""


def test_the_rules_of_the_reference_crm_are_right(crossfade: InProcess) -> None:
    ran = crossfade("parity", "rules", "check")

    assert (ran.code, ran.err) == (0, "")
    assert "in 7 files, for 125 endpoints: nothing is wrong" in " ".join(ran.out.split())
    assert all(len(line) <= 80 for line in ran.out.splitlines())


def test_rules_are_counted_as_json(crossfade: InProcess) -> None:
    (crossfade.state_dir / "crossfade.toml").write_text(ENDPOINTS)
    (crossfade.state_dir / "rules.toml").write_text(GOOD)

    ran = crossfade("parity", "rules", "check", "--json")

    values = json.loads(ran.out)
    assert (ran.code, values["schema"], values["problems"]) == (0, "crossfade.parity-rules/1", [])
    assert [kind for kind in values["kinds"] if kind["rules"]] == [
        {"compare": "keyed", "rules": 1, "recording": 0, "endpoints": 1}
    ]


def test_every_fault_is_a_line_and_the_exit_code_is_2(crossfade: InProcess) -> None:
    (crossfade.state_dir / "crossfade.toml").write_text(ENDPOINTS)
    (crossfade.state_dir / "rules.toml").write_text(GOOD.replace("/deals", "/deal").replace("id", "a b"))

    ran = crossfade("parity", "rules", "check")

    assert ran.code == 2
    assert ran.out.splitlines() == [
        (
            "rules.toml: rules[1].key: 'a b': expected a field of the items such as id or owner.id, "
            "without a direction"
        ),
        "rules.toml: rules[1].endpoint: 'GET /v1/deal': no endpoint is called so, did you mean 'GET /v1/deals'?",
    ]
    assert ran.err == "2 fault(s) in 1 file(s)\n"


def test_faults_are_told_as_json_too(crossfade: InProcess) -> None:
    (crossfade.state_dir / "crossfade.toml").write_text(ENDPOINTS)
    (crossfade.state_dir / "rules.toml").write_text(GOOD.replace("/deals", "/deal"))

    ran = crossfade("parity", "rules", "check", "--json")

    assert ran.code == 2
    assert json.loads(ran.out)["problems"] == [
        "rules.toml: rules[1].endpoint: 'GET /v1/deal': no endpoint is called so, did you mean 'GET /v1/deals'?"
    ]


def test_a_file_that_is_not_there_is_a_fault(crossfade: InProcess) -> None:
    (crossfade.state_dir / "crossfade.toml").write_text(ENDPOINTS)

    ran = crossfade("parity", "rules", "check")

    assert ran.code == 2
    assert "rules.toml: No such file" in ran.out
