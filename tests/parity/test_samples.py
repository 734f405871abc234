"""Groups and samples, made before any transaction."""

from typing import Any

from parity.compare import compare
from parity.redact import Redactor
from parity.rules import RuleBook
from parity.samples import OTHER_PATHS, Finding, Group, findings, within
from tests.parity.factories import LIST, TODAY, acceptance, exchange

REDACTOR = Redactor(b"key")


def found(legacy: Any, modern: Any, rules: RuleBook | None = None, max_characters: int = 1_000) -> Finding:
    mirrored = exchange(legacy, modern)
    comparison = compare(mirrored, rules or RuleBook(), today=TODAY)
    (finding,) = findings(REDACTOR, [(mirrored, comparison)], max_characters=max_characters)
    return finding


def test_an_exchange_is_once_in_each_group() -> None:
    legacy = {"rows": [{"id": number, "n": 1} for number in range(9)]}
    modern = {"rows": [{"id": number, "n": 2} for number in range(9)]}

    assert [(group.path, group.kind) for group in found(legacy, modern)] == [("$.rows[*].n", "value")]


def test_a_match_leaves_nothing() -> None:
    mirrored = exchange({"a": 1}, {"a": 1})

    assert (
        findings(REDACTOR, [(mirrored, compare(mirrored, RuleBook(), today=TODAY))], max_characters=9) == []
    )


def test_accepted_and_open_differences_are_different_groups() -> None:
    book = RuleBook(acceptances=(acceptance("$.a"),))
    groups = [*found({"a": 1}, {"a": 2}), *found({"a": 1}, {"a": 2}, book)]

    assert len({group.id for group in groups}) == 2
    assert (groups[1].accepted_by, groups[1].owner, groups[1].expires) == (
        "Q-16: items gain field",
        "crm-migration",
        "2027-06-30",
    )


def test_a_sample_is_redacted_text_and_null_for_nothing() -> None:
    (sample,) = found({"name": "Ann Agent"}, {}).values()

    assert (sample["legacy"], sample["modern"]) == (f'"{REDACTOR.token("Ann Agent")}"', None)


def test_a_long_sample_is_cut() -> None:
    (sample,) = found({"a": list(range(100))}, {}, max_characters=50).values()

    assert len(sample["legacy"]) == 51


def test_groups_over_the_bound_share_one() -> None:
    finding: Finding = {Group(LIST, "escrows", f"$.k{number}", "value"): {"n": number} for number in range(5)}
    known: dict[str, set[str]] = {LIST: set()}

    bounded = within(finding, known, max_groups=2)

    assert [group.path for group in bounded] == ["$.k0", "$.k1", OTHER_PATHS]
    assert [sample["n"] for sample in bounded.values()] == [0, 1, 2]


def test_a_known_group_stays_itself_when_there_are_too_many() -> None:
    group = Group(LIST, "escrows", "$.a", "value")

    assert list(within({group: {}}, {LIST: {group.id, "x", "y"}}, max_groups=2)) == [group]
