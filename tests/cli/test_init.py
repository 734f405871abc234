"""`crossfade init`: a configuration, whole or not at all, and why it is as it is."""

import json
import tomllib

import pytest

from tests.support.command import InProcess

BACKENDS = ("--legacy", "http://127.0.0.1:9001", "--modern", "http://127.0.0.1:9002")
DOCUMENT = {
    "openapi": "3.1.0",
    "servers": [{"url": "/v1"}],
    "paths": {
        "/orders": {"get": {}, "post": {}},
        "/orders/{id}": {"get": {}},
        "/orders/{id}.pdf": {"get": {}},
        "/login": {"post": {"tags": ["Accounts"]}},
    },
}


@pytest.fixture
def document(crossfade: InProcess) -> str:
    file = crossfade.state_dir / "openapi.json"
    file.write_text(json.dumps(DOCUMENT))
    return str(file)


def test_a_document_becomes_a_configuration_and_the_decisions_are_said(
    crossfade: InProcess, document: str
) -> None:
    ran = crossfade("init", *BACKENDS, "--openapi", document)

    written = tomllib.loads((crossfade.state_dir / "crossfade.toml").read_text())
    assert ran.code == 0
    assert [f"{row['method']} {row['path']}" for row in written["endpoints"]] == [
        "GET /v1/orders",
        "POST /v1/orders",
        "GET /v1/orders/{id}",
        "POST /v1/login",
    ]
    assert ran.out.splitlines() == [
        "orders: 2 to read, 1 to write",
        "accounts: 0 to read, 1 to write",
        "",
        "Decided, and worth a look:",
        "  POST /v1/login",
        "      no copies: 'login' in the path looks like signing in, out or refreshing",
        "",
        "Left out:",
        "  /v1/orders/{id}.pdf",
        "      the parameter is only a part of the segment '{id}.pdf'",
    ]
    assert ran.err == "wrote crossfade.toml\nnext    crossfade check   then   crossfade up\n"


def test_as_json_it_says_what_was_decided_of_each_endpoint(crossfade: InProcess, document: str) -> None:
    ran = crossfade("init", *BACKENDS, "--openapi", document, "--json")

    said = json.loads(ran.out)
    assert said["schema"] == "crossfade.init/1"
    assert said["endpoints"][3] == {
        "domain": "accounts",
        "endpoint": "POST /v1/login",
        "mirrorable": False,
        "read_back": "",
        "read_back_id": "",
        "why": ["no copies: 'login' in the path looks like signing in, out or refreshing"],
    }
    assert [one["what"] for one in said["left_out"]] == ["/v1/orders/{id}.pdf"]


def test_documents_and_a_table_are_taken_together(crossfade: InProcess, document: str) -> None:
    table = crossfade.state_dir / "table.csv"
    table.write_text("domain,method,path\nextra,GET,/extra\norders,GET,/v1/orders\n")

    said = json.loads(
        crossfade("init", *BACKENDS, "--openapi", document, "--table", str(table), "--json").out
    )

    assert [one["endpoint"] for one in said["endpoints"]][-1] == "GET /extra"
    assert said["left_out"][-1] == {"what": "GET /v1/orders", "why": "the same as GET /v1/orders"}


def test_without_a_list_everything_goes_to_legacy_until_there_is_one(crossfade: InProcess) -> None:
    ran = crossfade("init", *BACKENDS)
    checked = crossfade("config", "show", "--json")

    assert "crossfade endpoints learn" in ran.err
    assert json.loads(checked.out)["settings"]["endpoints"] == {"value": [], "origin": "crossfade.toml"}


def test_nothing_is_written_over_unless_it_is_asked_for(crossfade: InProcess) -> None:
    file = crossfade.state_dir / "crossfade.toml"
    file.write_text("wrong = ")

    refused = crossfade("init", *BACKENDS)
    kept = file.read_text()
    forced = crossfade("init", *BACKENDS, "--force")

    assert (refused.code, kept) == (2, "wrong = ")
    assert refused.err == "crossfade: crossfade.toml is there already: --force writes over it\n"
    assert forced.code == 0
    assert tomllib.loads(file.read_text())["endpoints"] == []


def test_the_file_is_that_of_the_root_option(crossfade: InProcess) -> None:
    ran = crossfade("--config", "own/site.toml", "init", *BACKENDS)

    assert ran.code == 0
    assert (crossfade.state_dir / "own" / "site.toml").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("--legacy", "gopher://x", "--modern", "http://m"),
            "backends.legacy: 'gopher://x': expected the address",
        ),
        ((*BACKENDS, "--openapi", "none.yaml"), "none.yaml: cannot be read"),
        ((*BACKENDS, "--table", "none.csv"), "none.csv: cannot be read"),
        (("--legacy", "http://l"), "Missing option '--modern'"),
    ],
)
def test_what_is_wrong_leaves_no_file(crossfade: InProcess, arguments: tuple[str, ...], said: str) -> None:
    ran = crossfade("init", *arguments)

    assert ran.code == 2
    assert said in ran.err
    assert not (crossfade.state_dir / "crossfade.toml").exists()
