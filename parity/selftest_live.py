"""The self-test beside live comparisons: after a batch was recorded, within bounds of rate, size and time."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from random import Random

import sqlalchemy as sa
import structlog

from parity.completing import Shed
from parity.errors import ParityError
from parity.exchange import Exchange
from parity.outcome import Comparison
from parity.rules import RuleBook
from parity.selftest import ShapeShare, Trial, fingerprint, is_testable, shape_share_of, trials
from parity.selftest_results import record

_log = structlog.get_logger("parity")


@dataclass(frozen=True, slots=True)
class SelfTestLimits:
    """`per_second` mutations at most, 0 for none, and no more than that share of the time; larger answers are left out."""

    per_second: float = 10.0
    time_share: float = 0.05
    max_bytes: int = 131_072
    per_pair: int = 5


class SelfTest:
    """Tries mutations of what was compared and keeps the results. Used by one thread."""

    def __init__(
        self,
        engine: sa.Engine,
        limits: SelfTestLimits | None = None,
        timer: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._engine = engine
        self._limits = limits or SelfTestLimits()
        self._timer = timer
        self._random = Random(0)
        self._tried: Counter[str] = Counter()
        self._left = 0.0
        self._at = timer()
        self._resumes_at = 0.0

    def after(
        self, completed: Sequence[Exchange | Shed], comparisons: Sequence[Comparison], rules: RuleBook
    ) -> int:
        """Try what the bounds allow of these pairs, least tried endpoints first; how many mutations that was.

        Whatever goes wrong is logged: a self-test that cannot run proves nothing, but it costs no comparison.
        """
        try:
            return self._after(completed, comparisons, rules)
        except (ParityError, RecursionError) as error:
            _log.error("self_test_failed", fault=str(error) or type(error).__name__)
            return 0

    def _after(
        self, completed: Sequence[Exchange | Shed], comparisons: Sequence[Comparison], rules: RuleBook
    ) -> int:
        self._refill()
        pairs = [
            one
            for one, comparison in zip(completed, comparisons, strict=True)
            if isinstance(one, Exchange) and is_testable(one, comparison) and self._is_small(one)
        ]
        pairs.sort(key=lambda pair: self._tried[pair.endpoint])
        today = datetime.now(UTC).date()
        tried: list[Trial] = []
        shares: list[ShapeShare] = []
        for pair in pairs:
            if not self._may_go_on():
                break
            began_s = self._timer()
            found = trials(pair, rules, today=today, seed=f"{self._random.random()}")
            mine = list(islice(found, min(self._limits.per_pair, int(self._left))))
            self._left -= len(mine)
            self._tried[pair.endpoint] += len(mine)
            tried += mine
            shares.append(shape_share_of(pair, rules))
            now_s = self._timer()
            self._resumes_at = now_s + (now_s - began_s) * (1 / self._limits.time_share - 1)
        if tried:
            endpoints = {trial.endpoint for trial in tried} | {share.endpoint for share in shares}
            record(self._engine, tried, shares, {name: fingerprint(rules, name, today) for name in endpoints})
        return len(tried)

    def _refill(self) -> None:
        now_s = self._timer()
        allowed = self._left + (now_s - self._at) * self._limits.per_second
        self._left = min(allowed, max(self._limits.per_second, 1.0) if self._limits.per_second else 0.0)
        self._at = now_s

    def _may_go_on(self) -> bool:
        return self._left >= 1 and self._timer() >= self._resumes_at

    def _is_small(self, pair: Exchange) -> bool:
        return max(len(pair.legacy.body), len(pair.modern.body)) <= self._limits.max_bytes
