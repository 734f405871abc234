"""Known mutations of an answer: what a checker has to find, and what it must not find.

The same answer and the same seed give the same mutations, in the same order.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any

import msgspec

from parity import edits_json, edits_text
from parity.answer_headers import collected
from parity.bodies import BOUNDS, Bounds, Media, decoded, media_of, parse
from parity.edits import Edit, Editor, MutationKind
from parity.errors import BodyError
from parity.exchange import Observation
from parity.outcome import ABSENT, Difference, Kind
from parity.paths import BODY, STATUS, Steps, fold, header

__all__ = ["Mutation", "MutationKind", "mutations_of", "value_in"]

_OF_THE_BODY = frozenset(Kind) - {Kind.STATUS, Kind.HEADER}
_STATUSES = (200, 201, 204, 400, 403, 404, 409, 500)


@dataclass(frozen=True, slots=True)
class Mutation:
    """A mutated answer: what was done to it, where, and which kinds of difference are right there.

    `before` and `after` are what stood and stands at `steps`, `ABSENT` for nothing.
    """

    kind: MutationKind
    what: str
    steps: Steps
    expects: frozenset[Kind]
    before: Any
    after: Any
    observation: Observation

    @property
    def path(self) -> str:
        """The path with its indices folded, as in a group."""
        return fold(self.steps)

    def is_found_by(self, difference: Difference) -> bool:
        """Whether a difference is of this mutation: at its path and of a right kind, or above or below it."""
        steps, own = _folded(difference.steps), _folded(self.steps)
        if steps == own:
            return difference.kind in self.expects
        shorter = min(len(steps), len(own))
        return steps[:shorter] == own[:shorter]


def _folded(steps: Steps) -> tuple[str, ...]:
    return tuple("[*]" if isinstance(step, int) else step for step in steps)


def value_in(observation: Observation, bounds: Bounds = BOUNDS) -> Any:
    """The JSON value of an answer; ABSENT where it has none that can be written again as it is."""
    try:
        body = decoded(observation, bounds)
        if not body or media_of(observation) is not Media.JSON:
            return ABSENT
        value = parse(body, bounds)
        json.dumps(value)
    except (BodyError, ValueError, TypeError, RecursionError):  # TypeError: a number that no float holds
        return ABSENT
    return value


def mutations_of(observation: Observation, seed: str, bounds: Bounds = BOUNDS) -> Iterator[Mutation]:
    """Every mutation that fits an answer, each made when it is asked for; none of a body that cannot be read."""
    rng = Random(seed)
    try:
        body = decoded(observation, bounds)
    except BodyError:
        return
    of_body: list[Editor] = [partial(_truncated, body, "in the middle")]
    if media_of(observation) is not Media.HTML:  # a last tag that is not closed is the same page
        of_body.append(partial(_truncated, body, "by a character"))
    makers: list[Callable[[Random], Mutation | None]] = [
        partial(_of_edit, observation, editor) for editor in (*_editors(observation, body, bounds), *of_body)
    ]
    makers += [partial(_other_status, observation, same_class=same) for same in (True, False)]
    makers += [partial(_other_header, observation, dropped=dropped) for dropped in (True, False)]
    rng.shuffle(makers)
    for make in makers:
        mutation = make(rng)
        if mutation is not None:
            yield mutation


def _editors(observation: Observation, body: bytes, bounds: Bounds) -> list[Editor]:
    if not body:
        return []
    value = value_in(observation, bounds)
    if value is not ABSENT:
        return edits_json.editors_of(value)
    media = media_of(observation)
    return [] if media is Media.JSON else edits_text.editors_of(body, media)


def _of_edit(observation: Observation, editor: Editor, rng: Random) -> Mutation | None:
    edit = editor(rng)
    if edit is None:
        return None
    plain = tuple(
        pair for pair in observation.headers if pair[0] not in ("content-encoding", "content-length")
    )
    changed = msgspec.structs.replace(observation, body=edit.body, headers=plain)
    return Mutation(edit.kind, edit.what, edit.steps, edit.expects, edit.before, edit.after, changed)


def _truncated(body: bytes, what: str, rng: Random) -> Edit | None:
    del rng
    telling = body.rstrip()
    if not telling:
        return None
    put = telling[: len(telling) // 2] if what == "in the middle" else telling[:-1]
    return Edit(MutationKind.TRUNCATE, what, BODY, _OF_THE_BODY, body, put, put)


def _other_status(observation: Observation, rng: Random, *, same_class: bool) -> Mutation | None:
    own = observation.status
    others = [status for status in _STATUSES if status != own and (status // 100 == own // 100) == same_class]
    if not others:
        return None
    put = rng.choice(others)
    changed = msgspec.structs.replace(observation, status=put)
    what = "another of its class" if same_class else "of another class"
    return Mutation(MutationKind.STATUS, what, STATUS, frozenset({Kind.STATUS}), own, put, changed)


def _other_header(observation: Observation, rng: Random, *, dropped: bool) -> Mutation | None:
    there = collected(observation)
    if not there:
        return None
    name = rng.choice(sorted(there))
    others = tuple(pair for pair in observation.headers if pair[0].lower() != name)
    value = next(value for key, value in observation.headers if key.lower() == name)
    put = ABSENT if dropped else _other_value(name, value)
    headers = others if dropped else (*others, (name, str(put)))
    changed = msgspec.structs.replace(observation, headers=headers)
    expects = frozenset({Kind.HEADER})
    what = "dropped" if dropped else "changed"
    return Mutation(MutationKind.HEADER, what, header(name), expects, value, put, changed)


def _other_value(name: str, value: str) -> str:
    match name:
        case "set-cookie":
            return f"mutated{value}"  # the name, which is what a cookie is known by
        case "content-type":
            return f"{value}; mutated=1"
        case _:
            return f"{value}-mutated"
