"""`crossfade loadtest`: refusals, and a short run against both bundled backends."""

import json
from pathlib import Path

import pytest

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
    assert "Traceback" not in ran.err
