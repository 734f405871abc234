"""What a ledger alone tells a simulation: when a domain was changed, what the verdict was then, and who took it back."""

from bisect import bisect_right
from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from proxy.flag_rows import Change, Judged
from proxy.flags import DEFAULT_FLAG, is_forward
from proxy.pilot_decision import told


class LedgerPast:
    """The entries of one domain, oldest first; `keys` are its name and those of its endpoints. Moments are Unix seconds."""

    def __init__(self, changes: Sequence[Change], domain: str, keys: Collection[str]) -> None:
        self._domain = domain
        own = [change for change in changes if any(row.key in keys for row in change.rows)]
        self._own = sorted(own, key=lambda change: change.changed_at)
        judged = [(one.changed_at.timestamp(), one.verdict) for one in self._own if one.key == domain]
        self._judged = [(at, verdict) for at, verdict in judged if verdict is not None]
        self._judged_at = [at for at, _ in self._judged]
        self._back = [
            (change.changed_at.timestamp(), told(change, row))
            for change in self._own
            for row in change.rows
            if row.key in keys and is_forward(row.after, row.before or DEFAULT_FLAG)
        ]

    def span(self) -> tuple[float, float] | None:
        """From the first entry until the minute after the last one; None where there is none."""
        if not self._own:
            return None
        first, last = (self._own[at].changed_at.timestamp() for at in (0, -1))
        return first, last + 60.0

    def judge(self, since: float, now: float) -> Judged:
        """The last verdict that an entry after `since` has, as it was known at `now`; `not yet` where none has one."""
        found = bisect_right(self._judged_at, now) - 1
        if found >= 0 and self._judged_at[found] > since:
            return self._judged[found][1]
        at = datetime.fromtimestamp(since, UTC)
        return Judged(
            "not yet", (f"ledger: no verdict on {self._domain} was kept since {at:%Y-%m-%d %H:%M:%S} UTC",)
        )

    def taken_back(self, now: float) -> str:
        """What somebody had taken back first by then, in words; empty where nobody had."""
        at, words = self._back[0] if self._back else (now, "")
        return words if at <= now else ""
