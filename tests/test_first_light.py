"""The whole of Crossfade on the recorded requests of all domains: real backends, proxy, parity worker, store.

The backends and the proxies before them run once for all tests; each test begins with the seed.
"""

import importlib
import re
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

import legacy_bridge.seed
from cli.workers import counts_file
from domains.rooms import ROOMS
from domains.routes import ROUTES
from loadtests.recording import Credentials, Recorded, load_recording
from parity.exchange import Backend
from parity.outcome import Outcome
from parity.report import Report, build_report
from parity.rules import RuleBook
from proxy.shared_counts import EVERYWHERE, Counts
from proxy.stages import Stage
from tests.domains.recording import RecordedRoom
from tests.support.replay import JWT_SECRET, Replayed, differences, replay
from tests.support.site import Site, running_backend, running_site

FREE_SLOT = 1
"""In the shared counts: of the worker that will take over from the only one."""
READER = "crossfade_reader"
UNLIMITED = ("--rate-limit", "1000000", "--failed-auth-limit", "1000000")
TO_LIVE = (Stage.SHADOW, Stage.CANARY, Stage.LIVE)
UNREAD = {"not_shown", "unknown_commit"}
"""Why a write of the recording is not compared: its client may not see what it wrote, or the recorded answer is 500."""
WRITES_SERVED = re.compile(rb'_request_statements_count\{endpoint="(?!GET |unlisted)[^"]*"\} (\d+)')


@dataclass
class Stand:
    """One proxy before two backends over the session's database, and how many requests it got."""

    site: Site
    database_url: str
    contract: Path
    sent: int = 0

    def bring(self, domain: str, stages: Sequence[Stage]) -> None:
        """From `off` through these stages."""
        self.site.roll_back(domain)
        for stage in stages:
            self.site.flip(stage, key=domain, canary_share=0.5 if stage is Stage.CANARY else None)

    def reset(self) -> None:
        """Back to the seed, and everything that modern has cached is old: anything may have changed.

        No request says so for sure, for a write that is refused changes nothing; so it is counted as by a worker that
        is not there, of a write at no endpoint.
        """
        self.site.settle(self.sent)
        legacy_bridge.seed.reset(self.database_url, self.contract / "seed")
        counts = Counts.open(counts_file(self.site.context.settings), FREE_SLOT)
        counts.finished(counts.place_of(EVERYWHERE), removal=True)

    async def replay(self, domain: str) -> list[Replayed]:
        """The whole recording of a domain in its order, as modern's room has it replayed.

        A write waits until what was sent before it is compared: a read, or the read-back of a write, that races the
        write after it is `skipped`, not a match.
        """
        self.reset()
        restore = room_of(domain).before(self.database_url)
        is_compared = True

        def before(recorded: Recorded) -> None:
            nonlocal is_compared
            is_read = recorded.method == "GET"
            if not is_read and not is_compared:
                self.site.settle(self.sent)
                is_compared = True
            is_compared = is_compared and not is_read and 400 <= recorded.status < 500
            restore(recorded)
            self.sent += 1

        return await replay(
            self.site.url,
            load_recording(self.contract, domain),
            None,
            Credentials(self.contract, JWT_SECRET),
            before=before,
            templates=templates(domain),
        )

    def settled(self, domain: str) -> Report:
        """The report of a domain, once everything that was sent is in the books."""
        self.site.settle(self.sent)
        return build_report(self.site.context.engine, domain=domain, endpoints=self.site.context.endpoints)


def templates(domain: str) -> Sequence[tuple[str, str]]:
    return [(route.method, route.path) for route in ROUTES if route.domain == domain]


def room_of(domain: str) -> RecordedRoom:
    """What the room of a domain declares for the replay of its recording."""
    importlib.import_module(f"domains.{domain}.tests.test_recording")
    return next(room for room in RecordedRoom.__subclasses__() if room.domain == domain)()


def found_in(report: Report) -> dict[str, int]:
    return {outcome.value: n for outcome, n in report.tally.outcomes.items() if n}


def unread_in(report: Report) -> set[str]:
    """Why writes were not read back."""
    return set(report.tally.reasons.get(Outcome.SKIPPED, {}))


def writes_compared(report: Report) -> int:
    return sum(row.tally.compared for row in report.endpoints if not row.endpoint.startswith("GET "))


def listed(replayed: Sequence[Replayed], domain: str) -> list[Replayed]:
    """The requests at endpoints of that domain."""
    names = {f"{method} {path}" for method, path in templates(domain)}
    return [item for item in replayed if item.exchange.endpoint in names]


def served_by(replayed: Sequence[Replayed]) -> set[str | None]:
    return {item.exchange.modern.header("x-served-by") for item in replayed}


def writes_served(modern: str) -> int:
    """How many writes modern has answered so far."""
    told = urllib.request.urlopen(f"{modern}/metrics", timeout=10).read()
    return sum(map(int, WRITES_SERVED.findall(told)))


@pytest.fixture(scope="module")
def state_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sites")


@pytest.fixture(scope="module")
def seeded(database_url: str, contract: Path) -> str:
    legacy_bridge.seed.reset(database_url, contract / "seed")
    return database_url


@pytest.fixture(scope="module")
def legacy(seeded: str, state_dir: Path) -> Iterator[str]:
    with running_backend(Backend.LEGACY, seeded, state_dir, *UNLIMITED) as url:
        yield url


@pytest.fixture(scope="module")
def modern(seeded: str, state_dir: Path) -> Iterator[str]:
    with running_backend(Backend.MODERN, seeded, state_dir, *UNLIMITED) as url:
        yield url


