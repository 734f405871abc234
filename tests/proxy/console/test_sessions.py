"""Sessions: a new id each, an end by itself, and none without a token that holds."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from proxy.console.sessions import MAX_OF_A_TOKEN, Sessions
from proxy.console.settings import ConsoleSettings
from proxy.console.tokens import Role, Token, Tokens
from tests.proxy.console.rig import Clock, Store


@dataclass
class Scene:
    """Sessions of one token."""

    clock: Clock
    tokens: Tokens
    sessions: Sessions
    token: Token


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    store = Store.make(f"sqlite:///{tmp_path}/store.sqlite3")
    clock = Clock()
    tokens = Tokens(store.engine, store.flags, clock=clock)
    sessions = Sessions(
        store.engine, tokens, ConsoleSettings(session_idle_s=600, session_s=3_600), clock=clock
    )
    _, token = tokens.create("olivia", Role.OPERATOR, days=30, actor="root")
    return Scene(clock, tokens, sessions, token)


def test_each_sign_in_has_an_id_and_a_csrf_token_of_its_own(scene: Scene) -> None:
    one, other = scene.sessions.begin(scene.token), scene.sessions.begin(scene.token)

    assert len({one.id, other.id, one.csrf, other.csrf}) == 4
    assert len(one.id) == 43
    assert scene.sessions.find(one.id) == one


def test_an_id_that_nobody_was_given_is_no_session(scene: Scene) -> None:
    assert scene.sessions.find("chosen-by-somebody") is None


def test_it_ends_when_it_is_idle_and_being_asked_for_keeps_it(scene: Scene) -> None:
    session = scene.sessions.begin(scene.token)

    scene.clock.now += 500
    kept = scene.sessions.find(session.id)
    scene.clock.now += 500
    kept_again = scene.sessions.find(session.id)
    scene.clock.now += 600

    assert (kept, kept_again, scene.sessions.find(session.id)) == (session, session, None)


def test_it_ends_at_last_however_busy_it_is(scene: Scene) -> None:
    session = scene.sessions.begin(scene.token)

    found = []
    for _ in range(13):
        scene.clock.now += 300
        found.append(scene.sessions.find(session.id) is not None)

    assert found == [True] * 11 + [False] * 2


def test_it_ends_with_its_token_and_when_it_is_told_to(scene: Scene) -> None:
    ended, revoked = scene.sessions.begin(scene.token), scene.sessions.begin(scene.token)
    scene.sessions.end(ended.id)

    after_end = scene.sessions.find(revoked.id)
    scene.tokens.revoke(scene.token.id, actor="root")

    assert scene.sessions.find(ended.id) is None
    assert after_end == revoked
    assert scene.sessions.find(revoked.id) is None


def test_one_token_has_so_many_and_the_one_silent_for_longest_goes(scene: Scene) -> None:
    sessions = []
    for _ in range(MAX_OF_A_TOKEN + 2):
        scene.clock.now += 1
        sessions.append(scene.sessions.begin(scene.token))

    found = [scene.sessions.find(one.id) is not None for one in sessions]

    assert found == [False] * 2 + [True] * MAX_OF_A_TOKEN
