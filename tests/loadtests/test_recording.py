"""The recorded exchanges as requests that can be sent again."""

import json
import time
from pathlib import Path
from typing import Any

import jwt
import pytest

from loadtests.errors import RecordingError
from loadtests.recording import (
    Credentials,
    Recorded,
    Sendable,
    depends_on,
    endpoint_of,
    load_recording,
    of_endpoints,
    read_recording,
    sendable,
)
from tests.loadtests.stub_backend import ENDPOINTS, SECRET


def recorded(**overrides: Any) -> Recorded:
    values: dict[str, Any] = {
        "id": "escrows-001",
        "name": "get",
        "domain": "escrows",
        "user": None,
        "method": "GET",
        "path": "/v1/escrows/1",
        "query": {},
        "headers": {},
        "body": None,
        "status": 200,
        "answer_headers": {},
        "answer": {},
        "sql_count": 2,
        "volatile": (),
    }
    return Recorded(**values | overrides)


@pytest.fixture
def credentials(contract: Path) -> Credentials:
    return Credentials(contract, SECRET)


def write_recording(directory: Path, text: str, volatile: str = "{}") -> Path:
    (directory / "exchanges").mkdir()
    (directory / "exchanges" / "escrows.jsonl").write_text(text)
    (directory / "volatile_paths.json").write_text(volatile)
    return directory


def test_the_recorded_escrows_are_read_in_the_order_they_were_made(contract: Path) -> None:
    exchanges = load_recording(contract, "escrows")

    assert [exchange.id for exchange in exchanges] == sorted(exchange.id for exchange in exchanges)
    assert {exchange.domain for exchange in exchanges} == {"escrows"}
    create = next(exchange for exchange in exchanges if exchange.name == "create_full")
    assert (create.method, create.path, create.user, create.status) == (
        "POST",
        "/v1/escrows",
        "admin_ada",
        201,
    )
    assert "$.data.id" in create.volatile


def test_a_domain_that_was_not_recorded_is_an_error_that_names_the_file(contract: Path) -> None:
    with pytest.raises(RecordingError, match=r"no recording of boats in .*boats\.jsonl"):
        load_recording(contract, "boats")


def test_all_bad_lines_of_a_recording_are_named_at_once(tmp_path: Path) -> None:
    directory = write_recording(tmp_path, '{"id": "x"}\nnot json\n[1]\n')

    with pytest.raises(RecordingError, match=r"line 1 lacks 'request'; line 2: .*; line 3: ") as caught:
        load_recording(directory, "escrows")

    assert "\n" not in str(caught.value)


def test_volatile_paths_that_are_not_json_are_an_error(tmp_path: Path) -> None:
    directory = write_recording(tmp_path, "", volatile="{")

    with pytest.raises(RecordingError, match=r"volatile_paths\.json .* is not JSON"):
        load_recording(directory, "escrows")


@pytest.mark.parametrize(
    ("user", "email", "expired"),
    [
        ("admin_ada", "admin_ada@", False),
        ("expired:agent_ann", "agent_ann@", True),
        ("ghost", "ghost@", False),
    ],
)
def test_a_user_comes_with_a_token_of_its_claims(
    credentials: Credentials, user: str, email: str, *, expired: bool
) -> None:
    scheme, _, token = credentials.headers(user)["Authorization"].partition(" ")

    claims = jwt.decode(token, SECRET, algorithms=["HS256"], options={"verify_exp": False})
    assert scheme == "Bearer"
    assert claims.keys() == {"id", "email", "role", "iat", "exp"}
    assert (claims["exp"] < time.time()) is expired
    assert claims["email"].startswith(email.partition("@")[0].partition("_")[0])


def test_users_without_a_token_get_what_the_recording_had(credentials: Credentials) -> None:
    headers = {user: credentials.headers(user) for user in (None, "badtoken", "apikey:agent_ann")}

    assert headers[None] == {}
    assert headers["badtoken"] == {"Authorization": "Bearer not-a-token"}
    assert len(headers["apikey:agent_ann"]["X-API-Key"]) == 64


def test_a_token_is_used_again_and_the_callers_copy_is_its_own(credentials: Credentials) -> None:
    first = credentials.headers("admin_ada")
    first["X-More"] = "1"

    assert credentials.headers("admin_ada") == {"Authorization": first["Authorization"]}


