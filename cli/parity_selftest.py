"""`crossfade parity selftest`: whether known mutations of answers are found, and what lets pass those that are not."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from cli.context import Context, pass_context
from cli.errors import UsageError
from cli.output import console, json_option, message, print_json
from parity.exchange import LEGACY, Endpoint, Exchange, Observation
from parity.paths import TextGlob
from parity.rules import RuleBook
from parity.selftest import ShapeShare, Trial, shape_share_of, trials
from parity.selftest_results import ShapeShareRow, TrialRow, added_up, read, shape_share_rows, trial_rows
from parity.selftest_text import render_selftest

SCHEMA = "crossfade.parity-selftest/1"


@click.command()
@click.option("--endpoint", default="*", metavar="GLOB", help='Only these endpoints: "GET /v1/*".')
@click.option(
    "--recording",
    "files",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="Try mutations of the answers in this recording too; may be given several times.",
)
@json_option
@pass_context
def selftest(context: Context, endpoint: str, files: tuple[Path, ...], as_json: bool) -> None:
    """Show the mutations that were tried on answers, and those not caught with the rule to blame.

    Exit code 0 when all were caught or pass by rule, 1 when one was not, or when none was tried.
    """
    rows, shares = read(context.engine)
    if files:
        tried, shown = _try_recorded(_pairs(files, context.endpoints, endpoint), context.rules())
        rows += trial_rows(tried, at=datetime.now(UTC).timestamp())
        shares += shape_share_rows(shown)
    wanted = TextGlob.of(endpoint)
    rows = [row for row in rows if wanted.matches(row.endpoint)]
    shares = [row for row in shares if wanted.matches(row.endpoint)]
    if as_json:
        _print_json(rows, shares)
    elif rows:
        render_selftest(rows, _merged(shares), console())
    if not rows:
        message(
            "nothing was tried yet: mirror some traffic, or give answers with --recording FILE"
            + ("" if endpoint == "*" else f"; the endpoints were to match {endpoint!r}")
        )
    if not rows or added_up(rows).missed:
        raise click.exceptions.Exit(1)


def _print_json(rows: list[TrialRow], shares: list[ShapeShareRow]) -> None:
    state = added_up(rows)
    print_json(
        SCHEMA,
        {
            **asdict(state),
            "trials": [asdict(row) for row in rows],
            "shape_shares": [asdict(row) for row in _merged(shares)],
        },
    )


def _merged(shares: Iterable[ShapeShareRow]) -> list[ShapeShareRow]:
    """One row an endpoint, whether its pairs were live or recorded."""
    found: dict[str, ShapeShareRow] = {}
    for row in shares:
        one = found.get(row.endpoint)
        found[row.endpoint] = (
            row
            if one is None
            else ShapeShareRow(
                row.endpoint,
                row.domain,
                one.pairs + row.pairs,
                one.leaves + row.leaves,
                one.by_shape + row.by_shape,
            )
        )
    return list(found.values())


def _pairs(files: Iterable[Path], endpoints: Iterable[Endpoint], glob: str) -> Iterator[Exchange]:
    """Each recorded answer beside itself; raises UsageError where a file has none of our endpoints."""
    from loadtests.recording import endpoint_of, read_recording

    by_template = {(one.method, one.path): one for one in endpoints if TextGlob.of(glob).matches(one.name)}
    for file in files:
        recording = read_recording(file)
        known = [(one, found) for one in recording if (found := endpoint_of(one, by_template)) is not None]
        if not known:
            raise UsageError(
                f"--recording: {str(file)!r} has {len(recording)} exchanges, none of them of an endpoint "
                f"that matches {glob!r}"
            )
        for one, template in known:
            body = one.answer if isinstance(one.answer, str) else json.dumps(one.answer, ensure_ascii=False)
            headers = tuple((name.lower(), value) for name, value in one.answer_headers.items())
            answer = Observation(one.status, headers, b"" if one.answer is None else body.encode())
            endpoint = by_template[template]
            yield Exchange(
                id=one.id,
                endpoint=endpoint.name,
                domain=endpoint.domain,
                method=one.method,
                target=one.path,
                client="",
                stage="shadow",
                authoritative=LEGACY,
                legacy=answer,
                modern=answer,
                at=0.0,
            )


def _try_recorded(pairs: Iterable[Exchange], rules: RuleBook) -> tuple[list[Trial], list[ShapeShare]]:
    today = datetime.now(UTC).date()
    tried: list[Trial] = []
    shares: list[ShapeShare] = []
    for pair in pairs:
        tried += trials(pair, rules, today=today)
        shares.append(shape_share_of(pair, rules))
    return tried, shares
