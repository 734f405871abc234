"""`crossfade config`: what holds, as TOML that holds the same again; and the published schema."""

import json
import tomllib
from pathlib import Path

import jsonschema_rs
import pytest

from cli.config import configuration_schema
from tests.support.command import InProcess

ROOT = Path(__file__).parent.parent.parent
PUBLISHED = ROOT / "docs" / "reference" / "configuration.schema.json"
TEXT = """
[proxy]
workers = 2
[store]
url = "postgresql://me:secret@h/x"
[write_checks.exceptions]
"GET /v1/orders" = "none"
[verdict]
max_rate = 0.01
[[verdict.cells]]
endpoint = "GET /v1/orders"
status = "4xx"
[[endpoints]]
domain = "orders"
method = "GET"
path = "/v1/orders"
"""


def test_only_what_is_set_is_shown_and_nothing_secret(crossfade: InProcess) -> None:
    (crossfade.state_dir / "crossfade.toml").write_text(TEXT)

    shown = tomllib.loads(crossfade("config", "show").out)

    assert shown.pop("state_dir") == str(crossfade.state_dir)  # of the environment of this test
    (endpoint,) = shown.pop("endpoints")
    assert endpoint | {"path": "/v1/orders", "mirrorable": True} == endpoint
    assert shown == {
        "proxy": {"workers": 2},
        "store": {"url": "postgresql://me:***@h/x"},
        "write_checks": {"exceptions": {"GET /v1/orders": "none"}},
        "verdict": {"max_rate": 0.01, "cells": [{"endpoint": "GET /v1/orders", "status": "4xx"}]},
    }


def test_nothing_set_is_nothing_shown(crossfade: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CROSSFADE_STATE_DIR")

    ran = crossfade("config", "show")

    assert (ran.out, ran.err) == ("", "nothing is set; --effective shows the defaults\n")


def test_all_settings_as_toml_are_a_configuration_that_shows_the_same(crossfade: InProcess) -> None:
    (crossfade.state_dir / "crossfade.toml").write_text(TEXT.replace("me:secret@", ""))
    first = crossfade("config", "show", "--effective").out
    (crossfade.state_dir / "again.toml").write_text(first)

    again = crossfade("--config", "again.toml", "config", "show", "--effective")

    assert again.out == first
    assert "# endpoints is not set" not in first
    assert 'listen = "127.0.0.1:8080"\n' in first


def test_origins_stand_beside_the_values(crossfade: InProcess) -> None:
    (crossfade.state_dir / "crossfade.toml").write_text(TEXT)

    lines = crossfade("config", "show", "--effective", "--origins").out.splitlines()

    assert "workers = 2  # crossfade.toml" in lines
    assert f'state_dir = "{crossfade.state_dir}"  # CROSSFADE_STATE_DIR' in lines
    assert 'listen = "127.0.0.1:8080"  # default' in lines
    assert "# tls_key is not set  (default)" in lines
    assert "# from crossfade.toml" in lines


def test_as_json_each_value_has_its_origin(crossfade: InProcess) -> None:
    (crossfade.state_dir / "crossfade.toml").write_text("[proxy]\nworkers = 2\n")

    said = json.loads(crossfade("config", "show", "--json").out)

    assert said == {
        "schema": "crossfade.config/1",
        "settings": {
            "state_dir": {"value": str(crossfade.state_dir), "origin": "CROSSFADE_STATE_DIR"},
            "proxy.workers": {"value": 2, "origin": "crossfade.toml"},
        },
    }


def test_the_published_schema_is_the_one_that_is_printed(crossfade: InProcess) -> None:
    printed = crossfade("config", "schema").out

    assert printed == configuration_schema()
    assert PUBLISHED.read_text() == printed, (
        "crossfade config schema > docs/reference/configuration.schema.json"
    )


def test_the_schema_takes_what_the_configuration_takes_and_nothing_else() -> None:
    schema = jsonschema_rs.validator_for(json.loads(configuration_schema()))

    assert schema.is_valid(tomllib.loads(TEXT))
    assert not schema.is_valid({"proxy": {"listn": "x"}})
    assert not schema.is_valid({"proxy": {"workers": 0}})
    assert not schema.is_valid({"endpoints": [{"method": "GET", "path": "/v1"}]})
