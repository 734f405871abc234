"""Reads of one item, aimed at other items of the seed, too: one id asked again and again is a cache's best case.

A recorded read of `/v1/escrows/{id}` is sent for those rows of the seed as well that are owned, shared and deleted
as the recorded one is, so that the same user may see them. Whether both sides then answer as recorded is not believed
but asked before the load (`probe.py`).
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from loadtests.errors import RecordingError
from loadtests.workload import Journey, Workload

_VISIBLE_BY = ("owner_id", "user_id", "agent_id", "team_id", "broker_id", "is_private", "is_archived")
_GONE = ("deleted_at", "archived_at")
_MOST = 2  # other rows a recorded read: each is one more to ask before the load


class Seed:
    """The rows of the seeded database, by the ids that paths have."""

    def __init__(self, contract: Path) -> None:
        tables = [_rows(file) for file in sorted((contract / "seed").glob("*.json"))]
        # the first that has it
        self._table_of = {row["id"]: rows for rows in reversed(tables) for row in rows}
        self._users = {row["username"] for rows in tables for row in rows if "username" in row}

    def varied(self, workload: Workload) -> Workload:
        """The same with each read of one item followed by those of its like."""
        return replace(
            workload,
            journeys=tuple(
                one for journey in workload.journeys for one in (journey, *self._variants(journey))
            ),
        )

    def has_user(self, name: str) -> bool:
        """Whether somebody of that name can sign in."""
        return name in self._users

    def _variants(self, journey: Journey) -> list[Journey]:
        first, *more = journey.steps
        if more or first.exchange.method != "GET" or first.refused:
            return []
        found = [part for part in first.exchange.path.split("/") if part in self._table_of]
        if len(found) != 1:
            return []
        return [_aimed_at(journey, found[0], other) for other in self._like(found[0])[:_MOST]]

    def _like(self, item: str) -> list[str]:
        rows = self._table_of[item]
        seen = _seen_by(next(row for row in rows if row["id"] == item))
        return [str(row["id"]) for row in rows if row["id"] != item and _seen_by(row) == seen]


def _rows(file: Path) -> list[dict[str, Any]]:
    try:
        rows = json.loads(file.read_text())
        return [row for row in rows if isinstance(row["id"], str)] if "id" in rows[0] else []
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise RecordingError(f"{file} is not a table of the seed: {error}") from error


def _seen_by(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return (*(row.get(column) for column in _VISIBLE_BY), *(row.get(column) is None for column in _GONE))


def _aimed_at(journey: Journey, item: str, other: str) -> Journey:
    step = journey.steps[0]
    name = f"{step.exchange.name}@{other}"
    path = step.exchange.path.replace(item, other)
    return Journey(
        name, (replace(step, exchange=replace(step.exchange, name=name, path=path)),), like=journey.name
    )
