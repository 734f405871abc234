"""`crossfade parity gate`: exit codes, files, and what it says."""

import json
import time
from xml.etree import ElementTree as ET

import pytest

from tests.cli.parity_store import agreeing, differing, faults, fill
from tests.support.command import InProcess, Ran


def gate(crossfade: InProcess, *arguments: str, least: int = 10, rate: str = "0") -> Ran:
    return crossfade("parity", "gate", "--min-comparisons", str(least), "--max-rate", rate, *arguments)


def test_a_gate_that_holds_is_exit_code_0(crossfade: InProcess) -> None:
    fill(crossfade, *agreeing(10))

    ran = gate(crossfade)

    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[0] == "The gate holds for all domains."
    assert "10, wanted 10 at least" in ran.out


def test_a_gate_that_does_not_hold_is_exit_code_1_and_names_the_group(crossfade: InProcess) -> None:
    fill(crossfade, *agreeing(9), differing())

    ran = gate(crossfade)

    assert ran.code == 1
    assert "1 of 10 (10.00%) differs" in ran.out
    assert "$.a another value" in " ".join(ran.out.split())
    assert gate(crossfade, rate="0.1").code == 0


def test_too_few_comparisons_and_books_that_do_not_balance_are_exit_code_2(crossfade: InProcess) -> None:
    fill(crossfade, *agreeing(10))
    few = gate(crossfade, least=11)
    fill(crossfade, unaccounted=1)

    unbalanced = gate(crossfade)

    assert (few.code, unbalanced.code) == (2, 2)
    assert "cannot be told" in few.out
    assert "THE BOOKS DO NOT BALANCE" in unbalanced.out


@pytest.mark.parametrize("url", ["", "sqlite:////no/such/folder/store.db", "postgresql://localhost:1/none"])
def test_without_a_store_it_cannot_be_told_and_none_is_made(
    crossfade: InProcess, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    if url:
        monkeypatch.setenv("CROSSFADE_STORE__URL", url)

    ran = gate(crossfade)

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("crossfade: whether the gate holds cannot be told: ")
    assert not (crossfade.state_dir / "store.sqlite3").exists()


def test_both_files_are_written_whatever_the_gate_says(crossfade: InProcess) -> None:
    fill(crossfade, *agreeing(9), differing())

    ran = gate(crossfade, "--junit", "out/gate.xml", "--markdown", "out/gate.md")

    assert (ran.code, ran.err) == (1, "wrote out/gate.xml\nwrote out/gate.md\n")
    root = ET.parse(crossfade.state_dir / "out/gate.xml").getroot()  # noqa: S314  what we have written ourselves
    assert root.get("failures") == "2"
    assert "The gate does not hold" in (crossfade.state_dir / "out/gate.md").read_text()


def test_a_domain_and_a_span_narrow_it(crossfade: InProcess) -> None:
    fill(crossfade, *agreeing(10, "GET /v1/leads", "leads"), at=time.time() - 7_200)

    assert gate(crossfade).code == 0
    assert gate(crossfade, "--since", "15m").code == 2
    assert gate(crossfade, "--domain", "escrows").code == 2


def test_as_json_it_is_versioned_and_as_the_reference_says(crossfade: InProcess) -> None:
    fill(crossfade, *agreeing(10))

    printed = [gate(crossfade, "--json", least=least).out for least in (10, 11)]

    values = json.loads(printed[0])
    assert (values["schema"], values["result"]) == ("crossfade.parity-gate/1", "holds")
    assert [faults(one, "gate") for one in printed] == [[], []]
    assert faults(printed[0].replace("parity-gate/1", "parity-gate/2"), "gate")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--max-rate", "0"), "Missing option '--min-comparisons'"),
        (("--min-comparisons", "0", "--max-rate", "0"), "0 is not in the range x>=1"),
        (("--min-comparisons", "1", "--max-rate", "1.5"), "1.5 is not in the range 0<=x<=1"),
        (("--min-comparisons", "1", "--max-rate", "0", "--domain", "bogus"), "'bogus' is not a domain"),
    ],
)
def test_bad_input_is_one_sentence(crossfade: InProcess, arguments: tuple[str, ...], message: str) -> None:
    ran = crossfade("parity", "gate", *arguments)

    assert ran.code == 2
    assert message in ran.err
