"""The words and figures of the console's pages."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from parity import load_comparison, load_results
from parity.load_results import LoadJudgement, LoadRatio, LoadTest
from parity.outcome import Outcome
from parity.report_words import count, percent
from proxy.console import answers
from proxy.console.load_tests import LoadTestLine
from proxy.console.piloting import Pilot
from proxy.stages import Stage

STAGES = tuple(stage.value for stage in Stage)
_MOST_RATIO = 99
_LEAST_WIDTH = 0.6  # per cent: an outcome that happened at all can be seen in the bar

STAGE_MEANS: dict[str, str] = {
    Stage.OFF: "legacy serves everything, modern sees nothing",
    Stage.SHADOW: "legacy serves everything, modern gets copies",
    Stage.CANARY: "modern serves a share of the clients",
    Stage.LIVE: "modern serves everything, legacy gets copies",
    Stage.COMPLETE: "modern serves everything, legacy sees nothing",
}


def share_words(share: float) -> str:
    """A share of clients in per cent, as short as it can be."""
    return f"{share * 100:.3g}%"


def ratio_words(found: answers.Ratio | None) -> str:
    """Modern by legacy, such as `0.57x`; a dash of fewer than ten pairs."""
    return "-" if found is None else f"{found.value:.2f}x"


def interval_words(found: answers.Ratio | None) -> str:
    """The interval and over how many pairs."""
    if found is None:
        return "fewer than ten pairs"
    return f"{found.low:.2f} to {found.high:.2f}, {found.n:,} pairs"


def load_words(found: LoadJudgement | None) -> str:
    """What a load test measured, with its interval: `0.57x (0.52 to 0.61)`, or a share of cache hits, or ms."""
    measured = None if found is None else found.measured
    return load_figure(measured, "" if found is None else found.measure)


def load_figure(found: LoadRatio | None, measure: str) -> str:
    """A figure of that measure, with its interval where it has a width; of hits and errors a share."""
    if found is None:
        return "not known"

    def words(value: float) -> str:
        match measure:
            case load_results.CACHE:
                return f"{value:.0%}"
            case load_comparison.ERRORS:
                return f"{value:.2%}"
            case load_results.AVERAGE:
                return f"{value:,.1f} ms"
        return f"{value:.2f}x" if value < _MOST_RATIO else f"over {_MOST_RATIO}x"

    if found.low == found.high:
        return words(found.value)
    return f"{words(found.value)} ({words(found.low).rstrip('x')} to {words(found.high).rstrip('x')})"


def load_target(found: LoadJudgement) -> str:
    """What a load test asks of a measure, such as `wanted 0.8x at most`."""
    match found.measure:
        case load_results.CACHE:
            return f"wanted {found.target:.0%} at least"
        case load_results.AVERAGE:
            return f"wanted {found.target:g} ms at most"
    return f"wanted {found.target:g}x at most"


def load_line(test: LoadTest) -> str:
    """What a load test says of its domains, for a headline."""
    who = ", ".join(test.domains)
    several = len(test.domains) > 1
    if test.problem:
        return f"{who}: ended early, so nothing is decided"
    their = "their" if several else "its"
    said = {
        load_results.MET: f"met {their} targets",
        load_results.MISSED: "missed a target",
        load_results.UNDECIDED: f"may have met {their} targets or not: it is undecided",
    }
    return f"{who} {said[test.judgement]}"


def load_shape(test: LoadTest | LoadTestLine) -> str:
    """What a load test sent, and where: `steady, 20 users, 20 s, direct`."""
    rate = f", {test.rate_rps:g} a second" if test.rate_rps is not None else ""
    return f"{test.scenario}, {count(test.users, 'user')}{rate}, {test.duration_s:g} s, {test.through}"


def measured_words(found: float | None, digits: int) -> str:
    """A figure with so many digits behind the point, or that it was not measured."""
    return "not measured" if found is None else figure_words(found, digits)


def figure_words(found: float, digits: int) -> str:
    """A figure with so many digits behind the point."""
    return f"{found:,.{digits}f}"


def when(text: str) -> str:
    """An ISO 8601 time for people, to the second."""
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M:%S} UTC" if text else ""


def headline(status: answers.Status) -> str:
    """What an operator wants to know first."""
    on_modern = [one for one in status.domains if one.modern_share > 0]
    differing = [one for one in status.domains if one.mismatches]
    served = (
        f"Modern serves {count(len(on_modern), 'domain')} of {len(status.domains)}"
        if on_modern
        else "Legacy serves everything"
    )
    if differing:
        return f"{served}; {', '.join(one.domain for one in differing[:3])} differ{_s(len(differing))}."
    compared = sum(one.compared for one in status.domains)
    return f"{served}; {f'all {compared:,} comparisons of the last hour agree' if compared else 'nothing was compared in the last hour'}."


def _s(n: int) -> str:
    return "s" if n == 1 else ""


def verdict_words(domain: answers.Domain) -> str:
    """What keeps the verdict from being ready, in two words."""
    parts = [f"{domain.wrong} wrong"] if domain.wrong else []
    parts += [f"{domain.missing} missing"] if domain.missing else []
    return ", ".join(parts)


def outcome_bar(outcomes: dict[str, int]) -> list[tuple[str, int, float, float]]:
    """(outcome, how many, start, width) in per cent, of those that happened."""
    found = [(one.value, outcomes.get(one.value, 0)) for one in Outcome if outcomes.get(one.value, 0)]
    total = sum(n for _, n in found)
    widths = [max(100 * n / total, _LEAST_WIDTH) for _, n in found]
    scale, start, bar = 100 / sum(widths) if widths else 0, 0.0, []
    for (name, n), width in zip(found, widths, strict=True):
        bar.append((name, n, round(start, 3), round(width * scale, 3)))
        start += width * scale
    return bar


def bar_words(outcomes: dict[str, int]) -> str:
    """The bar for who does not see it."""
    told = [f"{n:,} {name}" for name, n, _, _ in outcome_bar(outcomes)]
    return ", ".join(told) or "no outcome"


def flag_words(flag: answers.Flag | None) -> str:
    """The stage, at canary with its share."""
    if flag is None:
        return "off"
    return f"{flag.stage} {share_words(flag.canary_share)}" if flag.stage == Stage.CANARY else flag.stage


def change_words(changed: Sequence[answers.RowChange]) -> str:
    """What a change did to the flags, in one line."""
    rows = [f"{row.key}: {flag_words(row.before)} → {flag_words(row.after)}" for row in changed[:3]]
    more = [f"and {len(changed) - 3} more"] if len(changed) > 3 else []
    return "; ".join([*rows, *more])


def done_words(done: answers.Changed) -> str:
    """What came of a change, and who serves it."""
    if not done.changed:
        return f"Nothing to roll back: everything asked for is there already (version {done.version})."
    what = f"{change_words(done.changed)}. Version {done.version}"
    if done.missing:
        return f"{what} is in force, but {', '.join(done.missing)} did not acknowledge it and may serve what was before."
    if not done.workers:
        return f"{what}; no proxy worker runs now, the next one starts with it."
    return f"{what}, served by {count(len(done.workers), 'proxy worker')} after {done.ms:.0f} ms."


def accepted_words(done: answers.Accepted) -> str:
    """What was accepted, or withdrawn: one acceptance with its place, several with how many and their ids."""
    first, *others = done.acceptances
    if not others:
        return f"{first.id}: {first.label} ({first.endpoint} {first.path})."
    ids = ", ".join(one.id for one in done.acceptances)
    return f"{count(len(done.acceptances), 'difference')} of {first.endpoint}: {first.label} ({ids})."


def pilot_words(done: Pilot) -> str:
    """How the pilot of a domain stands, in a sentence."""
    made = f"{done.step} of {count(len(done.steps), 'step')} to {done.target} made"
    return f"The pilot of {done.domain} is {done.state}: {made}, by policy {done.policy}."


def matrix(cells: Sequence[answers.Cell]) -> dict[str, Any]:
    """The coverage matrix: endpoints by status class, each with its comparisons and whether it is wanted and met."""
    classes = sorted({cell.status_class for cell in cells})
    rows: dict[str, dict[str, dict[str, Any]]] = {}
    for cell in cells:
        at = rows.setdefault(cell.endpoint, {}).setdefault(
            cell.status_class, {"n": 0, "shapes": [], "required": False, "met": True}
        )
        if cell.required:
            at["required"], at["met"] = True, at["met"] and cell.met
        else:
            at["n"] += cell.n
            at["shapes"].append(f"{f'?{cell.query}' if cell.query else 'no parameters'}: {cell.n:,}")
    return {
        "classes": classes,
        "rows": [{"endpoint": name, "cells": rows[name]} for name in sorted(rows, key=_by_path)],
    }


def _by_path(endpoint: str) -> tuple[str, str]:
    method, _, path = endpoint.partition(" ")
    return path, method


FILTERS = {
    "bar_words": bar_words,
    "change_words": change_words,
    "figure_words": figure_words,
    "flag_words": flag_words,
    "interval_words": interval_words,
    "load_figure": load_figure,
    "load_line": load_line,
    "load_shape": load_shape,
    "load_target": load_target,
    "load_words": load_words,
    "measured_words": measured_words,
    "outcome_bar": outcome_bar,
    "percent": percent,
    "ratio_words": ratio_words,
    "share_words": share_words,
    "verdict_words": verdict_words,
    "when": when,
}
"""What the templates call."""
