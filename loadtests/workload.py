"""From recorded exchanges to a load that can be repeated for as long as one likes.

A journey is one recorded exchange, or a life cycle: a recorded creation, what was recorded on its result, and
archive, restore, archive, delete, so that it leaves nothing behind. Left out is what would not happen the same
way again: answers of 5xx, and those that hang on the state (409, 423, 429), writes that succeed once (a deletion, a
write without a body such as archive), what the recording did to a resource after such a write, and refused sign-ins
where so many of them lock an account. Where an endpoint is left without a success by that,
its write is sent in a life cycle of its own: to what that has created, and removes.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import msgspec

from loadtests.errors import RecordingError
from loadtests.recording import Recorded, depends_on, endpoint_of

Template = tuple[str, str]
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_UNAUTHORIZED, _CONFLICT, _LOCKED, _TOO_MANY = 401, 409, 423, 429
_EMAIL = re.compile(r"([^@\s+]+)(@[^@\s]+\.[^@\s]+)")
_ARCHIVE, _RESTORE, _BATCH = ("/archive",), ("/restore", "/unarchive"), "/batch-delete"
_LEAVES_MORE = frozenset({"POST /v1/leads/{id}/convert", "POST /v1/clients/batch-delete"})
"""After these a contact stays, which nothing in the room's recording removes: in a load it would be one each time."""


@dataclass(frozen=True, slots=True)
class Step:
    """One request of a journey; `endpoint` is its name, `GET /v1/escrows/{id}`."""

    endpoint: str
    exchange: Recorded

    @property
    def refused(self) -> bool:
        """Whether the recorded status is not a 2xx."""
        return not _succeeded(self.exchange)


@dataclass(frozen=True, slots=True)
class Journey:
    """Requests that belong together, in order; named after the first exchange.

    `like` names the recorded journey that this one is as well, aimed at another item; empty for recorded ones.
    """

    name: str
    steps: tuple[Step, ...]
    like: str = ""

    def tagged(self, tag: str) -> "Journey":
        """The same, but what a life cycle creates has an e-mail address of its own, where it has one.

        It is unique in the database: two users in the same life cycle would get in each other's way.
        """
        first, *rest = self.steps
        if not rest or not isinstance(first.exchange.body, dict):
            return self
        body = {
            key: _EMAIL.sub(rf"\1+{tag}\2", value) if isinstance(value, str) else value
            for key, value in first.exchange.body.items()
        }
        return replace(self, steps=(replace(first, exchange=replace(first.exchange, body=body)), *rest))

    @property
    def domain(self) -> str:
        """That of the recording it is from."""
        return self.steps[0].exchange.domain


@dataclass(frozen=True, slots=True)
class Workload:
    """What is sent, each recorded journey as often as any other, and what is not, with the reason."""

    journeys: tuple[Journey, ...]
    left_out: dict[str, str]

    @property
    def digest(self) -> str:
        """Equal for those who send the same."""
        return hashlib.sha256(msgspec.json.encode(self.journeys, order="sorted")).hexdigest()[:12]

    def without(self, left_out: dict[str, str]) -> "Workload":
        """The same without the journeys of these names."""
        kept = tuple(journey for journey in self.journeys if journey.name not in left_out)
        return Workload(kept, self.left_out | left_out)

    def prefixed(self, prefix: str) -> "Workload":
        """The same with this before each name."""
        return Workload(
            tuple(
                replace(one, name=prefix + one.name, like=prefix + one.like if one.like else "")
                for one in self.journeys
            ),
            {prefix + name: reason for name, reason in self.left_out.items()},
        )


def build_workload(
    exchanges: Iterable[Recorded], endpoints: Sequence[Template], more: Iterable[Recorded] = ()
) -> Workload:
    """The repeatable load of these endpoints ((method, path template) pairs); `more` is sent as it is.

    Raises RecordingError when nothing of the recording can be repeated.
    """
    steps = _steps(exchanges, endpoints)
    locking = {step.endpoint for step in steps if step.exchange.status == _LOCKED}
    left_out: dict[str, str] = {}
    spent: list[str] = []
    single: list[Step] = []
    for step in steps:
        reason = _reason(step.exchange, spent)
        if step.exchange.status == _UNAUTHORIZED and step.endpoint in locking:
            reason = "counts towards a lock"
        if _once_only(step.exchange):
            spent.append(_resource(step))
        if reason:
            left_out[step.exchange.name] = reason
        else:
            single.append(step)
    journeys = _journeys(single, steps, left_out)
    journeys += _lives(journeys, steps)
    journeys += [Journey(step.exchange.name, (step,)) for step in _steps(more, endpoints)]
    if not journeys:
        raise RecordingError(f"nothing in the recording of {len(endpoints)} endpoints can be sent again")
    return Workload(tuple(journeys), left_out)


def _steps(exchanges: Iterable[Recorded], endpoints: Sequence[Template]) -> list[Step]:
    found = ((endpoint_of(exchange, endpoints), exchange) for exchange in exchanges)
    return [
        Step(f"{endpoint[0]} {endpoint[1]}", exchange) for endpoint, exchange in found if endpoint is not None
    ]


def _journeys(single: Sequence[Step], steps: Sequence[Step], left_out: dict[str, str]) -> list[Journey]:
    names = {step.exchange.name for step in single if _creates(step)}
    followers: dict[str, list[Step]] = {}
    journeys = []
    for step in single:
        needed = depends_on(step.exchange)
        if len(needed) == 1 and needed <= names:
            followers.setdefault(needed.pop(), []).append(step)
        elif needed:
            left_out[step.exchange.name] = f"needs the answer of {', '.join(sorted(needed))}"
        else:
            journeys.append(step)
    return [
        Journey(
            step.exchange.name,
            (
                step,
                *followers.get(step.exchange.name, ()),
                *(_clean_up(step, steps) if _creates(step) else ()),
            ),
        )
        for step in journeys
    ]


