"""By a server an operator's command prints, and ends with, what it does beside the store."""

import json
import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from parity.database import open_database
from parity.exchange import Endpoint
from proxy.console.tokens import Role
from proxy.flag_rows import LastAnswer, Registration
from proxy.flag_store import FlagStore
from tests.cli.parity_store import ONE_ENDPOINT, agreeing, differing, fill
from tests.support.both_ways import Ways, both_ways, timeless
from tests.support.command import InProcess
from tests.support.losing import losing_answers
from tests.support.threads import in_thread

SAME = (
    ("status", "--json"),
    ("flags",),
    ("flags", "export"),
    ("history", "--json"),
    ("history", "--limit", "1"),
    ("parity", "report"),
    ("parity", "report", "--domain", "escrows", "--since", "1.5h", "--json"),
    ("parity", "verdict", "escrows", "--json"),
    ("parity", "accept", "zz", "--reason", "r", "--owner", "o", "--expires", "2001-01-01"),
    ("parity", "unaccept", "a-00000000", "--reason", "r"),
    ("pilot", "status", "escrows"),
    ("pilot", "resume", "escrows"),
    ("watch", "--once", "--json"),
    ("flags", "watch", "--for", "0s", "--json"),
    ("advance", "escrows", "--share", "2", "--force", "--yes", "--reason", "r"),
    ("advance", "escrows", "--reason", "the verdict refuses"),
    ("advance", "escrows", "--reason", "somebody was quicker", "--if-version", "1"),
    ("flip", "escrows", "complete", "--yes", "--reason", "two at once"),
    ("rollback", "escrows", "--to", "shadow"),
    ("rollback", "nothing"),
)
"""What reads, or is refused: it changes nothing. Text and JSON are made of the same values, so one of them does."""
NEXT_WEEK = (datetime.now(UTC).date() + timedelta(days=7)).isoformat()


@pytest.fixture
def ways(crossfade: InProcess) -> Iterator[Ways]:
    """At `shadow` with a difference and a verdict that is no, and a pilot that runs."""
    (crossfade.state_dir / "crossfade.toml").write_text(ONE_ENDPOINT)
    crossfade("advance", "escrows", "--reason", "first look")
    crossfade("pilot", "start", "escrows", "--yes")
    fill(crossfade, *agreeing(150), differing())
    with both_ways(crossfade) as made:
        yield made


@pytest.fixture
def plain(crossfade: InProcess) -> Iterator[Ways]:
    """Nothing has happened yet."""
    with both_ways(crossfade) as made:
        yield made


def worker(crossfade: InProcess, *, serves: int) -> FlagStore:
    """A proxy worker that runs and serves that version."""
    endpoints = [Endpoint("escrows", "GET", "/v1/escrows/{id}")]
    store = FlagStore(open_database(f"sqlite:///{crossfade.state_dir}/store.sqlite3"), endpoints)
    store.register(Registration("w-1", "proxy-1", socket.gethostname(), os.getpid()))
    store.acknowledge("w-1", serves, {"escrows": LastAnswer("GET /v1/escrows/{id}", 1_790_000_000.25)})
    return store


def test_what_changes_nothing_says_the_same_both_ways(ways: Ways) -> None:
    worker(ways.crossfade, serves=2)

    differing_ones = {
        " ".join(arguments): (by_store, by_server)
        for arguments in SAME
        if (by_store := timeless(ways.by_store(*arguments)))
        != (by_server := timeless(ways.by_server(*arguments)))
    }

    looks = _looks(ways)

    assert differing_ones == {}
    # who was shown samples by the server is noted
    assert looks == [("olivia", "127.0.0.1", "GET /v1/escrows/{id}")] * 2


