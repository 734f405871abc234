"""Access tokens: what is kept, who is let in, and for how long."""

import re
from pathlib import Path

import pytest

from proxy.console.tokens import Role, Tokens
from proxy.errors import TokenError
from tests.proxy.console.rig import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.make(f"sqlite:///{tmp_path}/store.sqlite3")


def test_roles_include_those_before_them() -> None:
    table = {(have, want): have.may(want) for have in Role for want in Role}

    assert [pair for pair, may in table.items() if not may] == [
        (Role.VIEWER, Role.OPERATOR),
        (Role.VIEWER, Role.ADMIN),
        (Role.OPERATOR, Role.ADMIN),
    ]


def test_a_token_names_itself_and_has_256_random_bits(store: Store) -> None:
    text, token = store.tokens.create("olivia", Role.OPERATOR, days=1, actor="root")

    assert re.fullmatch(rf"cf_{token.id}_[A-Za-z0-9_-]{{43}}", text)
    assert store.tokens.find(text) == token


def test_nothing_that_is_kept_lets_anybody_in(store: Store, tmp_path: Path) -> None:
    text, _ = store.tokens.create("olivia", Role.OPERATOR, days=1, actor="root")
    store.engine.dispose()

    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())

    assert text.split("_", 2)[2].encode() not in kept


def test_the_ledger_has_who_made_and_who_revoked_it(store: Store) -> None:
    _, token = store.tokens.create("olivia", Role.OPERATOR, days=2, actor="root")
    store.tokens.revoke(token.id, actor="adam")

    assert [(one.action, one.key, one.actor, one.reason) for one in store.flags.history(2)] == [
        ("token", f"{token.id} of olivia", "adam", "revoked"),
        ("token", f"{token.id} of olivia", "root", "made for olivia, operator, 2 days"),
    ]


def test_a_revoked_one_and_an_expired_one_let_nobody_in(store: Store) -> None:
    now = [1_000_000.0]
    tokens = Tokens(store.engine, store.flags, clock=lambda: now[0])
    text, token = tokens.create("olivia", Role.VIEWER, days=1, actor="root")
    other, kept = tokens.create("piet", Role.VIEWER, days=2, actor="root")

    now[0] += 86_399
    before = tokens.find(text)
    now[0] += 1
    after = tokens.find(text)
    tokens.revoke(kept.id, actor="root")

    assert (before, after, tokens.find(other), tokens.by_id(kept.id)) == (token, None, None, None)


@pytest.mark.parametrize("text", ["", "cf_", "cf_12345678_short", "x" * 10_000, "cf_zzzzzzzz_" + "a" * 43])
def test_what_is_no_token_is_not_known(store: Store, text: str) -> None:
    assert store.tokens.find(text) is None


@pytest.mark.parametrize("name", ["", "guard:errors", " x", "a\nb", "x" * 101, "<b>"])
def test_a_name_that_the_ledger_could_take_for_another_is_refused(store: Store, name: str) -> None:
    with pytest.raises(TokenError, match="expected up to 100 letters"):
        store.tokens.create(name, Role.VIEWER, days=1, actor="root")


def test_what_is_not_there_or_revoked_already_cannot_be_revoked(store: Store) -> None:
    _, token = store.tokens.create("olivia", Role.VIEWER, days=1, actor="root")
    store.tokens.revoke(token.id, actor="root")

    with pytest.raises(TokenError, match="was revoked already"):
        store.tokens.revoke(token.id, actor="root")
    with pytest.raises(TokenError, match="expected the id of one"):
        store.tokens.revoke("nothing", actor="root")
