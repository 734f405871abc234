"""A listing as the API shows it, and the number that a new one gets."""

from collections.abc import Mapping
from datetime import datetime
from random import Random
from typing import Any

from domains.shared.node_json import column_value, either, number

_ANALYTICS = {"views": 0, "favorites": 0, "shares": 0, "inquiries": 0}


def list_row(row: Mapping[Any, Any]) -> dict[str, Any]:
    """One listing of the list."""
    return {name: column_value(value) for name, value in row.items() if name != "total_rows"}


def whole_listing(row: Mapping[Any, Any]) -> dict[str, Any]:
    """One listing with its commissions as numbers, and the analytics that nobody counts."""
    kinds = ("listing", "buyer", "total")
    commission = {kind: number(row[f"{kind}_commission"]) for kind in kinds}
    return list_row(row) | {"commission": commission, "analytics": _ANALYTICS}


def mls_number(now: datetime, attempt: int, chance: Random) -> str:
    """`MLS<year><4 digits>`; where many are taken, the later attempts have more digits (Q-14)."""
    smallest = 10 ** (3 + attempt // 5)
    return f"MLS{now.year}{chance.randrange(smallest, 10 * smallest)}"


def showing(key: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """The showing that was logged: an echo of the request (Q-23)."""
    told = {"agent_name": "agentName", "feedback": "feedback"}
    return {
        "listing_id": key,
        "showing_date": body["date"],
        "showing_time": body["time"],
        **{shown: body[sent] for shown, sent in told.items() if sent in body},
        "interested": either(body.get("interested"), False),
    }
