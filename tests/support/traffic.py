"""Traffic of which a person accepts what differs."""

import json
import time
from datetime import UTC, datetime
from typing import Any

from parity.compare import compare
from parity.database import open_database
from parity.redact import Redactor
from parity.rules import RuleBook
from parity.store import ParityStore
from tests.parity.factories import batch, exchange
from tests.support.command import InProcess


class Traffic:
    """Exchanges of `GET /v1/escrows/{id}` that differ at `$.n`, as a parity worker that runs takes them."""

    def __init__(self, crossfade: InProcess) -> None:
        engine = open_database(f"sqlite:///{crossfade.state_dir}/store.sqlite3")
        self._store = ParityStore(engine, Redactor(b"k" * 32))
        self._crossfade = crossfade
        self._seq = 0

    def send(self, modern: Any = None) -> str:
        """One exchange; says its outcome."""
        self._seq += 1
        given = {"n": 2} if modern is None else modern
        found = exchange({"n": 1}, given, endpoint="GET /v1/escrows/{id}", at=time.time())
        rules = self._store.with_acceptances(RuleBook())
        comparison = compare(found, rules, today=datetime.now(UTC).date())
        self._store.record(batch(found, seq=self._seq), [found], [comparison])
        return comparison.outcome.value

    def group(self) -> str:
        """The id of the group that nobody has accepted."""
        groups = json.loads(self._crossfade("parity", "report", "--json").out)["groups"]
        return next(str(group["id"]) for group in groups if not group["accepted_by"])
