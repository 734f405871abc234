"""Ids that the sides gave to one and the same entity when it was made, so that each is asked by its own.

An id that legacy's answer to a write gave, the one that modern's gave at the same path and the recorded one belong
together. Later requests name the id of the side that they go to. Comparing takes the ids of one entity as equal, but
only where the answer to a create named its own entity: a foreign key that differs is a difference.

Long ids (UUIDs, hexadecimal and such) are known wherever they stand. Short ones (`5`) are known behind the name of their
collection in a path, and under a key that is named after it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from parity.bodies import decoded
from parity.errors import BodyError
from parity.exchange import Backend, Observation
from parity.paths import Steps, fold
from parity.recordings.json_bodies import json_of, rewritten
from parity.recordings.line import RecordedExchange
from parity.shape import format_of, type_of

Id = str | int
_ID_KEY = re.compile(r"_?id\Z|uuid\Z|guid\Z|(?P<stem>.+?)_?(?:_id|Id|ID|_uuid|Uuid|UUID)\Z")
_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{11,63}")
_ENVELOPE = frozenset({"data", "result", "results", "item", "items"})


@dataclass(frozen=True, slots=True)
class Entity:
    """One made thing and its ids; `is_own` says that the answer to its create named it, and no other one."""

    collection: str
    legacy: Id
    modern: Id
    recorded: Id | None = None
    is_own: bool = True

    def of(self, backend: Backend) -> Id:
        """The id on that side."""
        return self.legacy if backend is Backend.LEGACY else self.modern


@dataclass(slots=True)
class Entities:
    """All that was made so far."""

    _long: dict[str, Entity] = field(default_factory=dict)
    _short: dict[tuple[str, str], Entity] = field(default_factory=dict)
    _of_modern: dict[str, Entity] = field(default_factory=dict)
    _short_of_modern: dict[Id, Entity] = field(default_factory=dict)

    def add(self, entity: Entity) -> None:
        """Know it from now on."""
        if entity.recorded is not None:
            if is_long(entity.recorded):
                self._long[str(entity.recorded)] = entity
            else:
                self._short[entity.collection, str(entity.recorded)] = entity
        if entity.is_own and entity.legacy != entity.modern:
            if is_long(entity.modern) and is_long(entity.legacy):
                self._of_modern[str(entity.modern)] = entity
            else:
                self._short_of_modern[entity.modern] = entity

    def learn(
        self, target: str, legacy: Observation, modern: Observation, recorded: Observation | None
    ) -> list[Entity]:
        """What a write has made, by its answers; nothing unless all of them say that it was done."""
        given = [legacy, modern, *([recorded] if recorded is not None else [])]
        if any(not 200 <= one.status < 300 for one in given):
            return []
        collection = _collection(target)
        found = [
            Entity(collection, ids[0], ids[1], ids[2] if len(ids) > 2 else None, _is_own(steps, collection))
            for steps, ids in _ids([json_of(one) for one in given], ())
            if len(set(ids)) > 1
        ]
        if located := _located(given, collection):
            found.append(located)
        for entity in found:
            self.add(entity)
        return found

    def request_for(self, backend: Backend, exchange: RecordedExchange) -> RecordedExchange:
        """The request with the ids of that side."""
        if not self._long and not self._short:
            return exchange
        path, mark, query = exchange.target.partition("?")
        segments = path.split("/")
        named = [
            self._short_id(backend, before, segment) or segment
            for before, segment in zip(["", *segments], segments, strict=False)
        ]
        pairs = [self._parameter(backend, segments, pair) for pair in query.split("&")] if query else []
        body = exchange.body
        if self._short and body[:1] in (b"{", b"["):
            body = self._with_short_ids(backend, segments, body)
        return replace(
            exchange,
            target=self._with_long_ids(backend, "/".join(named) + mark + "&".join(pairs)),
            headers=tuple((name, self._with_long_ids(backend, value)) for name, value in exchange.headers),
            body=self._with_long_ids(backend, body.decode("latin-1")).encode("latin-1")
            if self._long
            else body,
        )

    def aligned(self, target: str, legacy: Observation, modern: Observation) -> Observation:
        """Modern's answer with the ids that legacy has for the same entities."""
        if not self._of_modern and not self._short_of_modern:
            return modern
        try:
            body = decoded(modern)
        except BodyError:
            return modern
        if self._of_modern:
            body = self.as_legacy(body.decode("latin-1")).encode("latin-1")
        if self._short_of_modern and body[:1] in (b"{", b"["):
            body = self._short_as_legacy(target, json_of(legacy), body)
        headers = tuple(
            (name, self._located_as_legacy(value) if name == "location" else self.as_legacy(value))
            for name, value in modern.headers
            if name != "content-encoding"
        )
        return msgspec.structs.replace(modern, body=body, headers=headers)

    def _short_id(self, backend: Backend, before: str, segment: str) -> str | None:
        entity = self._short.get((before, segment))
        return None if entity is None else str(entity.of(backend))

    def _parameter(self, backend: Backend, segments: list[str], pair: str) -> str:
        name, equals, value = pair.partition("=")
        entity = self._named(segments, name, value)
        return pair if entity is None else f"{name}{equals}{entity.of(backend)}"

    def _named(self, segments: list[str], key: str, value: Id) -> Entity | None:
        """The entity that a short id means under that key."""
        match = _ID_KEY.match(key)
        if match is None:
            return None
        stem = match["stem"]
        collections = {name for name, text in self._short if text == str(value)}
        fitting = [name for name in collections if (_fits(stem, name) if stem else name in segments)]
        return self._short[fitting[0], str(value)] if len(fitting) == 1 else None

    def _with_short_ids(self, backend: Backend, segments: list[str], body: bytes) -> bytes:
        def changed(value: Any, key: str) -> Any:
            match value:
                case dict():
                    return {name: changed(item, name) for name, item in value.items()}
                case list():
                    return [changed(item, key) for item in value]
                case str() | int() if not isinstance(value, bool) and (
                    entity := self._named(segments, key, value)
                ):
                    return type(value)(entity.of(backend))
                case _:
                    return value

        return rewritten(body, lambda value: changed(value, ""))

    def _with_long_ids(self, backend: Backend, text: str) -> str:
        def own(match: re.Match[str]) -> str:
            entity = self._long.get(match[0])
            return match[0] if entity is None else str(entity.of(backend))

        return _TOKEN.sub(own, text) if self._long else text

    def as_legacy(self, text: str) -> str:
        """Modern's text with the long ids that legacy has for the same entities."""

        def of_legacy(match: re.Match[str]) -> str:
            entity = self._of_modern.get(match[0])
            return match[0] if entity is None else str(entity.legacy)

        return _TOKEN.sub(of_legacy, text)

    def _located_as_legacy(self, location: str) -> str:
        collection, last = _last(location)
        entity = self._short_of_modern.get(last) or (
            self._short_of_modern.get(int(last)) if last.isdecimal() else None
        )
        if entity is not None and entity.collection == collection:
            return location[: location.rindex(last)] + str(entity.legacy)
        return self.as_legacy(location)

    def _short_as_legacy(self, target: str, legacy: Any, body: bytes) -> bytes:
        seen: dict[str, set[Id]] = {}
        for steps, value in _leaves(legacy, ("$",)):
            seen.setdefault(fold(steps), set()).add(value)
        segments = set(target.partition("?")[0].split("/"))

        def changed(value: Any, steps: Steps) -> Any:
            match value:
                case dict():
                    return {key: changed(item, (*steps, key)) for key, item in value.items()}
                case list():
                    return [changed(item, (*steps, place)) for place, item in enumerate(value)]
                case str() | int() if not isinstance(value, bool) and (
                    entity := self._short_of_modern.get(value)
                ):
                    there = seen.get(fold(steps), set())
                    # where legacy shows both, only its own collection can mean the one that was made
                    is_meant = entity.legacy in there and (
                        value not in there or entity.collection in segments
                    )
                    return entity.legacy if is_meant else value
                case _:
                    return value

        return rewritten(body, lambda value: changed(value, ("$",)))


