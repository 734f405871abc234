"""The JSON bodies that the backends serve: about 1, 20 and 200 KB, and twins with three differences in each."""

import copy
import json
import random
from pathlib import Path
from typing import Any

SIZES = {"1k": 1_000, "20k": 20_000, "200k": 200_000}
EQUAL = "equal"
DIFFERENT = "different"


def write_bodies(directory: Path) -> None:
    """Write `equal/<size>.json` and `different/<size>.json`, the same ones every time."""
    rng = random.Random(7)
    for name, size in SIZES.items():
        items: list[dict[str, Any]] = []
        body = {"page": 1, "items": items, "next": None}
        length = len(_text(body))
        while length < size * 0.97:
            items.append(_order(rng, len(items)))
            length += len(_text(items[-1])) + (len(items) > 1)  # and the comma before it
        for kind, content in ((EQUAL, body), (DIFFERENT, _changed(body))):
            file = directory / kind / f"{name}.json"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(_text(content))
            file.chmod(0o644)


def _text(body: dict[str, Any]) -> str:
    return json.dumps(body, separators=(",", ":"))


def _changed(body: dict[str, Any]) -> dict[str, Any]:
    changed = copy.deepcopy(body)
    items = changed["items"]
    items[0]["status"] = "CHANGED"
    items[-1]["lines"][2]["price"] = -1.0
    items[len(items) // 2]["customer"]["address"]["city"] = "Zwolle"
    return changed


def _order(rng: random.Random, number: int) -> dict[str, Any]:
    return {
        "id": number,
        "ref": f"ORD-{number:08d}",
        "status": rng.choice(["paid", "open", "shipped"]),
        "total": round(rng.random() * 1000, 2),
        "currency": "EUR",
        "created_at": f"2026-03-{rng.randint(1, 28):02d}T10:{rng.randint(0, 59):02d}:00Z",
        "customer": {
            "id": rng.randint(1, 99_999),
            "name": f"Customer {number}",
            "email": f"c{number}@example.test",
            "address": {
                "street": f"Main St {rng.randint(1, 999)}",
                "city": "Utrecht",
                "geo": {"lat": 52.0907, "lon": 5.1214},
            },
        },
        "lines": [
            {
                "sku": f"SKU-{rng.randint(1000, 9999)}",
                "qty": rng.randint(1, 9),
                "price": round(rng.random() * 100, 2),
                "tags": ["a", "b", "c"][: rng.randint(1, 3)],
            }
            for _ in range(5)
        ],
        "flags": {"gift": False, "express": True, "note": None},
    }
