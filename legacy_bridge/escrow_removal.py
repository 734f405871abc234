"""Escrows are archived, restored and deleted; the archive semantics of the domains differ (Q-26)."""

import psycopg

from legacy_bridge.calls import Answer, Call, Handlers
from legacy_bridge.database import send
from legacy_bridge.errors import Refusal
from legacy_bridge.escrow_lookup import ESCROW, id_column
from legacy_bridge.events import data_update
from legacy_bridge.permissions import DELETE, require_ownership
from legacy_bridge.sql_errors import message_of, showing_why
from legacy_bridge.validation import check_ids


async def archive_escrow(call: Call) -> Answer:
    """PUT /v1/escrows/{id}/archive, for anybody's escrow (Q-02)."""
    changed = "UPDATE escrows SET deleted_at = CURRENT_TIMESTAMP, updated_at = CURRENT_TIMESTAMP"
    display_id = await _change_one(
        call,
        f"{changed} WHERE {id_column(call.id)} = $1 AND deleted_at IS NULL RETURNING display_id",
        missing="Escrow not found or already archived",
        failure=("ARCHIVE_ERROR", "Failed to archive escrow"),
    )
    return _done("Escrow archived successfully", display_id)


async def restore_escrow(call: Call) -> Answer:
    """PUT /v1/escrows/{id}/restore, for anybody's escrow (Q-02)."""
    changed = "UPDATE escrows SET deleted_at = NULL, updated_at = CURRENT_TIMESTAMP"
    display_id = await _change_one(
        call,
        f"{changed} WHERE {id_column(call.id)} = $1 AND deleted_at IS NOT NULL RETURNING display_id",
        missing="Escrow not found in archives",
        failure=("RESTORE_ERROR", "Failed to restore escrow"),
    )
    return _done("Escrow restored successfully", display_id)


async def delete_escrow(call: Call) -> Answer:
    """DELETE /v1/escrows/{id}: for good, and only when it is archived (Q-26)."""
    await require_ownership(call.database, call.user, ESCROW, call.id, DELETE)
    display_id = await _change_one(
        call,
        f"DELETE FROM escrows WHERE {id_column(call.id)} = $1 AND deleted_at IS NOT NULL RETURNING display_id",  # noqa: S608 - a column named below
        missing="Escrow not found in archives. Only archived escrows can be permanently deleted.",
        failure=("DELETE_ERROR", "Failed to permanently delete escrow"),
    )
    if call.user.team_id is not None:
        shown = {"displayId": display_id}
        call.emit(data_update(f"team-{call.user.team_id}", "escrow", call.id, "deleted", shown))
    return _done("Escrow permanently deleted", display_id)


async def delete_escrows(call: Call) -> Answer:
    """POST /v1/escrows/batch-delete: all of them or none, anybody's (Q-02)."""
    ids = check_ids(call.body)
    missing = "Some escrows not found or not archived. Only archived escrows can be deleted."
    chosen = "(id = ANY($1) OR display_id = ANY($1)) AND deleted_at IS NOT NULL"
    with showing_why("BATCH_DELETE_ERROR", "Failed to delete escrows"):
        async with call.database.transaction() as connection:
            found = await send(
                connection,
                f"SELECT id, display_id, property_address FROM escrows WHERE {chosen}",  # noqa: S608 - the text above
                [ids],
            )
            if len(found) != len(ids):
                details = {"requested": len(ids), "found": len(found)}
                raise Refusal(404, "NOT_FOUND", missing, details=details)
            deleted = await send(
                connection,
                f"DELETE FROM escrows WHERE {chosen} RETURNING id, display_id, property_address",  # noqa: S608 - the text above
                [ids],
            )
    return Answer(200, {"success": True, "data": {"deleted": len(deleted), "escrows": deleted}})


async def _change_one(call: Call, sql: str, *, missing: str, failure: tuple[str, str]) -> str | None:
    try:
        rows = await call.database.query(sql, [call.id])
    except psycopg.Error as error:
        raise Refusal(500, *failure, details=message_of(error)) from error
    if not rows:
        raise Refusal(404, "NOT_FOUND", missing)
    display_id: str | None = rows[0]["display_id"]
    return display_id


def _done(message: str, display_id: str | None) -> Answer:
    return Answer(200, {"success": True, "message": message, "data": {"displayId": display_id}})


HANDLERS: Handlers = {
    ("PUT", "/v1/escrows/{id}/archive"): archive_escrow,
    ("PUT", "/v1/escrows/{id}/restore"): restore_escrow,
    ("DELETE", "/v1/escrows/{id}"): delete_escrow,
    ("POST", "/v1/escrows/batch-delete"): delete_escrows,
}
