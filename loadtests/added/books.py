"""What the proxy's store counted of the load: waited for until it is all there, and by slice."""

import time
from collections import Counter
from collections.abc import Callable, Iterable

from loadtests.added.result import Books, Mirrored
from parity.report import Report
from parity.tally import Tally

CLOSED_WITHIN_S = 30.0
"""How long outcomes may take after the last answer."""
_LOOK_AGAIN_S = 0.1

Counted = Counter[tuple[str, str]]
"""A tally as numbers that can be added and subtracted: by what is counted, and of which kind."""


def closed_books(read: Callable[[], Report], sent: int, *, within_s: float) -> Report:
    """What the store says once so many requests are counted and have ended, each with an outcome or the reason for none.

    After that time what it says then.
    """
    deadline = time.monotonic() + within_s
    while True:
        report = read()
        tally = report.tally
        # a request is counted when it comes, and whether it is mirrored when it is answered
        ended = tally.total + sum(tally.not_mirrored.values())
        if tally.requests >= sent and ended >= tally.requests and tally.mirrored == tally.total:
            return report
        if time.monotonic() > deadline:
            return report
        time.sleep(_LOOK_AGAIN_S)


def counted(tally: Tally) -> Counted:
    """The numbers of a tally that a slice is about."""
    return Counter(
        {
            ("requests", ""): tally.requests,
            ("mirrored", ""): tally.mirrored,
            ("compared", ""): tally.compared,
            ("fell back", ""): tally.fallback,
            **{("outcome", outcome.value): n for outcome, n in tally.outcomes.items() if n},
            **{("not mirrored", reason): n for reason, n in tally.not_mirrored.items()},
        }
    )


def mirrored_of(parts: Iterable[Counted]) -> Mirrored:
    """The sum of what several slices were counted as."""
    whole = sum(parts, Counter[tuple[str, str]]())
    return Mirrored(
        requests=whole["requests", ""],
        mirrored=whole["mirrored", ""],
        compared=whole["compared", ""],
        fell_back=whole["fell back", ""],
        outcomes={name: n for (kind, name), n in sorted(whole.items()) if kind == "outcome"},
        not_mirrored={name: n for (kind, name), n in sorted(whole.items()) if kind == "not mirrored"},
    )


def books_of(report: Report, sent: int) -> Books:
    """What was sent beside what the store says."""
    return Books(
        sent=sent,
        counted=report.tally.requests,
        mirrored=report.tally.mirrored,
        outcomes={outcome.value: n for outcome, n in report.tally.outcomes.items() if n},
        in_flight=report.balance.in_flight,
        lost=report.balance.lost,
    )
