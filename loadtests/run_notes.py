"""What a reader of a load test must know that no number says, a sentence each."""

import math
from collections.abc import Collection, Sequence

from loadtests.decisions import JUDGED_AT_LEAST
from loadtests.scenarios import Scenario, WorkloadKind
from parity.exchange import Backend


def requests_of(scenario: Scenario) -> float:
    """How many requests the scenario sends to a side, roughly: stages come and go, users wait for slow answers."""
    if scenario.workload is WorkloadKind.OPEN and scenario.rate_rps is not None:
        return scenario.rate_rps * scenario.duration_s
    return scenario.users / scenario.pace_s * scenario.duration_s


def share_of_reads(reads: float | None) -> str:
    """How much of the load reads, where that is not as it was recorded; else empty."""
    return "" if reads is None else f"{reads:.0%} of the requests only read, whatever was recorded"


def too_short(scenario: Scenario, endpoints: Sequence[str]) -> str:
    """That some of these endpoints will have too few requests, where that is certain; else empty."""
    reading = sum(name.startswith("GET ") for name in endpoints)
    kinds = [(1.0, len(endpoints), "endpoints")]
    if scenario.reads is not None:
        kinds = [
            (scenario.reads, reading, "endpoints that read"),
            (1 - scenario.reads, len(endpoints) - reading, "endpoints that write"),
        ]
    asked = requests_of(scenario)
    found = [
        (count * JUDGED_AT_LEAST / (share * asked), share * asked, f"{count} {words}")
        for share, count, words in kinds
        if share
    ]
    times, expected, those = max(found)
    if times <= 1:
        return ""
    return (
        f"too short to decide: about {expected:.0f} requests a side for {those}, of which each needs "
        f"{JUDGED_AT_LEAST}; expect `undecided`, or give it {math.ceil(scenario.duration_s * times)} s at least"
    )


def extra_words(endpoints: int) -> str:
    """How many endpoints the planned blocks do not decide."""
    return f"{endpoints} endpoint{' is' if endpoints == 1 else 's are'} asked too seldom to be decided"


def of_extra(endpoints: int, pairs: int, extra_s: float) -> str:
    """What is said of so many endpoints comes of extra pairs of blocks, and nothing else does."""
    return (
        f"{extra_words(endpoints)} in that load: what is said of {'it' if endpoints == 1 else 'them'} comes of {pairs} "
        f"extra pairs of blocks in which nothing else was asked ({extra_s:g} s a side)"
    )


def what_was_not_measured(no_cold: str, watched: Collection[str]) -> list[str]:
    """Of what nothing is known, and why; `watched` are the sides whose processes were."""
    notes = [f"cold backends were not measured: {no_cold}"] if no_cold else []
    if missing := [str(side) for side in Backend if side not in watched]:
        notes.append(f"CPU and memory not measured: no process of {' and '.join(missing)} was watched")
    return notes
