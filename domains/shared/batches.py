"""Deleting many rows at once: one statement finds them, checks every one of them, and deletes all it may or none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, Field
from sqlalchemy import (
    ARRAY,
    CTE,
    ColumnElement,
    Integer,
    Select,
    Uuid,
    any_,
    bindparam,
    delete,
    exists,
    func,
    literal_column,
    or_,
    select,
    true,
)

from domains.shared.archiving import Archive
from domains.shared.errors import Fault, InvalidInputError
from domains.shared.models import Resource
from domains.shared.permissions import EVERYTHING, Access, granted
from domains.shared.uuids import uuid_of


class Needs(StrEnum):
    """What must hold of the ids of a batch, so that anything of it is deleted."""

    ALL = "all"
    """Each is the id of an archived row."""
    NO_ACTIVE = "no_active"
    """None is the id of a row that is not archived; ids of nothing are passed over."""
    NOTHING = "nothing"
    """Whatever is not archived is passed over."""


@dataclass(frozen=True, slots=True)
class Batch:
    """How a room deletes many: what it needs, by which columns a row is named, what is shown of the deleted."""

    needs: Needs
    names: tuple[str, ...] = ("id",)
    shows: tuple[str, ...] = ("id",)
    looks_at_items: bool = True
    """Whether an item that is no text is told so; else null is the id of nothing, as recorded."""


class Ids(BaseModel):
    """The body of a batch; `ids_of` checks it, in the recorded sentences."""

    ids: Annotated[list[str], Field(min_length=1)]


def ids_of(body: Mapping[str, Any], batch: Batch) -> list[str | None]:
    """The `ids` of a batch; raises InvalidInputError with every fault of them."""
    ids = body.get("ids")
    items = ids if isinstance(ids, list) else list(ids.values()) if isinstance(ids, dict) else []
    faults = [] if isinstance(ids, list) and ids else [Fault("ids", "IDs must be a non-empty array")]
    faults += [
        Fault(f"ids[{place}]", "Each ID must be a string")
        for place, item in enumerate(items)
        if batch.looks_at_items and not isinstance(item, str)
    ]
    if faults:
        raise InvalidInputError(faults)
    return items


def batch_values(resource: Resource, ids: Sequence[str | None]) -> dict[str, Any]:
    """The parameters of `deletion` for these ids; raises InvalidInputError where one cannot be an id (Q-09)."""
    keys: Sequence[Any] = ids
    if isinstance(resource.table.c.id.type, Uuid):
        keys = [uuid_of(text) for text in ids]
        faults = [
            Fault(f"ids[{place}]", "Each ID must be a UUID")
            for place, (key, text) in enumerate(zip(keys, ids, strict=True))
            if key is None and text is not None
        ]
    else:
        nul = "Must not hold a NUL character"
        faults = [Fault(f"ids[{place}]", nul) for place, text in enumerate(ids) if text and "\0" in text]
    if faults:
        raise InvalidInputError(faults)
    return {"ids": keys, "asked": len(ids), "different": len(set(keys))}


@cache
def deletion(resource: Resource, archive: Archive, batch: Batch) -> Select[Any]:
    """The statement: each row that the ids name, with `was_archived`, `was_granted` and `was_deleted`."""
    table = resource.table
    kind = table.c.id.type if len(batch.names) == 1 else table.c[batch.names[-1]].type
    keys = bindparam("ids", type_=ARRAY(kind))
    base = select(
        *(table.c[name] for name in dict.fromkeys(("id", *batch.shows))),
        literal_column(f"{table.name}.ctid").label("place"),
        archive.inside.label("was_archived"),
        granted(resource, Access.DELETE).label("was_granted"),
    ).where(or_(*(table.c[name] == any_(keys) for name in batch.names)))
    # a lock is a write that waits for the disk: what is refused at first sight takes none
    chosen = base.cte("chosen")
    some = exists().where(chosen.c.was_archived)
    held = base.where(*_allowed(chosen, batch), some).with_for_update(of=table).cte("held")
    gone = (
        delete(table)
        .where(table.c.id.in_(select(held.c.id).where(held.c.was_archived)), *_allowed(held, batch))
        .returning(table.c.id)
        .cte("gone")
    )
    shown = [
        func.coalesce(held.c[column.name], column).label(column.name)
        if column.name.startswith("was_")
        else column
        for column in chosen.c
        if column.name != "place"
    ]
    joined = chosen.outerjoin(held, held.c.id == chosen.c.id).outerjoin(gone, gone.c.id == chosen.c.id)
    # in the order in which they lie in the table, as the recorded server returns them
    return (
        select(*shown, gone.c.id.is_not(None).label("was_deleted"))
        .select_from(joined)
        .order_by(chosen.c.place)
    )


def _allowed(rows: CTE, batch: Batch) -> Sequence[ColumnElement[bool]]:
    """Whether these rows are all that were asked for and may be deleted, as far as that is needed."""
    granted_all = ~exists().where(~rows.c.was_granted) & (
        select(func.count()).select_from(rows).scalar_subquery() >= bindparam("different", type_=Integer)
    )
    needed: ColumnElement[bool]
    match batch.needs:
        case Needs.ALL:
            archived = select(func.count()).select_from(rows).where(rows.c.was_archived)
            needed = archived.scalar_subquery() == bindparam("asked", type_=Integer)
        case Needs.NO_ACTIVE:
            needed = ~exists().where(~rows.c.was_archived)
        case Needs.NOTHING:
            needed = true()
    return or_(EVERYTHING, granted_all), needed
