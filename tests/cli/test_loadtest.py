"""`crossfade loadtest`: refusals, and a short run against both bundled backends."""

import json
from pathlib import Path

import pytest

from cli.context import Context
from cli.loadtest import keep
from cli.sections import StoreSection
from cli.settings import Settings
from parity.database import open_database
from parity.load_tests import LoadTests
from tests.parity.load_test_factory import load_test
from tests.support.command import InProcess, run_process


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--domain", "bogus"), 2, "'bogus' is not a domain; expected one of: "),
        (("--domain", "escrows", "--duration", "long"), 2, "'long': expected a duration"),
        (("--domain", "escrows", "--users", "0"), 2, "0 is not in the range"),
        (("--domain", "escrows", "--legacy", "http://127.0.0.1:1"), 2, "expected both --legacy and --modern"),
        (
            ("--domain", "escrows", "--legacy", "http://127.0.0.1:1", "--modern", "http://127.0.0.1:1"),
            3,
            "the legacy backend at http://127.0.0.1:1 does not answer",
        ),
    ],
)
def test_bad_input_is_one_sentence(
    crossfade: InProcess, arguments: tuple[str, ...], code: int, message: str
) -> None:
    ran = crossfade("loadtest", *arguments)

    assert ran.code == code
    assert message in ran.err


def test_a_short_run_measures_both_sides_of_every_endpoint(database_url: str, tmp_path: Path) -> None:
    ran = run_process(
        "loadtest", "--domain", "escrows", "--users", "4", "--duration", "4s", "--json", "--yes",
        "--database-url", database_url, state_dir=tmp_path, timeout_s=120,
    )  # fmt: skip

    assert ran.code in {0, 1}, ran.err
    values = json.loads(ran.out)
    assert values["schema"] == "crossfade.loadtest/1"
    assert "GET /v1/escrows" in ran.out
    engine = open_database(f"sqlite:///{tmp_path}/store.sqlite3")
    (kept,) = LoadTests(engine).latest(10, "escrows")
    engine.dispose()
    assert f"kept as {kept.id}" in ran.err
    assert (kept.test.passed, len(kept.test.endpoints)) == (values["passed"], len(values["endpoints"]))
    assert "Traceback" not in ran.err


def test_a_store_that_does_not_answer_is_told_and_changes_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(store=StoreSection(url=f"sqlite:///{tmp_path}/nowhere/store.sqlite3"))

    keep(Context(settings, None, "", "olivia"), load_test())

    assert "the console will not show this load test: cannot keep the load test" in capsys.readouterr().err
