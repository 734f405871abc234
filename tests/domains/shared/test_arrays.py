"""Arrays in text, as PostgreSQL reads them."""

from typing import Any

import psycopg
import pytest

from domains.shared.arrays import items_of
from domains.shared.node_json import text

SENT: tuple[Any, ...] = (
    *(
        [],
        ["a", None, 5, True],
        ["a,b", '"', "\\", "{}", "NULL", " "],
        [["a"], ["b"]],
        [[]],
        [[[]]],
        {},
        [{}],
    ),
    *("{}", "{a,b}", " { a , b c } ", '{"a b",NULL,null}', "{{a,b},{c,d}}", '{a\\,b,"\\""}', "{ }", '{""}'),
)
REFUSED: tuple[Any, ...] = (
    *("", "x", "{", "}", "{a", "{a,}", "{,a}", "{a,,b}", '{"a"b}', '{a"b"}', "{a}}", "{a} b", "{{a},b}"),
    *("{{a},{b,c}}", '{"a', "{a\\", 5, True, {"a": 1}, [["a"], []], ["a", ["b"]], "{{{{{{{a}}}}}}}"),
)


@pytest.mark.parametrize("value", SENT, ids=repr)
def test_an_array_has_the_items_that_postgresql_finds_in_it(value: Any, database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        [row] = connection.execute("SELECT %s::text::text[]", [text(value)]).fetchall()

    assert items_of(value) == row[0]


@pytest.mark.parametrize("value", REFUSED, ids=repr)
def test_what_postgresql_refuses_is_no_array(value: Any, database_url: str) -> None:
    with psycopg.connect(database_url) as connection, pytest.raises(psycopg.Error):
        connection.execute("SELECT %s::text::text[]", [text(value)])

    with pytest.raises(ValueError):  # noqa: PT011 - which one it is does not matter
        items_of(value)
