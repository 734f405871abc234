"""The OpenAPI document is valid, whole, and true to what the console answers."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from proxy.console.openapi import document
from proxy.console.routes import PREFIX, ROUTES
from proxy.console.tokens import Role
from proxy.stages import Stage
from tests.proxy.console.rig import Store, serving
from tests.support.threads import in_thread

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


def test_it_is_valid_and_has_every_endpoint() -> None:
    described = document("1.0.0")

    assert [str(error) for error in OpenAPIV31SpecValidator(described).iter_errors()] == []
    told = {
        (method.upper(), path) for path, operations in described["paths"].items() for method in operations
    }
    assert told == {
        *((route.method, PREFIX + route.path) for route in ROUTES),
        ("GET", f"{PREFIX}/events"),
        ("GET", f"{PREFIX}/openapi.json"),
    }


def test_a_parameter_that_may_be_left_out_is_never_null() -> None:
    parameters = document("1")["paths"][f"{PREFIX}/parity/report"]["get"]["parameters"]

    assert [(one["name"], one["required"], one["schema"]["type"]) for one in parameters] == [
        ("domain", False, "string"),
        ("since", False, "string"),
    ]


@pytest.mark.timeout(100)
def test_schemathesis_finds_no_answer_that_is_not_described(tmp_path: Path) -> None:
    store = Store.make(f"sqlite:///{tmp_path}/store.sqlite3")
    store.differ()
    store.flip(Stage.SHADOW)
    described = document("1")
    del described["paths"][f"{PREFIX}/events"]  # never ends
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(described))

    with in_thread(lambda: serving(store)) as rig:
        command = [sys.executable, "-m", "schemathesis.cli", "run", str(file), "--url", rig.url]
        command += ["--phases", "fuzzing", "--max-examples", "3", "--generation-deterministic", "--no-shrink"]
        command += ["--continue-on-failure", "--checks", CHECKS, "--no-color", "--warnings", "off"]
        command += ["--header", f"Authorization: {rig.bearer(Role.ADMIN)['Authorization']}"]
        found = subprocess.run(
            command,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
            env=os.environ | {"PYTHONPATH": ""},
        )

    assert found.returncode == 0, found.stdout[-4000:] + found.stderr[-2000:]
