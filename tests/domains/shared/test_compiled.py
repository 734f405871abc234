"""From a statement to what psycopg is given."""

import pytest
from sqlalchemy import Column, Executable, Integer, MetaData, Table, bindparam, insert, select, text
from sqlalchemy.dialects.postgresql import JSONB

from domains.shared.compiled import Compiler

THINGS = Table("things", MetaData(), Column("id", Integer, primary_key=True), Column("facts", JSONB))


def test_statements_that_differ_in_values_alone_share_their_form() -> None:
    compiler = Compiler()

    one, two = (compiler.prepare(select(THINGS).where(THINGS.c.id == value), None) for value in (1, 2))

    assert one.form is two.form
    assert [list(one.parameters.values()), list(two.parameters.values())] == [[1], [2]]


def test_open_parameters_get_the_values_of_this_time() -> None:
    compiler = Compiler()
    statement = select(THINGS).where(THINGS.c.id == bindparam("wanted"))

    prepared = [compiler.prepare(statement, {"wanted": value}) for value in (1, 2)]

    assert [one.parameters["wanted"] for one in prepared] == [1, 2]


def test_a_statement_that_comes_again_is_as_it_would_be_anew() -> None:
    compiler, facts = Compiler(), bindparam("told", type_=JSONB)
    statement = insert(THINGS).values(id=7, facts=facts)

    again = [compiler.prepare(statement, {"told": {"n": n}}) for n in range(4)]
    anew = [Compiler().prepare(statement, {"told": {"n": n}}) for n in range(4)]

    shown = [(one.text, [getattr(value, "obj", value) for value in one.parameters.values()]) for one in again]
    assert shown == [
        (one.text, [getattr(value, "obj", value) for value in one.parameters.values()]) for one in anew
    ]
    assert [one.parameters["told"].obj for one in again] == [{"n": n} for n in range(4)]


def test_one_that_comes_again_with_other_values_than_before_is_compiled_for_them() -> None:
    compiler, statement = Compiler(), insert(THINGS)

    sent = [compiler.prepare(statement, {"id": 1}) for _ in range(3)]
    more = compiler.prepare(statement, {"id": 1, "facts": {}})

    assert {tuple(one.parameters) for one in sent} == {("id",)}
    assert tuple(more.parameters) == ("id", "facts")


def test_a_list_of_values_becomes_as_many_parameters() -> None:
    compiler = Compiler()

    short, long = (
        compiler.prepare(select(THINGS).where(THINGS.c.id.in_(ids)), None) for ids in ([1], [1, 2, 3])
    )

    assert (short.text.count(b"%("), long.text.count(b"%(")) == (1, 3)


def test_json_is_written_as_the_api_writes_it() -> None:
    prepared = Compiler().prepare(insert(THINGS).values(id=1, facts={"a": 1}), None)

    assert type(prepared.parameters["facts"]).__name__ == "Jsonb"


def test_a_text_is_sent_as_it_stands() -> None:
    assert Compiler().prepare(text("SELECT 1"), None).text == b"SELECT 1"


def test_a_column_whose_value_python_makes_is_refused_rather_than_left_out() -> None:
    table = Table("made", MetaData(), Column("id", Integer, default=lambda: 7), Column("facts", JSONB))

    with pytest.raises(ValueError, match="made"):
        Compiler().prepare(insert(table).values(facts={}), None)


def test_only_a_select_that_writes_nowhere_inside_is_certain_to_be_a_read() -> None:
    compiler = Compiler()
    made = insert(THINGS).values(id=1).returning(THINGS.c.id).cte("made")
    read = select(THINGS.c.id)

    reads: list[Executable] = [read, read.union_all(read), select(read.cte("read"))]
    writes: list[Executable] = [
        insert(THINGS),
        select(made),
        read.union_all(select(made.c.id)),
        text("SELECT 1"),
    ]

    assert [compiler.prepare(one, None).form.is_read for one in (*reads, *writes)] == [True] * 3 + [False] * 4