@pytest.mark.parametrize("user", ["captain_cod", "expired:captain_cod"])
def test_an_unknown_user_is_an_error_that_lists_the_known_ones(credentials: Credentials, user: str) -> None:
    with pytest.raises(RecordingError, match="the seed has no user 'captain_cod', only admin_ada, agent_ann"):
        credentials.headers(user)


def test_a_contract_without_users_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="no seed users"):
        Credentials(tmp_path, SECRET)

    (tmp_path / "seed").mkdir()
    (tmp_path / "seed" / "users.json").write_text('[{"name": "x"}]')
    with pytest.raises(RecordingError, match="is not a list of users"):
        Credentials(tmp_path, SECRET)


def test_placeholders_take_their_values_from_earlier_answers(credentials: Credentials) -> None:
    exchange = recorded(
        method="PUT",
        path="/v1/escrows/{{create.data.id}}",
        query={"page": 2, "deep": True, "search": "a b&c"},
        headers={"content-type": "application/json"},
        body={"first": ["{{list.data.escrows[1].name}}"], "n": 1},
    )
    answers = {"create": {"data": {"id": "e5c-1"}}, "list": {"data": {"escrows": [{}, {"name": 'O"Test\n'}]}}}

    request = sendable(exchange, credentials, answers)

    assert request == Sendable(
        "PUT",
        "/v1/escrows/e5c-1?page=2&deep=true&search=a+b%26c",
        {"content-type": "application/json"},
        b'{"first": ["O\\"Test\\n"], "n": 1}',
    )


@pytest.mark.parametrize("answers", [{}, {"create": None}, {"create": {"data": []}}])
def test_a_placeholder_without_its_answer_is_an_error(
    credentials: Credentials, answers: dict[str, Any]
) -> None:
    with pytest.raises(RecordingError, match=r"no value for \{\{create\.data\.id\}\}"):
        sendable(recorded(path="/v1/escrows/{{create.data.id}}"), credentials, answers)


def test_a_raw_body_is_sent_as_it_stands(credentials: Credentials) -> None:
    assert sendable(recorded(body='@raw:{"a":'), credentials, {}).body == b'{"a":'


def test_dependencies_are_found_in_path_and_body() -> None:
    assert depends_on(recorded(path="/v1/x/{{a.id}}", body={"b": "{{c.data.id}}"})) == {"a", "c"}


def test_the_seven_escrow_endpoints_have_107_recorded_exchanges(contract: Path) -> None:
    exchanges = of_endpoints(load_recording(contract, "escrows"), ENDPOINTS)

    assert len(exchanges) == 107
    assert not [exchange.path for exchange in exchanges if exchange.path.endswith("/timeline")]


def test_the_endpoint_with_the_fewest_parameters_wins() -> None:
    templates = [("GET", "/v1/escrows/{id}"), ("GET", "/v1/escrows/stats")]

    assert endpoint_of(recorded(path="/v1/escrows/stats"), templates) == ("GET", "/v1/escrows/stats")
    assert endpoint_of(recorded(path="/v1/escrows/7"), templates) == ("GET", "/v1/escrows/{id}")
    assert endpoint_of(recorded(path="/v1/escrows/7/people"), templates) is None
    assert endpoint_of(recorded(method="PUT"), templates) is None


def test_every_recorded_exchange_of_every_domain_can_be_read(contract: Path) -> None:
    for file in sorted((contract / "exchanges").glob("*.jsonl")):
        exchanges = load_recording(contract, file.stem)

        assert len(exchanges) == len([line for line in file.read_text().splitlines() if json.loads(line)])


def test_one_file_is_read_by_itself(contract: Path) -> None:
    file = contract / "exchanges" / "users.jsonl"

    recorded = read_recording(file)

    assert [one.id for one in recorded] == [one.id for one in load_recording(contract, "users")]
    assert {one.volatile for one in recorded} == {()}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no recording in .*a.jsonl: No such file"),
        (b"\xff", "a.jsonl is not a recording: it is not UTF-8"),
    ],
)
def test_a_file_that_is_no_recording_is_an_error(tmp_path: Path, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / "a.jsonl").write_bytes(content)

    with pytest.raises(RecordingError, match=message):
        read_recording(tmp_path / "a.jsonl")
