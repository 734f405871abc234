"""Faults of lists: order, pages, totals, filters, and whose rows they show."""

import time
from collections.abc import Mapping
from typing import Any

import jwt
from aiohttp import web
from sqlalchemy import select

from domains.shared.faults.acts import on_query, on_value, whole, without, written
from domains.shared.faults.changes import at, one_more, put
from domains.shared.faults.fault import Asked, Fault
from domains.shared.models import users
from domains.shared.node_json import loads
from domains.shared.permissions import Role

_ESCROWS, _LISTINGS, _CLIENTS = "GET /v1/escrows", "GET /v1/listings", "GET /v1/clients"
_OF_CLIENTS = ("$.data.clients", "$.data.clients[*]", "$.data.clients[*].**", "$.data.pagination.*")
_OF_LISTINGS = ("$.data.listings", "$.data.listings[*]", "$.data.listings[*].**", "$.data.pagination.*")
_OF_ESCROWS = ("$.data.escrows", "$.data.escrows[*]", "$.data.escrows[*].**", "$.data.pagination.*")
_SEARCHED = ("first_name", "last_name", "phone")
_TOKEN_LIFE_S = 60


def _next_page(query: Mapping[str, str]) -> Mapping[str, str]:
    page = query.get("page", "1")
    return {**query, "page": str(int(page) + 1)} if page.isdecimal() else query


def _archived_too(query: Mapping[str, str]) -> Mapping[str, str]:
    return query if "archived" in query else {**query, "archived": "all"}


async def _search_case_sensitive(asked: Asked) -> web.StreamResponse:
    answer = await asked.answer()
    body, wanted = whole(answer, 200), asked.request.query.get("search", "")
    if body is None or not wanted or not isinstance(answer, web.Response):
        return answer

    def matching(clients: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [one for one in clients if any(wanted in (one[name] or "") for name in _SEARCHED)]

    answer.body = written(at("data.clients", matching)(loads(body)))
    return answer


async def _as_administrator(asked: Asked) -> web.StreamResponse:
    """The caller is taken for an administrator: what is answered was really read for one."""
    chosen = select(users.c.id, users.c.email, users.c.role).where(
        users.c.role == Role.SYSTEM_ADMIN.value, users.c.is_active
    )
    rows = await asked.database.run(chosen)
    if not rows or not {"Authorization", "X-API-Key"} & set(asked.request.headers):
        return await asked.answer()
    now_s = int(time.time())
    claims = {"id": str(rows[0]["id"]), "email": rows[0]["email"], "role": rows[0]["role"]}
    claims |= {"iat": now_s, "exp": now_s + _TOKEN_LIFE_S}
    headers = asked.request.headers.copy()
    headers.popall("X-API-Key", None)
    headers["Authorization"] = f"Bearer {jwt.encode(claims, asked.jwt_secret, algorithm='HS256')}"
    return await asked.handler(asked.request.clone(headers=headers))


OF_LISTS: tuple[Fault, ...] = (
    Fault(
        name="order-reversed",
        does="lists clients the other way round",
        endpoint=_CLIENTS,
        path="$.data.clients",
        kind="order",
        act=on_value(at("data.clients", lambda rows: rows[::-1])),
    ),
    Fault(
        name="sort-ignored",
        does="lists listings in its own order, whatever order was asked for",
        endpoint=_LISTINGS,
        path="$.data.listings[*]",
        kind="missing",
        also=_OF_LISTINGS,
        act=on_query(without("sortBy", "sortOrder")),
    ),
    Fault(
        name="page-off-by-one",
        does="answers the page of clients after the one that was asked for",
        endpoint=_CLIENTS,
        path="$.data.clients[*]",
        kind="missing",
        also=_OF_CLIENTS,
        act=on_query(_next_page),
    ),
    Fault(
        name="page-size-ignored",
        does="answers twenty listings, however many were asked for",
        endpoint=_LISTINGS,
        path="$.data.listings",
        kind="length",
        also=_OF_LISTINGS,
        act=on_query(without("limit")),
    ),
    Fault(
        name="total-wrong",
        does="counts a client too many",
        endpoint=_CLIENTS,
        path="$.data.pagination.totalCount",
        kind="value",
        act=on_value(at("data.pagination.totalCount", one_more)),
    ),
    Fault(
        name="filter-ignored",
        does="lists listings of every status, whichever was asked for",
        endpoint=_LISTINGS,
        path="$.data.listings[*]",
        kind="extra",
        also=_OF_LISTINGS,
        act=on_query(without("status")),
    ),
    Fault(
        name="search-case-sensitive",
        does="finds clients only where their names are written as they were searched for",
        endpoint=_CLIENTS,
        path="$.data.clients",
        kind="length",
        also=_OF_CLIENTS,
        act=_search_case_sensitive,
    ),
    Fault(
        name="tenant-leak",
        does="shows everybody the clients that an administrator sees",
        endpoint=_CLIENTS,
        path="$.data.clients[*]",
        kind="extra",
        also=("$status", "$.**"),
        act=_as_administrator,
    ),
    Fault(
        name="archived-shown",
        does="lists escrows that are in the archive among the others",
        endpoint=_ESCROWS,
        path="$.data.escrows[*]",
        kind="extra",
        also=_OF_ESCROWS,
        act=on_query(_archived_too),
    ),
    Fault(
        name="last-item-lost",
        does="leaves out the last contact of a list",
        endpoint="GET /v1/contacts",
        path="$.data[*]",
        kind="missing",
        also=("$.data",),
        act=on_value(at("data", lambda rows: rows[:-1])),
    ),
    Fault(
        name="item-doubled",
        does="shows the first contact that was found twice",
        endpoint="GET /v1/contacts/search",
        path="$.data",
        kind="length",
        also=("$.data[*]",),
        act=on_value(at("data", lambda rows: [*rows[:1], *rows])),
    ),
    Fault(
        name="item-unlike-others",
        does="answers null for the price of a listing in lists",
        endpoint=_LISTINGS,
        path="$.data.listings[*].list_price",
        kind="type",
        act=on_value(at("data.listings.*.list_price", put(None))),
    ),
)
"""Where a list is asked for otherwise, its rows are those that PostgreSQL then gives."""
