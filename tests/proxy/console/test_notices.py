"""What came of a change, for the next page."""

from proxy.console.notices import MAX_NOTICES, Notice, Notices
from proxy.console.sessions import Session
from proxy.console.tokens import Role, Token

TOKEN = Token("12345678", "olivia", Role.OPERATOR, 0, "root", 1)


def session(number: int) -> Session:
    return Session(f"session-{number}", TOKEN, 0)


def test_each_session_is_told_once_and_of_its_own() -> None:
    notices = Notices()
    notices.keep(session(1), Notice("one"))
    notices.keep(session(2), Notice("two", is_alarm=True))

    assert notices.take(session(1)) == Notice("one")
    assert notices.take(session(1)) is None
    assert notices.take(session(2)) == Notice("two", is_alarm=True)


def test_they_are_bounded() -> None:
    notices = Notices()
    for number in range(MAX_NOTICES + 1):
        notices.keep(session(number), Notice("x"))

    assert notices.take(session(0)) is None
    assert notices.take(session(MAX_NOTICES)) is not None
