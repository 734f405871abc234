"""How commands say how followed flags stand."""

import json

import pytest

from cli.openfeature_words import answer_json, answer_line, state_json, state_line
from proxy.flags import Flag
from proxy.openfeature_states import KeyState, ProviderState
from proxy.provider_answers import NoAnswer, ProviderAnswer, Said
from proxy.stages import Stage
from tests.support.published import faults

SILENT = KeyState("escrows", "stage", ProviderState.FROZEN, Said(Stage.CANARY, 0.1), 5.0, 10.0, 3, "is gone", checked_at=80.0)  # fmt: skip


@pytest.mark.parametrize(
    ("state", "line"),
    [
        (KeyState("escrows", "stage"), "stage has said nothing"),
        (KeyState("escrows", "stage", said=Said(Stage.LIVE)), "stage says live"),
        (KeyState("escrows", "stage", said=Said(Stage.LIVE), problem="not yet"), "stage says live: not yet"),
        (SILENT, "stage has given no answer for 75 s (last: canary 0.1): is gone"),
    ],
)
def test_a_state_is_a_sentence(state: KeyState, line: str) -> None:
    assert state_line(state, 85.0) == line


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (Said(Stage.SHADOW), "stage says shadow: the flag is so"),
        (Said(Stage.CANARY, 0.5), "stage says canary 0.5: a step forward"),
        (Said(Stage.OFF), "stage says off: back, at once"),
        (NoAnswer("is gone"), "stage: is gone"),
    ],
)
def test_an_answer_is_told_with_what_follows(answer: ProviderAnswer, line: str) -> None:
    assert answer_line("stage", answer, "escrows", Flag(Stage.SHADOW)) == line


def test_a_jump_is_told_with_why_it_is_refused() -> None:
    line = answer_line("stage", Said(Stage.LIVE), "escrows", Flag(Stage.SHADOW))

    assert line.startswith("stage says live: refused: escrows is at shadow and cannot go to live")


def test_less_of_a_share_is_back() -> None:
    line = answer_line("stage", Said(Stage.CANARY, 0.1), "escrows", Flag(Stage.CANARY, 0.5))

    assert line == "stage says canary 0.1: back, at once"


def test_a_state_as_json_has_moments_and_nothing_where_there_is_nothing() -> None:
    assert state_json(SILENT, Flag()) == {
        "key": "escrows",
        "now": {"stage": "off", "canary_share": 0.05, "sample_rate": 1.0},
        "flag": "stage",
        "state": "frozen",
        "said": {"stage": "canary", "canary_share": 0.1},
        "said_since": "1970-01-01T00:00:05+00:00",
        "silent_since": "1970-01-01T00:00:10+00:00",
        "problem": "is gone",
        "checked_at": "1970-01-01T00:01:20+00:00",
    }
    fresh = state_json(KeyState("escrows", "stage"), Flag())
    assert {name for name, value in fresh.items() if value is not None} == {"key", "now", "flag"}


def test_an_answer_as_json_has_its_move_or_its_problem() -> None:
    said = answer_json("escrows", "stage", Said(Stage.OFF), Flag(Stage.LIVE))
    none = answer_json("escrows", "stage", NoAnswer("is gone"), Flag(Stage.LIVE))

    assert (said["said"], said["move"], said["problem"]) == (
        {"stage": "off", "canary_share": None},
        "roll_back",
        None,
    )
    assert (none["said"], none["move"], none["problem"]) == (None, None, "is gone")


def test_both_are_as_published() -> None:
    states = [state_json(SILENT, Flag()), state_json(KeyState("escrows", "stage"), Flag())]
    answers = [answer_json("escrows", "stage", one, Flag()) for one in (Said(Stage.OFF), NoAnswer("is gone"))]
    shown = {"schema": "crossfade.openfeature/1", "provider": "p", "watched_by": None, "flags": states}
    asked = {"schema": "crossfade.openfeature-check/1", "provider": "p", "flags": answers}

    assert faults(json.dumps(shown) + json.dumps(asked)) == []
