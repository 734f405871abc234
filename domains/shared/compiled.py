"""SQLAlchemy writes the SQL, psycopg sends it: a statement becomes text and parameters, once for each of its forms.

SQLAlchemy's own way of executing costs two thirds of a statement's CPU time (greenlets, events, results; measured in
docs/adr/); what is kept of it is what rooms see: the expression language, its types, its cache of compiled forms.
"""

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from psycopg import AsyncConnection
from psycopg.types.json import set_json_dumps, set_json_loads
from psycopg.types.string import TextLoader
from sqlalchemy import Dialect, Executable, Numeric
from sqlalchemy.dialects.postgresql.psycopg import PGDialectAsync_psycopg
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.selectable import SelectBase
from sqlalchemy.util import LRUCache

from domains.shared import node_json

_FORMS_KEPT = 1000

Convert = Callable[[Any], Any]


@dataclass(slots=True)
class Form:
    """What is the same for all statements that differ in their values alone.

    `loads` are how the values of each column come back, None as they are; `names` those of the columns, once known.
    `is_read` is true only of what is certain to write nothing.
    """

    text: bytes
    is_read: bool
    dumps: Mapping[str, Convert]
    loads: Sequence[Convert | None] | None
    is_final: bool
    names: list[str] | None = None


class Prepared(msgspec.Struct, frozen=True):
    """What psycopg is given, and what its rows are made of."""

    text: bytes
    parameters: Mapping[str, Any]
    form: Form


@dataclass(frozen=True, slots=True)
class _Known:
    """A statement that was made once and is sent again: of its parameters only the open ones are new each time.

    `opened` are the name of each open parameter in the text, its key among the values, and how it is dumped.
    """

    statement: Executable
    form: Form
    keys: frozenset[str]
    parameters: Mapping[str, Any]
    opened: Sequence[tuple[str, str, Convert | None]]


class Compiler:
    """Makes statements ready to be sent."""

    def __init__(self) -> None:
        make: Callable[..., Dialect] = PGDialectAsync_psycopg
        self._dialect = make(json_serializer=node_json.dumps_text, json_deserializer=node_json.loads)
        self._compiled: LRUCache[Any, Any] = LRUCache(_FORMS_KEPT)
        self._forms: LRUCache[int, tuple[SQLCompiler, Form]] = LRUCache(_FORMS_KEPT)
        self._known: LRUCache[int, _Known] = LRUCache(_FORMS_KEPT)

    def prepare(self, statement: Executable, values: Mapping[str, Any] | None) -> Prepared:
        """The statement with these values for its open parameters."""
        values = values or {}
        known = self._known.get(id(statement))
        if known is not None and known.statement is statement and known.keys == values.keys():
            parameters: MutableMapping[str, Any] = dict(known.parameters)
            for name, key, dump in known.opened:
                value = values[key]
                parameters[name] = value if dump is None else dump(value)
            return Prepared(known.form.text, parameters, known.form)
        # SQLAlchemy keeps the key of its cache in a statement: one that has it comes for the second time
        is_again = "_generate_cache_key" in vars(statement)
        compiled, extracted, collected = self._compile(statement, sorted(values))
        form = self._form(compiled)
        parameters = compiled.construct_params(values, extracted, _collected_params=collected)
        text, dumps = form.text, form.dumps
        if not form.is_final:  # a list of values for IN, of which nobody knows the length before
            expanded = compiled._process_parameters_for_postcompile(parameters)  # noqa: SLF001 - see _compile
            text = expanded.statement.encode()
            parameters = {**parameters, **expanded.additional_parameters}
            dumps = {**dumps, **{n: dump for n, dump in expanded.processors.items() if callable(dump)}}
        for name, dump in dumps.items():
            if name in parameters:
                parameters[name] = dump(parameters[name])
        if is_again and form.is_final:
            self._know(statement, compiled, values, parameters, form)
        return Prepared(text, parameters, form)

    def _know(
        self,
        statement: Executable,
        compiled: SQLCompiler,
        values: Mapping[str, Any],
        parameters: Mapping[str, Any],
        form: Form,
    ) -> None:
        opened = []
        for bound, name in compiled.bind_names.items():
            if bound.callable is not None:
                return
            key = bound.key if bound.key in values else name
            if key in values:
                sent = compiled.escaped_bind_names.get(name, name)
                opened.append((sent, key, form.dumps.get(sent)))
        self._known[id(statement)] = _Known(statement, form, frozenset(values), parameters, opened)

    def _compile(self, statement: Any, keys: list[str]) -> tuple[SQLCompiler, Any, Any]:
        # no public function compiles with a cache; this is the one that Connection.execute calls
        compiled, extracted, collected, _ = statement._compile_w_cache(  # noqa: SLF001 - see above
            self._dialect, compiled_cache=self._compiled, column_keys=keys
        )
        return compiled, extracted, collected

    def _form(self, compiled: SQLCompiler) -> Form:
        known = self._forms.get(id(compiled))
        if known is not None and known[0] is compiled:
            return known[1]
        if getattr(compiled, "insert_prefetch", ()) or getattr(compiled, "update_prefetch", ()):
            raise ValueError(f"values that Python makes for columns are not computed here: {compiled}")
        form = Form(
            text=compiled.string.encode(),
            is_read=_is_read(compiled),
            # a sequence of them is for tuples, which nothing here compares
            dumps={name: dump for name, dump in compiled._bind_processors.items() if callable(dump)},  # noqa: SLF001 - see _compile
            loads=self._loads(compiled),
            is_final=not (compiled.literal_execute_params or compiled.post_compile_params),
        )
        self._forms[id(compiled)] = (compiled, form)
        return form

    def _loads(self, compiled: SQLCompiler) -> Sequence[Convert | None] | None:
        # asking the statement for its columns would leave them in it, also in those that are made from it
        columns = compiled._result_columns  # noqa: SLF001 - see above
        loads = [
            # numbers are as `adapt` has them come back
            None
            if isinstance(column.type, Numeric)
            else column.type.dialect_impl(self._dialect).result_processor(self._dialect, None)
            for column in columns
        ]
        # a `*` is one of these and stands for many, which come back as they are
        return loads if any(loads) else None


def _is_read(compiled: SQLCompiler) -> bool:
    inside = compiled.ctes or {}
    return isinstance(compiled.statement, SelectBase) and not any(part.element.is_dml for part in inside)


async def adapt(connection: AsyncConnection[Any]) -> None:
    """Have values come back as both APIs answer them: NUMERIC and TIME as PostgreSQL's text."""
    for name in ("numeric", "time"):
        connection.adapters.register_loader(name, TextLoader)
    set_json_dumps(node_json.dumps_text, connection)
    set_json_loads(node_json.loads, connection)
