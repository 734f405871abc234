"""What a person asks to accept becomes an acceptance: of a group, as wide as it was asked, for a bounded time."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from parity.errors import AcceptanceError, ParityError
from parity.outcome import Acceptance, Kind
from parity.paths import TextGlob, path_glob
from parity.samples import OTHER_PATHS
from parity.tables import GROUPS, SAMPLES


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a person asks to accept: a group, with why, by whom and until when, and how widely it is to hold.

    An empty `path` is the group's own, a `kind` of None the group's, and "any" every kind. `by_shape` narrows it to
    the shapes of the group's samples.
    """

    group: str
    reason: str
    owner: str
    expires: date
    quirk: str = ""
    ticket: str = ""
    kind: str | None = None
    path: str = ""
    by_shape: bool = False


def acceptance_for(
    connection: sa.Connection, wish: Wish, *, present: Iterable[Acceptance], today: date, max_days: int
) -> Acceptance:
    """The acceptance of a group, with an id of its own; raises AcceptanceError that names what is wrong.

    `present` are those that there are: what one of them takes already is not accepted twice.
    """
    if not today < wish.expires <= today + timedelta(days=max_days):
        raise AcceptanceError(
            f"--expires {wish.expires}: expected a day after today ({today}) and until"
            f" {today + timedelta(days=max_days)} (parity.max_acceptance_days = {max_days})"
        )
    group = group_of(connection, wish.group)
    if group["path"] == OTHER_PATHS:
        raise AcceptanceError(
            f"group {group['id']} gathers what is over the bound of groups of {group['endpoint']} and has no path"
            " of its own: accept the single groups"
        )
    wanted = Acceptance(
        endpoint=group["endpoint"],
        path=wish.path or group["path"],
        kind=_kind(wish, group),
        reason=wish.reason,
        owner=wish.owner,
        expires=wish.expires,
        quirk=wish.quirk,
        ticket=wish.ticket,
        shapes=_shapes(connection, group["id"]) if wish.by_shape else (),
        id=f"a-{secrets.token_hex(4)}",
    )
    if not is_taken(group["endpoint"], group["path"], group["kind"], wanted):
        raise AcceptanceError(
            f"--path {wish.path!r}: expected a path that takes the group's, {group['path']}"
        )
    for other in present:
        if today <= other.expires and is_taken(group["endpoint"], group["path"], group["kind"], other):
            narrowed = other.shapes or other.legacy_status or other.modern_status
            if not narrowed:
                raise AcceptanceError(
                    f"group {group['id']} is accepted already: {other.label} ({other.owner}, until {other.expires})"
                )
    return wanted


def acceptances_for(
    connection: sa.Connection,
    wishes: Sequence[Wish],
    *,
    present: Iterable[Acceptance],
    today: date,
    max_days: int,
) -> list[Acceptance]:
    """An acceptance for each wish; raises AcceptanceError with everything that is wrong with any of them."""
    there = list(present)
    found: dict[tuple[str, str, Kind | None], Acceptance] = {}
    faults: list[str] = []
    for wish in wishes:
        try:
            one = acceptance_for(connection, wish, present=there, today=today, max_days=max_days)
        except AcceptanceError as error:
            faults.append(str(error))
        else:
            found.setdefault((one.endpoint, one.path, one.kind), one)  # a group may have been named twice
    if faults:
        raise AcceptanceError("; ".join(dict.fromkeys(faults)))
    return list(found.values())


def group_of(connection: sa.Connection, group_id: str) -> dict[str, Any]:
    """The row of a group, by its id or the beginning of it; raises AcceptanceError."""
    if not group_id.isalnum() or not group_id.isascii():
        raise AcceptanceError(
            f"group {group_id!r}: expected the id that the report shows, such as 1a9da0cdc046"
        )
    chosen = sa.select(GROUPS).where(GROUPS.c.id.startswith(group_id)).limit(2)
    rows = connection.execute(chosen).mappings().all()
    if len(rows) != 1:
        how_many = "several groups begin" if rows else "no group begins"
        raise AcceptanceError(
            f"group {group_id!r}: {how_many} with it; crossfade parity report shows the ids of all"
        )
    return dict(rows[0])


def _kind(wish: Wish, group: dict[str, Any]) -> Kind | None:
    if wish.kind == "any":
        return None
    if wish.kind not in (None, group["kind"]):
        raise AcceptanceError(f"--kind {wish.kind!r}: expected {group['kind']}, the group's own, or any")
    return Kind(group["kind"])


def _shapes(connection: sa.Connection, group_id: str) -> tuple[tuple[str, str], ...]:
    columns = (SAMPLES.c.legacy_shape, SAMPLES.c.modern_shape)
    chosen = sa.select(*columns).where(SAMPLES.c.group_id == group_id, SAMPLES.c.legacy_shape.is_not(None))
    found = {(legacy, modern) for legacy, modern in connection.execute(chosen)}
    if not found:
        raise AcceptanceError(
            f"--shape: group {group_id} has no sample with a shape: those of earlier versions have none, wait for the next"
        )
    return tuple(sorted(found))


def is_taken(endpoint: str, folded: str, kind: str, acceptance: Acceptance) -> bool:
    """Whether an acceptance takes the differences of a group's place, as far as statuses and shapes let it."""
    if not TextGlob.of(acceptance.endpoint).matches(endpoint) or acceptance.kind not in (None, kind):
        return False
    return takes_path(acceptance.path, folded)


def takes_path(glob: str, folded: str) -> bool:
    """Whether a glob takes the paths of a group, whose indices are folded; not if the path cannot be read again."""
    one_of_them = folded.replace("[*]", "[0]").replace(".*", ".x")
    try:
        wanted, path = path_glob(glob), path_glob(one_of_them)
    except ParityError:
        return False
    return wanted.matches([step for step in path.steps if isinstance(step, str | int)])
