"""The JSON Schema of a load test, as docs/reference/loadtest.schema.json has it.

After a change of `LoadTest`: python -m loadtests.reports.schema > docs/reference/loadtest.schema.json
"""

import json
import sys
from typing import Any

import msgspec

from parity.load_results import MET, MISSED, SCHEMA, UNDECIDED, LoadTest

_DESCRIPTION = (
    "What `crossfade loadtest --json` and `crossfade loadtest report --json` print, and what the store keeps. Times are "
    "milliseconds unless a name says otherwise, `begun_at` and `ended_at` Unix seconds; shares are 0 to 1, ratios modern "
    "to legacy. What is null was not measured."
)


def json_schema() -> dict[str, Any]:
    """Of the object that `to_json` makes."""
    _, parts = msgspec.json.schema_components([LoadTest], ref_template="#/$defs/{name}")
    of_a_word = {"enum": [MET, MISSED, UNDECIDED]}
    for name in ("LoadTest", "LoadJudgement"):
        parts[name]["properties"]["judgement"] = of_a_word
    for part in parts.values():
        part["description"] = " ".join(part.get("description", "").split())
    whole = parts.pop("LoadTest")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Load test",
        "description": f"{_DESCRIPTION} {whole['description']}",
        "type": "object",
        "required": ["schema", *whole["required"]],
        "properties": {"schema": {"const": SCHEMA}, **whole["properties"]},
        "$defs": parts,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(json_schema(), indent=2) + "\n")
