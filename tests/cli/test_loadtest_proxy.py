"""`crossfade loadtest proxy`: refusals, and a short run before both bundled backends."""

import json
from pathlib import Path

import pytest

from cli.loadtest_proxy import DomainFlags
from loadtests.errors import BackendError
from parity.database import open_database
from parity.exchange import Endpoint
from proxy.flag_store import FlagStore
from proxy.stages import Stage
from tests.support.command import InProcess

ENDPOINTS = (Endpoint("escrows", "GET", "/v1/escrows"),)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--domain", "bogus"), "'bogus' is not a domain; expected one of: "),
        (("--stages", "off,beta"), "'beta': expected some of off,shadow,canary,live,complete"),
        (("--levels", "0.5,lots"), "'lots': expected shares of the capacity from 0.01 to 2, like 0.5,0.9"),
        (("--levels", "0"), "'0': expected shares of the capacity from 0.01 to 2"),
        (("--levels", "nan"), "'nan': expected shares of the capacity from 0.01 to 2"),
        (("--reads", "1.5"), "1.5 is not in the range"),
        (("--most-users", "0"), "0 is not in the range"),
        (("--rounds", "1"), "1 is not in the range"),
        (("--duration", "0s"), "--duration: expected at least 0.2s, got 0s"),
        (("--flips", "1s"), "--flips: expected 0s or at least 2s, got 1s"),
    ],
)
def test_bad_input_is_one_sentence(crossfade: InProcess, arguments: tuple[str, ...], message: str) -> None:
    ran = crossfade("loadtest", "proxy", *arguments)

    assert ran.code == 2
    assert message in ran.err


def test_without_a_database_it_could_not_run(crossfade: InProcess) -> None:
    ran = crossfade("loadtest", "proxy", "--yes", "--database-url", "postgresql://nobody@127.0.0.1:1/none")

    assert ran.code == 2
    assert ran.err.splitlines()[-1].startswith("crossfade: ")
    assert "Traceback" not in ran.err


def test_a_short_run_measures_the_chosen_stage_and_loses_no_request(
    crossfade: InProcess, database_url: str
) -> None:
    ran = crossfade(
        "loadtest", "proxy", "--domain", "contacts", "--quick", "--stages", "live", "--levels", "0.2", "--most-users", "1", "--duration", "0.5s",
        "--flips", "2s", "--json", "--yes", "--database-url", database_url,
    )  # fmt: skip

    assert ran.code == 0, ran.err + ran.out
    values = json.loads(ran.out)
    assert values["schema"] == "crossfade.loadtest-proxy/1"
    assert (values["faults"], values["problem"]) == ([], "")
    assert [one["backend"] for one in values["capacities"]] == ["modern"]
    (row,) = values["stages"]
    assert (row["stage"], row["served_otherwise"], row["counted"]["fell_back"]) == ("live", 0, 0)
    assert row["counted"]["mirrored"] == sum(row["counted"]["outcomes"].values()) > 0
    assert row["counted"]["requests"] == row["figures"]["sent"]
    assert values["flips"]["by_modern"] == 0
    assert any(one["rolled_back"] for one in values["flips"]["made"])
    assert values["books"]["balance"] is True
    assert "Traceback" not in ran.err


def test_stages_are_changed_in_the_store_for_every_client(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/store.sqlite3")
    store = FlagStore(engine, ENDPOINTS)
    store.prepare()
    flags = DomainFlags(store, "escrows", "loadtest")

    for stage in ("shadow", "canary", "live"):
        assert flags.flip(stage) >= 0
    at_live = store.table().rows["escrows"]
    flags.roll_back("shadow")

    assert (at_live.stage, at_live.canary_share) == (Stage.LIVE, 1.0)
    assert store.table().rows["escrows"].stage is Stage.SHADOW
    assert [(one.action, one.actor) for one in store.history(1)] == [("rollback", "loadtest")]
    engine.dispose()


def test_a_change_that_the_store_refuses_is_one_sentence(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/store.sqlite3")
    store = FlagStore(engine, ENDPOINTS)
    store.prepare()
    flags = DomainFlags(store, "escrows", "loadtest")

    with pytest.raises(
        BackendError, match="escrows is not further than off: somebody else changed its stage"
    ):
        flags.roll_back("off")
    with pytest.raises(BackendError, match="escrows"):
        flags.flip("live")
    engine.dispose()
