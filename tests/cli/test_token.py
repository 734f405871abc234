"""`crossfade token`: made and shown once, listed, revoked."""

import json

from proxy.console.tokens import Role, Tokens
from tests.support.command import InProcess


def test_the_token_alone_is_the_result_and_the_rest_is_said_beside_it(crossfade: InProcess) -> None:
    ran = crossfade("token", "create", "olivia", "--role", "operator")

    assert ran.code == 0
    assert ran.out.startswith("cf_")
    assert len(ran.out.splitlines()) == 1
    assert "it is not shown again" in ran.err
    assert f"undo: crossfade token revoke {ran.out[3:11]}" in ran.err


def test_as_json_it_lets_its_bearer_in_until_it_is_revoked(crossfade: InProcess) -> None:
    from parity.database import open_database
    from proxy.flag_store import FlagStore

    made = json.loads(crossfade("token", "create", "olivia", "--role", "admin", "--json").out)
    engine = open_database(f"sqlite:///{crossfade.state_dir}/store.sqlite3")
    tokens = Tokens(engine, FlagStore(engine, ()))

    found = tokens.find(made["secret"])
    revoked = crossfade("token", "revoke", made["id"], "--json")

    assert found is not None
    assert (made["schema"], found.role, found.created_by) == ("crossfade.token/1", Role.ADMIN, "olivia")
    assert "revoked" in revoked.out
    assert tokens.find(made["secret"]) is None


def test_the_list_shows_whose_they_are_and_no_secret(crossfade: InProcess) -> None:
    empty = crossfade("token", "list")
    secret = crossfade("token", "create", "olivia", "--role", "viewer", "--days", "1").out.strip()
    crossfade("token", "revoke", secret[3:11])

    listed = crossfade("token", "list")
    as_json = json.loads(crossfade("token", "list", "--json").out)

    assert "crossfade token create NAME --role admin" in empty.err
    assert "olivia" in listed.out
    assert "revoked" in listed.out
    assert max(map(len, listed.out.splitlines())) <= 80
    assert secret.split("_", 2)[2] not in listed.out + json.dumps(as_json)
    assert [(one["name"], one["holds"]) for one in as_json["tokens"]] == [("olivia", False)]


def test_what_is_wrong_is_exit_code_2_and_says_what_was_expected(crossfade: InProcess) -> None:
    name = crossfade("token", "create", "guard:x", "--role", "viewer")
    role = crossfade("token", "create", "x", "--role", "boss")
    days = crossfade("token", "create", "x", "--role", "viewer", "--days", "0")
    token = crossfade("token", "revoke", "nothing")

    assert [one.code for one in (name, role, days, token)] == [2, 2, 2, 2]
    assert "name 'guard:x': expected up to 100 letters" in name.err
    assert "expected the id of one" in token.err
