"""The list of commands, in the order in which `crossfade --help` is read, each loaded when it is asked for.

A rollback has to be quick: it must not wait until the load test's and the servers' libraries are imported.
"""

import importlib

import click

COMMANDS: dict[str, str] = {
    "init": "cli.init:init",
    "check": "cli.check:check",
    "config": "cli.config:config",
    "up": "cli.up:up",
    "endpoints": "cli.endpoints:endpoints",
    "doctor": "cli.doctor:doctor",
    "reload": "cli.reload:reload",
    "restart": "cli.reload:restart",
    "console": "cli.console:console",
    "token": "cli.token:token",
    "status": "cli.status:status",
    "watch": "cli.watch:watch",
    "flags": "cli.flags:flags",
    "advance": "cli.flips:advance",
    "flip": "cli.flips:flip",
    "rollback": "cli.flips:rollback",
    "pilot": "cli.pilot:pilot",
    "history": "cli.history:history",
    "guards": "cli.guards:guards",
    "retire": "cli.retire:retire",
    "openfeature": "cli.openfeature:openfeature",
    "parity": "cli.parity:parity",
    "loadtest": "cli.loadtest:loadtest",
    "scorecard": "cli.scorecard:scorecard",
    "serve": "cli.serve:serve",
    "db": "cli.db:db",
    "domain": "cli.domain:domain",
    "completion": "cli.completion:completion",
    "demo": "cli.demo:demo",
    "bench": "cli.bench:bench",
    "bench-backends": "cli.bench_backends:bench_backends",
    "bench-parity": "cli.bench_parity:bench_parity",
    "bench-store": "cli.bench_store:bench_store",
    "ready": "cli.ready:ready",
    "bench-flags": "cli.bench_flags:bench_flags",
    "parity-worker": "cli.parity_worker:parity_worker",
}
"""Name → module and attribute."""


class LazyCommands(click.Group):
    """A group whose commands are imported by name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In reading order."""
        _ = ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now; None for an unknown name."""
        _ = ctx
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command
