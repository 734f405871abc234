"""What is proposed and what is withheld, each with its reason."""

import json
from dataclasses import replace
from typing import Any

import pytest

from parity.noise import NoisyPath
from parity.outcome import Aside
from parity.report import EndpointRow, GroupRow, Sample
from parity.rules import Compare, Rule, RuleBook
from parity.suggest import Basis, Suggestion, Suggestions, suggest
from parity.tally import Costs, Tally
from tests.parity.factories import LIST
from tests.parity.reports import group, report, sample

NOISY = NoisyPath(LIST, "$.meta.id", 7, 12, 0, "string (uuid)", 1_795_432_411.0, 1_795_432_471.0)
UUIDS = [f"5f0c2d9e-0000-4000-8000-00000000000{n}" for n in range(10)]


def samples(*pairs: tuple[Any, Any]) -> tuple[Sample, ...]:
    """Samples of these values of (legacy, modern)."""
    return tuple(sample(legacy=json.dumps(legacy), modern=json.dumps(modern)) for legacy, modern in pairs)


def open_group(*pairs: tuple[Any, Any], **changes: Any) -> GroupRow:
    """A group of values at one path."""
    return group(**({"endpoint": LIST, "path": "$.v", "n": 41, "samples": samples(*pairs)} | changes))


def of(*groups: GroupRow, noise: tuple[NoisyPath, ...] = (), rules: tuple[Rule, ...] = ()) -> Suggestions:
    """The suggestions of a report with these."""
    asked = Tally(asides={Aside.CONFIRMATIONS: {"persisted": 9}})
    rows = (EndpointRow(LIST, "escrows", asked, Costs()),)
    return suggest(report(groups=groups, noise=noise, endpoints=rows), RuleBook(rules=rules))


def why(*groups: GroupRow, noise: tuple[NoisyPath, ...] = ()) -> str:
    """Why the one path is withheld."""
    found = of(*groups, noise=noise)
    assert found.suggested == []
    (withheld,) = found.withheld
    return withheld.why


def test_noise_is_proposed_with_its_evidence() -> None:
    assert of(noise=(NOISY,)) == Suggestions(
        [
            Suggestion(
                Rule(
                    endpoint=LIST,
                    path="$.meta.id",
                    compare=Compare.SHAPE,
                    reason="noise: legacy differed from itself in 7 of 12",
                ),
                Basis.NOISE,
                "legacy differed from itself in 7 of 12 reads that it was asked twice (string (uuid))",
                1_795_432_411.0,
            )
        ],
        [],
    )


def test_a_number_is_proposed_where_legacy_differed_from_itself() -> None:
    assert [one.rule.path for one in of(noise=(replace(NOISY, shape="integer"),)).suggested] == ["$.meta.id"]


def test_noise_without_enough_evidence_is_withheld() -> None:
    assert why(noise=(replace(NOISY, differed=2),)) == (
        "legacy differed from itself in 2 of 12 (string (uuid)); no noise yet: 3 of 10 and 20% are wanted"
    )


def test_noise_of_another_shape_is_withheld() -> None:
    assert why(noise=(replace(NOISY, other_shape=1, shape="another order"),)).startswith(
        "legacy differed from itself in 7 of 12 (another order); differs in more than its value"
    )


def test_what_has_a_rule_is_not_proposed_again() -> None:
    rule = Rule(endpoint=LIST, path="$.meta.id", compare=Compare.SHAPE, reason="r")

    assert of(noise=(NOISY,), rules=(rule,)) == Suggestions()


def test_a_group_at_a_noisy_path_is_judged_by_the_noise() -> None:
    pairs = [(UUIDS[n], UUIDS[n + 5]) for n in range(4)]

    found = of(open_group(*pairs, path="$.meta.id"), noise=(NOISY,))

    assert [one.basis for one in found.suggested] == [Basis.NOISE]
    assert found.withheld == []


