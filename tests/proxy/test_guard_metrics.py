"""How guards stand, as Prometheus reads it from a proxy worker."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
import sqlalchemy as sa
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from parity.exposition import expose
from proxy.guard_judge import GuardState
from proxy.guard_metrics import GuardMetrics
from proxy.lease import LEASES
from proxy.stages import Stage
from tests.proxy.guarding import WELL, Scene, breach, dry
from tests.proxy.rig import running

BREACHED = "domain=escrows,guard=error_rate,state=breached"


@pytest.fixture(params=["sqlite", "postgresql"])
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path, "" if request.param == "sqlite" else request.getfixturevalue("database_url"))
    yield scene
    scene.close()


def parsed(page: str) -> dict[str, dict[str, float]]:
    """Name without its beginning → labels as text → value."""
    found: dict[str, dict[str, float]] = {}
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found.setdefault(sample.name.removeprefix("crossfade_guards_"), {})[labels] = sample.value
    return found


async def read(metrics: GuardMetrics) -> dict[str, dict[str, float]]:
    page, _ = await expose([metrics], "")
    return parsed(page.decode())


async def test_what_is_armed_is_told_with_what_a_breach_comes_to_and_where_it_stands(scene: Scene) -> None:
    scene.go_to(Stage.SHADOW)
    scene.go_to(Stage.LIVE, "clients")
    scene.watch().look()

    told = await read(GuardMetrics(lambda: scene.engine, 20.0))

    assert (told["known"], told["watched"]) == ({"": 1.0}, {"": 1.0})
    assert told["armed"]["consequence=roll_back,domain=clients,guard=error_rate"] == 1.0
    assert told["armed"]["consequence=notify,domain=escrows,guard=mismatch_rate"] == 1.0
    assert "consequence=roll_back,domain=escrows,guard=error_rate" not in told["armed"]
    assert told["state"]["domain=clients,guard=error_rate,state=too_few"] == 1.0
    assert len(told["state"]) == len(told["armed"]) * len(GuardState)
    assert "breaches_total" not in told


async def test_each_breach_is_counted_once_however_long_it_lasts(scene: Scene) -> None:
    scene.go_to(Stage.LIVE)
    metrics = GuardMetrics(lambda: scene.engine, 20.0)
    watch = scene.watch(dry())

    breach(scene, watch, 5)
    first = await read(metrics)
    scene.now += 60
    breach(scene, watch, 1, WELL)
    between = await read(metrics)
    breach(scene, scene.watch(dry()), 4)
    second = await read(metrics)

    name = "consequence=dry_run,domain=escrows,guard=error_rate"
    assert (first["breaches_total"][name], first["state"][BREACHED], first["armed"][name]) == (1.0, 1.0, 1.0)
    assert (between["breaches_total"][name], between["state"][BREACHED]) == (1.0, 0.0)
    assert (second["breaches_total"][name], second["state"][BREACHED]) == (2.0, 1.0)


async def test_a_breach_that_rolled_back_is_counted_and_its_guard_is_armed_no_more(scene: Scene) -> None:
    scene.go_to(Stage.LIVE)

    breach(scene, scene.watch(), 5)
    told = await read(GuardMetrics(lambda: scene.engine, 20.0))

    assert told["breaches_total"] == {"consequence=roll_back,domain=escrows,guard=error_rate": 1.0}
    assert not [labels for labels in told.get("armed", {}) if "escrows" in labels]


async def test_guards_that_nobody_looks_after_are_not_armed(scene: Scene) -> None:
    scene.go_to(Stage.LIVE)
    breach(scene, scene.watch(dry()), 5)
    with scene.engine.begin() as connection:
        connection.execute(sa.delete(LEASES))

    told = await read(GuardMetrics(lambda: scene.engine, 20.0))

    assert (told["known"], told["watched"]) == ({"": 1.0}, {"": 0.0})
    assert (told.get("armed"), told.get("state")) == (None, None)
    assert sum(told["breaches_total"].values()) == 1.0


async def test_a_store_that_is_away_or_slow_says_nothing_and_is_asked_again(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    gate = threading.Event()

    def slowly() -> sa.Engine:
        gate.wait(20)
        return scene.engine

    none = await read(GuardMetrics(lambda: None, 20.0))
    metrics = GuardMetrics(slowly, 0.01)
    await metrics.refresh()
    slow = [family for family in metrics.families() if family.name.endswith("known")]
    gate.set()
    async with asyncio.timeout(20):
        while (await read(metrics))["known"] != {"": 1.0}:
            pass
    scene.close()

    assert none == {"known": {"": 0.0}, "watched": {"": 0.0}}
    assert [one.value for one in slow[0].samples] == [0.0]


async def test_a_store_that_refuses_is_logged_once_until_it_answers_again(tmp_path: Path) -> None:
    refusing = sa.create_engine(f"sqlite:///{tmp_path}/nowhere/store.db")
    metrics = GuardMetrics(lambda: refusing)

    with capture_logs() as logs:
        told = [await read(metrics) for _ in range(3)]

    assert [one["known"] for one in told] == [{"": 0.0}] * 3
    assert [one["event"] for one in logs] == ["guards_not_read"]


async def test_a_store_without_guards_is_not_written_to(tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path}/empty.db")

    told = await read(GuardMetrics(lambda: engine, 20.0))

    with engine.connect() as connection:
        assert sa.inspect(connection).get_table_names() == []
    assert (told["known"], told["watched"]) == ({"": 1.0}, {"": 0.0})
    engine.dispose()


async def test_a_worker_tells_them_beside_its_own_numbers(tmp_path: Path) -> None:
    async with (
        running(tmp_path, stage=Stage.SHADOW) as rig,
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{rig.admin_port}/metrics") as response,
    ):
        page = await response.text()

    told = parsed(page)
    assert (told["known"], told["crossfade_proxy_flag_version"]) == ({"": 1.0}, {"": 1.0})
