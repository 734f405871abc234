"""Schemathesis asks both backends what modern's OpenAPI document allows, and what it does not.

A short run that is the same every time; CONTRIBUTING.md has the command of a long one.
"""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from domains.routes import ROUTES
from domains.shared.openapi import document
from loadtests.recording import Credentials
from parity.exchange import Backend
from tests.support.replay import JWT_SECRET
from tests.support.site import running_backend

CHECKS = {
    # legacy answers 500 to much, but always in its envelope, and none of it is an error that nobody foresaw
    Backend.LEGACY: "content_type_conformance",
    Backend.MODERN: "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
}
PART = {Backend.LEGACY: ("--include-tag", "contacts"), Backend.MODERN: ()}
"""Of legacy a part only, for time; its tables of bad input are in `test_bad_input.py`."""
USERS = {Backend.LEGACY: "admin_ada", Backend.MODERN: "agent_ann"}
TIMEOUT_S = 100


@pytest.mark.parametrize("backend", list(Backend))
def test_it_finds_no_answer_that_is_not_described(
    backend: Backend, seeded_database: str, contract: Path, tmp_path: Path
) -> None:
    described = tmp_path / "openapi.json"
    described.write_text(json.dumps(document(ROUTES)))
    token = Credentials(contract, JWT_SECRET).headers(USERS[backend])["Authorization"]
    limits = ("--rate-limit", "1000000", "--failed-auth-limit", "1000000")

    with running_backend(backend, seeded_database, tmp_path, *limits) as url:
        command = [sys.executable, "-m", "schemathesis.cli", "run", str(described), "--url", url]
        command += ["--phases", "fuzzing", "--max-examples", "1", "--generation-deterministic", "--no-shrink"]
        command += [
            "--continue-on-failure",
            "--checks",
            CHECKS[backend],
            "--header",
            f"Authorization: {token}",
        ]
        command += ["--no-color", "--warnings", "off", *PART[backend]]
        found = subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
        with urllib.request.urlopen(f"{url}/health") as answer:
            alive = answer.status

    assert (found.returncode, alive) == (0, 200), found.stdout[-4000:] + found.stderr[-2000:]
    assert "request_failed" not in (tmp_path / f"{backend}.log").read_text()