@pytest.mark.parametrize(
    ("form", "pairs"),
    [
        ("uuid", [(UUIDS[n], UUIDS[n + 5]) for n in range(3)]),
        ("uuid", [(f"<uuid:36:00000000000{n}>", f"<uuid:36:00000000001{n}>") for n in range(3)]),
        ("hex", [(f"<hex:32:00000000000{n}>", f"<hex:32:00000000001{n}>") for n in range(3)]),
        (
            "timestamp with fraction",
            [(f"2026-11-23T10:00:0{n}.5Z", f"2026-11-23T10:00:0{n}.{n}Z") for n in range(3)],
        ),
    ],
)
def test_identifiers_and_times_that_differ_only_in_value_are_proposed(
    form: str, pairs: list[tuple[str, str]]
) -> None:
    (one,) = of(open_group(*pairs)).suggested

    assert (one.rule.path, one.rule.compare, one.basis) == ("$.v", Compare.SHAPE, Basis.SAMPLES)
    assert one.rule.reason == f"each side makes its own: another {form} in 3 of 3 samples"
    assert one.evidence == (
        f"another {form} in 3 of 3 samples, 41 exchanges; legacy did not differ from itself there, "
        "so it is right only where each side makes its own"
    )


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        ([(445_000 + n, 445_001 + n) for n in range(4)], "numbers are no identifiers and no times"),
        ([(True, False), (False, True), (None, None)], "booleans are no identifiers and no times"),
        ([("2026-01-01", f"2026-01-0{n}") for n in range(2, 6)], "dates are no identifiers and no times"),
        ([(f"<text:9:00000000000{n}>", "<text:9:0000000000aa>") for n in range(4)], "texts are no"),
        ([(f"<number:9:00000000000{n}>", f"<number:9:00000000001{n}>") for n in range(4)], "numbers are no"),
        ([(UUIDS[n], "none") for n in range(4)], "differs in shape in 4 of 4 samples (uuid, text)"),
        (
            [(f"<hex:32:00000000000{n}>", f"<hex:40:00000000000{n}>") for n in range(4)],
            "differs in shape in 4 of 4 samples (hex, hex)",
        ),
        ([(UUIDS[0], UUIDS[1])] * 5, "fewer than 3 different samples"),
        ([({"a": n}, {"a": n + 1}) for n in range(4)], "objects are no identifiers"),
        (
            [(f"2026-11-23T10:00:0{n}Z", f"2026-11-23T12:00:0{n}Z") for n in range(4)],
            "modern's is +7,200 s apart in 4 of 4 samples, as a time zone would be",
        ),
        (
            [(f"<timestamp:20:00000000000{n}>", f"<timestamp:20:00000000001{n}>") for n in range(4)],
            "its times are redacted",
        ),
    ],
)
def test_what_could_be_a_fault_is_withheld(pairs: list[tuple[Any, Any]], said: str) -> None:
    found = why(open_group(*pairs))

    assert found.startswith(said)
    assert found.endswith("; legacy did not differ from itself there")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kind": "missing"}, "missing in modern, which is no other value of the same shape"),
        ({"path": "$"}, "no place in an answer, but all of it"),
        ({"path": "**"}, "no place in an answer, but all of it"),
        ({"samples": (sample(legacy='{"a": 1…', modern='{"a": 2…'),) * 3}, "fewer than 3 different samples"),
    ],
)
def test_a_group_that_no_rule_by_shape_fits_is_withheld(changes: dict[str, Any], said: str) -> None:
    pairs = [(UUIDS[n], UUIDS[n + 5]) for n in range(4)]

    assert why(open_group(*pairs, **changes)).startswith(said)


def test_it_says_where_legacy_was_not_asked_twice() -> None:
    pairs = [(n, n + 1) for n in range(4)]

    rehearsed = EndpointRow(LIST, "escrows", Tally(asides={Aside.REHEARSALS: {"rows": 9}}), Costs())

    for rows in ((), (rehearsed,)):
        (withheld,) = suggest(report(groups=(open_group(*pairs),), endpoints=rows), RuleBook()).withheld
        assert withheld.why.endswith("; legacy was not asked twice")


def test_accepted_groups_are_left_alone() -> None:
    pairs = [(UUIDS[n], UUIDS[n + 5]) for n in range(4)]

    assert of(open_group(*pairs, accepted_by="Q-1: so be it")) == Suggestions()


def test_as_json_every_suggestion_and_what_is_withheld_is_there() -> None:
    values = of(open_group((1, 2)), noise=(NOISY,)).to_json()

    assert values["schema"] == "crossfade.parity-suggestions/1"
    assert [(one["path"], one["basis"], one["compare"]) for one in values["suggestions"]] == [
        ("$.meta.id", "noise", "shape")
    ]
    assert [one["path"] for one in values["withheld"]] == ["$.v"]
