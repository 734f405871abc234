"""Rules files: what may stand in them, and every fault of every file in one go."""

import json
from contextlib import suppress
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.errors import RulesError
from parity.rule import Compare, Tolerance
from parity.rule_files import read_rules

GROUPED = """
[[groups]]
name = "lists"
endpoints = ["GET /v1/escrows", "GET /v1/l*"]

[[rules]]
group = "lists"
path = "$.data[*].total"
compare = "tolerance"
absolute = 0.01
relative = 0.001
reason = "a sum of floats"

[[rules]]
endpoint = "GET /v1/escrows"
path = "$.data"
compare = "keyed"
key = "owner.id"
sort = ["closing_date", "owner.name"]
reason = "ties of the sort key have no order"

[[acceptances]]
group = "lists"
path = "$.b"
reason = "r"
owner = "o"
expires = 2027-01-01

[[acceptances]]
endpoint = "*"
path = "$.a"
reason = "r"
owner = "o"
expires = 2027-01-01
"""


def faults(tmp_path: Path, *texts: str, endpoints: list[str] | None = None) -> str:
    files = [tmp_path / f"{number}.toml" for number in range(len(texts))]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text)
    with pytest.raises(RulesError) as caught:
        read_rules(files, endpoints)
    return "\n".join(caught.value.problems).replace(f"{tmp_path}/", "")


def rule(**fields: str) -> str:
    given = {"endpoint": '"GET /v1/escrows"', "path": '"$.a"', "compare": '"shape"', "reason": '"r"'} | fields
    return "[[rules]]\n" + "".join(f"{key} = {value}\n" for key, value in given.items() if value)


def test_a_group_stands_for_each_of_its_endpoints(tmp_path: Path) -> None:
    (tmp_path / "rules.toml").write_text(GROUPED)

    rules, _ = read_rules([tmp_path / "rules.toml"])

    assert [(one.endpoint, one.group, one.compare) for one in rules] == [
        ("GET /v1/escrows", "lists", Compare.TOLERANCE),
        ("GET /v1/l*", "lists", Compare.TOLERANCE),
        ("GET /v1/escrows", "", Compare.KEYED),
    ]
    assert rules[0].tolerance == Tolerance(absolute=Decimal("0.01"), relative=Decimal("0.001"))
    assert (rules[2].key, rules[2].sort) == (("owner", "id"), (("closing_date",), ("owner", "name")))
    assert rules[2].source == f"{tmp_path}/rules.toml: rules[2]"


def test_acceptances_of_a_group_stand_behind_those_of_endpoints(tmp_path: Path) -> None:
    (tmp_path / "rules.toml").write_text(GROUPED)

    _, acceptances = read_rules([tmp_path / "rules.toml"])

    assert [(one.endpoint, one.path) for one in acceptances] == [
        ("*", "$.a"),
        ("GET /v1/escrows", "$.b"),
        ("GET /v1/l*", "$.b"),
    ]
    assert acceptances[0].expires == date(2027, 1, 1)


