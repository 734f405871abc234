"""How escrows are found: by uuid, by number or by display id, and not by every endpoint in every form."""

import re
from typing import Any

import psycopg

from legacy_bridge.calls import Call
from legacy_bridge.database import Row
from legacy_bridge.errors import Refusal
from legacy_bridge.permissions import Resource

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_NUMBER = re.compile(r"\d+", re.ASCII)
_PREFIX = "escrow-"

ESCROW = Resource("escrow", "escrows")


async def find_escrow(call: Call, failure: Refusal) -> Row:
    """The whole row: by uuid, with or without `escrow-`, by number or by display id; archived ones too."""
    wanted = bare_id(call.id)
    if _UUID.fullmatch(wanted):
        where = "e.id = $1"
    elif _NUMBER.fullmatch(wanted):
        where = "e.numeric_id = $1::integer"
    else:
        where = "(e.id = $1 OR e.display_id = $1)"
    return await query_one(call, f"SELECT e.* FROM escrows e WHERE {where}", [wanted], failure)  # noqa: S608 - one of three texts


async def query_one(call: Call, sql: str, values: list[Any], failure: Refusal) -> Row:
    """The row that a statement gives. Raises the refusal of an unknown escrow, or `failure`."""
    try:
        rows = await call.database.query(sql, values)
    except psycopg.Error as error:
        raise failure from error
    if not rows:
        raise not_found()
    return rows[0]


def bare_id(wanted: str) -> str:
    """An id without `escrow-`."""
    return wanted.removeprefix(_PREFIX)


def id_column(wanted: str) -> str:
    """The column that an id is looked up in where numbers are not taken."""
    return "id" if _UUID.fullmatch(wanted) else "display_id"


def not_found() -> Refusal:
    """The refusal of an escrow that is not there."""
    return Refusal(404, "NOT_FOUND", "Escrow not found")
