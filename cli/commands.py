"""The list of commands, in the order in which `crossfade --help` is read."""

import click

from cli.db import db
from cli.demo import demo
from cli.flags import flags, flip, history, rollback
from cli.loadtest import loadtest
from cli.parity import parity
from cli.serve import serve
from cli.status import status
from cli.up import up
from cli.workers import parity_worker, proxy_worker

COMMANDS: tuple[click.Command, ...] = (
    up,
    status,
    flags,
    flip,
    rollback,
    history,
    parity,
    loadtest,
    serve,
    db,
    demo,
    proxy_worker,
    parity_worker,
)
