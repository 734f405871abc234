"""The root of the command line: global options, the commands, and how errors reach a user."""

import atexit
import gc
import getpass
import os
import signal
import sys
from pathlib import Path

import click

from cli import starting
from cli.commands import LazyCommands
from cli.context import RECORDING_JWT_SECRET, Context, Unread
from cli.output import warn


@click.group(
    cls=LazyCommands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="crossfade", prog_name="crossfade")
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="Configuration file; default: crossfade.toml if present.",
)
@click.option(
    "--actor", envvar="CROSSFADE_ACTOR", help="Who makes a change, for the ledger; default: the login name."
)
@click.option(
    "--server",
    metavar="URL",
    envvar="CROSSFADE_SERVER",
    help="Operate by the API of that console, not in the store; the access token comes from CROSSFADE_TOKEN or the"
    " file remote.token_file, never from an argument, which others on this machine could see.",
)
@click.option("-q", "--quiet", is_flag=True, help="Print results and errors only.")
@click.option(
    "--no-input", is_flag=True, help="Ask nothing: a command that has to ask fails and says what to give."
)
@click.pass_context
def root(
    click_context: click.Context,
    config: Path | None,
    actor: str | None,
    server: str | None,
    quiet: bool,
    no_input: bool,
) -> None:
    """Run an old and a new HTTP backend side by side: route, mirror, compare, flip, roll back."""
    _ = quiet, no_input  # read where it is printed and asked: cli/output.py, cli/asking.py
    click_context.obj = Unread(lambda: _context(config, actor, server))


def _context(config: Path | None, actor: str | None, server: str | None) -> Context:
    from cli.server import server_of
    from cli.settings import load_settings

    settings = load_settings(config)
    return Context(
        settings=settings,
        config=config,
        jwt_secret=os.environ.get("CROSSFADE_JWT_SECRET", RECORDING_JWT_SECRET),
        actor=actor or _login_name(),
        find_server=lambda: server_of(settings.remote, server, os.environ.get("CROSSFADE_TOKEN")),
    )


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without an entry, as in some containers
        return f"uid-{os.getuid()}"


def main() -> None:
    """Run a command; every failure is one clear sentence and the exit code that its kind has."""
    starting.begin()
    # a command that is ended ends what it has started, as with Ctrl-C; those that serve have handlers of their own
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # else Python looks in all that a process holds for garbage when it ends: half a second of a backend's
    atexit.register(gc.freeze)
    try:
        code = root(
            standalone_mode=False, prog_name="crossfade"
        )  # what a command ended with by `Exit`, else None
        sys.exit(code or 0)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        warn("crossfade: stopped")
        sys.exit(130)
    except BrokenPipeError:  # the reader of our output, `head` say, has had enough
        sys.stderr.close()
        sys.exit(0)
    except Exception as error:
        if os.environ.get("CROSSFADE_DEBUG"):
            raise
        from cli.failures import explain

        sentence, code = explain(error)
        warn(f"crossfade: {sentence}")
        sys.exit(code)


if __name__ == "__main__":
    main()
