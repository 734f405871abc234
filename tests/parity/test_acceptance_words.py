"""How an acceptance is told."""

from parity.acceptance_words import acceptance_json, held_json, scope
from parity.holdings import Held
from parity.outcome import Kind
from tests.parity.factories import TODAY, acceptance


def test_what_it_takes_is_a_line() -> None:
    narrow = acceptance("$.a", endpoint="GET /x", kind=Kind.VALUE, legacy_status=200, modern_status=201)

    assert scope(narrow) == "GET /x $.a (value), legacy 200, modern 201"
    assert scope(acceptance()) == "* ** (any kind)"


def test_as_json_it_says_whether_it_holds_and_since_when_nobody_used_it() -> None:
    values = held_json(Held(acceptance(), "store", accepted_at=5.0, accepted_by="olivia"), TODAY)

    assert (values["holds"], values["expired"], values["unused_since"]) == (True, False, 5.0)
    assert values["label"] == acceptance_json(acceptance())["label"] == "Q-16: items gain field"
    assert values["expires"] == "2027-06-30"
