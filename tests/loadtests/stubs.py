"""Two stub backends as processes, and a load test against them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from loadtests.children import Child
from loadtests.locusts import Locusts
from loadtests.run import LoadOrder, run_loadtest
from loadtests.scenarios import scenario_named
from loadtests.site import LoadSite
from loadtests.standing import Standing
from parity.exchange import Backend
from parity.load_results import LoadTest, Targets
from tests.loadtests.stub_backend import ENDPOINTS, SECRET

MODULE = "tests.loadtests.stub_backend"
TARGETS = Targets(cache=None)
"""Stubs do not say what a cache did."""


@dataclass
class Listener:
    """Keeps what a run says, and does `on_block` as each begins."""

    said: list[str] = field(default_factory=list)
    standings: list[Standing] = field(default_factory=list)
    on_block: Callable[[Standing], None] = lambda _: None

    def told(self, text: str) -> None:
        self.said.append(text)

    def begins(self, standing: Standing) -> None:
        self.standings.append(standing)
        self.on_block(standing)


@contextmanager
def stub(directory: Path, name: str, *options: str) -> Iterator[tuple[str, int]]:
    """The address of one, and its process."""
    with Child(name, ["-m", MODULE, *options], log=directory / name) as child:
        yield f"http://127.0.0.1:{child.ready()['port']}", child.pid


@contextmanager
def stubs(directory: Path, legacy: tuple[str, ...] = (), modern: tuple[str, ...] = ()) -> Iterator[LoadSite]:
    """Both, watched."""
    with (
        stub(directory, "legacy", *legacy) as (one, first),
        stub(directory, "modern", *modern) as (other, second),
    ):
        yield LoadSite(one, f"{other}/", {Backend.LEGACY: (first,), Backend.MODERN: (second,)})


def order(contract: Path, *, users: int = 12, duration_s: float = 1.5, **changes: Any) -> LoadOrder:
    """Blocks of a quarter of a second."""
    scenario = replace(scenario_named("steady"), users=users, duration_s=duration_s, pace_s=0.1, reads=None)
    fields: dict[str, Any] = {
        "domains": ["escrows"],
        "endpoints": ENDPOINTS,
        "scenario": scenario,
        "targets": TARGETS,
        "contract": contract,
        "jwt_secret": SECRET,
        "warm_up_s": 0.2,
    }
    return LoadOrder(**(fields | changes))


def run(
    contract: Path,
    work_dir: Path,
    site: LoadSite,
    listener: Listener | None = None,
    locusts: Locusts | None = None,
    **changes: Any,
) -> LoadTest:
    """A load test as quick as they come."""
    asked_for = order(contract, **changes)
    return run_loadtest(asked_for, site, listener or Listener(), work_dir / "work", locusts=locusts)
