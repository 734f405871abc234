"""`Control` on the flag store alone: a step forward wants a ready verdict, everything else the store allows."""

from collections.abc import Callable

from parity.verdict import Readiness, Verdict
from proxy.errors import StageError
from proxy.flag_rows import Change
from proxy.flag_store import FlagStore
from proxy.flags import DEFAULT_FLAG
from proxy.stages import Stage


class PlainControl:
    """Raises ProxyError with what keeps a change from being made."""

    def __init__(self, flags: FlagStore, judge: Callable[[str], Verdict]) -> None:
        self._flags = flags
        self._judge = judge

    def advance(
        self,
        key: str,
        *,
        actor: str,
        reason: str,
        share: float | None = None,
        force: bool = False,
        expected_version: int | None = None,
    ) -> Change:
        """One step forward; at canary with `share` a larger share."""
        domain = self._flags.domain_of(key)
        rows = self._flags.table().rows
        flag = rows.get(key) or rows.get(domain) or DEFAULT_FLAG
        stays = flag.stage is Stage.CANARY and share is not None
        if stays and share is not None and share <= flag.canary_share:
            raise StageError(f"{key} is at a canary share of {flag.canary_share:g}; expected a larger one")
        stage = flag.stage if stays else flag.stage.next
        if stage is None:
            raise StageError(f"{key} is at {flag.stage}, the last stage")
        if not force and flag.stage is not Stage.OFF:
            self._require_ready(domain)
        return self._flags.flip(
            key,
            stage,
            canary_share=share,
            actor=actor,
            reason=reason,
            expected_version=expected_version,
        )

    def set_share(
        self, key: str, share: float, *, actor: str, reason: str, expected_version: int | None = None
    ) -> Change:
        """Another canary share, at stage canary."""
        rows = self._flags.table().rows
        flag = rows.get(key) or rows.get(self._flags.domain_of(key)) or DEFAULT_FLAG
        if flag.stage is not Stage.CANARY:
            raise StageError(f"{key} is at {flag.stage}; a canary share is set at stage canary")
        return self._flags.flip(
            key,
            Stage.CANARY,
            canary_share=share,
            actor=actor,
            reason=reason,
            expected_version=expected_version,
        )

    def roll_back(
        self, key: str | None = None, *, to: Stage = Stage.OFF, actor: str, reason: str = ""
    ) -> Change | None:
        """Back at once."""
        return self._flags.roll_back(key, to=to, actor=actor, reason=reason or "rollback")

    def _require_ready(self, domain: str) -> None:
        verdict = self._judge(domain)
        if verdict.readiness is Readiness.READY:
            return
        open_ones = [one for one in verdict.domain.conditions if one.standing.value != "holds"]
        lines = "; ".join(f"{one.name}: {one.text}" for one in open_ones)
        raise StageError(f"{domain} may not advance, the verdict is {verdict.readiness}: {lines}")
