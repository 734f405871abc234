"""`crossfade parity verdict`: what it ends with, and since when it counts."""

import json
import time

import pytest

from cli.context import Context
from cli.parity_verdict import changed_at, limits, required_cells
from cli.settings import load_settings
from parity.coverage import Requirement
from parity.database import open_database
from parity.load_tests import LoadTests
from parity.redact import Redactor
from parity.rules import RuleBook
from parity.store import ParityStore
from parity.verdict_limits import VerdictLimits
from proxy.stages import Stage
from tests.cli.parity_store import DETAIL, ONE_ENDPOINT, agreeing, differing, faults, fill
from tests.parity.factories import by_shape
from tests.parity.load_results_factory import small_test
from tests.support.command import InProcess


@pytest.fixture
def context(crossfade: InProcess) -> Context:
    """The reference CRM with the store of the test."""
    del crossfade  # it has set the state directory
    return Context(settings=load_settings(None), config=None, jwt_secret="", actor="olivia")


def configure(crossfade: InProcess, text: str = ONE_ENDPOINT) -> None:
    (crossfade.state_dir / "crossfade.toml").write_text(text)


def test_a_domain_that_may_advance_is_exit_code_0(crossfade: InProcess) -> None:
    configure(crossfade)
    fill(crossfade, *agreeing(50))

    ran = crossfade("parity", "verdict", "escrows")

    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("escrows: READY\n")
    assert crossfade("parity", "verdict").code == 0


def test_a_load_test_in_the_store_is_asked_and_one_may_be_required(crossfade: InProcess) -> None:
    configure(crossfade, ONE_ENDPOINT.replace("[verdict]", "[verdict]\nrequire_load_test = true"))
    fill(crossfade, *agreeing(50))

    without = crossfade("parity", "verdict", "escrows")
    engine = open_database(f"sqlite:///{crossfade.state_dir}/store.sqlite3")
    kept = LoadTests(engine).add(small_test(), "olivia")
    engine.dispose()
    beside = crossfade("parity", "verdict", "escrows")

    assert (without.code, "load test       none yet: crossfade loadtest" in without.out) == (1, True)
    assert (beside.code, f"load test       {kept} (steady, 20 users" in beside.out) == (0, True)


def test_one_that_may_not_is_exit_code_1_and_says_why(crossfade: InProcess) -> None:
    configure(crossfade)
    fill(crossfade, *agreeing(50), differing())

    ran = crossfade("parity", "verdict", "escrows")

    assert ran.code == 1
    assert ran.out.startswith("escrows: NO\n")
    assert "1 open difference group" in ran.out


def test_without_a_name_every_domain_is_judged(crossfade: InProcess) -> None:
    fill(crossfade, *agreeing(3))

    ran = crossfade("parity", "verdict")

    assert ran.code == 1
    judged = [line for line in ran.out.splitlines() if line and not line.startswith(" ")]
    assert "escrows: NOT YET" in judged
    assert "leads: NOT YET" in judged
    assert ran.out.count("never run") == len(judged)
    assert max(len(line) for line in ran.out.splitlines()) <= 80


def test_as_json_one_domain_is_an_object_and_all_are_a_list(crossfade: InProcess) -> None:
    configure(crossfade)
    fill(crossfade, *agreeing(50))

    printed = [crossfade("parity", "verdict", *name, "--json").out for name in (("escrows",), ())]

    one, several = map(json.loads, printed)
    assert (one["schema"], one["verdict"]) == ("crossfade.parity-verdict/1", "ready")
    assert several["schema"] == "crossfade.parity-verdicts/1"
    assert [each["domain"] for each in several["verdicts"]] == ["escrows"]
    assert [faults(text, "verdict") for text in printed] == [[], []]
    assert faults(printed[0].replace('"upper"', '"bound"'), "verdict")


def test_only_what_came_since_a_span_counts(crossfade: InProcess) -> None:
    configure(crossfade)
    fill(crossfade, differing(), at=time.time() - 7_200)
    fill(crossfade, *agreeing(50), at=time.time() - 600)

    assert crossfade("parity", "verdict", "escrows").code == 1
    assert crossfade("parity", "verdict", "escrows", "--since", "1h").code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("bogus",), "'bogus' is not a domain; expected one of: "),
        (("--since", "yesterday"), "'yesterday': expected a duration like 90s, 15m, 2h or 7d"),
    ],
)
def test_bad_input_is_one_sentence(crossfade: InProcess, arguments: tuple[str, ...], message: str) -> None:
    ran = crossfade("parity", "verdict", *arguments)

    assert ran.code == 2
    assert message in ran.err


def test_what_is_configured_is_what_is_asked_for(crossfade: InProcess) -> None:
    rows = f'[[verdict.cells]]\nendpoint = "{DETAIL}"\nstatus = "4xx"\nquery = ["page", "limit"]\n'
    configure(crossfade, f"{ONE_ENDPOINT}\n{rows}")
    context = Context(settings=load_settings(None), config=None, jwt_secret="", actor="olivia")

    assert limits(context) == VerdictLimits(max_rate=0.1, min_comparisons=10, require_self_test=False)
    assert required_cells(context) == [Requirement(DETAIL, "4xx", "limit&page")]


def test_a_cell_of_an_endpoint_that_is_not_there_is_refused_with_the_nearest(crossfade: InProcess) -> None:
    configure(
        crossfade, f'{ONE_ENDPOINT}\n[[verdict.cells]]\nendpoint = "GET /v1/escrow/{{id}}"\nstatus = "2xx"\n'
    )

    ran = crossfade("parity", "verdict")

    assert ran.code == 2
    assert ran.err == (
        "crossfade: verdict.cells.0.endpoint: 'GET /v1/escrow/{id}': expected an endpoint like "
        f"'GET /v1/escrows', did you mean '{DETAIL}'?\n"
    )


def test_before_any_change_everything_counts(context: Context) -> None:
    assert changed_at(context, "escrows", context.flags.history()) is None


def test_a_stage_that_changed_begins_anew_for_its_domain_and_other_shares_do_not(context: Context) -> None:
    flip = context.flags.flip
    flip("escrows", Stage.SHADOW, actor="olivia", reason="")
    shadow = changed_at(context, "escrows", context.flags.history())
    flip("escrows", Stage.SHADOW, sample_rate=0.5, actor="olivia", reason="")
    flip("leads", Stage.SHADOW, actor="olivia", reason="")
    same = changed_at(context, "escrows", context.flags.history())
    canary = flip(DETAIL, Stage.CANARY, actor="olivia", reason="")

    assert shadow is not None
    assert shadow % 60 == 0
    assert same == shadow
    assert changed_at(context, "escrows", context.flags.history()) == canary.changed_at.timestamp()
    assert changed_at(context, "clients", context.flags.history()) is None


def test_rules_that_changed_begin_anew_too(context: Context) -> None:
    for rules in ((), (by_shape("$.id", endpoint=DETAIL),)):
        ParityStore(context.engine, Redactor(b"k" * 32), rules=RuleBook(rules=rules)).last_seq("proxy")

    changed = changed_at(context, "escrows", [])

    assert changed == pytest.approx(time.time(), abs=30)
    assert changed_at(context, "leads", []) is None
