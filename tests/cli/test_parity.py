"""`crossfade parity report`: where it goes and what it ends with."""

import json
import time
from datetime import UTC, datetime

import pytest

from parity.compare import compare
from parity.database import open_database
from parity.exchange import Observation
from parity.redact import Redactor
from parity.rules import RuleBook
from parity.store import ParityStore
from tests.cli.parity_store import faults
from tests.parity.factories import batch, exchange
from tests.support.command import InProcess

ENDPOINT = "GET /v1/escrows/{id}"


def record(crossfade: InProcess, legacy: bytes, modern: bytes) -> None:
    headers = (("content-type", "application/json"),)
    found = exchange(
        Observation(200, headers, legacy, 0.01),
        Observation(200, headers, modern, 0.01),
        endpoint=ENDPOINT,
        target="/v1/escrows/5",
        at=time.time(),
    )
    store = ParityStore(open_database(f"sqlite:///{crossfade.state_dir}/store.sqlite3"), Redactor(b"k" * 32))
    store.record(
        batch(found, proxy="proxy"), [found], [compare(found, RuleBook(), today=datetime.now(UTC).date())]
    )


def test_a_report_without_differences_is_exit_code_0(crossfade: InProcess) -> None:
    record(crossfade, b'{"a": 1}', b'{"a":1}')

    ran = crossfade("parity", "report")

    assert ran.code == 0
    assert "1 match" in ran.out


def test_a_report_with_differences_is_exit_code_1_and_names_the_path(crossfade: InProcess) -> None:
    record(crossfade, b'{"a": 1}', b'{"a": 2}')

    ran = crossfade("parity", "report")

    assert ran.code == 1
    assert "$.a" in ran.out


def test_json_is_versioned_and_as_the_reference_says(crossfade: InProcess) -> None:
    record(crossfade, b'{"a": 1}', b'{"a": 2}')

    printed = crossfade("parity", "report", "--json").out

    values = json.loads(printed)
    assert values["schema"] == "crossfade.parity-report/1"
    assert values["outcomes"]["mismatch"] == 1
    assert faults(printed, "report") == []
    assert faults(printed.replace('"mismatch"', '"mismatches"'), "report")


def test_json_without_anything_compared_has_the_same_form(crossfade: InProcess) -> None:
    assert faults(crossfade("parity", "report", "--json").out, "report") == []


def test_html_is_one_file(crossfade: InProcess) -> None:
    record(crossfade, b'{"a": 1}', b'{"a": 2}')

    ran = crossfade("parity", "report", "--html", "out/report.html")

    assert ran.code == 1
    assert ran.err == "wrote out/report.html\n"
    page = (crossfade.state_dir / "out/report.html").read_text()
    assert "$.a" in page
    assert '<strong>escrows</strong> <span class="badge bad">no</span>' in page


def test_junit_and_markdown_are_files_too(crossfade: InProcess) -> None:
    record(crossfade, b'{"a": 1}', b'{"a": 2}')

    ran = crossfade("parity", "report", "--junit", "report.xml", "--markdown", "report.md")

    assert (ran.code, ran.out, ran.err) == (1, "", "wrote report.xml\nwrote report.md\n")
    assert 'failures="1"' in (crossfade.state_dir / "report.xml").read_text()
    assert "<details>" in (crossfade.state_dir / "report.md").read_text()


def test_only_the_last_minutes_are_shown_when_asked(crossfade: InProcess) -> None:
    record(crossfade, b'{"a": 1}', b'{"a": 2}')

    ran = crossfade("parity", "report", "--since", "15m", "--json")

    assert json.loads(ran.out)["since_s"] == 900


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--since", "yesterday"), "'yesterday': expected a duration like 90s, 15m, 2h or 7d"),
        (("--domain", "bogus"), "'bogus' is not a domain; expected one of: "),
    ],
)
def test_bad_input_is_one_sentence(crossfade: InProcess, arguments: tuple[str, str], message: str) -> None:
    ran = crossfade("parity", "report", *arguments)

    assert ran.code == 2
    assert message in ran.err


def test_rules_that_cannot_be_read_do_not_hide_what_was_counted(crossfade: InProcess) -> None:
    record(crossfade, b'{"a": 1}', b'{"a": 2}')
    (crossfade.state_dir / "crossfade.toml").write_text('[parity]\nrules = ["none.toml"]\n')

    ran = crossfade("parity", "report")

    assert ran.code == 1
    assert "the report shows no rules: 1 fault(s) in the parity rules: none.toml: No such file" in ran.err
    assert "$.a" in ran.out


def test_the_verdicts_on_the_domains_that_were_mirrored_are_part_of_it(crossfade: InProcess) -> None:
    record(crossfade, b'{"a": 1}', b'{"a": 2}')

    printed = crossfade("parity", "report").out
    values = json.loads(crossfade("parity", "report", "--json").out)

    (verdict,) = values["verdicts"]
    assert (verdict["domain"], verdict["verdict"]) == ("escrows", "no")
    assert [one["name"] for one in verdict["wrong"]] == ["mismatch rate", "groups"]
    assert "  escrows  no: mismatch rate, groups; missing: " in printed
