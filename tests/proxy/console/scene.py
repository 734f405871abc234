"""A migration in the middle, for the pages: domains at every stage, an hour of comparisons, workers, a ledger."""

import os
import socket
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from parity.exchange import Endpoint
from parity.load_baselines import LoadBaselines
from parity.load_results import UNDECIDED
from parity.load_tests import KeptLoadTest, LoadTests
from parity.tables import GROUPS, SAMPLES
from proxy.console.tokens import Role
from proxy.flag_rows import Registration
from proxy.pilot_policy import DEFAULT_POLICY
from proxy.pilot_runs import PilotRuns
from proxy.stages import Stage
from tests.parity.factories import exchange, observation
from tests.parity.load_results_factory import blocks, small_row, small_test
from tests.parity.reports import HOSTILE
from tests.proxy.console.rig import ENDPOINTS, Store

MINUTES = 50


def compare_an_hour(store: Store) -> None:
    """Every other minute of the last hour: twelve that agree and, towards the end, one that differs."""
    now = time.time()
    for ago in range(MINUTES, 0, -2):
        agree = [
            exchange(
                observation(duration_s=0.010),
                observation(duration_s=0.006 + 0.001 * (ago % 3), query_count=3),
                endpoint="GET /v1/escrows/{id}",
            )
            for _ in range(12)
        ]
        leads = exchange(endpoint="GET /v1/leads", domain="leads", target="/v1/leads?page=2")
        differs = exchange(
            {"data": {"price": 445_000, "name": "a", "parts": ["one", "two", "three"]}},
            {"data": {"price": 445_000.5, "name": "a", "parts": ["one", "two"]}},
            target="/v1/escrows?status=open",
            id=f"differs-{ago}",
            at=now - 60 * ago,
        )
        store.compare(*agree, leads, *([differs] if ago < 12 else []), at=now - 60 * ago)


def load_tested(store: Store) -> None:
    """Three load tests with escrows: a spike that ended early, one of two domains, and one that met its targets."""
    tests = LoadTests(store.engine)
    stopped = {"problem": "the modern backend stopped answering", "judgement": UNDECIDED}
    tests.add(small_test(scenario="spike", blocks=blocks(2), **stopped), "olivia")
    tests.add(small_test(domains=["escrows", "leads"]), "piet")
    before = small_test(overall=small_row(domain="", time=(0.45, 0.43, 0.47)))
    baselines = LoadBaselines(store.engine)
    for name, test in (("v1.2", before), ("spike", small_test(scenario="spike", users=50))):
        baselines.save(name, KeptLoadTest("l-00000001", 1_795_000_000.0, "olivia", test), "olivia")
    tests.add(small_test(), "olivia")


def hostile(store: Store) -> str:
    """A group of which redaction left everything as it was captured, and that is a page of its own; its id."""
    group = store.differ({"hostile": 1}, {"hostile": 2})
    with store.engine.begin() as connection:
        connection.execute(
            sa.update(GROUPS).where(GROUPS.c.id == group).values(path=HOSTILE, accepted_by="", owner=HOSTILE)
        )
        connection.execute(
            sa.update(SAMPLES)
            .where(SAMPLES.c.group_id == group)
            .values(
                legacy=f'"{HOSTILE}"', modern=HOSTILE, target=HOSTILE, path=HOSTILE, exchange=HOSTILE[:80]
            )
        )
    return group


def in_the_middle(path: Path, *others: str) -> Store:
    """A store of such a migration; `others` are domains that nothing has been done with."""
    endpoints = (*ENDPOINTS, *(Endpoint(name, "GET", f"/v1/{name}") for name in others))
    store = Store.make(f"sqlite:///{path}/store.sqlite3", endpoints)
    who: dict[str, Any] = {"actor": "olivia", "reason": "the figures of the week are good"}
    store.flags.flip("escrows", Stage.SHADOW, **who)
    store.flags.flip("leads", Stage.SHADOW, actor="piet", reason="leads begin")
    store.flags.flip("escrows", Stage.CANARY, canary_share=0.05, **who)
    compare_an_hour(store)
    pilot = PilotRuns(store.engine, store.flags)
    run = pilot.start(
        "escrows",
        DEFAULT_POLICY.read_text(),
        "default",
        Stage.COMPLETE,
        actor="olivia",
        now=time.time() - 7_200,
    )
    pilot.wait(run, "coverage: 3 of 4 cells were compared; groups: 3 open difference groups")
    load_tested(store)
    for number in (1, 2):
        worker = f"w-{number}"
        registered = Registration(worker, f"proxy-{number}", socket.gethostname(), os.getpid(), 8080)
        store.flags.register(registered)
        store.flags.acknowledge(worker, 10**6)
    store.secrets[Role.OPERATOR] = store.tokens.create("olivia", Role.OPERATOR, days=1, actor="test")[0]
    return store
