"""`crossfade config`: what is configured, where it is from, and the schema of the configuration."""

import json
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

import click

from cli.context import Context, pass_context
from cli.origins import Value, values_of
from cli.output import json_option, message, print_json
from cli.settings import Settings, read_config
from parity.suggest_toml import toml_text

SCHEMA_ID = "https://crossfade.invalid/configuration.schema.json"
"""A name and no address: the schema lies in docs/reference/."""


@click.group()
def config() -> None:
    """The configuration: what holds, where it is from, and its schema."""


@config.command()
@click.option("--effective", is_flag=True, help="Show every setting, the defaults too.")
@click.option("--origins", is_flag=True, help="Say beside each where it is from: default, file or variable.")
@json_option
@pass_context
def show(context: Context, effective: bool, origins: bool, as_json: bool) -> None:
    """Print what is configured as TOML, with secrets masked; without --effective only what somebody has set.

    What options of a command say (`crossfade up --legacy ...`) holds for that command only, and is not shown.
    """
    file, said = read_config(context.config)
    found = [one for one in values_of(context.settings, str(file), said) if effective or one.is_set]
    if as_json:
        rows = {one.key: {"value": one.value, "origin": one.origin} for one in found}
        print_json("crossfade.config/1", {"settings": rows})
    elif found:
        click.echo(_toml(found, origins=origins), nl=False)
    else:
        message("nothing is set; --effective shows the defaults")


@config.command()
def schema() -> None:
    """Print the JSON Schema of crossfade.toml, for editors and for who generates it."""
    click.echo(configuration_schema(), nl=False)


def configuration_schema() -> str:
    """The schema that is published in docs/reference/."""
    found = Settings.model_json_schema()
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SCHEMA_ID}
    return json.dumps({**head, **found, "title": "crossfade.toml"}, indent=2, sort_keys=True) + "\n"


def _toml(values: Sequence[Value], *, origins: bool) -> str:
    parts = []
    tables = [one for one in values if _is_rows(one.value)]
    plain = [one for one in values if not _is_rows(one.value)]
    plain.sort(key=lambda one: "." in one.key)  # in TOML what is in no section comes first
    for section, rows in groupby(plain, key=lambda one: one.key.rpartition(".")[0]):
        lines = [_line(one, origins=origins) for one in rows]
        parts.append("\n".join([f"[{section}]", *lines] if section else lines))
    for one in tables:
        said = f"# from {one.origin}\n" if origins else ""
        parts.append(said + "\n\n".join(_row(one.key, row) for row in one.value))
    return "\n\n".join(parts) + "\n"


def _line(one: Value, *, origins: bool) -> str:
    name = one.key.rpartition(".")[2]
    shown = f"# {name} is not set" if one.value is None else f"{name} = {_value(one.value)}"
    if not origins:
        return shown
    return f"{shown}  {'(' if one.value is None else '# '}{one.origin}{')' if one.value is None else ''}"


def _row(key: str, row: dict[str, Any]) -> str:
    lines = (f"{name} = {_value(value)}" for name, value in row.items() if value not in (None, ""))
    return "\n".join([f"[[{key}]]", *lines])


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)


def _value(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return toml_text(value)
        case list():
            return f"[{', '.join(map(_value, value))}]"
        case dict():
            return f"{{{', '.join(_pairs(value))}}}"
        case _:
            return str(value)


def _pairs(value: dict[str, Any]) -> Iterable[str]:
    return (f"{toml_text(name)} = {_value(child)}" for name, child in value.items())
