"""`crossfade init`: a commented configuration for two backends, with endpoints from a document or a table."""

import os
from collections.abc import Sequence
from pathlib import Path

import click

from cli.documents import read_document
from cli.endpoint_table import endpoints_in
from cli.endpoint_toml import by_domain
from cli.errors import UsageError
from cli.files import write_whole
from cli.init_file import checked, config_toml
from cli.listed import Found, LeftOut, once_each
from cli.openapi import endpoints_of
from cli.output import Progress, console, json_option, message, print_json
from cli.proposals import Proposal, propose
from cli.settings import CONFIG_FILE
from parity.exchange import NO_READ_BACK


@click.command()
@click.option(
    "--legacy", metavar="URL", required=True, help="The legacy backend, like http://127.0.0.1:9001."
)
@click.option("--modern", metavar="URL", required=True, help="The modern backend.")
@click.option(
    "--openapi",
    "documents",
    metavar="FILE|URL",
    multiple=True,
    help="An OpenAPI document (2.0, 3.x; JSON or YAML) whose operations become endpoints; may come several times.",
)
@click.option(
    "--table",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A table of endpoints: .csv, .tsv or .toml with domain, method, path.",
)
@click.option("--force", is_flag=True, help="Write over a configuration that is there.")
@json_option
@click.pass_context
def init(
    click_context: click.Context,
    legacy: str,
    modern: str,
    documents: tuple[str, ...],
    table: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Write a commented crossfade.toml, and print what was decided for which endpoint and why.

    Without --openapi and --table the list of endpoints is empty: everything goes to legacy, and
    `crossfade endpoints learn` proposes endpoints from what was asked for.
    """
    # the root's option, and not the settings: a file that is wrong must not keep anybody from writing a good one
    file: Path = click_context.find_root().params["config"] or CONFIG_FILE
    if os.path.lexists(file) and not force:
        raise UsageError(f"{file} is there already: --force writes over it")
    with Progress() as progress:
        progress("reading the list of endpoints ...")
        found = _found(documents, table)
    proposals = propose(found.listed)
    sources = [*documents, *([] if table is None else [str(table)])]
    text = checked(config_toml(legacy, modern, proposals, sources))
    write_whole(file, text)
    if as_json:
        print_json("crossfade.init/1", _values(file, proposals, found.left_out))
        return
    _print(proposals, found.left_out)
    message(
        "next    crossfade check   then   crossfade up"
        if proposals
        else "next    crossfade up   then, after some traffic,   crossfade endpoints learn"
    )


def _found(documents: Sequence[str], table: Path | None) -> Found:
    found = [endpoints_of(read_document(source), source) for source in documents]
    if table is not None:
        found.append(endpoints_in(table))
    kept = once_each(one for part in found for one in part.listed)
    return Found(kept.listed, (*(one for part in found for one in part.left_out), *kept.left_out))


def _values(file: Path, proposals: Sequence[Proposal], left_out: Sequence[LeftOut]) -> dict[str, object]:
    return {
        "file": str(file),
        "endpoints": [
            {
                "domain": one.endpoint.domain,
                "endpoint": one.endpoint.name,
                "mirrorable": one.endpoint.mirrorable,
                "read_back": one.endpoint.read_back,
                "read_back_id": one.endpoint.read_back_id,
                "why": list(one.why),
            }
            for one in proposals
        ],
        "left_out": [{"what": one.what, "why": one.why} for one in left_out],
    }


def _print(proposals: Sequence[Proposal], left_out: Sequence[LeftOut]) -> None:
    out = console()
    for domain, rows in by_domain(proposals):
        reads = sum(one.endpoint.is_read for one in rows)
        out.print(f"{domain}: {reads} to read, {len(rows) - reads} to write", markup=False)
    apart = [one for one in proposals if _is_apart(one)]
    for heading, lines in (
        ("Decided, and worth a look:", [(one.endpoint.name, "; ".join(one.why)) for one in apart]),
        ("Left out:", [(one.what, one.why) for one in left_out]),
    ):
        if lines:
            out.print(f"\n{heading}")
        for what, why in lines:
            out.print(f"  {what}", markup=False, overflow="fold")
            out.print(f"      {why}", markup=False)


def _is_apart(one: Proposal) -> bool:
    """Whether more was decided than the defaults say."""
    endpoint = one.endpoint
    is_default = endpoint.mirrorable and endpoint.read_back != NO_READ_BACK and not endpoint.read_back_id
    return bool(one.why) and not is_default
