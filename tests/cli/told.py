"""What proxy workers of a store of the command line said at which time, for tests of the commands that read it."""

import time

from domains.routes import ROUTES
from parity.database import open_database
from parity.exchange import ENDED, PRESENT, Count, Endpoint
from parity.redact import Redactor
from parity.store import ParityStore
from proxy.flag_store import FlagStore
from proxy.stages import Stage
from tests.parity.factories import batch
from tests.support.command import InProcess

DAY = 86_400.0


class Told:
    """Batches of one proxy worker after another."""

    def __init__(self, crossfade: InProcess) -> None:
        engine = open_database(f"sqlite:///{crossfade.state_dir}/store.sqlite3")
        self._store = ParityStore(engine, Redactor(b"k" * 32))
        self._flags = FlagStore(engine, [Endpoint(one.domain, one.method, one.path) for one in ROUTES])
        self._seqs: dict[str, int] = {}

    def say(self, days_ago: float, *counts: Count, run: str = "proxy-1-a") -> None:
        """What was counted until then."""
        self._seqs[run] = self._seqs.get(run, 0) + 1
        told = batch(proxy=run, seq=self._seqs[run], counts=[*counts, Count("(unlisted)", PRESENT, "", 1)])
        self._store.record(told, [], [], now=time.time() - days_ago * DAY)

    def end(self, days_ago: float, run: str = "proxy-1-a") -> None:
        """That worker has said all that it had to say."""
        self.say(days_ago, Count("(unlisted)", ENDED, "", 1), run=run)

    def complete(self, domain: str = "leads") -> None:
        """It has come to its last stage."""
        for stage in (Stage.SHADOW, Stage.CANARY, Stage.LIVE, Stage.COMPLETE):
            self._flags.flip(domain, stage, actor="olivia", reason="x")


def requests(backend: str, endpoint: str, n: int = 1) -> Count:
    """So many requests at an endpoint that were for that backend."""
    return Count(endpoint, "requests", backend, n)
