"""What a verdict asks of a domain, or of one of its endpoints, and how that stands by what was seen."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from parity.conditions import Condition, Share, Standing, comparisons, groups, rate_text, some
from parity.confidence import RateSequence
from parity.coverage import Coverage
from parity.evidence import DECIDED
from parity.fleeting import FleetingPath
from parity.outcome import Outcome
from parity.ratios import LEAST_PAIRS, CountSums, LogSums, Ratio
from parity.report import GroupRow
from parity.report_words import count
from parity.tally import Tally
from parity.verdict_limits import VerdictLimits


class SelfTested(Protocol):
    """What the self-test of a domain says: mutations tried, caught and `missed`, what let these pass, and when."""

    @property
    def tried(self) -> int: ...  # noqa: D102  the class says it
    @property
    def caught(self) -> int: ...  # noqa: D102  the class says it
    @property
    def missed(self) -> int: ...  # noqa: D102  the class says it
    @property
    def at(self) -> float: ...  # noqa: D102  the class says it
    @property
    def blame(self) -> Sequence[str]: ...  # noqa: D102  the class says it


@dataclass(frozen=True, slots=True)
class MismatchRate:
    """The bounds of the mismatch rate, and how many clean comparisons would bring `upper` under `max_rate`.

    `missing_s` is how long those take at the present rate of comparisons; None where none came lately.
    """

    mismatches: int
    comparisons: int
    lower: float
    upper: float
    max_rate: float
    confidence: float
    clean_missing: int
    missing_s: float | None

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Grounds:
    """What was seen of a domain or an endpoint: `recent` comparisons in the last `recent_s` seconds."""

    tally: Tally = field(default_factory=Tally)
    open_groups: tuple[GroupRow, ...] = ()
    coverage: Coverage = field(default_factory=lambda: Coverage((), ()))
    durations: LogSums = field(default_factory=LogSums)
    queries: CountSums = field(default_factory=CountSums)
    recent: int = 0
    recent_s: float = 0.0
    fleeting: tuple[FleetingPath, ...] = ()

    @property
    def comparisons(self) -> int:
        """Those that say whether the backends agree: without the transient ones, which say it of neither."""
        return sum(self.tally.outcomes.get(outcome, 0) for outcome in DECIDED)

    @property
    def failed(self) -> Share:
        """Mirrored requests to which a backend gave no whole answer in time."""
        failures = (Outcome.ERROR, Outcome.TIMEOUT)
        return Share(sum(self.tally.outcomes.get(outcome, 0) for outcome in failures), self.tally.total)

    @property
    def shed(self) -> Share:
        """Mirrored requests whose copy was dropped at a bound."""
        return Share(self.tally.outcomes.get(Outcome.SHED, 0), self.tally.total)

    def rate(self, limits: VerdictLimits) -> MismatchRate:
        """The mismatch rate by the limits' confidence."""
        sequence = RateSequence(limits.max_rate, limits.confidence)
        seen = self.tally.mismatches, self.comparisons
        missing = sequence.clean_missing(*seen)
        return MismatchRate(
            *seen,
            sequence.lower(*seen),
            sequence.upper(*seen),
            limits.max_rate,
            limits.confidence,
            missing,
            missing * self.recent_s / self.recent if self.recent else None,
        )


def weigh(grounds: Grounds, limits: VerdictLimits) -> list[Condition]:
    """Every condition that can be told of a domain and of an endpoint alike."""
    conditions = [
        _coverage(grounds.coverage),
        comparisons(grounds.comparisons, limits.min_comparisons),
        _rate(grounds.rate(limits), grounds),
        groups(grounds.open_groups, limits.max_open_groups),
        _fleeting(grounds.fleeting),
        _latency(grounds.durations, limits),
        _queries(grounds.queries, limits),
        _failed(grounds.failed, limits.max_failed_share),
        _shed(grounds.shed, limits.max_shed_share),
    ]
    return [condition for condition in conditions if condition is not None]


def _coverage(coverage: Coverage) -> Condition | None:
    if not coverage.required:
        return None
    missing = coverage.missing
    seen = f"{len(coverage.required) - len(missing)} of {count(len(coverage.required), 'required cell')}"
    often = "" if coverage.least == 1 else f" {coverage.least} times each"
    if not missing:
        return Condition("coverage", Standing.HOLDS, f"{seen} compared{often}")
    names = [one.name if not n else f"{one.name} ({n} of {coverage.least})" for one, n in missing]
    return Condition("coverage", Standing.MISSING, f"{seen} compared{often}, missing: {some(names)}")


def _rate(rate: MismatchRate, grounds: Grounds) -> Condition:
    verb = "differs" if rate.mismatches == 1 else "differ"
    seen = (
        f"{rate.mismatches:,} of {count(rate.comparisons, 'comparison')} {verb}: under {rate_text(rate.upper)} "
        f"at {rate_text(rate.confidence)} confidence, wanted under {rate_text(rate.max_rate)}"
    )
    if not rate.clean_missing:
        return Condition("mismatch rate", Standing.HOLDS, seen)
    if rate.lower > rate.max_rate:
        return Condition("mismatch rate", Standing.WRONG, f"{seen}; it is over {rate_text(rate.lower)}")
    lacking = f"{count(rate.clean_missing, 'clean comparison')} missing"
    if rate.missing_s is None:
        return Condition("mismatch rate", Standing.MISSING, f"{seen}: {lacking}, and none came lately")
    pace = f"{span(rate.missing_s)} at {per_time(grounds.recent, grounds.recent_s)}"
    return Condition("mismatch rate", Standing.MISSING, f"{seen}: {lacking}, {pace}")