def _reason(exchange: Recorded, spent: Sequence[str]) -> str:
    if exchange.status >= 500:
        return f"recorded as {exchange.status}"
    if exchange.status in {_CONFLICT, _LOCKED, _TOO_MANY}:
        return f"recorded as {exchange.status}"
    if _once_only(exchange):
        return "succeeds only once"
    if any(exchange.path == path or exchange.path.startswith(f"{path}/") for path in spent):
        return "follows a write that succeeds only once"
    return ""


def _succeeded(exchange: Recorded) -> bool:
    return 200 <= exchange.status < 300


def _once_only(exchange: Recorded) -> bool:
    if exchange.method in _SAFE or not _succeeded(exchange):
        return False
    return exchange.method == "DELETE" or exchange.body is None


def _creates(step: Step) -> bool:
    return step.exchange.method == "POST" and _succeeded(step.exchange) and not step.endpoint.endswith("}")


def _resource(step: Step) -> str:
    """The path up to the last `{…}` of the template: what a write to a sub-resource happened to."""
    template = step.endpoint.partition(" ")[2].split("/")
    last = max(
        (index for index, segment in enumerate(template) if segment.startswith("{")),
        default=len(template) - 1,
    )
    return "/".join(step.exchange.path.split("/")[: last + 1])


def _clean_up(create: Step, steps: Sequence[Step]) -> list[Step]:
    """The recorded ways to archive, restore and delete a resource, aimed at what `create` will have made.

    All are gone by whoever went the first: who may archive may delete, while a recorded deletion may be of one's own.
    """
    item = create.endpoint.partition(" ")[2] + "/{"
    archive = _way(create, steps, item, _ARCHIVE)
    restore = _way(create, steps, item, _RESTORE)
    delete = _way(create, steps, item, ())
    again = [*restore, *archive] if archive and restore else []
    steps_to_go = [*archive, *again, *delete] if delete else []
    return [
        replace(step, exchange=replace(step.exchange, user=steps_to_go[0].exchange.user))
        for step in steps_to_go
    ]


def _lives(journeys: Sequence[Journey], steps: Sequence[Step]) -> list[Journey]:
    """A life cycle more for each write that succeeds once and is in none: a creation, that write, and the clean-up.

    A batch deletion as well: recorded ones find what they name once, or nothing at all.
    """
    asked = {step.endpoint for journey in journeys for step in journey.steps if not step.refused}
    found: dict[str, Journey] = {}
    for step in steps:
        if step.endpoint in found or step.endpoint in _LEAVES_MORE or not _succeeded(step.exchange):
            continue
        if _is_batch_deletion(step) or (step.endpoint not in asked and _only_changes(step)):
            lives = (_life(create, step, steps) for create in _creations_for(step, journeys))
            if life := next(filter(None, lives), None):
                found[step.endpoint] = life
    return list(found.values())


def _life(create: Step, step: Step, steps: Sequence[Step]) -> Journey | None:
    """None where what is created could not be removed."""
    clean_up = _clean_up(create, steps)
    if not clean_up:
        return None
    archive, delete = clean_up[:-1][:1], clean_up[-1]
    name = f"{create.exchange.name}:{step.exchange.name}"
    item = f"{{{{{create.exchange.name}.data.id}}}}"
    if _is_batch_deletion(step):
        deleted = replace(step, exchange=replace(step.exchange, name=name, body={"ids": [item]}))
        return Journey(name, (create, *archive, deleted))
    path = f"{create.exchange.path}/{item}{step.endpoint.partition('}')[2]}"
    written = replace(step, exchange=replace(step.exchange, name=name, path=path))
    return Journey(name, (create, written, *archive, delete))


def _creations_for(step: Step, journeys: Sequence[Journey]) -> list[Step]:
    """The creations of what this is about, those by the same user first."""
    path = step.endpoint.partition(" ")[2]
    first = (journey.steps[0] for journey in journeys)
    found = [
        one
        for one in first
        if _creates(one)
        and one.endpoint != step.endpoint
        and (path == f"{one.exchange.path}{_BATCH}" or path.startswith(f"{one.exchange.path}/{{"))
    ]
    return sorted(found, key=lambda one: one.exchange.user != step.exchange.user)


def _is_batch_deletion(step: Step) -> bool:
    body = step.exchange.body
    return step.endpoint.endswith(_BATCH) and isinstance(body, dict) and set(body) == {"ids"}


def _only_changes(step: Step) -> bool:
    """Whether it is a write to an item that succeeds once, and deletes nothing."""
    return _once_only(step.exchange) and step.exchange.method != "DELETE" and step.endpoint.count("{") == 1


def _way(create: Step, steps: Sequence[Step], item: str, endings: tuple[str, ...]) -> list[Step]:
    for step in steps:
        template = step.endpoint.partition(" ")[2]
        if not template.startswith(item) or not _once_only(step.exchange):
            continue
        ending = template[template.index("}") + 1 :]
        if ending in endings or (not endings and step.exchange.method == "DELETE" and not ending):
            path = f"{create.exchange.path}/{{{{{create.exchange.name}.data.id}}}}{ending}"
            name = f"{create.exchange.name}:{step.exchange.name}"
            return [replace(step, exchange=replace(step.exchange, name=name, path=path))]
    return []
