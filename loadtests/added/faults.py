"""What was wrong of what was measured, a sentence each; no slowness is a fault here."""

from collections.abc import Iterator, Sequence

from loadtests.added.result import Books, FlipsFound, PathMeasured, ProxyLoadTest, StageRow

_SHOWN = 3


def faults_of(result: ProxyLoadTest) -> list[str]:
    """Failed requests, answers of another status or from another backend, books that do not balance."""
    faults = [fault for row in result.stages for fault in _of_stage(row, _direct(result, row))]
    if result.flips is not None:
        faults += _of_flips(result.flips, [one.measured for one in result.direct])
    if result.books is not None and not result.books.balance:
        faults.append(_of_books(result.books))
    return faults


def problem_of(result: ProxyLoadTest) -> str:
    """Why it says nothing: requests failed where the backend could not answer as many without the proxy; empty: none."""
    for row in result.stages:
        if row.measured.failed and not all(one.keeps_up for one in _direct(result, row)):
            return (
                f"{row.measured.failed:,} requests failed {_where(row)}, which {row.backend} asked directly did not keep "
                "up with either: the machine is busier than when that was found"
            )
    return ""


def _direct(result: ProxyLoadTest, row: StageRow) -> list[PathMeasured]:
    """The same requests sent to that backend directly."""
    lane = (row.backend, row.level)
    return [one.measured for one in result.direct if (one.backend, one.level) == lane]


def _where(row: StageRow) -> str:
    return f"at stage {row.stage}, {row.level:.0%} of {row.backend}'s capacity"


def _of_stage(row: StageRow, direct: Sequence[PathMeasured]) -> Iterator[str]:
    where = _where(row)
    if all(one.keeps_up for one in direct):
        yield from _failed(row.measured, where)
    # what the backend itself answers otherwise, under a load that writes, is not the proxy's
    if row.measured.unexpected > sum(one.unexpected for one in direct):
        yield from _unexpected(row.measured, where)
    # what modern could not be asked, legacy answers: that is counted as a fallback, and is right
    if row.served_otherwise > row.counted.fell_back:
        yield f"{row.served_otherwise} answers {where} were not {row.backend}'s"


def _failed(measured: PathMeasured, where: str) -> Iterator[str]:
    if measured.failed:
        yield f"{measured.failed:,} of {measured.sent:,} requests failed {where}{_which(measured)}"


def _unexpected(measured: PathMeasured, where: str) -> Iterator[str]:
    if measured.unexpected:
        what = "got another status than recorded"
        yield f"{measured.unexpected:,} of {measured.sent:,} requests {what} {where}{_which(measured)}"


def _which(measured: PathMeasured) -> str:
    shown = [f"{n} x {words}" for words, n in [*measured.wrong.items()][:_SHOWN]]
    return f": {', '.join(shown)}{', ...' if len(measured.wrong) > _SHOWN else ''}" if shown else ""


def _of_flips(flips: FlipsFound, direct: Sequence[PathMeasured]) -> Iterator[str]:
    yield from _failed(flips.measured, "while stages changed")
    if not any(one.unexpected for one in direct):
        yield from _unexpected(flips.measured, "while stages changed")
    if flips.by_modern:
        yield f"{flips.by_modern} requests after an acknowledged rollback were answered by modern"


def _of_books(books: Books) -> str:
    outcomes = sum(books.outcomes.values())
    return (
        f"the books do not balance: {books.sent:,} requests sent, {books.counted:,} counted; {books.mirrored:,} mirrored, "
        f"{outcomes:,} with an outcome, {books.in_flight:,} in flight, {books.lost:,} lost"
    )
