"""`crossfade openfeature`: how the flags stand that follow a provider; `check` asks it, `watch` follows it."""

import asyncio
import time

import click
from pydantic import TypeAdapter, ValidationError
from rich.padding import Padding
from rich.text import Text

from cli.context import Context, pass_context
from cli.errors import UsageError
from cli.failures import DIFFERENCES, ENVIRONMENT
from cli.flag_words import words_of
from cli.following import open_following, open_source, until_signalled
from cli.logs import log_to_stderr
from cli.openfeature_sections import OpenFeatureSection
from cli.openfeature_words import answer_json, answer_line, followed, present_flag, state_json, state_line
from cli.output import console, json_option, message, print_json
from cli.sections import Listen, host_and_port
from proxy.openfeature import watching
from proxy.openfeature_states import KeyState
from proxy.provider_answers import ProviderAnswer, Said


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def openfeature(click_context: click.Context, as_json: bool) -> None:
    """Show how each flag stands that follows an OpenFeature provider.

    Exit code 0 when all is well, 1 when a flag is frozen, refused or overruled, or nobody asks the provider.
    """
    if click_context.invoked_subcommand is None:
        click_context.invoke(_show, as_json=as_json)


@pass_context
def _show(context: Context, as_json: bool) -> None:
    section = context.settings.openfeature
    states = followed(context)
    holder = watching(context.engine) if section.provider else ""
    if as_json:
        print_json(
            "crossfade.openfeature/1",
            {
                "provider": section.name or None,
                "watched_by": holder or None,
                "flags": [state_json(state, present_flag(context, state.key)) for state in states],
            },
        )
    else:
        _print(context, states, holder)
    if section.provider and (not holder or any(state.state.is_alarming for state in states)):
        raise click.exceptions.Exit(DIFFERENCES)


@openfeature.command()
@json_option
@pass_context
def check(context: Context, as_json: bool) -> None:
    """Ask the provider now, and show what it says of each flag; nothing is changed.

    Exit code 0 when it answered for each, 3 when it did not.
    """
    section = _configured(context)

    async def ask() -> dict[str, ProviderAnswer]:
        source = open_source(context)
        try:
            return await source.ask(list(dict.fromkeys(section.keys.values())))
        finally:
            await source.close()

    answers = asyncio.run(ask())
    if as_json:
        rows = [
            answer_json(key, flag, answers[flag], present_flag(context, key))
            for key, flag in section.keys.items()
        ]
        print_json("crossfade.openfeature-check/1", {"provider": section.name, "flags": rows})
    else:
        out = console()
        for key, flag in section.keys.items():
            now = present_flag(context, key)
            out.print(Text(f"{key} at {words_of(now)}", style="bold"))
            out.print(Padding(Text(answer_line(flag, answers[flag], key, now)), (0, 0, 0, 2)))
    if not all(isinstance(answer, Said) for answer in answers.values()):
        raise click.exceptions.Exit(ENVIRONMENT)


@openfeature.command()
@click.option("--metrics", metavar="HOST:PORT", help="Serve /metrics for Prometheus there.")
@pass_context
def watch(context: Context, metrics: str | None) -> None:
    """Take stages from the provider until Ctrl-C, where no console does.

    Any number may run: one of them asks, the next takes over within seconds when it is gone.
    """
    section = _configured(context)
    address = None if metrics is None else _address(metrics)
    following = open_following(context)
    if following is None:
        raise AssertionError("there is a provider")
    log_to_stderr()
    message(f"stages are taken from {section.name} (Ctrl-C stops it); crossfade openfeature shows how")
    asyncio.run(until_signalled(following, address))


def _print(context: Context, states: list[KeyState], holder: str) -> None:
    section = context.settings.openfeature
    if not section.provider:
        message("no provider is configured ([openfeature] provider): stages are changed here alone")
        return
    out = console()
    now = time.time()
    for state in states:
        word = state.state.value if state.checked_at else "not asked yet"
        out.print(Text(f"{state.key} at {words_of(present_flag(context, state.key))}: {word}", style="bold"))
        out.print(Padding(Text(state_line(state, now)), (0, 0, 0, 2)))
    out.print(Text(f"\n{section.name} is asked by {holder or 'nobody (crossfade openfeature watch does)'}"))


def _configured(context: Context) -> OpenFeatureSection:
    section = context.settings.openfeature
    if not section.provider:
        raise UsageError(
            "openfeature.provider: '': expected module:factory or the address of an OFREP server"
        )
    return section


def _address(text: str) -> tuple[str, int]:
    try:
        return host_and_port(TypeAdapter(Listen).validate_python(text))
    except ValidationError as error:
        raise UsageError(f"--metrics: {text!r}: expected HOST:PORT like 127.0.0.1:9100") from error
