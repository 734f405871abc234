"""A probe through the whole of Crossfade: a request at the proxy that must end as a comparison in the store.

It is a read as any client could send it, with one parameter whose name only this installation knows, so that its
cell of the coverage matrix says that it has come. It counts as a request like any other.
"""

import hashlib
import hmac
import http.client
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from cli.backend_probe import open_connection
from cli.context import Context
from cli.errors import UnavailableError
from cli.findings import Finding, failed, ok, warning
from parity.counted import reading
from parity.exchange import Endpoint
from parity.outcome import Outcome
from parity.tables import CELL_COUNTS, CELLS
from proxy.addresses import Address
from proxy.flags import FlagTable
from proxy.stages import READS

WITHIN_S = 10.0
_LOOK_EVERY_S = 0.05
_ASKED_AT_MOST = 20
_PLACE = "crossfade_probe"


@dataclass(frozen=True, slots=True)
class _Counted:
    """What the store had of the probe and of its endpoint at one moment."""

    arrived: int
    outcomes: dict[str, int]


def mirror_finding(context: Context, url: str, *, within_s: float = WITHIN_S) -> Finding:
    """Ask the proxy at `url` for a read that is mirrored, and wait until its comparison is in the store."""
    what = "mirror path"
    table = context.flags.table()
    endpoint = probed_endpoint(context.endpoints, table)
    if endpoint is None:
        remedy = "crossfade flip DOMAIN shadow --reason '...' sends the first copies"
        return warning(what, "no read is mirrored: no domain is at shadow, canary or live", remedy)
    rate = table.flag_for(endpoint).sample_rate
    mark = probe_mark(context.settings.key("token"))
    before = _counted(context.engine, endpoint, mark)
    began = time.monotonic()
    status = 0
    for _ in range(asks_for(rate)):
        try:
            status = _ask(url, probe_path(endpoint, mark), within_s)
        except UnavailableError as error:
            return failed(what, f"{url}: {error}", "crossfade status shows the workers", is_environment=False)
    after = _awaited(context.engine, endpoint, mark, before, within_s=within_s)
    if after.arrived > before.arrived:
        ms = (time.monotonic() - began) * 1000
        return ok(what, f"{endpoint.name} ({status}) through the proxy was compared after {ms:.0f} ms")
    return _not_arrived(what, endpoint, rate, before, after)


def asks_for(rate: float) -> int:
    """How many requests it takes until one in a hundred times none is in a sample of that rate, within a bound."""
    if rate >= 1:
        return 1
    return min(_ASKED_AT_MOST, math.ceil(math.log(0.01) / math.log(1 - rate)))


def probed_endpoint(endpoints: Sequence[Endpoint], table: FlagTable) -> Endpoint | None:
    """The read to ask for: mirrored for every client, by the highest sample rate, with the fewest parameters."""
    mirrored = [
        one
        for one in endpoints
        if one.method == "GET"
        and one.mirrorable
        and READS[table.flag_for(one).stage].outside.shadow is not None
    ]
    mirrored = [one for one in mirrored if table.flag_for(one).sample_rate > 0]
    return min(
        mirrored, key=lambda one: (-table.flag_for(one).sample_rate, one.path.count("{")), default=None
    )


def probe_mark(key: bytes) -> str:
    """The name of the parameter: the same for one installation, so that it makes one cell of an endpoint."""
    digest = hmac.new(key, b"the mirror probe of crossfade doctor", hashlib.sha256).hexdigest()[:12]
    return f"{_PLACE}_{digest.translate(str.maketrans('0123456789', 'ghijklmnop'))}"


def probe_path(endpoint: Endpoint, mark: str) -> str:
    """The target of the probe: where the path wants an id stands one that nothing has."""
    path = "/".join(_PLACE if part.startswith("{") else part for part in endpoint.path.split("/"))
    return f"{path}?{mark}=1"


def _ask(url: str, target: str, timeout_s: float) -> int:
    connection = open_connection(Address.of(url), timeout_s, verified=False)
    try:
        connection.request("GET", target)
        answer = connection.getresponse()
        while answer.read(65_536):
            pass
    except (OSError, http.client.HTTPException) as error:
        raise UnavailableError(f"the proxy does not answer: {error}") from error
    else:
        return answer.status
    finally:
        connection.close()


def _awaited(
    engine: sa.Engine, endpoint: Endpoint, mark: str, before: _Counted, *, within_s: float
) -> _Counted:
    deadline = time.monotonic() + within_s
    while True:
        found = _counted(engine, endpoint, mark)
        if found.arrived > before.arrived or time.monotonic() > deadline:
            return found
        time.sleep(_LOOK_EVERY_S)


def _counted(engine: sa.Engine, endpoint: Endpoint, mark: str) -> _Counted:
    with reading(engine) as store:
        if store is None:
            return _Counted(0, {})
        cells, counts = store.since(CELL_COUNTS, 0), store.counts(0, [endpoint.name])
        probes = sa.select(CELLS.c.id).where(CELLS.c.endpoint == endpoint.name, CELLS.c.query == mark)
        arrived = sa.select(sa.func.sum(cells.c.n)).where(cells.c.cell_id.in_(probes))
        counted = {
            f"{name} ({reason})" if reason else name: n
            for name, reason, n in counts.get(endpoint.name, ())
            if name in {*Outcome, "not_mirrored"}
        }
        return _Counted(int(store.connection.scalar(arrived) or 0), counted)


def _not_arrived(what: str, endpoint: Endpoint, rate: float, before: _Counted, after: _Counted) -> Finding:
    ended = [word for word, n in after.outcomes.items() if n > before.outcomes.get(word, 0)]
    if ended:
        said = (
            f"{endpoint.name} was asked for and not compared; counted meanwhile: {', '.join(sorted(ended))}"
        )
        remedy = "docs/parity.md says what each outcome means"
    else:
        said = f"{endpoint.name} was asked for, and nothing of it came to the store"
        remedy = "look at the log of crossfade up: does the parity worker run?"
    if rate < 1:
        return warning(what, f"{said} (sample rate {rate:g})", remedy)
    return failed(what, said, remedy, is_environment=False)
