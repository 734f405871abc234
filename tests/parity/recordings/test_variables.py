"""Values that requests take from earlier answers."""

from typing import Any

import pytest

from parity.errors import RecordingError
from parity.recordings.variables import Variables, filled, references, resolved, value_at, wanted_of
from tests.parity.recordings.factories import recorded

ANSWER = {"data": {"id": "e-1", "items": [{"id": 5}], "done": True, "none": None}}


def lookup(reference: tuple[str, str]) -> Any:
    return {("create", "data.id"): 'a/"b', ("create", "data.done"): True, ("create", "data"): {}}.get(
        reference
    )


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("data.id", "e-1"),
        ("data.items[0].id", 5),
        ("data.items.0.id", 5),
        ("data.items[1].id", None),
        ("data.id.more", None),
        ("nothing", None),
    ],
)
def test_a_value_is_found_by_its_path(path: str, value: Any) -> None:
    assert value_at(ANSWER, path) == value


def test_a_request_names_what_it_needs_in_its_target_headers_and_body() -> None:
    exchange = recorded(
        target="/v1/{{a.id}}?x=%7B%7Bb.id%7D%7D",
        headers=(("X", "{{c.id}}"),),
        body=b'{"y": "{{d.items[0].id}}"}',
    )

    assert references(exchange) == {("a", "id"), ("b", "id"), ("c", "id"), ("d", "items[0].id")}
    assert wanted_of([exchange, recorded(target="/{{a.name}}")])["a"] == {"id", "name"}


def test_each_place_has_the_value_in_its_own_writing() -> None:
    exchange = recorded(
        target="/v1/{{create.data.id}}?done={{create.data.done}}", body=b'{"id": "{{create.data.id}}"}'
    )

    found = resolved(exchange, lookup)

    assert found.target == "/v1/a%2F%22b?done=true"
    assert found.body == b'{"id": "a/\\"b"}'


def test_a_body_that_is_not_json_has_the_plain_value() -> None:
    assert resolved(recorded(body=b"id={{create.data.id}}"), lookup).body == b'id=a/"b'
    assert resolved(recorded(body=b"\xff{{create.data.id}}"), lookup).body == b"\xff{{create.data.id}}"


def test_a_value_that_is_not_known_or_is_no_single_value_is_told() -> None:
    with pytest.raises(
        RecordingError, match=r"no value for \{\{other.id\}\}: the answer of other has not been seen"
    ):
        resolved(recorded(target="/{{other.id}}"), lookup)
    with pytest.raises(RecordingError, match=r"no value for \{\{create.data\}\}"):
        resolved(recorded(target="/{{create.data}}"), lookup)


def test_no_value_breaks_a_header_in_two() -> None:
    with pytest.raises(RecordingError, match="a value with a line break cannot stand in a header"):
        resolved(recorded(headers=(("X", "{{a.b}}"),)), lambda _: "1\r\nY: 2")


def test_only_what_is_wanted_later_is_kept_of_an_answer() -> None:
    variables = Variables({"create": frozenset({"data.id", "data.nothing"})})

    assert variables.learn("create", ANSWER) == {("create", "data.id"): "e-1"}
    assert variables.learn("other", ANSWER) == {}
    assert variables.values == {("create", "data.id"): "e-1"}


def test_a_text_without_placeholders_stays_as_it_is() -> None:
    assert filled("{{not one}} {a.b} {{a}}", lookup) == "{{not one}} {a.b} {{a}}"
