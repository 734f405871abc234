"""What every test may ask for: a real PostgreSQL, its seeded state, the recorded API, a real browser."""

import contextlib
import gc
import os
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Generator, Iterator
from fnmatch import fnmatch
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import hypothesis
import psycopg
import pytest
from coverage import Coverage
from playwright.sync_api import Browser, sync_playwright
from psycopg import sql

from parity import walk
from proxy import edge
from tests.domains.support import Modern, serving
from tests.support.own_postgres import memory, own_postgres
from tests.support.seeded import Seeded

pytest.register_assert_rewrite("tests.domains.recording")  # the tests that rooms inherit
ROOT = Path(__file__).parent
CONTRACT = ROOT / "tests" / "contract"
OF_THE_WHOLE = ("tests/test_*.py", "tests/wire/*.py", "domains/*/tests/test_differential.py")
TAKES_LONG = (
    *OF_THE_WHOLE,
    "tests/cli/test_*.py",
    "tests/loadtests/test_*.py",
    "tests/loadtests/added/test_*.py",
    "tests/loadtests/users/test_*.py",
)
NEW_OBJECTS = 50_000
"""So many come until Python looks for garbage: with its 700 that is a fifth of what tests cost that make many."""
CHROMIUM_ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]

# how long an example takes is the machine's affair: beside two other processes it is not evenly quick; as many as CI
# has time for, and more for who gives CROSSFADE_EXAMPLES
hypothesis.settings.register_profile(
    "patient",
    deadline=None,
    max_examples=int(os.environ.get("CROSSFADE_EXAMPLES", "40")),
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("patient")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--large-bytes`: what is large in `tests/test_large_bodies.py`; `--compiled`: no silent fall back to Python."""
    parser.addoption(
        "--large-bytes", type=int, default=33_554_432, help="the size of large bodies (default: 32 MiB)"
    )
    parser.addoption(
        "--compiled",
        action="store_true",
        help="fail unless the way of a request and the comparer are compiled",
    )


def pytest_configure(config: pytest.Config) -> None:
    """What is to be tested compiled, is."""
    for module in (edge, walk) if config.getoption("--compiled") else ():
        if str(module.__file__).endswith(".py"):
            raise pytest.UsageError(f"--compiled: {module.__file__} is not compiled (make compiled)")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is collected stays to the end: nobody looks in it for garbage, neither now nor while the tests run."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(NEW_OBJECTS, *gc.get_threshold()[1:])
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take long go first: at the end no process waits for another that has just begun with one."""
    long = {
        path
        for path in {item.path for item in items}
        if any(fnmatch(path.relative_to(ROOT).as_posix(), pattern) for pattern in TAKES_LONG)
    }
    items.sort(key=lambda item: item.path not in long)


@pytest.fixture(scope="module", autouse=True)
def _measured(request: pytest.FixtureRequest) -> Iterator[None]:
    """Tests of the whole are not measured: they say what clients get, and take twice as long while they are.

    What they run is measured by the tests of the parts; the floor of coverage stands on those alone.
    """
    measuring = Coverage.current()
    file = request.path.relative_to(ROOT).as_posix()
    if measuring is None or not any(fnmatch(file, pattern) for pattern in OF_THE_WHOLE):
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)  # nor their children
        measuring.stop()
        yield
        measuring.start()


@pytest.fixture(scope="session")
def contract() -> Path:
    """The directory with the recorded API of the reference CRM."""
    return CONTRACT


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    """A real PostgreSQL for the session: CROSSFADE_TEST_DATABASE_URL, else an embedded one of its own.

    What is in the given database is lost. Where several workers of xdist share its server, each has a database beside it.
    """
    if given := os.environ.get("CROSSFADE_TEST_DATABASE_URL"):
        worker = os.environ.get("PYTEST_XDIST_WORKER")
        with contextlib.nullcontext(given) if worker is None else _database_beside(given, worker) as url:
            yield url
        return
    with own_postgres() as url:
        yield url


@contextlib.contextmanager
def _database_beside(url: str, worker: str) -> Iterator[str]:
    parts = urlsplit(url)
    name = f"{parts.path.strip('/')}_{worker}"
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(drop)
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield urlunsplit(parts._replace(path=f"/{name}"))
        connection.execute(drop)


@pytest.fixture
def own_database_url(database_url: str) -> Iterator[str]:
    """The session's PostgreSQL with a schema that is empty and this test's alone."""
    schema = f"own_{uuid.uuid4().hex}"
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
        yield f"{database_url}{'&' if '?' in database_url else '?'}options=-csearch_path%3D{schema}"
        connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(schema)))


@pytest.fixture
def open_dir() -> Iterator[Path]:
    """A directory in which a PostgreSQL can be made: its own user must reach it, and pytest closes its own."""
    with tempfile.TemporaryDirectory(prefix="crossfade-tests-", dir=memory()) as directory:
        yield Path(directory)


@pytest.fixture(scope="session")
def _seeded(contract: Path) -> Iterator[Seeded]:
    with contextlib.closing(Seeded(contract / "seed")) as seeded:
        yield seeded


@pytest.fixture
def seeded_database(database_url: str, _seeded: Seeded) -> str:
    """The session's database in the seeded state of the recording."""
    _seeded.ensure(database_url)
    return database_url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real Chromium; in CI it must be there, elsewhere its absence is a skip that says so.

    One for each module: while it is open no asynchronous test can run, for Playwright's loop does.
    """
    executable = shutil.which("chromium")
    if executable is None:
        if os.environ.get("CI"):
            pytest.fail("no chromium, though `make test` installs it")
        pytest.skip("no chromium on this machine")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_ARGS)
        yield chromium
        chromium.close()


@pytest.fixture
async def modern(seeded_database: str, contract: Path) -> AsyncIterator[Modern]:
    """The modern backend over the seeded database."""
    async with serving(seeded_database, contract) as running:
        yield running


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of xdist keeps what it measured before it says that it is done: after that it may be killed."""
    measuring = Coverage.current()
    if hasattr(session.config, "workerinput") and measuring is not None:
        measuring.stop()
        measuring.save()