def is_long(value: Id) -> bool:
    """Whether an id is of a form that stands for nothing else, wherever it is met."""
    return isinstance(value, str) and bool(_TOKEN.fullmatch(value)) and any(mark.isdigit() for mark in value)


def _ids(answers: list[Any], steps: Steps) -> Iterator[tuple[Steps, list[Id]]]:
    """The ids that stand at one path in all of the answers, alike in type and form."""
    first = answers[0]
    if all(isinstance(one, dict) for one in answers):
        for key in first:
            if all(key in one for one in answers):
                yield from _ids([one[key] for one in answers], (*steps, key))
    elif all(isinstance(one, list) and len(one) == len(first) for one in answers):
        for place, items in enumerate(zip(*answers, strict=True)):
            yield from _ids(list(items), (*steps, place))
    elif steps and all(_is_id(str(steps[-1]), one) for one in answers) and len(set(map(_form, answers))) == 1:
        yield steps, answers


def _is_id(key: str, value: Any) -> bool:
    if isinstance(value, str):
        return format_of(value) == "uuid" or (bool(_ID_KEY.match(key)) and 0 < len(value) <= 64)
    return type(value) is int and bool(_ID_KEY.match(key))


def _form(value: Id) -> str:
    return f"{type_of(value)} {format_of(value) if isinstance(value, str) else ''}"


def _collection(target: str) -> str:
    """The last name in a path; `/v1/escrows/5/notes` makes notes."""
    segments = target.partition("?")[0].split("/")
    return next((one for one in reversed(segments) if one.replace("-", "").replace("_", "").isalpha()), "")


def _is_own(steps: Steps, collection: str) -> bool:
    *parents, key = [step for step in steps if isinstance(step, str)] or [""]
    match = _ID_KEY.match(key)
    if match is None or not all(parent in _ENVELOPE or _fits(parent, collection) for parent in parents):
        return False
    return match["stem"] is None or _fits(match["stem"], collection)


def _fits(stem: str, collection: str) -> bool:
    """Whether a key is named after a collection: `escrow` and `escrows`, `contactRole` and `contact-roles`."""
    one, many = (re.sub(r"[^a-z0-9]", "", text.lower()) for text in (stem, collection))
    return bool(one) and many in (one, f"{one}s", f"{one}es", re.sub(r"y\Z", "ies", one))


def _located(given: list[Observation], collection: str) -> Entity | None:
    """What the `Location` of a created resource names."""
    ends = [_last(one.header("location") or "") for one in given]
    if given[0].status != 201 or any(end[0] != collection or not end[1] for end in ends):
        return None
    ids = [last for _, last in ends]
    if len(set(ids)) == 1 or len(set(map(_form, ids))) > 1:
        return None
    return Entity(collection, ids[0], ids[1], ids[2] if len(ids) > 2 else None)


def _last(location: str) -> tuple[str, str]:
    *_, before, last = ["", "", *location.partition("?")[0].split("/")]
    return before, last


def _leaves(value: Any, steps: Steps) -> Iterator[tuple[Steps, Id]]:
    match value:
        case dict():
            for key, item in value.items():
                yield from _leaves(item, (*steps, key))
        case list():
            for place, item in enumerate(value):
                yield from _leaves(item, (*steps, place))
        case str() | int():
            yield steps, value
