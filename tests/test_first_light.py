"""The whole of Crossfade on the recorded escrow requests: real backends, proxy, parity worker, store."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import legacy_bridge.seed
from domains.routes import ROUTES
from loadtests.recording import Credentials, Recorded, load_recording
from parity.exchange import Backend
from parity.outcome import Outcome
from proxy.stages import Stage
from tests.support.replay import JWT_SECRET, Replayed, replay
from tests.support.site import Site, running_backend, running_site

TEMPLATES = [(route.method, route.path) for route in ROUTES if route.domain == "escrows"]


@pytest.fixture
def state_dir(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def legacy(seeded_database: str, state_dir: Path) -> Iterator[str]:
    with running_backend(Backend.LEGACY, seeded_database, state_dir) as url:
        yield url


@pytest.fixture
def modern(seeded_database: str, state_dir: Path) -> Iterator[str]:
    with running_backend(Backend.MODERN, seeded_database, state_dir, "--faults") as url:
        yield url


async def replay_through(site: Site, contract: Path, *, already_sent: int = 0) -> list[Replayed]:
    """The recorded escrow requests in order; a write waits until the copies of the reads before it are compared.

    Without that wait a read may race the write after it, which is `skipped`, not a match.
    """
    recording = load_recording(contract, "escrows")
    sent = already_sent

    def before(recorded: Recorded) -> None:
        nonlocal sent
        if recorded.method != "GET":
            site.settled(sent)
        sent += 1

    return await replay(site.url, recording, TEMPLATES, Credentials(contract, JWT_SECRET), before=before)


def outcomes(site: Site, requests: int) -> dict[str, int]:
    tally = site.settled(requests).tally
    return {outcome.value: n for outcome, n in tally.outcomes.items() if n}


async def test_an_a_a_run_is_all_matches_and_the_outcomes_add_up(
    monkeypatch: pytest.MonkeyPatch, state_dir: Path, legacy: str, contract: Path
) -> None:
    with running_site(monkeypatch, state_dir, legacy=legacy, modern=legacy) as site:
        site.flip(Stage.SHADOW)

        replayed = await replay_through(site, contract)

        report = site.settled(len(replayed))
        reads = sum(item.recorded.method == "GET" for item in replayed)
        writes = len(replayed) - reads
        assert outcomes(site, len(replayed)) == {"match": reads}
        assert report.tally.not_mirrored == {"write": writes}
        assert report.balance.balanced


async def test_legacy_against_modern_differs_only_as_declared(
    monkeypatch: pytest.MonkeyPatch,
    state_dir: Path,
    legacy: str,
    modern: str,
    contract: Path,
) -> None:
    with running_site(monkeypatch, state_dir, legacy=legacy, modern=modern) as site:
        site.flip(Stage.SHADOW)

        replayed = await replay_through(site, contract)

        report = site.settled(len(replayed))
        found = outcomes(site, len(replayed))
        assert report.open_groups == ()
        assert set(found) == {"match", "accepted"}
        assert sum(found.values()) == report.tally.mirrored
        assert report.tally.requests == report.tally.mirrored + sum(report.tally.not_mirrored.values())
        assert report.balance.balanced


async def test_clients_get_what_legacy_recorded_while_modern_is_the_shadow(
    monkeypatch: pytest.MonkeyPatch,
    state_dir: Path,
    legacy: str,
    modern: str,
    contract: Path,
) -> None:
    with running_site(monkeypatch, state_dir, legacy=legacy, modern=modern) as site:
        site.flip(Stage.SHADOW)

        replayed = await replay_through(site, contract)

        book = site.context.rules()
        wrong = [item.label for item in replayed if item.comparison(book).outcome is not Outcome.MATCH]
        served_by = {item.exchange.modern.header("x-served-by") for item in replayed}
        assert wrong == []
        assert served_by == {"legacy"}


async def test_after_a_rollback_modern_serves_nothing(
    monkeypatch: pytest.MonkeyPatch,
    state_dir: Path,
    legacy: str,
    modern: str,
    seeded_database: str,
    contract: Path,
) -> None:
    with running_site(monkeypatch, state_dir, legacy=legacy, modern=modern) as site:
        site.flip(Stage.SHADOW)
        site.flip(Stage.CANARY, canary_share=1.0)
        site.flip(Stage.LIVE)
        live = await replay_through(site, contract)

        site.roll_back()
        legacy_bridge.seed.reset(seeded_database, contract / "seed")
        rolled_back = await replay_through(site, contract, already_sent=len(live))

        assert {item.exchange.modern.header("x-served-by") for item in live} == {"modern"}
        assert {item.exchange.modern.header("x-served-by") for item in rolled_back} == {"legacy"}
        assert site.settled(len(live) + len(rolled_back)).tally.failed == 0
