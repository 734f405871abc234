"""Reports of a load test in files, whole or not at all, and as JSON."""

import contextlib
from pathlib import Path
from typing import Any

import msgspec

from loadtests.errors import LoadTestError
from loadtests.reports.junit import render_junit
from loadtests.reports.markdown import render_markdown
from loadtests.reports.page import render_html
from parity.load_results import SCHEMA, LoadTest


def to_json(test: LoadTest) -> dict[str, Any]:
    """All of it, under `schema` (docs/reference/loadtest.schema.json)."""
    values: dict[str, Any] = msgspec.to_builtins(test)
    return {"schema": SCHEMA, **values}


def write_html(test: LoadTest, file: Path) -> None:
    """One page that needs nothing else. Raises LoadTestError."""
    _write(file, render_html(test))


def write_junit(test: LoadTest, file: Path) -> None:
    """JUnit XML. Raises LoadTestError."""
    _write(file, render_junit(test))


def write_markdown(test: LoadTest, file: Path) -> None:
    """Markdown for a pull request. Raises LoadTestError."""
    _write(file, render_markdown(test))


def _write(file: Path, text: str) -> None:
    """Whoever reads the file meanwhile has the one before."""
    draft = file.with_name(f".{file.name}.draft")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(text, encoding="utf-8")
        draft.replace(file)
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise LoadTestError(f"{file}: cannot be written: {error.strerror}") from error
