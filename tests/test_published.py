"""The schemas in `docs/reference/`; that what commands print is so is checked wherever a test runs one (`InProcess`)."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from proxy.notification import EventKind, Notification
from tests.support.published import REFERENCE, faults, published

ROOT = REFERENCE.parent.parent
FLAGS = {"schema": "crossfade.flags/1", "version": 1, "flags": []}


@pytest.mark.parametrize("file", sorted(REFERENCE.glob("*.json")), ids=lambda file: file.name)
def test_each_is_a_schema_that_the_documentation_leads_to(file: Path) -> None:
    pages = [page.read_text() for page in (ROOT / "docs").glob("*.md")]

    assert jsonschema_rs.meta.is_valid(json.loads(file.read_text()))
    assert any(f"(reference/{file.name})" in page for page in pages)


def test_each_is_of_something_that_is_written() -> None:
    code = "".join(
        file.read_text()
        for folder in ("cli", "parity", "proxy", "loadtests")
        for file in (ROOT / folder).rglob("*.py")
    )
    written = set(re.findall(r'"(crossfade\.[a-z-]+/[0-9]+)"', code))

    assert sorted(published().keys() - written) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"version": "1"},
        {"more": 1},
        {"flags": [{"key": "escrows"}]},
        {"flags": [{"key": "escrows", "stage": "beta", "canary_share": 0.1, "sample_rate": 1.0}]},
    ],
)
def test_what_is_not_as_published_is_told(wrong: dict[str, Any]) -> None:
    assert faults(json.dumps(FLAGS)) == []
    assert len(faults(f"{json.dumps(FLAGS)}\n{json.dumps(FLAGS | wrong)}")) >= 1


def test_the_body_of_a_webhook_is_as_published() -> None:
    one = Notification("id", EventKind.ROLLED_BACK, "title", "text", 1_795_000_000.0, {"domain": "escrows"})

    assert faults(one.body().decode()) == []
    assert faults(one.body().decode().replace('"title"', '"headline"')) != []
