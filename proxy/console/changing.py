"""Changes that an operator asks for: through `Control` alone, and done when every proxy worker serves them."""

import time
from collections.abc import Callable

from proxy.console import answers
from proxy.console.seams import Sources
from proxy.console.views import changed_row
from proxy.flag_rows import Change
from proxy.served import ACKNOWLEDGE_WITHIN_S, wait_served
from proxy.stages import Stage


class Changing:
    """Each method changes, waits until that is served, and says what came of it; raises ProxyError with what refuses."""

    def __init__(self, sources: Sources, *, within_s: float = ACKNOWLEDGE_WITHIN_S) -> None:
        self._sources = sources
        self._within_s = within_s

    def advance(
        self,
        domain: str,
        *,
        actor: str,
        reason: str,
        share: float | None,
        force: bool,
        expected_version: int | None,
    ) -> answers.Changed:
        """One step forward."""
        return self._served(
            lambda: self._sources.control.advance(
                domain,
                actor=actor,
                reason=reason,
                share=share,
                force=force,
                expected_version=expected_version,
            )
        )

    def set_share(
        self,
        domain: str,
        share: float,
        *,
        actor: str,
        reason: str,
        force: bool,
        expected_version: int | None,
    ) -> answers.Changed:
        """Another canary share."""
        return self._served(
            lambda: self._sources.control.set_share(
                domain,
                share,
                actor=actor,
                reason=reason,
                force=force,
                expected_version=expected_version,
            )
        )

    def roll_back(
        self,
        domain: str | None,
        *,
        to: Stage,
        actor: str,
        reason: str,
        done: Callable[[answers.Changed], None],
    ) -> None:
        """One domain, or (None) everything, back at once; `done` is told as soon as that is served.

        The verdict of that moment is looked for afterwards, and nobody waits for it.
        """
        started = time.monotonic()
        change = self._sources.control.roll_back(
            domain,
            to=to,
            actor=actor,
            reason=reason,
            changed=lambda change: done(self._acknowledged(change, started)),
        )
        if change is None:
            done(answers.Changed(self._sources.flags.version(), [], True, 0.0, [], []))

    def _served(self, act: Callable[[], Change]) -> answers.Changed:
        started = time.monotonic()
        return self._acknowledged(act(), started)

    def _acknowledged(self, change: Change, started: float) -> answers.Changed:
        served = wait_served(self._sources.flags, change, started, within_s=self._within_s)
        return answers.Changed(
            served.version,
            [changed_row(row) for row in change.rows],
            not served.missing,
            round(served.ms, 1),
            [answers.Acknowledgement(one.worker, one.ms) for one in served.workers],
            list(served.missing),
        )
