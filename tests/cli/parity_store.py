"""A store with comparisons in it, for tests of the commands that read it."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import jsonschema_rs

from parity.compare import compare
from parity.database import open_database
from parity.exchange import Count, Exchange
from parity.redact import Redactor
from parity.rules import RuleBook
from parity.store import ParityStore
from tests.parity.factories import batch, exchange, observation
from tests.support.command import InProcess

DETAIL = "GET /v1/escrows/{id}"
ONE_ENDPOINT = """
[verdict]
max_rate = 0.1
min_comparisons = 10
require_self_test = false

[[endpoints]]
domain = "escrows"
method = "GET"
path = "/v1/escrows/{id}"
"""
"""A configuration with one endpoint, which fifty comparisons that agree make ready."""
_REFERENCE = Path(__file__).parent.parent.parent / "docs" / "reference"


def fill(crossfade: InProcess, *exchanges: Exchange, at: float | None = None, unaccounted: int = 0) -> None:
    """Record exchanges as the parity worker does; `unaccounted` ones more were mirrored than have an outcome."""
    store = ParityStore(open_database(f"sqlite:///{crossfade.state_dir}/store.sqlite3"), Redactor(b"k" * 32))
    now = time.time() if at is None else at
    counts = [Count(one.endpoint, "mirrored", "", 1) for one in exchanges]
    counts += [Count(DETAIL, "mirrored", "", unaccounted)]
    given = batch(*exchanges, proxy=f"proxy-{now}", counts=counts)
    comparisons = [compare(one, RuleBook(), today=datetime.now(UTC).date()) for one in exchanges]
    store.record(given, exchanges, comparisons, now=now)


def agreeing(n: int = 1, endpoint: str = DETAIL, domain: str = "escrows") -> list[Exchange]:
    """Exchanges on whose answers both agree, modern in less time."""
    return [exchange(None, observation(duration_s=0.008), endpoint=endpoint, domain=domain) for _ in range(n)]


def differing() -> Exchange:
    """An exchange on whose answers they do not."""
    return exchange({"a": 1}, {"a": 2}, endpoint=DETAIL)


def faults(text: str, name: str) -> list[str]:
    """Where printed JSON is not as the reference says (`docs/reference/parity-NAME.schema.json`)."""
    schema = json.loads((_REFERENCE / f"parity-{name}.schema.json").read_text())
    return [str(fault) for fault in jsonschema_rs.validator_for(schema).iter_errors(json.loads(text))]
