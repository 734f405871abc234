"""An operator's commands by the API of a console: what is asked and changed is done there, in the name of the token.

Every change says since which version of the flag table it is asked for, so that it may be sent again when its answer
was lost, and is made once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from cli import server_values as values
from cli.errors import UnavailableError
from cli.server import Server
from cli.server_client import ServerClient
from parity.exchange import Endpoint
from parity.holdings import Held
from parity.outcome import Acceptance
from parity.report import Report
from parity.tally import Tally
from parity.verdict import Verdict
from proxy.console import answers
from proxy.console import operator_answers as operator
from proxy.flag_rows import Change, Worker
from proxy.flags import Flag, FlagTable
from proxy.openfeature_states import KeyState
from proxy.operations import AcceptedNow, GuardRow, Piloted, Reported, StoreUse, Turn
from proxy.pilot_runs import run_of
from proxy.served import Served
from proxy.stages import Stage
from proxy.steps import Step

if TYPE_CHECKING:
    from parity.accepting import Wish

PAUSE_S = 0.5
_PAGE = 1_000
_NAMES = 30
"""As many as an address has room for."""
T = TypeVar("T")


class ServerOperations:
    """`Operations` of one server. Every method raises CliError with what the server says, or what is wrong with it."""

    pause_s = PAUSE_S

    def __init__(self, server: Server) -> None:
        self._url = server.url
        self._client = ServerClient(server)
        self._seen: int | None = None

    def close(self) -> None:
        """Leave no connection behind."""
        self._client.close()

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Those of the server's configuration."""
        return tuple(self._client.get("/endpoints", operator.Endpoints).endpoints)

    def table(self) -> FlagTable:
        """The present one."""
        table = values.table_of(self._client.get("/flags", answers.Flags))
        self._seen = table.version
        return table

    def version(self) -> int:
        """That of the table."""
        return self._client.get("/workers", answers.Workers).version

    def workers(self) -> list[Worker]:
        """The proxy workers that run."""
        return [values.worker_of(one) for one in self._client.get("/workers", answers.Workers).workers]

    def history(self, limit: int = 50, *, before: int | None = None) -> list[Change]:
        """The ledger, newest first, page by page."""
        found: list[Change] = []
        while len(found) < limit:
            page = self._client.get(
                "/changes", answers.Changes, limit=min(_PAGE, limit - len(found)), before=before
            ).changes
            found += [values.change_of(one) for one in page]
            if len(page) < _PAGE:
                break
            before = page[-1].version
        return found

    def store_use(self) -> StoreUse:
        """How large the server's store is."""
        used = self._client.get("/store", operator.StoreUsed)
        return StoreUse(used.taken, tuple(used.removed))

    def alarming_keys(self) -> list[KeyState]:
        """Those of the server's configuration."""
        return self._client.get("/store", operator.StoreUsed).alarming

    def guards(self) -> list[GuardRow]:
        """The guards that are not idle."""
        return self._client.get("/guards", operator.Guards).guards

    def tallies(self, minute: int = 0) -> dict[str, Tally]:
        """What was counted."""
        return self._client.get("/tallies", operator.Tallies, minute=minute).tallies

    def report(
        self, domain: str | None = None, since_s: float | None = None, *, whole: bool = False
    ) -> Reported:
        """The server notes who was shown samples."""
        found = self._client.get(
            "/parity/reports", operator.Values, domain=domain, since_s=since_s, whole=whole
        )
        return Reported(self._converted(lambda: msgspec.convert(found.values[0], Report)), found.note)

    def verdicts(self, names: Sequence[str], *, since_s: float | None = None) -> list[Verdict]:
        """By the limits of the server's configuration."""
        told: list[dict[str, Any]] = []
        for first in range(0, max(1, len(names)), _NAMES):
            domains = ",".join(names[first : first + _NAMES])
            told += self._client.get(
                "/parity/verdicts", operator.Values, domains=domains, since_s=since_s
            ).values
        return self._converted(lambda: [values.verdict_of(one) for one in told])

    def held(self) -> tuple[Held, ...]:
        """Of the server's rules files, and of its store."""
        found = self._client.get("/parity/acceptances", operator.Values)
        return self._converted(lambda: tuple(msgspec.convert(one, Held) for one in found.values))

    def accept(
        self, wishes: "Sequence[Wish]", *, dry_run: bool, since_version: int | None = None
    ) -> AcceptedNow:
        """All of them have the same reason, owner and day."""
        common = asdict(wishes[0])
        common.pop("group")
        groups = [one.group for one in wishes]
        body = {**common, "groups": groups, "dry_run": dry_run, "since_version": self._since(since_version)}
        return self._accepted(self._client.post("/parity/acceptances", operator.AcceptedAll, body))

    def unaccept(self, ids: Sequence[str], reason: str, *, since_version: int | None = None) -> AcceptedNow:
        """By their ids."""
        body = {"ids": list(ids), "reason": reason, "since_version": self._since(since_version)}
        return self._accepted(self._client.post("/parity/withdrawals", operator.AcceptedAll, body))

    def advance(
        self, key: str, *, share: float | None, reason: str, force: bool, expected_version: int | None
    ) -> Served:
        """One step forward."""
        body = {"key": key, "share": share, "reason": reason, "force": force}
        return self._changed("/flags/advance", body, expected_version)

    def set_stage(
        self,
        key: str,
        stage: Stage,
        *,
        share: float | None,
        sample_rate: float | None,
        reason: str,
        force: bool,
        expected_version: int | None,
    ) -> Served:
        """Exactly this stage."""
        body = {"key": key, "stage": stage, "share": share, "sample_rate": sample_rate}
        return self._changed("/flags/stage", {**body, "reason": reason, "force": force}, expected_version)

    def plan(self, wanted: Mapping[str, Flag]) -> tuple[FlagTable, list[Step]]:
        """By the verdicts and freeze windows of the server."""
        plan = self._client.post("/flags/plan", operator.Plan, {"rows": wanted})
        return FlagTable(plan.version), [values.step_of(step) for step in plan.steps]

    def apply(
        self, wanted: Mapping[str, Flag], *, reason: str, force: bool, expected_version: int | None
    ) -> Served:
        """All or none."""
        body = {"rows": wanted, "reason": reason, "force": force}
        return self._changed("/flags/apply", body, expected_version)

    def roll_back(self, key: str | None, *, to: Stage, reason: str, told: Callable[[Served], None]) -> None:
        """The server answers as soon as it is served, and goes on to the verdict of that moment."""
        body = {"key": key, "to": to, "reason": reason, "since_version": self._since()}
        told(values.served_of(self._client.post("/flags/rollback", operator.FlagChanged, body)))

    def pilots(self) -> list[Piloted]:
        """The latest run of each domain that had one."""
        return [values.piloted_of(one) for one in self._client.get("/pilots/runs", operator.PilotedRuns).runs]

    def pilot(self, domain: str) -> Piloted:
        """That of one domain; raises PilotError where there was none."""
        found = self.pilots()
        run = run_of([one.run for one in found], domain)
        return next(one for one in found if one.run is run)

    def turn_pilot(self, piloted: Piloted, turn: Turn, reason: str) -> Piloted:
        """The run as it was seen."""
        run = piloted.run
        body = {"turn": turn, "revision": run.revision, "reason": reason}
        return values.piloted_of(self._client.post(f"/pilots/{run.domain}/turn", operator.PilotedRun, body))

    def _changed(self, path: str, body: Mapping[str, Any], expected_version: int | None) -> Served:
        versions = {"expected_version": expected_version, "since_version": self._since()}
        return values.served_of(self._client.post(path, operator.FlagChanged, {**body, **versions}))

    def _since(self, given: int | None = None) -> int:
        """The version from which on the server looks whether it has made a change already."""
        if given is not None:
            return given
        return self.table().version if self._seen is None else self._seen

    def _accepted(self, done: operator.AcceptedAll) -> AcceptedNow:
        found = self._converted(lambda: tuple(msgspec.convert(one, Acceptance) for one in done.acceptances))
        return AcceptedNow(done.version, found)

    def _converted(self, convert: Callable[[], T]) -> T:
        try:
            return convert()
        except (msgspec.ValidationError, KeyError, IndexError) as error:
            raise UnavailableError(
                f"{self._url} answers what this version of Crossfade cannot read ({error}): use the same version here"
            ) from error
