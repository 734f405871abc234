"""Faults of writes: lost, done twice, put into another column, or not seen afterwards."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from uuid import UUID

from aiohttp import web
from sqlalchemy import Uuid, bindparam, update

from domains.shared.faults.acts import on_answer, on_value, whole
from domains.shared.faults.changes import at, gone
from domains.shared.faults.fault import Asked, Fault, Shown
from domains.shared.people import contacts
from domains.shared.rehearsals import WriteSet
from domains.shared.responses import WRITE_SET
from domains.shared.shadow import Copy

_REMEMBERED = 1_000
"""How many answers a stale cache holds."""

_SWAP = (
    update(contacts)
    .values(phone=contacts.c.phone_secondary, phone_secondary=contacts.c.phone)
    .where(contacts.c.id == bindparam("swapped", type_=Uuid))
)


class _TakenBackError(Exception):
    """Whatever was written is to be undone."""


async def _lost(asked: Asked) -> web.StreamResponse:
    async with asked.database.rehearsal() as writes:
        with suppress(_TakenBackError):
            async with asked.database.transaction():
                answer = await asked.answer()
                raise _TakenBackError
        return await _told(asked, answer, writes)


async def _twice(asked: Asked) -> web.StreamResponse:
    async with _in_one(asked):
        await asked.answer()
        return await asked.answer()


async def _into_another_column(asked: Asked) -> web.StreamResponse:
    async with _in_one(asked) as writes:
        answer = await asked.answer()
        if answer.status == 200:
            await asked.database.run(_SWAP, {"swapped": UUID(asked.request.match_info["id"])})
        return answer if writes is None else await _told(asked, answer, writes)


@asynccontextmanager
async def _in_one(asked: Asked) -> AsyncIterator[WriteSet | None]:
    """One rehearsal around all that is done to a copy that rehearses; nothing around other requests."""
    if asked.request.headers.get("X-Crossfade-Shadow") != Copy.REHEARSE:
        yield None
        return
    async with asked.database.rehearsal() as writes:
        yield writes


async def _told(asked: Asked, answer: web.StreamResponse, writes: WriteSet) -> web.StreamResponse:
    """The answer of a rehearsal with what is written now."""
    if WRITE_SET in answer.headers:
        await asked.database.show(writes)
        answer.headers[WRITE_SET] = writes.header()
    return answer


async def _stale(asked: Asked) -> web.StreamResponse:
    request, memory = asked.request, asked.memory
    key = (request.headers.get("Authorization"), request.headers.get("X-API-Key"), request.raw_path)
    if key in memory:
        status, headers, body = memory[key]
        return web.Response(status=status, headers=headers, body=body)
    answer = await asked.answer()
    body = whole(answer, 200)
    if body is not None and len(memory) < _REMEMBERED:
        memory[key] = (answer.status, answer.headers.copy(), body)
    return answer


OF_WRITES: tuple[Fault, ...] = (
    Fault(
        name="stale-cache",
        does="answers a contact as it was when it was first asked for, whatever was written since",
        endpoint="GET /v1/contacts/{id}",
        path="$.data.notes",
        kind="value",
        also=("$.data.updated_at", "$.data.search_vector"),
        shown=Shown.AFTER_WRITE,
        act=_stale,
    ),
    Fault(
        name="lost-write",
        does="says that a contact was created, and takes it back",
        endpoint="GET /v1/contacts",
        acts_at="POST /v1/contacts",
        path="$.data",
        kind="length",
        also=("$.data[*]", "$.pagination.*"),
        shown=Shown.BY_WRITE,
        act=_lost,
    ),
    Fault(
        name="duplicate-write",
        does="creates a contact twice",
        endpoint="GET /v1/contacts",
        acts_at="POST /v1/contacts",
        path="$.data",
        kind="length",
        also=("$.data[*]", "$.pagination.*"),
        shown=Shown.BY_WRITE,
        act=_twice,
    ),
    Fault(
        name="wrong-column",
        does="answers a change of a contact as it should, and stores the two phone numbers the other way round",
        endpoint="GET /v1/contacts/{id}",
        acts_at="PUT /v1/contacts/{id}",
        path="$.data.phone",
        kind="value",
        also=("$.data.phone_secondary",),
        shown=Shown.BY_WRITE,
        act=_into_another_column,
    ),
    Fault(
        name="status-200-for-201",
        does="answers 200 where a contact was created",
        endpoint="POST /v1/contacts",
        path="$status",
        kind="status",
        shown=Shown.BY_WRITE,
        act=on_answer(lambda answer: answer.set_status(200), 201),
    ),
    Fault(
        name="error-details-lost",
        does="refuses a client without saying which fields are wrong",
        endpoint="POST /v1/clients",
        path="$.error.details",
        kind="missing",
        shown=Shown.BY_WRITE,
        act=on_value(at("error.details", gone), 400),
    ),
)
"""What is lost or stored otherwise is so in PostgreSQL."""
