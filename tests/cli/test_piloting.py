"""How a pilot is put together for a command, and what it would have done by the store of a test."""

import time

import pytest

from cli.context import Context
from cli.piloting import pilot_of, simulated
from cli.settings import load_settings
from proxy.pilot_policy import Policy, parse_policy
from proxy.pilot_simulation import Moment
from proxy.stages import Stage
from tests.cli.parity_store import ONE_ENDPOINT, agreeing, differing, fill
from tests.support.command import InProcess

POLICY = parse_policy(
    """
    [[steps]]
    stage = "shadow"
    hold = "5m"
    [[steps]]
    stage = "canary"
    share = 0.5
    """,
    "policy",
)


@pytest.fixture
def context(crossfade: InProcess) -> Context:
    (crossfade.state_dir / "crossfade.toml").write_text(ONE_ENDPOINT)
    return Context(settings=load_settings(None), config=None, jwt_secret="", actor="olivia")


def played(context: Context, policy: Policy = POLICY) -> list[Moment]:
    return list(simulated(context, "escrows", policy, Stage.CANARY))


def test_a_pilot_walks_by_the_verdict_of_the_store(crossfade: InProcess, context: Context) -> None:
    pilot = pilot_of(context)
    text = '[[steps]]\nstage = "shadow"\n[[steps]]\nstage = "canary"\nshare = 0.5\n'
    pilot.runs.start("escrows", text, "short", Stage.CANARY, actor="olivia", now=time.time())

    words = [type(pilot.walk("escrows").decision).__name__ for _ in range(2)]
    fill(crossfade, *agreeing(50))
    words.append(type(pilot.walk("escrows").decision).__name__)

    assert words == ["Go", "Wait", "Go"]
    assert pilot.settings.lease_s >= 6 * pilot.settings.every_s


def test_two_processes_never_take_each_other_for_themselves(context: Context) -> None:
    one, other = pilot_of(context), pilot_of(context)

    assert (one.hold("escrows"), other.hold("escrows")) == (True, False)


def test_a_simulation_sees_what_had_been_compared_by_then(crossfade: InProcess, context: Context) -> None:
    begin = time.time() // 60 * 60 - 3_600
    for minute in range(10):
        fill(crossfade, *agreeing(6), at=begin + 60 * minute)

    moments = played(context)

    assert [(moment.kind, (moment.at.timestamp() - begin) // 60) for moment in moments] == [
        ("step", 0),
        ("wait", 0),  # it holds
        ("wait", 5),  # 30 comparisons are too few
        ("step", 6),
        ("done", 6),
    ]
    assert moments[2].words.startswith("the verdict is 'not yet'; mismatch rate: 0 of 30 comparisons")
    assert "books" not in moments[2].words
    assert context.flags.history() == []


def test_a_difference_that_was_found_later_does_not_count_before(
    crossfade: InProcess, context: Context
) -> None:
    begin = time.time() // 60 * 60 - 3_600
    for minute in range(4):
        fill(crossfade, *agreeing(10), at=begin + 60 * minute)
    fill(crossfade, differing(), at=begin + 60 * 4)
    fill(crossfade, *agreeing(1), at=begin + 60 * 20)

    last = played(context)[-1]

    assert (last.kind, (last.at.timestamp() - begin) // 60) == ("pause", 5)
    assert "1 open difference group" in last.words


def test_of_a_domain_without_history_it_says_so(context: Context) -> None:
    assert [moment.words for moment in played(context)] == ["nothing was recorded"]
