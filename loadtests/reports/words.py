"""What every report of a load test says alike: its answer, what is not met, and numbers as text."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from parity.load_results import (
    ALL,
    AVERAGE,
    CACHE,
    MET,
    MISSED,
    NOT_SLOWER,
    QUERIES,
    TIME,
    UNDECIDED,
    LoadEndpoint,
    LoadJudgement,
    LoadProcess,
    LoadSide,
    LoadTest,
)
from parity.report_words import count, moment, percent

MEASURES = {
    TIME: "response time",
    QUERIES: "queries a request",
    CACHE: "cache hits",
    NOT_SLOWER: "not slower",
    AVERAGE: "average response time",
}
WHAT = {
    TIME: "of legacy's",
    QUERIES: "of legacy's",
    CACHE: "of modern's lookups",
    NOT_SLOWER: "of legacy's time",
    AVERAGE: "on modern",
}
"""What a measure is of."""
_SEVERITY = {MISSED: 0, UNDECIDED: 1, MET: 2}
_LATE_WORTH_SAYING = 0.02
_MOST_RATIO = 99


@dataclass(frozen=True, slots=True)
class Judged:
    """A judgement, and the row that it is of."""

    row: LoadEndpoint
    judgement: LoadJudgement

    @property
    def place(self) -> str:
        """The row as a sentence names it."""
        return place(self.row)

    @property
    def measure(self) -> str:
        """What was judged, in words."""
        return MEASURES.get(self.judgement.measure, self.judgement.measure)

    @property
    def said(self) -> str:
        """The measure and its number, as a sentence has them: `not slower` alone would be an answer."""
        return f"{self.measure}{'' if self.judgement.measured else ':'} {against_target(self.judgement)}"


def judged(test: LoadTest) -> list[Judged]:
    """Every judgement: of all together, of each domain, of each endpoint."""
    return [
        Judged(row, one) for row in (test.overall, *test.by_domain, *test.endpoints) for one in row.judgements
    ]


def binding(test: LoadTest) -> list[Judged]:
    """Those that decide the run."""
    return [one for one in judged(test) if one.judgement.binding]


def unmet(test: LoadTest) -> list[Judged]:
    """What is not met: binding ones first, of these the missed."""
    found = [one for one in judged(test) if one.judgement.judgement != MET]
    return sorted(found, key=lambda one: (not one.judgement.binding, _SEVERITY[one.judgement.judgement]))


def headline(test: LoadTest) -> str:
    """The answer in one sentence, with what binds."""
    bound = binding(test)
    targets = count(len(bound), "binding target")
    standing = {word: [one for one in bound if one.judgement.judgement == word] for word in _SEVERITY}
    if standing[MISSED]:
        first, *more = standing[MISSED]
        others = f"; and {len(more):,} more" if more else ""
        undecided = f", {len(standing[UNDECIDED]):,} undecided" if standing[UNDECIDED] else ""
        why = first.judgement.why if first.judgement.measured else ""
        said = f"{first.place}: {first.said}{f' ({why})' if why else ''}"
        return (
            f"Missed: {len(standing[MISSED]):,} of {targets}{undecided}. {said[0].upper()}{said[1:]}{others}."
        )
    if standing[UNDECIDED]:
        return f"Undecided: {len(standing[UNDECIDED]):,} of {targets}; {_what_decides(test)}."
    if not bound:
        return "Undecided: nothing was measured that a binding target could be judged by."
    if test.judgement != MET or test.problem:
        return f"Undecided: the run is not whole; what was measured meets {targets}."
    of_all = [_of_all(test.overall, measure, words) for measure, words in _OF_ALL.items()]
    return f"Met: {', '.join(filter(None, of_all)) or 'everything that was judged'}; {targets} met."


_OF_ALL = {
    TIME: "modern answers in {} of legacy's time",
    QUERIES: "issues {} of its queries",
    CACHE: "{} of cache lookups hit",
    AVERAGE: "an answer takes {} on average",
}


def _of_all(row: LoadEndpoint, measure: str, words: str) -> str:
    found = row.judged(measure)
    if found is None or found.measured is None:
        return ""
    return words.format(_value(measure, found.measured.value))


def _what_decides(test: LoadTest) -> str:
    pairs = pairs_needed(test)
    if pairs is None:
        return "more time or a quieter machine may tell"
    return f"{needed(test, pairs)} would decide"


def pairs_needed(test: LoadTest) -> int | None:
    """How many more pairs of blocks would decide every binding target; None where one cannot be told."""
    wanted = [one.judgement for one in binding(test) if one.judgement.judgement == UNDECIDED]
    known = [one.blocks_needed for one in wanted if one.blocks_needed is not None]
    return max(known) if known and len(known) == len(wanted) else None


def needed(test: LoadTest, pairs: int) -> str:
    """So many pairs of blocks, and how long they take as those of this run did."""
    text = count(pairs, "more pair of blocks", "more pairs of blocks")
    ran = len({block.pair for block in test.blocks})
    if not ran:
        return text
    took_s = max(block.begun_s + block.measured_s for block in test.blocks) - test.blocks[0].begun_s
    return f"{text} (about {_span(pairs * took_s / ran)})"


def remedy(one: LoadJudgement, test: LoadTest) -> str:
    """Why it is not decided, and what would decide it; empty where nothing is known."""
    said = [one.why] if one.why and one.measured else []
    if one.blocks_needed is not None:
        said.append(f"{needed(test, one.blocks_needed)} would decide it")
    return "; ".join(said)


def remedies(found: Sequence[Judged], test: LoadTest) -> list[str]:
    """The remedy of each; empty where it would repeat what was just said of the same row."""
    said = [(one.place, remedy(one.judgement, test)) for one in found]
    return ["" if one == before else one[1] for before, one in zip([None, *said], said, strict=False)]


def _span(seconds: float) -> str:
    if seconds < 90:
        return f"{max(round(seconds), 1)} s"
    return f"{round(seconds / 60)} min" if seconds < 5_400 else f"{seconds / 3_600:.1f} h"


def place(row: LoadEndpoint) -> str:
    """The endpoint, or what it sums up."""
    return row.endpoint if row.endpoint != ALL else f"all of {row.domain}" if row.domain else ALL


def against_target(one: LoadJudgement) -> str:
    """What was measured, its interval and its target; or why nothing was."""
    if one.measured is None:
        return f"not measured{f' ({one.why})' if one.why else ''}, target {target(one)}"
    return f"{measured(one)}, target {target(one)}"


def measured(one: LoadJudgement | None) -> str:
    """What was measured with its interval, like `0.52 (0.49-0.55)`; a dash for nothing."""
    if one is None or one.measured is None:
        return "-"
    return f"{value(one)} ({interval(one)})" if interval(one) else value(one)


def value(one: LoadJudgement) -> str:
    """What was measured; a dash for nothing."""
    return "-" if one.measured is None else _value(one.measure, one.measured.value)


def interval(one: LoadJudgement) -> str:
    """Its interval, like `0.49-0.55`; empty where it has no width."""
    if one.measured is None:
        return ""
    low, high = (
        _value(one.measure, end).removesuffix(" %").removesuffix(" ms")
        for end in (one.measured.low, one.measured.high)
    )
    return "" if low == high else f"{low}-{high}"


def target(one: LoadJudgement) -> str:
    """What is to be reached."""
    margin = " and a margin" if one.measure == NOT_SLOWER else ""
    return f"{'at least' if one.measure == CACHE else 'at most'} {_value(one.measure, one.target)}{margin}"


def _value(measure: str, found: float) -> str:
    """An interval of few blocks may end where no number can be: below nothing, or above all; that is cut off."""
    if measure == CACHE:
        return f"{100 * min(max(found, 0.0), 1.0):.1f} %"
    if measure == AVERAGE:
        return f"{milliseconds(max(found, 0.0))} ms"
    return f"{max(found, 0.0):.2f}" if found < _MOST_RATIO else f"over {_MOST_RATIO}"


def deciding(row: LoadEndpoint) -> str:
    """The worst judgement of a row in a word, of which measures it is where not of all, and whether extra pairs say so."""
    worst = worst_of(row)
    if not worst:
        return ""
    found = [MEASURES.get(one.measure, one.measure) for one in row.judgements if one.judgement == worst]
    is_of_all = worst == MET or len(found) == len(row.judgements)
    said = worst if is_of_all else f"{worst}: {', '.join(found)}"
    return f"{said}, by extra pairs" if row.extra else said


def worst_of(row: LoadEndpoint) -> str:
    """`missed` where anything is, else `undecided` where anything is, else `met`; empty without judgements."""
    return min((one.judgement for one in row.judgements), key=_SEVERITY.__getitem__, default="")


def by_need(rows: Iterable[LoadEndpoint]) -> list[LoadEndpoint]:
    """What is missed first, then what is undecided, then the slowest by legacy."""
    return sorted(rows, key=lambda row: (_SEVERITY.get(worst_of(row), 3), -time_ratio(row)))


def time_ratio(row: LoadEndpoint) -> float:
    """Modern's response time by legacy's; 0 where it was not measured."""
    found = time_judgement(row)
    return found.measured.value if found and found.measured else 0.0


def time_judgement(row: LoadEndpoint) -> LoadJudgement | None:
    """What is judged of its response time; None where nothing is."""
    return row.judged(TIME) or row.judged(NOT_SLOWER)


def milliseconds(value: float | None) -> str:
    """Three digits, or whole ones; a dash for what was not measured."""
    if value is None:
        return "-"
    return f"{value:.2f}" if value < 1 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def number(value: float | None, digits: int = 1) -> str:
    """A dash for what was not measured."""
    return "-" if value is None else f"{value:,.{digits}f}"


def hits(side: LoadSide) -> str:
    """The share of lookups that hit, and of how many; a dash without any."""
    return (
        f"{side.cache_hits / side.cache_lookups:.0%} of {side.cache_lookups:,}" if side.cache_lookups else "-"
    )


def errors(side: LoadSide) -> str:
    """Of how many requests so many were answered otherwise than recorded."""
    if not side.errors:
        return f"0 of {side.requests:,}"
    return f"{side.errors:,} of {side.requests:,} ({percent(side.errors / side.requests)})"


def behind(row: LoadEndpoint, measure: str) -> str:
    """The numbers of both sides that a measure is of; empty where there are no others."""
    legacy, modern = row.legacy, row.modern
    told = {
        TIME: f"p50 {change(milliseconds(legacy.p50_ms), milliseconds(modern.p50_ms))} ms",
        QUERIES: change(number(legacy.queries, 2), number(modern.queries, 2)),
        CACHE: hits(modern),
    }
    return told.get(measure, "")


def beside(row: LoadEndpoint) -> str:
    """What a row has beside its times, queries and cache: 99th percentiles, throughput, time in the database."""
    legacy, modern = row.legacy, row.modern
    said = [
        f"p99 {change(milliseconds(legacy.p99_ms), milliseconds(modern.p99_ms))} ms",
        f"{change(number(legacy.rps), number(modern.rps))} requests/s",
        f"database {change(milliseconds(legacy.db_ms), milliseconds(modern.db_ms))} ms a request",
    ]
    return ", ".join(said)


def change(legacy: str, modern: str) -> str:
    """Legacy's number and modern's; one dash where neither was measured."""
    return "-" if legacy == modern == "-" else f"{legacy} → {modern}"


def process(one: LoadProcess) -> str:
    """What the processes of a side took, as a sentence."""
    return (
        f"{count(one.pids, 'process', 'processes')}, {one.cpu_ms:.1f} ms CPU a request, {one.cpu_share:.0%} of a core; "
        f"{one.first_mb:,.0f} → {one.last_mb:,.0f} MiB, at most {one.most_mb:,.0f}"
    )


def subject(test: LoadTest) -> str:
    """What was run, and when."""
    return " · ".join([scenario(test), ", ".join(test.domains), moment(test.ended_at)])


def scenario(test: LoadTest) -> str:
    """The shape of load, and where it went."""
    rate = f", {test.rate_rps:g} requests a second" if test.rate_rps is not None else ""
    through = "direct" if test.through == "direct" else f"through the proxy at {test.through}"
    return f"{test.scenario} ({test.workload}{rate}, {count(test.users, 'user')}), {through}"


def partial(test: LoadTest) -> str:
    """Why it is not whole, and how much of it is; empty where it is."""
    if not test.problem:
        return ""
    whole = sum(not block.problem for block in test.blocks)
    return f"PARTIAL: {test.problem}; {whole:,} of {count(test.planned_blocks, 'block')} went through."


def notes(test: LoadTest) -> list[str]:
    """What a reader must know, a sentence each."""
    overall = test.overall
    load = (
        f"{count(len(test.blocks), 'block')} of {test.planned_blocks:,}, {test.duration_s:g} s measured on each side, "
        f"{overall.legacy.requests:,} and {overall.modern.requests:,} requests, seed {test.seed}."
    )
    reading = (
        "Ratios are modern to legacy, of the requests that succeed, with 95 % intervals over pairs of blocks (wider where "
        "many endpoints are asked the same); percentiles are those of all answers. A dash: not measured. Not slower: "
        f"the whole interval ends below {1 + test.targets.not_slower_margin:.2f}."
    )
    said = [load, reading]
    if test.workload == "open":
        said.append(
            "Times count from when a request was due, so that a stall is in every one that it held up."
        )
    else:
        said.append(
            "Users waited for each answer before they sent again: what more users would have met in a stall is not in "
            "these times (coordinated omission)."
        )
    said += [
        f"{side.late:.1%} of {side.requests:,} requests to {name} were sent late: it could not keep the pace."
        for name, side in (("legacy", overall.legacy), ("modern", overall.modern))
        if side.late > _LATE_WORTH_SAYING
    ]
    if not test.processes:
        said.append("CPU and memory were not measured: nobody knows the processes of the backends.")
    if test.stopped:
        said.append(f"Ended early: {test.stopped}.")
    said += [note for note in test.notes if note not in said]
    if test.left_out:
        said.append(_left_out(test.left_out))
    if ran_on := ", ".join(filter(None, (test.machine, test.version and f"Crossfade {test.version}"))):
        said.append(f"{ran_on}.")
    return said


def _left_out(left_out: dict[str, str], shown: int = 5) -> str:
    named: Sequence[str] = [f"{name} ({why})" for name, why in left_out.items()]
    more = f", and {len(named) - shown:,} more" if len(named) > shown else ""
    return f"Left out ({len(named):,}): {', '.join(named[:shown])}{more}."
