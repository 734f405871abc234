"""Rules worth proposing, from noise and from groups of differences, each with its evidence; and what is withheld, and why.

Nothing here decides: a person pastes the rule or does not. Where legacy never differed from itself, only what each
side may rightly make anew is proposed, identifiers and times; a number never is, and no other text.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from parity.noise import WHOLES, NoisyPath
from parity.outcome import Aside, Kind
from parity.report import GroupRow, Report, Sample
from parity.report_words import KINDS, noise_meaning
from parity.rules import Compare, Rule, RuleBook
from parity.shape import format_of

SCHEMA = "crossfade.parity-suggestions/1"
LEAST_SAMPLES = 3
"""Samples of a group, no two of them the same, from which on it is judged."""

_TIMES = frozenset({"timestamp", "timestamp with fraction"})
_MADE_ANEW = frozenset({"uuid", "hex", *_TIMES})
_TOKEN = re.compile(r"<([a-z-]+)(?::(\d+))?:[0-9a-f]{12}>\Z")


class Basis(StrEnum):
    """What a suggestion rests on."""

    NOISE = "noise"
    """Legacy differed from itself."""
    SAMPLES = "samples"
    """The two sides differ in value and never in shape."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A rule, what it rests on, and since when that is seen."""

    rule: Rule
    basis: Basis
    evidence: str
    since_at: float


@dataclass(frozen=True, slots=True)
class Withheld:
    """A path for which no rule is proposed, and why."""

    endpoint: str
    path: str
    why: str


@dataclass(frozen=True, slots=True)
class Suggestions:
    """All of a report."""

    suggested: list[Suggestion] = field(default_factory=list)
    withheld: list[Withheld] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """JSON values, with the version of their form under `schema`."""
        return {
            "schema": SCHEMA,
            "suggestions": [
                {
                    "endpoint": one.rule.endpoint,
                    "path": one.rule.path,
                    "compare": one.rule.compare.value,
                    "reason": one.rule.reason,
                    "basis": one.basis.value,
                    "evidence": one.evidence,
                    "since_at": one.since_at,
                }
                for one in self.suggested
            ],
            "withheld": [
                {"endpoint": one.endpoint, "path": one.path, "why": one.why} for one in self.withheld
            ],
        }


def suggest(report: Report, rules: RuleBook) -> Suggestions:
    """What the report gives reason to propose; paths that have a rule of their own already are left out."""
    found = Suggestions()
    done = {(rule.endpoint, rule.path) for rule in rules.rules}
    asked = {row.endpoint for row in report.endpoints if _was_asked(row.tally.asides.items())}
    for noisy in report.noise:
        if (noisy.endpoint, noisy.path) not in done:
            done.add((noisy.endpoint, noisy.path))
            _of_noise(noisy, found)
    for group in report.open_groups:
        if (group.endpoint, group.path) not in done:
            _of_group(group, found, was_asked=group.endpoint in asked)
    return found


def _was_asked(asides: Iterable[tuple[Aside, Any]]) -> bool:
    return any(n for aside, n in asides if aside in (Aside.CONFIRMATIONS, Aside.NOISE_CHECKS))


def _of_noise(noisy: NoisyPath, found: Suggestions) -> None:
    if noisy.is_learned:
        evidence = f"{noisy.evidence} reads that it was asked twice ({noisy.shape})"
        found.suggested.append(Suggestion(noisy.rule(), Basis.NOISE, evidence, noisy.first_seen_at))
        return
    why = f"{noisy.evidence} ({noisy.shape}); {noise_meaning(noisy)}"
    found.withheld.append(Withheld(noisy.endpoint, noisy.path, why))


def _of_group(group: GroupRow, found: Suggestions, *, was_asked: bool) -> None:
    asked = "legacy did not differ from itself there" if was_asked else "legacy was not asked twice"
    pairs = [(_value(sample.legacy), _value(sample.modern)) for sample in group.samples]
    if why := _why_not(group, pairs):
        found.withheld.append(Withheld(group.endpoint, group.path, f"{why}; {asked}"))
        return
    form = _form(pairs[0][0])[0]
    samples = f"another {form} in {len(pairs)} of {len(pairs)} samples"
    rule = Rule(
        endpoint=group.endpoint,
        path=group.path,
        compare=Compare.SHAPE,
        reason=f"each side makes its own: {samples}",
    )
    evidence = f"{samples}, {group.n:,} exchanges; {asked}, so it is right only where each side makes its own"
    found.suggested.append(Suggestion(rule, Basis.SAMPLES, evidence, group.first_seen_at))


def _why_not(group: GroupRow, pairs: Sequence[tuple[Any, Any]]) -> str:
    """Why no rule by shape is proposed; empty: one is."""
    if group.kind not in (Kind.VALUE, Kind.HEADER):
        return f"{KINDS.get(group.kind, group.kind)}, which is no other value of the same shape"
    if group.path in WHOLES:
        return "no place in an answer, but all of it"
    if len({json.dumps(pair) for pair in pairs}) < LEAST_SAMPLES:
        return f"fewer than {LEAST_SAMPLES} different samples"
    forms = [(_form(legacy), _form(modern)) for legacy, modern in pairs]
    others = [one for one in forms if one[0] != one[1]]
    if others:
        return f"differs in shape in {len(others)} of {len(forms)} samples ({others[0][0][0]}, {others[0][1][0]})"
    form = forms[0][0][0]
    if any(one[0][0] not in _MADE_ANEW for one in forms):
        return f"{form}s are no identifiers and no times: by shape any other would pass"
    return _why_not_time(group.samples, pairs) if form in _TIMES else ""


def _why_not_time(samples: Sequence[Sample], pairs: Sequence[tuple[Any, Any]]) -> str:
    """Times that are always apart by the same are a fault, such as a time zone."""
    try:
        apart = {(_moment(modern) - _moment(legacy)).total_seconds() for legacy, modern in pairs}
    except ValueError:
        return "its times are redacted"
    if len(apart) > 1:
        return ""
    return f"modern's is {apart.pop():+,g} s apart in {len(samples)} of {len(samples)} samples, as a time zone would be"


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _value(side: str | None) -> Any:
    """What was kept of a side; text that was cut is that text."""
    if side is None:
        return None
    try:
        return json.loads(side)
    except ValueError:
        return [side]


def _form(value: Any) -> tuple[str, int]:
    """The format of a kept value and, where it matters, its length: of a token what it tells."""
    match value:
        case str():
            token = _TOKEN.match(value)
            form = token[1].replace("-", " ") if token else format_of(value)
            size = int(token[2] or 0) if token else len(value)
            return form, size if form == "hex" else 0
        case bool():
            return "boolean", 0
        case None:
            return "null", 0
        case int() | float():
            return "number", 0
        case dict():
            return "object", 0
        case _:
            return "array", 0
