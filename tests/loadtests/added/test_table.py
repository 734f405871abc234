"""What a person and a program are shown."""

import io
import json

import msgspec
import pytest
from rich.console import Console

from loadtests.added.result import Books, ProxyLoadTest
from loadtests.added.table import notes, render_added, to_json
from parity.load_results import LoadRatio
from tests.loadtests.added.factories import measured, result, stage_row
from tests.support.published import faults, published


def shown(found: ProxyLoadTest) -> str:
    file = io.StringIO()
    render_added(found, Console(file=file, width=80))
    return file.getvalue()


def test_all_of_it_fits_into_eighty_columns() -> None:
    large = measured(
        offered_rps=12_345.0, rps=12_345.0, p50_ms=1_234.5, p90_ms=2_345.6, p99_ms=9_999.9, failed=12_345
    )
    far = LoadRatio(9_999.9, -9_999.9, 9_999.9)
    text = shown(result(stages=[stage_row("complete", measured=large, added_p50_ms=far, added_p99_ms=far)]))

    assert max(map(len, text.splitlines())) <= 80
    assert "…" not in text


def test_each_stage_has_its_times_what_it_adds_and_what_was_counted() -> None:
    lines = shown(result()).splitlines()

    rows = [line.split() for line in lines if line.strip().startswith(("at shadow", "shadow"))]
    assert rows == [
        ["at", "shadow", "50%", "100", "100", "4.5", "7.5", "12.2", "0"],
        ["shadow", "50%", "+0.5", "(+0.4..+0.6)", "+0.7", "(+0.5..+0.9)", "+1.5", "(-1.0..+4.0)"],
        ["shadow", "50%", "1,400", "1,300", "1,290", "0", "10", "0", "0", "0"],
    ]  # fmt: skip
    assert "capacity of legacy: 200 requests a second, 4 users" in lines
    assert "1 rollbacks under load: acknowledged in 16 ms (median), 16 ms (longest)" in lines
    assert "books: 2,800 sent, 2,800 counted; 1,300 mirrored = 1,290 match + 10 shed" in lines
    assert lines[-1] == "all well: no request failed, and the books balance"


def test_what_was_wrong_is_said_and_nothing_is_well_then() -> None:
    text = shown(result(faults=["2 of 9 requests failed at stage off"]))

    assert "wrong: 2 of 9 requests failed at stage off" in text
    assert "all well" not in text


def test_a_partial_run_says_so_and_shows_what_there_is() -> None:
    text = shown(result(problem="the modern backend stopped answering", rounds=1, books=None, flips=None))

    assert "PARTIAL: the modern backend stopped answering; 1 of 4 rounds went through." in text
    assert "at shadow" in text
    assert "all well" not in text


@pytest.mark.parametrize(
    ("found", "note"),
    [
        (result(stages=[stage_row(measured=measured(keeps_up=False))]), "! fewer answers than requests"),
        (
            result(stages=[stage_row(measured=measured(late=0.25))]),
            "Up to 25% of the requests of a path were sent late",
        ),
        (
            result(left_out={"a": "modern answers 404 to a", "b": "succeeds only once"}),
            "recorded: 1 exchanges.",
        ),
    ],
)
def test_what_makes_times_less_than_they_seem_is_noted(found: ProxyLoadTest, note: str) -> None:
    assert any(note in line for line in notes(found))
    assert not any(note in line for line in notes(result()))


@pytest.mark.parametrize(
    "found",
    [result(), result(books=None, flips=None, stages=[stage_row(added_p50_ms=None)], problem="it died")],
)
def test_its_json_is_as_published(found: ProxyLoadTest) -> None:
    values = to_json(found)

    assert values["schema"] in published()
    assert values["schema"] == "crossfade.loadtest-proxy/1"
    assert values["exit_code"] == found.exit_code
    assert faults(json.dumps(values)) == []


def test_the_json_says_whether_the_books_balance() -> None:
    books = to_json(result(books=Books(10, 9, 0, {}, 0, 0)))["books"]

    assert isinstance(books, dict)
    assert books["balance"] is False


def test_the_published_schema_has_every_field() -> None:
    page = json.loads(published()["crossfade.loadtest-proxy/1"].read_text())
    own = msgspec.json.schema(ProxyLoadTest)["$defs"]
    described = page["$defs"] | {"ProxyLoadTest": page}

    missing = {name: set(one["properties"]) - set(described[name]["properties"]) for name, one in own.items()}

    assert {name: fields for name, fields in missing.items() if fields} == {}
