"""How commands say how the flags stand that follow a provider."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from cli.context import Context
from cli.flag_words import flag_json
from proxy.errors import StageError
from proxy.flags import DEFAULT_FLAG, Flag, check_step
from proxy.openfeature_states import KeyState, KeyStates
from proxy.openfeature_steps import Move, move_of, wanted
from proxy.provider_answers import ProviderAnswer, Said

_FOLLOWS: Mapping[Move, str] = {
    Move.NONE: "the flag is so",
    Move.FORWARD: "a step forward",
    Move.LESS_SHARE: "back, at once",
    Move.ROLL_BACK: "back, at once",
}


def followed(context: Context) -> list[KeyState]:
    """The flags of the configuration as they stood when the provider was asked last. Raises StoreError."""
    section = context.settings.openfeature
    if not section.provider:
        return []
    known = KeyStates(context.engine, section.name).read()
    states = [known.get(key, KeyState(key, flag)) for key, flag in section.keys.items()]
    return [
        state if state.flag == section.keys[state.key] else KeyState(state.key, section.keys[state.key])
        for state in states
    ]


def state_line(state: KeyState, now: float) -> str:
    """What the provider said, and what is in the way, in a sentence or two."""
    told = f"{state.flag} says {state.said}" if state.said is not None else f"{state.flag} has said nothing"
    if state.silent_since is not None:
        last = "" if state.said is None else f" (last: {state.said})"
        told = f"{state.flag} has given no answer for {max(0.0, now - state.silent_since):.0f} s{last}"
    return f"{told}: {state.problem}" if state.problem else told


def state_json(state: KeyState, flag: Flag) -> dict[str, Any]:
    """JSON values."""
    return {
        "key": state.key,
        "now": flag_json(flag),
        "flag": state.flag,
        "state": state.state.value if state.checked_at else None,
        "said": _said_json(state.said),
        "said_since": _moment(state.said_since),
        "silent_since": _moment(state.silent_since),
        "problem": state.problem or None,
        "checked_at": _moment(state.checked_at),
    }


def answer_json(key: str, flag: str, answer: ProviderAnswer, now: Flag) -> dict[str, Any]:
    """JSON values of what a provider says now."""
    said = answer if isinstance(answer, Said) else None
    return {
        "key": key,
        "now": flag_json(now),
        "flag": flag,
        "said": _said_json(said),
        "move": None if said is None else move_of(now, said).name.lower(),
        "problem": None if isinstance(answer, Said) else answer.problem,
    }


def answer_line(flag: str, answer: ProviderAnswer, key: str, now: Flag) -> str:
    """What a provider says now, and what would follow."""
    if not isinstance(answer, Said):
        return f"{flag}: {answer.problem}"
    move = move_of(now, answer)
    follows = _FOLLOWS[move]
    if move is Move.FORWARD:
        try:
            check_step(key, now, wanted(now, answer))
        except StageError as error:
            follows = f"refused: {error}"
    return f"{flag} says {answer}: {follows}"


def _moment(seconds: float | None) -> str | None:
    return datetime.fromtimestamp(seconds, UTC).isoformat() if seconds else None


def _said_json(said: Said | None) -> dict[str, Any] | None:
    return None if said is None else {"stage": said.stage.value, "canary_share": said.canary_share}


def present_flag(context: Context, key: str) -> Flag:
    """The flag in force, as the store has it."""
    rows = context.flags.table().rows
    return rows.get(key) or rows.get(context.flags.domain_of(key)) or DEFAULT_FLAG
