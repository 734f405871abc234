"""The books of the Crossfades that were measured: every copy accounted for, and the answers really compared."""

from collections.abc import Mapping

from loadtests.bench.crossfade import BURSTING
from loadtests.bench.plan import Group
from loadtests.bench.verdicts import Row, at_least, at_most, counted, judged
from parity.report import Report

COMPARED_SHARE = 0.99


def book_rows(books: Mapping[str, Report]) -> list[Row]:
    """By group and name of the Crossfade, such as `mirror: equal`. A ratio of CPU means nothing where the answers were shed instead of compared."""
    mirrored = sum(report.balance.mirrored for report in books.values())
    compared = sum(report.tally.compared for report in books.values())
    dropped = sum(report.tally.not_compared for report in books.values())
    open_ = sum(
        abs(report.balance.off_by) + report.balance.lost + report.balance.in_flight
        for report in books.values()
    )
    rows = [
        counted("mirrored - compared - dropped", at_most(0), open_, f"{mirrored} = {compared} + {dropped}"),
        counted("writes that were mirrored", at_most(0), sum(map(_mirrored_writes, books.values()))),
    ]
    bursting = {name: f"{Group.MIRROR}: {name}" for name in BURSTING}
    return [*rows, *(_share_row(name, books[key]) for name, key in bursting.items() if key in books)]


def _share_row(name: str, report: Report) -> Row:
    reads = sum(row.tally.requests for row in report.endpoints if row.endpoint.startswith("GET "))
    target = at_least(COMPARED_SHARE)
    if not reads:
        return judged(f"compared, of all answers, {name}", target, None, "there was no request")
    share = report.tally.compared / reads
    return counted(
        f"compared, of all answers, {name}", target, round(share, 4), f"{report.tally.compared} of {reads}"
    )


def _mirrored_writes(report: Report) -> int:
    return sum(row.tally.mirrored for row in report.endpoints if not row.endpoint.startswith("GET "))