def test_changes_say_the_same_both_ways_and_are_the_same_in_the_ledger(ways: Ways) -> None:
    file = ways.crossfade.state_dir / "flags.toml"
    file.write_text('[flags.escrows]\nstage = "shadow"\nsample_rate = 0.5\n')
    worker(ways.crossfade, serves=99)
    forward = ("--force", "--yes", "--reason", "go")
    steps = (
        ("pilot", "pause", "escrows", "--reason", "look"),
        ("pilot", "resume"),
        ("pilot", "stop", "--json"),
        ("flags", "plan", str(file)),
        ("flags", "apply", str(file), "--reason", "go", "--json"),
        ("advance", "escrows", *forward),
        ("flip", "escrows", "canary", "--share", "0.5", *forward, "--json"),
        ("rollback", "escrows", "--to", "shadow"),
        ("rollback", "--all", "--json"),
        ("rollback", "escrows"),
    )

    by_store = [ways.by_another_store(*step) for step in steps]
    by_server = [ways.by_server(*step) for step in steps]
    ledgers = [
        [
            (one["action"], one["key"], one["actor"], one["reason"], one["forced"], one["changed"])
            for one in json.loads(run("history", "--json").out)["changes"]
        ]
        for run in (ways.by_store, ways.by_another_store)
    ]

    assert [ran.code for ran in by_store] == [0, 0, 0, 1, *[0] * 6]
    assert [timeless(ran) for ran in by_server] == [timeless(ran) for ran in by_store]
    assert ledgers[0] == ledgers[1]


def test_a_group_is_accepted_and_withdrawn_both_ways(ways: Ways) -> None:
    report = json.loads(ways.by_store("parity", "report", "--json").out)
    wish = (report["groups"][0]["id"], "--reason", "known", "--owner", "ada", "--expires", NEXT_WEEK)

    told = []
    for run in (ways.by_another_store, ways.by_server):
        dry = run("parity", "accept", *wish, "--dry-run")
        accepted = run("parity", "accept", *wish, "--json")
        acceptance = json.loads(accepted.out)["acceptance"]["id"]
        twice = run("parity", "accept", *wish)
        held = run("parity", "acceptances")
        withdrawn = run("parity", "unaccept", acceptance, "--reason", "fixed")
        rans = (dry, accepted, twice, held, withdrawn)
        told.append([timeless(replace(ran, out=ran.out.replace(acceptance, "a-…"))) for ran in rans])

    assert told[0] == told[1]
    assert [ran.code for ran in told[0]] == [0, 0, 2, 0, 0]
    assert "is accepted already" in told[0][2].err


def test_a_change_whose_answer_was_lost_is_told_as_it_was_made_and_made_once(ways: Ways) -> None:
    port = int(ways.url.rpartition(":")[2])
    acts = (
        ("rollback", "escrows", "--json"),
        ("flip", "escrows", "shadow", "--reason", "go", "--json"),
        ("advance", "escrows", "--force", "--yes", "--reason", "go", "--json"),
        ("pilot", "stop", "--json"),
    )
    before = json.loads(ways.by_store("flags", "--json").out)["version"]

    told = []
    with in_thread(lambda: losing_answers(port, lose=2 * len(acts))) as (between, losing):
        for act in acts:
            losing.lose = 2
            told.append(
                ways.crossfade(
                    "--server",
                    f"http://127.0.0.1:{between}",
                    *act,
                    CROSSFADE_TOKEN=ways.tokens[Role.ADMIN],
                )
            )

    assert [(ran.code, ran.err) for ran in told] == [(0, "")] * len(acts)
    assert [json.loads(ran.out)["version"] for ran in told[:3]] == [before + 1, before + 2, before + 3]
    assert json.loads(told[3].out)["runs"][0]["state"] == "stopped"
    assert sum(line.startswith(b"POST") for line in losing.asked) == 3 * len(acts)
    assert json.loads(ways.by_store("flags", "--json").out)["version"] == before + len(acts)


def test_a_role_that_may_not_is_refused(plain: Ways) -> None:
    viewer = plain.by_server("rollback", "escrows", role=Role.VIEWER)
    operator = plain.by_server("advance", "escrows", "--force", "--yes", "--reason", "go", role=Role.OPERATOR)

    assert (viewer.code, viewer.out) == (4, "")
    assert viewer.err == f"crossfade: {plain.url} says: olivia is viewer; this is for operator\n"
    assert (operator.code, operator.err) == (
        4,
        f"crossfade: {plain.url} says: olivia is operator; this is for admin\n",
    )


def test_what_needs_the_store_itself_says_so(plain: Ways) -> None:
    ran = plain.by_server("guards")

    assert ran.code == 2
    assert ran.err == (
        f"crossfade: this needs the store itself, and cannot be done by the server {plain.url}: leave out"
        " --server (CROSSFADE_SERVER, remote.url)\n"
    )


def _looks(ways: Ways) -> list[tuple[str, ...]]:
    engine = open_database(f"sqlite:///{ways.crossfade.state_dir}/store.sqlite3")
    with engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT name, address, endpoint FROM console_looks").all()
    engine.dispose()
    return [tuple(look) for look in found]
