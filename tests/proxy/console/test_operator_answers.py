"""What an operator's commands are answered is read again as it was sent."""

from datetime import UTC, datetime

import msgspec
import pytest

from parity.exchange import Endpoint
from parity.outcome import Outcome
from parity.retention import Removed
from parity.tally import Tally
from proxy.console import operator_answers as answers
from proxy.console.answers import Acknowledgement, Change, Flag, Judged, RowChange
from proxy.openfeature_states import KeyState, ProviderState
from proxy.operations import GuardRow
from proxy.provider_answers import Said
from proxy.stages import Stage

FLAG = Flag("escrows", "canary", 0.05, 1.0)
JUDGED = Judged(
    "not yet", ["comparisons: 12"], {"comparisons": 12, "latency_ratio": 1.0, "query_ratio": None}
)
NOW = datetime(2026, 11, 29, tzinfo=UTC).isoformat()
CHANGE = Change(
    3, NOW, "rollback", "", "ada", "back", [RowChange("escrows", FLAG, FLAG)], JUDGED, forced=False
)
EVERY = (
    answers.Endpoints([Endpoint("escrows", "POST", "/v1/escrows", read_back="/v1/escrows/{id}")]),
    answers.StoreUsed(
        4_096,
        [Removed("samples", 1.5, 3, 2.5)],
        [KeyState("escrows", "migrate", ProviderState.FROZEN, Said(Stage.CANARY, 0.1))],
    ),
    answers.Tallies({"escrows": Tally(3, 2, outcomes={Outcome.MATCH: 2})}),
    answers.Guards([GuardRow("escrows", "error rate", "breached", "5 %", is_alarming=True)]),
    answers.Values([{"a": 1}], "no rules"),
    answers.FlagChanged(
        3, CHANGE, 12.5, [Acknowledgement("p", 3.5)], ["q"], answers.LastByModern("p", "GET /v1", 1.25)
    ),
    answers.FlagChanged(3, None, 0.0, [], [], None),
    answers.Plan(3, [answers.Step("escrows", FLAG, FLAG, JUDGED, ["frozen"], "")]),
    answers.AcceptedAll(None, [{"id": ""}]),
)


@pytest.mark.parametrize("answer", EVERY, ids=lambda one: type(one).__name__)
def test_nothing_is_lost_on_the_way(answer: msgspec.Struct) -> None:
    assert msgspec.json.decode(msgspec.json.encode(answer), type=type(answer)) == answer


def test_what_was_counted_stays_whole_and_what_was_measured_does_not_become_so() -> None:
    figures = msgspec.json.decode(msgspec.json.encode(JUDGED), type=Judged).figures

    assert [type(figures[name]) for name in ("comparisons", "latency_ratio")] == [int, float]
