"""Groups and samples, made before any transaction."""

from typing import Any

from parity.compare import compare
from parity.exchange import Exchange
from parity.redact import Redactor
from parity.rules import RuleBook
from parity.samples import OTHER_PATHS, Finding, Group, findings, within
from tests.parity.factories import LIST, TODAY, acceptance, exchange

REDACTOR = Redactor(b"key")


def found_in(
    *exchanges: Exchange, rules: RuleBook | None = None, max_characters: int = 1_000, latest: int = 5
) -> list[Finding]:
    judged = [(one, compare(one, rules or RuleBook(), today=TODAY)) for one in exchanges]
    return findings(REDACTOR, judged, max_characters=max_characters, latest=latest)


def found(legacy: Any, modern: Any, rules: RuleBook | None = None) -> list[Group]:
    (finding,) = found_in(exchange(legacy, modern), rules=rules)
    return list(finding.samples)


def sample_of(legacy: Any, modern: Any, max_characters: int = 1_000) -> dict[str, Any]:
    (finding,) = found_in(exchange(legacy, modern), max_characters=max_characters)
    (sample,) = finding.samples.values()
    assert sample is not None
    return sample


def test_an_exchange_is_once_in_each_group() -> None:
    legacy = {"rows": [{"id": number, "n": 1} for number in range(9)]}
    modern = {"rows": [{"id": number, "n": 2} for number in range(9)]}

    assert [(group.path, group.kind) for group in found(legacy, modern)] == [("$.rows[*].n", "value")]


def test_a_match_leaves_nothing() -> None:
    assert found_in(exchange({"a": 1}, {"a": 1})) == []


def test_only_the_first_and_the_latest_samples_of_a_flood_are_made() -> None:
    flood = [exchange({"n": 0}, {"n": number}, client=f"{number:04x}") for number in range(1, 9)]

    made = found_in(*flood, latest=2)

    assert [bool(sample) for finding in made for sample in finding.samples.values()] == [
        True, *[False] * 5, True, True,
    ]  # fmt: skip
    assert [finding.client for finding in made] == [f"{number:04x}" for number in range(1, 9)]
    assert len({finding.exchange for finding in made}) == 1  # all have one id and one time


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
    sample = sample_of({"name": "Ann Agent"}, {})

    assert (sample["legacy"], sample["modern"]) == (f'"{REDACTOR.token("Ann Agent")}"', None)


def test_a_long_sample_is_cut() -> None:
    sample = sample_of({"a": list(range(100))}, {}, max_characters=50)

    assert len(sample["legacy"]) == 51


def finding_of(samples: dict[Group, dict[str, Any] | None]) -> Finding:
    return Finding("digest", "client", samples)


def test_groups_over_the_bound_share_one() -> None:
    groups = {Group(LIST, "escrows", f"$.k{number}", "value"): {"n": number} for number in range(5)}
    known: dict[str, set[str]] = {LIST: set()}

    bounded = within(finding_of({**groups}), known, max_groups=2).samples

    assert [group.path for group in bounded] == ["$.k0", "$.k1", OTHER_PATHS]
    assert list(bounded.values()) == [{"n": 0}, {"n": 1}, {"n": 2}]


def test_the_group_of_what_is_over_the_bound_takes_the_first_sample_that_was_made() -> None:
    groups = [Group(LIST, "escrows", f"$.k{number}", "value") for number in range(3)]
    finding = finding_of({groups[0]: None, groups[1]: {"n": 1}, groups[2]: {"n": 2}})

    assert list(within(finding, {LIST: set()}, max_groups=0).samples.values()) == [{"n": 1}]


def test_a_known_group_stays_itself_when_there_are_too_many() -> None:
    group = Group(LIST, "escrows", "$.a", "value")

    assert list(within(finding_of({group: {}}), {LIST: {group.id, "x", "y"}}, max_groups=2).samples) == [
        group
    ]
