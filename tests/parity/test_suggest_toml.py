"""Suggestions as TOML: it can be pasted as a whole, and everything besides the rules is a comment."""

import tomllib
from pathlib import Path

from parity.rules import Compare, Rule, RuleBook
from parity.suggest import Basis, Suggestion, Suggestions, Withheld
from parity.suggest_toml import suggestions_toml
from tests.parity.factories import LIST

RULE = Rule(endpoint=LIST, path="$.meta.id", compare=Compare.SHAPE, reason="noise: 7 of 12")
SUGGESTED = Suggestion(RULE, Basis.NOISE, "legacy differed from itself in 7 of 12", 1_795_432_411.0)
WITHHELD = Withheld(LIST, "$.price", "numbers are no identifiers and no times")


def test_it_reads() -> None:
    assert suggestions_toml(Suggestions([SUGGESTED], [WITHHELD])) == (
        "# From noise: legacy differed from itself in 7 of 12. Since 2026-11-23\n"
        "# 11:13:31 UTC.\n"
        "[[rules]]\n"
        'endpoint = "GET /v1/escrows"\n'
        'path = "$.meta.id"\n'
        'compare = "shape"\n'
        'reason = "noise: 7 of 12"\n'
        "\n"
        "# Not suggested:\n"
        "\n"
        "# GET /v1/escrows $.price\n"
        "#   numbers are no identifiers and no times\n"
    )


def test_it_is_a_rule_file(tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    file.write_text(suggestions_toml(Suggestions([SUGGESTED], [WITHHELD])))

    assert RuleBook.load([file]).rules == (RULE,)


def test_nothing_is_said_as_a_comment() -> None:
    assert suggestions_toml(Suggestions()) == "# Nothing to suggest.\n"


def test_no_text_can_leave_its_string_or_its_comment() -> None:
    hostile = 'a"\\\n[[acceptances]]\x7f\x00"'
    rule = Rule(endpoint=hostile, path=hostile, compare=Compare.SHAPE, reason=hostile)

    read = tomllib.loads(
        suggestions_toml(
            Suggestions([Suggestion(rule, Basis.NOISE, hostile, 0.0)], [Withheld(hostile, hostile, hostile)])
        )
    )

    assert read == {"rules": [{"endpoint": hostile, "path": hostile, "compare": "shape", "reason": hostile}]}