@contextmanager
def standing(
    state_dir: Path, database_url: str, contract: Path, *, legacy: str, modern: str
) -> Iterator[Stand]:
    """One proxy with books of its own; all of them share the key that makes a copy known as one."""
    state_dir.mkdir()
    (state_dir / "shadow.key").hardlink_to(state_dir.parent / "shadow.key")
    with (
        pytest.MonkeyPatch.context() as monkeypatch,
        running_site(monkeypatch, state_dir, legacy=legacy, modern=modern) as site,
    ):
        yield Stand(site, database_url, contract)


@pytest.fixture(scope="module")
def both_legacy(seeded: str, legacy: str, state_dir: Path, contract: Path) -> Iterator[Stand]:
    """Legacy against legacy."""
    with standing(state_dir / "aa", seeded, contract, legacy=legacy, modern=legacy) as stand:
        yield stand


@pytest.fixture(scope="module")
def stand(seeded: str, legacy: str, modern: str, state_dir: Path, contract: Path) -> Iterator[Stand]:
    """Legacy against modern."""
    with standing(state_dir / "am", seeded, contract, legacy=legacy, modern=modern) as stand:
        yield stand


@pytest.fixture(scope="module")
def only_modern_writes(seeded: str, modern: str, state_dir: Path, contract: Path) -> Iterator[Stand]:
    """A legacy that cannot write against modern."""
    separator = "&" if "?" in seeded else "?"
    reader = f"{seeded}{separator}user={READER}&password={READER}"
    (state_dir / "ro").mkdir()
    (state_dir / "ro" / "shadow.key").hardlink_to(state_dir / "shadow.key")
    with ExitStack() as stack:
        connection = stack.enter_context(psycopg.connect(seeded, autocommit=True))
        connection.execute(f"DROP ROLE IF EXISTS {READER}")
        connection.execute(f"CREATE ROLE {READER} LOGIN PASSWORD '{READER}' IN ROLE pg_read_all_data")
        stack.callback(connection.execute, f"DROP ROLE {READER}")
        with pytest.raises(psycopg.errors.InsufficientPrivilege), psycopg.connect(reader) as unprivileged:
            unprivileged.execute("UPDATE brokers SET name = 'x'")
        unable = stack.enter_context(running_backend(Backend.LEGACY, reader, state_dir / "ro", *UNLIMITED))
        yield stack.enter_context(
            standing(state_dir / "live", seeded, contract, legacy=unable, modern=modern)
        )


@pytest.mark.parametrize("domain", ["escrows", "users"])
async def test_an_a_a_run_is_all_matches_and_the_outcomes_add_up(both_legacy: Stand, domain: str) -> None:
    both_legacy.bring(domain, [Stage.SHADOW])

    replayed = await both_legacy.replay(domain)

    report = both_legacy.settled(domain)
    tally = report.tally
    assert found_in(report).keys() <= {"match", "skipped"}
    assert unread_in(report) <= UNREAD
    assert writes_compared(report) > 0
    assert sum(tally.outcomes.values()) == tally.mirrored
    assert tally.requests == len(listed(replayed, domain))
    assert tally.requests == tally.mirrored + sum(tally.not_mirrored.values())
    assert tally.not_mirrored.keys() <= {"refused_write", "no_read", "never"}
    assert report.balance.balanced


@pytest.mark.parametrize("domain", ROOMS)
async def test_legacy_against_modern_differs_only_as_declared_and_clients_get_what_was_recorded(
    stand: Stand, modern: str, domain: str
) -> None:
    stand.bring(domain, [Stage.SHADOW])
    before = writes_served(modern)

    replayed = await stand.replay(domain)

    report = stand.settled(domain)
    assert report.open_groups == ()
    assert found_in(report).keys() <= {"match", "accepted", "skipped"}
    assert unread_in(report) <= UNREAD
    assert writes_compared(report) > 0
    assert sum(report.tally.outcomes.values()) == report.tally.mirrored > 0
    assert report.balance.balanced
    assert differences(replayed, RuleBook()) == []
    assert served_by(replayed) == {"legacy"}
    assert writes_served(modern) == before


@pytest.mark.parametrize("domain", ROOMS)
async def test_where_modern_is_live_it_answers_as_recorded_or_declared_and_commits_each_write_once(
    only_modern_writes: Stand, modern: str, domain: str
) -> None:
    only_modern_writes.bring(domain, TO_LIVE)
    before = writes_served(modern)

    replayed = await only_modern_writes.replay(domain)

    report = only_modern_writes.settled(domain)
    own = listed(replayed, domain)
    assert differences(own, only_modern_writes.site.context.rules()) == []
    assert served_by(own) == {"modern"}
    assert writes_served(modern) - before == sum(item.recorded.method != "GET" for item in own)
    assert report.open_groups == ()
    assert found_in(report).keys() <= {"match", "accepted", "skipped"}
    assert unread_in(report) <= UNREAD
    assert writes_compared(report) > 0
    assert report.tally.failed == 0
    assert report.balance.balanced


async def test_after_a_rollback_modern_serves_nothing(stand: Stand) -> None:
    stand.bring("contacts", TO_LIVE)
    live = await stand.replay("contacts")

    stand.site.roll_back()
    rolled_back = await stand.replay("contacts")

    assert served_by(listed(live, "contacts")) == {"modern"}
    assert served_by(rolled_back) == {"legacy"}
    assert stand.settled("contacts").tally.failed == 0
