"""What was compared, what failed and how long rollbacks took: the evidence that is no load test."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from loadtests.interval import percentile
from loadtests.scorecard.card import Found, some
from loadtests.scorecard.goals import ROLLBACK
from parity.load_results import MET, MISSED, UNDECIDED
from parity.outcome import Outcome
from parity.report_words import count, moment, percent
from parity.tally import Tally
from parity.verdict import Verdict

ROLLBACKS = 50
"""So many of the last ones that were timed are looked at."""
_FLIPS = re.compile(r"failed of ([\d,]+) requests, over ([\d,]+) flips")
_FLIP_TIMES = re.compile(r".*: change served, p99 ms")


@dataclass(frozen=True, slots=True)
class Compared:
    """What was compared of one domain from `since` (None: ever) until `at`.

    `upper` bounds the rate of mismatches, `lacks` is what is missing.
    """

    domain: str
    at: float
    comparisons: int
    accepted: int
    mismatches: int
    upper: float
    since: float | None = None
    lacks: str = ""


class Rollback(NamedTuple):
    """An entry of the ledger: its version, when it was (Unix seconds), and after how long every worker served it."""

    version: int
    at: float
    ms: float | None


class Counted(NamedTuple):
    """Requests of which so many failed: `what` they were, by which run, and when."""

    requests: int
    failed: int
    what: str
    by: str
    at: float | None


def compared_in(verdict: Verdict) -> Compared:
    """What a verdict on the store stands on."""
    grounds, rate = verdict.domain.grounds, verdict.domain.rate
    return Compared(
        verdict.domain.name,
        verdict.generated_at,
        rate.comparisons,
        grounds.tally.outcomes.get(Outcome.ACCEPTED, 0),
        rate.mismatches,
        rate.upper,
        verdict.since,
        _lacks(rate.clean_missing, len(grounds.coverage.missing)),
    )


def compared_in_ready(domain: Mapping[str, Any]) -> Compared:
    """The same of a domain in what `make ready` wrote. Raises LookupError or TypeError where it is not so."""
    rate, required = domain["rate"], domain["coverage"]["required"]
    return Compared(
        str(domain["domain"]),
        float(domain["generated_at"]),
        int(rate["comparisons"]),
        int(domain["outcomes"][Outcome.ACCEPTED.value]),
        int(rate["mismatches"]),
        float(rate["upper"]),
        None if domain["since"] is None else float(domain["since"]),
        _lacks(int(rate["clean_missing"]), sum(not cell["met"] for cell in required)),
    )


def _lacks(comparisons: int, cells: int) -> str:
    parts = [
        *([count(comparisons, "comparison")] if comparisons else []),
        *([count(cells, "required cell")] if cells else []),
    ]
    return " and ".join(parts)


def of_compared(found: Sequence[Compared], domains: Iterable[str], by: str) -> Found:
    """Whether every endpoint of these domains answers as before, but for what a person has accepted."""
    comparisons = sum(one.comparisons for one in found)
    if not comparisons:
        return Found()
    mismatches = sum(one.mismatches for one in found)
    absent = sorted(set(domains) - {one.domain for one in found if one.comparisons})
    lacking = [f"{one.domain} ({one.lacks})" for one in found if one.lacks and one.comparisons]
    differing = [f"{one.domain} ({one.mismatches:,})" for one in found if one.mismatches]
    accepted = sum(one.accepted for one in found)
    since = [one.since for one in found]
    begun = [one for one in since if one is not None]
    remarks = [
        *([f"differ: {some(differing)}"] if differing else []),
        *([f"nothing was compared of {some(absent)}"] if absent else []),
        *([f"not enough of {some(lacking)}"] if lacking else []),
        *([f"{accepted:,} differ only as accepted"] if accepted else []),
        *([f"counted since {moment(min(begun))}"] if None not in since else []),
    ]
    worst = max(one.upper for one in found if one.comparisons)
    return Found(
        MISSED if mismatches else UNDECIDED if absent or lacking else MET,
        f"{mismatches:,} unaccepted",
        f"of {count(comparisons, 'comparison')}, in no domain more than {percent(worst)}",
        {"mismatches": mismatches, "comparisons": comparisons, "accepted": accepted, "upper": worst},
        by,
        max(one.at for one in found),
        tuple(remarks),
    )


def strongest(founds: Sequence[Found]) -> Found:
    """Of several pieces of evidence: one that shows a miss, else one that shows it met, else the first there is."""
    for word in (MISSED, MET, UNDECIDED):
        for found in founds:
            if found.judgement == word:
                return found
    return founds[0] if founds else Found()


def counted_by_proxy(tallies: Mapping[str, Tally]) -> Counted:
    """All that the proxy has counted in the store."""
    requests = sum(tally.requests for tally in tallies.values())
    failed = sum(tally.failed for tally in tallies.values())
    return Counted(requests, failed, "through the proxy", "the proxy's counts in the store", None)


def counted_in_flips(rows: Iterable[Mapping[str, Any]], by: str, at: float) -> Counted | None:
    """What clients met in `make bench-flags`, by the rows that it wrote. Raises LookupError or TypeError."""
    for row in rows:
        if told := _FLIPS.fullmatch(row["name"]):
            requests, flips = (int(each.replace(",", "")) for each in told.groups())
            return Counted(requests, int(row["value"]), f"over {flips:,} flips under load", by, at)
    return None


def counted_under_load(flips: Mapping[str, Any], by: str, at: float) -> Counted:
    """What clients met while `crossfade loadtest proxy` changed stages. Raises LookupError or TypeError."""
    measured = flips["figures"]
    what = f"while stages changed {len(flips['made']):,} times under load"
    return Counted(int(measured["sent"]), int(measured["failed"]), what, by, at)


def of_failed(counted: Sequence[Counted]) -> Found:
    """Whether any request failed, of all that were counted anywhere."""
    seen = [one for one in counted if one.requests]
    if not seen:
        return Found()
    failed, requests = sum(one.failed for one in seen), sum(one.requests for one in seen)
    moments = [one.at for one in seen]
    return Found(
        MISSED if failed else MET,
        f"{failed:,} of {requests:,}",
        seen[0].what
        if len(seen) == 1
        else "; ".join(f"{one.failed:,} of {one.requests:,} {one.what}" for one in seen),
        {"failed": failed, "requests": requests},
        " and ".join(one.by for one in seen),
        None if None in moments else max(one for one in moments if one is not None),
    )


def of_rollbacks(rollbacks: Sequence[Rollback]) -> Found:
    """How long the last rollbacks took, newest first, that somebody waited for."""
    timed = [(one, one.ms) for one in rollbacks if one.ms is not None][:ROLLBACKS]
    if not timed:
        untimed = f"{count(len(rollbacks), 'rollback')} in the ledger, and nobody waited for any worker"
        return Found(remarks=(untimed,) if rollbacks else ())
    newest, oldest = timed[0][0], timed[-1][0]
    is_one = len(timed) == 1
    versions = f"version {newest.version}" if is_one else f"versions {oldest.version} to {newest.version}"
    waiting = len([one for one in rollbacks if one.version >= oldest.version]) - len(timed)
    found = _of_times([ms for _, ms in timed], f"ledger, {versions}", newest.at)
    return replace(found, remarks=(f"{count(waiting, 'other')} nobody waited for",)) if waiting else found


def of_rollbacks_under_load(flips: Mapping[str, Any], by: str, at: float) -> Found:
    """The same of those that `crossfade loadtest proxy` made. Raises LookupError or TypeError."""
    times = [float(one["ms"]) for one in flips["made"] if one["rolled_back"]]
    return _of_times(times, by, at) if times else Found()


def _of_times(times_ms: Sequence[float], by: str, at: float) -> Found:
    median, worst = percentile(sorted(times_ms), 0.5), max(times_ms)
    return Found(
        MET if worst <= ROLLBACK.limit else MISSED,
        f"{worst:,.0f} ms at most",
        f"median {median:,.0f} ms of {count(len(times_ms), 'rollback')}, until every proxy worker served it",
        {"worst_ms": worst, "median_ms": median, "rollbacks": len(times_ms)},
        by,
        at,
    )


def of_flip_times(rows: Iterable[Mapping[str, Any]], by: str, at: float) -> Found:
    """The same by `make bench-flags`, half of whose flips are rollbacks. Raises LookupError or TypeError."""
    times = [float(row["value"]) for row in rows if _FLIP_TIMES.fullmatch(row["name"])]
    if not times:
        return Found()
    worst = max(times)
    return Found(
        MET if worst <= ROLLBACK.limit else MISSED,
        f"{worst:,.0f} ms (p99)",
        f"the slowest of {count(len(times), 'case')} of workers and stores, until every proxy worker served it",
        {"p99_ms": worst},
        by,
        at,
    )
