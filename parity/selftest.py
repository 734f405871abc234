"""The self-test: known mutations of real pairs of answers go through the same comparison as live ones.

One that is not found says that a rule or an acceptance is too wide, and which. Where a rule asks for the shape alone
and the mutation keeps it, it passes by rule: that is counted apart, and so is how much of the answers such rules hold.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any, assert_never

import msgspec

from parity.compare import compare, rules_for
from parity.edits_json import places
from parity.exchange import Exchange
from parity.mutations import Mutation, MutationKind, mutations_of, value_in
from parity.outcome import ABSENT, Acceptance, Comparison, Outcome
from parity.paths import TextGlob
from parity.rules import Compare, Rule, RuleBook
from parity.shape import same_size, shape_of

_MAX_TEXT = 500


class Fate(StrEnum):
    """What became of one mutation."""

    CAUGHT = "caught"
    """It was found, or was rightly not found because it changes nothing by meaning."""
    BY_RULE = "by_rule"
    """A rule or an acceptance says on purpose that it may pass."""
    MISSED = "missed"
    """It passed, and should not have."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One mutation tried. `blame` names what let it pass, `example` what was done where."""

    endpoint: str
    domain: str
    kind: MutationKind
    fate: Fate
    blame: str = ""
    example: str = ""


@dataclass(frozen=True, slots=True)
class ShapeShare:
    """Of one pair of answers: how many values they hold, and how many of these only a rule of shape looks at."""

    endpoint: str
    domain: str
    leaves: int
    by_shape: int


def is_testable(exchange: Exchange, comparison: Comparison) -> bool:
    """Whether mutations of this pair prove something: the same under the rules, with nothing accepted."""
    return comparison.outcome is Outcome.MATCH and not exchange.raced


def trials(exchange: Exchange, rules: RuleBook, *, today: date, seed: str = "") -> Iterator[Trial]:
    """Every mutation of modern's answer against legacy's, each tried when it is asked for."""
    for mutation in mutations_of(exchange.modern, seed or exchange.id):
        trial = _tried(exchange, mutation, rules, today)
        if trial is not None:
            yield trial


def shape_share_of(exchange: Exchange, rules: RuleBook) -> ShapeShare:
    """How much of a pair only rules of shape look at; an answer that is not JSON has one value."""
    value = value_in(exchange.modern)
    if value is ABSENT:
        return ShapeShare(exchange.endpoint, exchange.domain, int(bool(exchange.modern.body)), 0)
    view = rules_for(exchange, rules)
    leaves = [place.steps for place in places(value) if not isinstance(place.value, dict | list)]
    by_shape = sum(view.compare_at(steps) is Compare.SHAPE for steps in leaves)
    return ShapeShare(exchange.endpoint, exchange.domain, len(leaves), by_shape)


def fingerprint(rules: RuleBook, endpoint: str, today: date) -> str:
    """The same for as long as nothing changes in what is said about an endpoint."""
    said = (
        [rule for rule in rules.rules if _concerns(rule, endpoint)],
        [row for row in rules.acceptances if _concerns(row, endpoint) and today <= row.expires],
    )
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16]


def _concerns(row: Rule | Acceptance, endpoint: str) -> bool:
    return TextGlob.of(row.endpoint).matches(endpoint)


def _tried(exchange: Exchange, mutation: Mutation, rules: RuleBook, today: date) -> Trial | None:
    """The trial; None where the mutated answer cannot be compared, which is an outcome of its own."""
    mutated = msgspec.structs.replace(exchange, modern=mutation.observation)
    found = compare(mutated, rules, today=today)
    if found.outcome is Outcome.SKIPPED:
        return None
    fate, blame = _judged(mutated, mutation, found, rules, today)
    example = "" if fate is Fate.CAUGHT else f"{mutation.kind} {mutation.what} at {mutation.path}"
    return Trial(
        exchange.endpoint, exchange.domain, mutation.kind, fate, blame[:_MAX_TEXT], example[:_MAX_TEXT]
    )


def _judged(
    mutated: Exchange, mutation: Mutation, found: Comparison, rules: RuleBook, today: date
) -> tuple[Fate, str]:
    if mutation.kind is MutationKind.EQUIVALENT:
        if not found.differences:
            return Fate.CAUGHT, ""
        first = found.differences[0]
        return Fate.MISSED, f"the comparison: {first.kind} at {first.folded}, though nothing differs"
    if any(mutation.is_found_by(difference) for difference in found.mismatches):
        return Fate.CAUGHT, ""
    swallowed = [one.acceptance for one in found.differences if mutation.is_found_by(one) and one.acceptance]
    if swallowed:
        declared = _declares(swallowed[0], mutation)
        return (Fate.BY_RULE if declared else Fate.MISSED), _named("acceptance", swallowed[0])
    to_blame = _swallowing(mutated, mutation, rules, today)
    if isinstance(to_blame, str):
        return Fate.MISSED, to_blame
    return (Fate.BY_RULE if _lets_pass(to_blame.compare, mutation) else Fate.MISSED), _named("rule", to_blame)


def _swallowing(mutated: Exchange, mutation: Mutation, rules: RuleBook, today: date) -> Rule | str:
    """The rule that lets the mutation pass when it stands alone, the one that wins first."""

    def is_found(*kept: Rule) -> bool:
        book = replace(rules, rules=kept, acceptances=())
        return any(map(mutation.is_found_by, compare(mutated, book, today=today).differences))

    if not is_found():
        return "the comparison itself"
    alone = [rule for rule in rules.rules if _concerns(rule, mutated.endpoint) and not is_found(rule)]
    return alone[-1] if alone else "several rules together"


def _declares(acceptance: Acceptance, mutation: Mutation) -> bool:
    """Whether a person named just such a difference: this status, or one kind at one path without wildcards."""
    if mutation.kind is MutationKind.STATUS:
        return bool(acceptance.modern_status == mutation.after)
    return acceptance.kind is not None and "*" not in acceptance.path.replace("[*]", "")


def _lets_pass(how: Compare, mutation: Mutation) -> bool:
    """Whether a rule of that kind says on purpose that such a mutation may pass."""
    match how:
        case Compare.VALUE:
            return False
        case Compare.SHAPE:
            return ABSENT not in (mutation.before, mutation.after) and _keeps_shape(
                mutation.before, mutation.after
            )
        case Compare.TOLERANCE:
            return mutation.kind is MutationKind.CHANGE
        case Compare.KEYED | Compare.UNORDERED:
            return mutation.kind is MutationKind.REORDER
        case _:
            assert_never(how)


def _keeps_shape(before: Any, after: Any) -> bool:
    one, other = shape_of(before), shape_of(after)
    return (one.type, one.form) == (other.type, other.form) and same_size(one, other)


def _named(what: str, row: Rule | Acceptance) -> str:
    return f"{what} {row.path} of {row.endpoint} ({row.reason})"
