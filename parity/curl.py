"""The command that asks one side again what a sample shows, redacted: to be filled in and pasted."""

import shlex

from parity.exchange import REHEARSE, Backend
from parity.group_rows import Sample

VARIABLES = {Backend.LEGACY: "$LEGACY", Backend.MODERN: "$MODERN"}
"""Shell variables that stand for the addresses of the backends; `$TOKEN` stands for the client's credential."""

HOW_TO_FILL_IN = (
    "Set LEGACY and MODERN to the addresses of the backends and TOKEN to a credential of such a client; write the"
    " value itself wherever a token such as <text:10:91240174d670> stands."
)


def curl_of(sample: Sample, backend: Backend, endpoint: str) -> str:
    """One line for a POSIX shell; `-g` keeps curl from reading brackets of the query as patterns.

    That of a rehearsed write is a comment: pasted, it would write.
    """
    method = sample.method or endpoint.partition(" ")[0]
    how = {"GET": "", "HEAD": " -I"}.get(method, f" -X {shlex.quote(method)}")
    address = f'"{VARIABLES[backend]}"{shlex.quote(sample.target)}'
    unpasted = "# this writes: " if sample.write_check == REHEARSE else ""
    return f'{unpasted}curl -sSig{how} {address} -H "Authorization: Bearer $TOKEN"'