def _fleeting(paths: Sequence[FleetingPath]) -> Condition:
    """A fault that comes and goes is no mismatch when it is gone at the second asking: it must not pass for none."""
    over = [path for path in paths if path.is_over]
    if not over:
        seen = (
            f"{count(len(paths), 'path')}, none too often" if paths else "nothing was gone when asked again"
        )
        return Condition("comes and goes", Standing.HOLDS, seen)
    proven = [path for path in over if path.comes_and_goes]
    shown = some(f"{path.endpoint} {path.path} ({path.n:,} of {path.compared:,})" for path in proven or over)
    wanted = f"wanted {rate_text(over[0].max_share)} of comparisons at most"
    if proven:
        text = f"{count(len(proven), 'path')} differed and agreed when asked again, {wanted}: {shown}"
        return Condition("comes and goes", Standing.WRONG, text)
    text = f"{count(len(over), 'path')} seen too seldom to tell, {wanted}: {shown}"
    return Condition("comes and goes", Standing.MISSING, text)


def _latency(durations: LogSums, limits: VerdictLimits) -> Condition:
    ratio = durations.ratio(limits.confidence)
    if ratio is None:
        text = f"{durations.n} of {LEAST_PAIRS} pairs of answers that are wanted at least"
        return Condition("latency", Standing.MISSING, text)
    return _ratio("latency", "time", ratio, limits.max_latency_ratio, limits.confidence)


def _queries(queries: CountSums, limits: VerdictLimits) -> Condition | None:
    if not queries.n:
        return None
    ratio = queries.ratio(limits.confidence)
    if ratio is not None:
        return _ratio("queries", "query count", ratio, limits.max_query_ratio, limits.confidence)
    if queries.n < LEAST_PAIRS:
        text = f"{queries.n} of {LEAST_PAIRS} pairs of counts that are wanted at least"
        return Condition("queries", Standing.MISSING, text)
    standing = Standing.WRONG if queries.modern else Standing.HOLDS
    return Condition("queries", standing, f"legacy 0, modern {queries.modern:,} in {queries.n:,} pairs")


def _ratio(name: str, what: str, ratio: Ratio, most: float, confidence: float) -> Condition:
    standing = (
        Standing.HOLDS if ratio.high <= most else Standing.WRONG if ratio.low > most else Standing.MISSING
    )
    return Condition(
        name,
        standing,
        f"modern's {what} is {ratio.value:.2f} of legacy's ({rate_text(confidence)}: {ratio.low:.2f} to "
        f"{ratio.high:.2f}, {ratio.n:,} pairs), wanted {most:g} at most",
    )


def _failed(failed: Share, most: float) -> Condition:
    standing = Standing.WRONG if failed.is_over(most) else Standing.HOLDS
    text = f"{failed.text} mirrored requests without a whole answer in time, wanted {rate_text(most)} at most"
    return Condition("failed", standing, text)


def _shed(shed: Share, most: float) -> Condition:
    standing = Standing.MISSING if shed.is_over(most) else Standing.HOLDS
    return Condition(
        "shed", standing, f"{shed.text} copies dropped at a bound, wanted {rate_text(most)} at most"
    )


def self_test(state: SelfTested | None, *, required: bool) -> Condition | None:
    """Whether known mutations are told from what is right; without that, no comparison proves anything."""
    if state is None or not state.tried:
        return Condition("self-test", Standing.MISSING, "never run") if required else None
    if state.missed:
        passed = f"{state.missed:,} of {count(state.tried, 'mutation')} passed unnoticed"
        return Condition("self-test", Standing.MISSING, f"{passed}: {some(state.blame)}")
    by_rule = state.tried - state.caught
    others = f", {by_rule:,} let pass by a rule on purpose" if by_rule else ""
    said = f"{state.caught:,} of {count(state.tried, 'mutation')} caught{others}"
    return Condition("self-test", Standing.HOLDS, said)


def span(seconds: float) -> str:
    """About how long: `about 40 s`, `about 3 h`."""
    for unit, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= unit:
            return (
                f"about {seconds / unit:.2g} {name}"
                if seconds < 99 * unit
                else f"about {seconds / unit:,.0f} {name}"
            )
    return f"about {max(1, round(seconds))} s"


def per_time(n: int, seconds: float) -> str:
    """How many in a time that gives a number of one or more: `12 a second`, `3 an hour`."""
    for unit, name in ((1, "a second"), (60, "a minute"), (3_600, "an hour")):
        if n * unit >= seconds:
            return f"{n * unit / seconds:,.0f} {name}"
    return f"{n * 86_400 / seconds:.2g} a day"
