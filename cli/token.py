"""`crossfade token`: access tokens of the console, made, listed and revoked."""

import time
from datetime import UTC, datetime
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from cli.context import Context, pass_context
from cli.output import console, json_option, message, print_json
from proxy.console.tokens import Role, Token, Tokens

DAYS = 90
LONGEST_DAYS = 730


@click.group()
def token() -> None:
    """Who may sign in to the console and ask its API, and as what."""


@token.command()
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    required=True,
    help="What it may do; each role may what those before it may.",
)
@click.option(
    "--days",
    type=click.FloatRange(0, LONGEST_DAYS, min_open=True),
    default=DAYS,
    show_default=True,
    help="How long it lets anybody in.",
)
@json_option
@pass_context
def create(context: Context, name: str, role: str, days: float, as_json: bool) -> None:
    """Make an access token for NAME, a person or a program: the ledger names it with everything it changes.

    The token is shown this once; what is kept lets nobody in.
    """
    text, made = _tokens(context).create(name, Role(role), days=days, actor=context.actor)
    if as_json:
        print_json("crossfade.token/1", {"secret": text, **_json(made)})
        return
    message(f"{made.role} token of {made.name}, until {_day(made.expires_at)}; it is not shown again:")
    click.echo(text)
    message(f"undo: crossfade token revoke {made.id}")


@token.command("list")
@json_option
@pass_context
def list_(context: Context, as_json: bool) -> None:
    """List the access tokens: whose, as what, until when."""
    tokens = _tokens(context).all()
    if as_json:
        print_json("crossfade.tokens/1", {"tokens": [_json(one) for one in tokens]})
        return
    if not tokens:
        message("no access token yet (crossfade token create NAME --role admin makes the first)")
        return
    out = Table(box=None, pad_edge=False)
    out.add_column("id", no_wrap=True)
    out.add_column("name", overflow="fold")
    for heading in ("role", "made", "until", ""):
        out.add_column(heading, no_wrap=True)
    for one in tokens:
        row = (one.id, one.name, one.role.value, _day(one.created_at), _day(one.expires_at), _state(one))
        out.add_row(*map(Text, row))
    console().print(out)


@token.command()
@click.argument("token_id", metavar="ID")
@json_option
@pass_context
def revoke(context: Context, token_id: str, as_json: bool) -> None:
    """Let nobody in by that token any more, at once; browsers that signed in with it are signed out."""
    revoked = _tokens(context).revoke(token_id, actor=context.actor)
    if as_json:
        print_json("crossfade.token-revoked/1", {"id": revoked.id, "name": revoked.name})
        return
    console().print(Text(f"revoked {revoked.id}, the {revoked.role} token of {revoked.name}"))


def _tokens(context: Context) -> Tokens:
    return Tokens(context.engine, context.flags)


def _json(token: Token) -> dict[str, Any]:
    return {
        "id": token.id,
        "name": token.name,
        "role": token.role.value,
        "created_at": token.created_at,
        "created_by": token.created_by,
        "expires_at": token.expires_at,
        "revoked_at": token.revoked_at,
        "holds": token.holds(time.time()),
    }


def _state(token: Token) -> str:
    if token.revoked_at is not None:
        return "revoked"
    return "" if token.holds(time.time()) else "expired"


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).date().isoformat()