def test_a_group_may_stand_in_another_file(tmp_path: Path) -> None:
    for name, text in {"a": rule(endpoint="", group='"lists"'), "b": GROUPED}.items():
        (tmp_path / name).write_text(text)

    rules, _ = read_rules([tmp_path / "a", tmp_path / "b"])

    assert [one.endpoint for one in rules[:2]] == ["GET /v1/escrows", "GET /v1/l*"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (rule(endpoint="", group='"none"'), "0.toml: rules[1].group: 'none' is no group: there are none"),
        (rule(path='"data.id"'), "rules[1].path: 'data.id': path 'data.id' starts with none of $, $status"),
        (rule(compare='"exact"'), "rules[1].compare: 'exact': input should be 'value', 'shape', 'tolerance'"),
        (rule(reason='" "'), "rules[1].reason: ' ': string should have at least 1 character"),
        (rule(compare=""), "rules[1].compare: this key is required and is not there"),
        (rule(comapre='"shape"'), "rules[1].comapre: unknown key, did you mean compare?"),
        (rule(only='"live"'), "rules[1].only: 'live': input should be 'recording'"),
        (
            rule(compare='"tolerance"', absolute="-1"),
            "rules[1].absolute: '-1': input should be greater than 0",
        ),
        (rule(compare='"tolerance"', seconds="nan"), "rules[1].seconds: 'NaN': "),
        (rule(compare='"tolerance"', relative="5"), "rules[1].relative: '5': input should be less than"),
        (
            rule(compare='"keyed"', key='"id"', sort='["closing_date desc"]'),
            "rules[1].sort[1]: 'closing_date desc': expected a field of the items such as id or owner.id",
        ),
        (rule(compare='"keyed"', key='"a[*].b"'), "rules[1].key: 'a[*].b': expected a field of the items"),
        ("[[groups]]\nname = 'a'\nendpoints = []\n", "groups[1].endpoints: '[]': list should have at least"),
        ("[[ignore]]\npath = '$'\n", "ignore: nothing is ignored: compare by shape, or accept"),
        ("rules = 3\n", "rules: expected tables, each begun by [[rules]]"),
        ("not toml [", "0.toml: "),
    ],
)
def test_a_fault_names_file_row_key_value_and_what_was_expected(tmp_path: Path, text: str, said: str) -> None:
    assert said in faults(tmp_path, text)


def test_the_name_of_a_group_is_given_once_in_all_files(tmp_path: Path) -> None:
    said = faults(tmp_path, GROUPED, "[[groups]]\nname = 'lists'\nendpoints = ['*']\n")

    assert "1.toml: groups[1].name: 'lists' is the name of" in said


def test_a_group_that_is_wrong_itself_is_still_a_group(tmp_path: Path) -> None:
    text = "[[groups]]\nname = 'lists'\nendpoints = []\n" + rule(endpoint="", group='"lists"')

    assert "is no group" not in faults(tmp_path, text)


def test_where_the_endpoints_are_known_a_scope_without_one_is_a_fault(tmp_path: Path) -> None:
    text = rule(endpoint='"GET /v1/escrow"') + "[[groups]]\nname = 'g'\nendpoints = ['GET /v2/*']\n"

    said = faults(tmp_path, text, endpoints=["GET /v1/escrows", "GET /v1/leads"])

    assert "rules[1].endpoint: 'GET /v1/escrow': no endpoint is called so, did you mean 'GET /v1/esc" in said
    assert "groups[1].endpoints: 'GET /v2/*': no endpoint is called so" in said


def test_faults_of_all_files_come_at_once(tmp_path: Path) -> None:
    said = faults(tmp_path, rule(path='"x"') + rule(compare='"keyed"'), "[", GROUPED)

    assert "0.toml: rules[1].path" in said
    assert "0.toml: rules[2].compare" in said
    assert "1.toml" in said
    assert "2.toml" not in said


VALUES = st.recursive(
    st.booleans()
    | st.integers(-2, 2)
    | st.floats(0, 2)
    | st.sampled_from(["", "$.a", "keyed", "shape", "*"]),
    lambda child: st.lists(child, max_size=2),
    max_leaves=3,
)
ROWS = st.dictionaries(
    st.sampled_from(
        ["endpoint", "group", "path", "compare", "reason", "key", "sort", "seconds", "name", "kind"]
    ),
    VALUES,
    max_size=6,
)


@given(st.sampled_from(["rules", "acceptances", "groups", "ignore"]), ROWS)
def test_whatever_stands_in_a_row_is_read_or_a_fault(
    tmp_path_factory: pytest.TempPathFactory, table: str, row: dict[str, Any]
) -> None:
    file = tmp_path_factory.mktemp("rules") / "rules.toml"
    file.write_text(f"[[{table}]]\n" + "".join(f"{key} = {json.dumps(row[key])}\n" for key in row))

    with suppress(RulesError):
        read_rules([file], ["GET /v1/escrows"])
