"""How flags are changed from here: the store, the verdict, and the freeze windows of the configuration."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from cli.context import Context
from cli.sections import FreezeRow
from proxy.control import Control, ControlSettings
from proxy.flag_rows import Change, Judged
from proxy.freeze import DAYS, FreezeWindow
from proxy.working_hours import times_of

if TYPE_CHECKING:
    from parity.verdict import Judged as ParityJudged

_LEDGER = 10_000


def control_of(context: Context) -> Control:
    """What every command, and the console, changes flags through."""
    judge = StoredJudge(context)
    freezes = tuple(freeze_windows(context.settings.control.freeze))
    return Control(context.flags, judge, ControlSettings(freezes), judge_before=judge.before)


class StoredJudge:
    """The verdict of `crossfade parity verdict`, on a domain or on one of its endpoints."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def __call__(self, key: str) -> Judged:
        """As it is now; raises StoreError, or UsageError when its settings are wrong."""
        return self._judged(key, self._context.flags.history(_LEDGER))

    def before(self, key: str, version: int) -> Judged:
        """As it was before that version of the flag table; raises as a call."""
        return self._judged(key, self._context.flags.history(_LEDGER, before=version))

    def _judged(self, key: str, changes: list[Change]) -> Judged:
        # a rollback must not wait until all that a verdict needs is imported
        from cli.parity_verdict import changed_at, limits, required_cells
        from parity.load_condition import deciding
        from parity.selftest_results import state_of
        from parity.verdict import build_verdict

        context = self._context
        domain = context.flags.domain_of(key)
        verdict = build_verdict(
            context.engine,
            domain,
            context.endpoints,
            limits=limits(context),
            cells=required_cells(context),
            since=changed_at(context, domain, changes),
            self_test=state_of(context.engine, domain),
            load_test=deciding(context.engine, domain),
            max_fleeting_share=context.settings.parity.max_fleeting_share,
        )
        rows = {row.name: row for row in verdict.endpoints}
        judged = verdict.domain if key == domain else rows.get(key)
        if judged is None:
            return Judged("not yet", ("comparisons: 0 of this endpoint",))
        return as_judged(judged)


def as_judged(judged: "ParityJudged") -> Judged:
    """A verdict as the ledger keeps it: what is wrong, then what is missing, and the figures."""
    from parity.conditions import Standing

    rate = judged.rate
    return Judged(
        judged.readiness.value,
        tuple(
            f"{one.name}: {one.text}"
            for standing in (Standing.WRONG, Standing.MISSING)
            for one in judged.standing(standing)
        ),
        {
            "comparisons": rate.comparisons,
            "mismatches": rate.mismatches,
            "rate_upper": rate.upper,
            "clean_missing": rate.clean_missing,
            "latency_ratio": None if judged.latency is None else judged.latency.value,
            "query_ratio": None if judged.queries is None else judged.queries.value,
            "failed_share": judged.grounds.failed.value,
            "shed_share": judged.grounds.shed.value,
            "open_groups": len(judged.grounds.open_groups),
        },
    )


def freeze_windows(rows: tuple[FreezeRow, ...]) -> Iterator[FreezeWindow]:
    """The windows of the configuration."""
    for row in rows:
        zone = ZoneInfo(row.timezone)
        yield FreezeWindow(
            row.reason,
            _moment(row.begins, zone),
            _moment(row.ends, zone),
            frozenset(map(DAYS.index, row.days)),
            times_of(row.hours),
            zone,
        )


def _moment(given: datetime | date | None, zone: ZoneInfo) -> datetime | None:
    """In UTC; what says no offset is by the clock of the zone, a date its first moment."""
    if given is None:
        return None
    at = given if isinstance(given, datetime) else datetime.combine(given, time())
    return (at if at.tzinfo is not None else at.replace(tzinfo=zone)).astimezone(UTC)
