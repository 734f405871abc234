"""The flag table as OpenFeature flags: of each domain and endpoint its stage, and whether modern serves a client."""

from collections.abc import Iterator, Sequence
from enum import StrEnum

import msgspec

from parity.exchange import Backend, Endpoint
from proxy.canary import bucket
from proxy.flags import DEFAULT_FLAG, Flag, FlagTable
from proxy.settings import StickyKind
from proxy.stages import READS, Stage

PREFIX = "crossfade."
MODERN = ".modern"
_KINDS = frozenset(StickyKind)


class ErrorCode(StrEnum):
    """Why there is no value, in the words of OpenFeature."""

    FLAG_NOT_FOUND = "FLAG_NOT_FOUND"
    PARSE_ERROR = "PARSE_ERROR"
    INVALID_CONTEXT = "INVALID_CONTEXT"
    TARGETING_KEY_MISSING = "TARGETING_KEY_MISSING"
    GENERAL = "GENERAL"


class Evaluation(msgspec.Struct, frozen=True):
    """The value of one flag, as OFREP writes it."""

    key: str
    value: str | bool
    reason: str
    variant: str
    metadata: dict[str, str | int | float]


class Failure(msgspec.Struct, frozen=True, rename="camel"):
    """Why a flag has no value, as OFREP writes it."""

    key: str
    error_code: ErrorCode
    error_details: str


class ServedFlags:
    """Which flags there are, and what each is: `crossfade.escrows` a stage, `crossfade.escrows.modern` a boolean."""

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        domains = {endpoint.name: endpoint.domain for endpoint in endpoints}
        self._domain_of = {domain: domain for domain in domains.values()} | domains

    def evaluate(self, table: FlagTable, key: str, targeting_key: str | None) -> Evaluation | Failure:
        """The flag of that key; `targeting_key` is the sticky key of a client, as the proxy finds it: `jwt:42`."""
        name = key.removeprefix(PREFIX) if key.startswith(PREFIX) else ""
        if name in self._domain_of:
            return self._stage(table, key, name)
        if name.endswith(MODERN) and (name := name.removesuffix(MODERN)) in self._domain_of:
            return self._is_modern(table, key, name, targeting_key)
        return Failure(
            key,
            ErrorCode.FLAG_NOT_FOUND,
            f"there is no flag {key[:300]!r}: expected {PREFIX}DOMAIN or {PREFIX}DOMAIN{MODERN}, or an endpoint there",
        )

    def evaluate_all(self, table: FlagTable, targeting_key: str | None) -> Iterator[Evaluation | Failure]:
        """Every flag, in the order of the endpoints."""
        for name in self._domain_of:
            yield self._stage(table, PREFIX + name, name)
            yield self._is_modern(table, PREFIX + name + MODERN, name, targeting_key)

    def _flag(self, table: FlagTable, name: str) -> Flag:
        return table.rows.get(name) or table.rows.get(self._domain_of[name]) or DEFAULT_FLAG

    def _stage(self, table: FlagTable, key: str, name: str) -> Evaluation:
        flag = self._flag(table, name)
        return Evaluation(key, flag.stage.value, "STATIC", flag.stage.value, _metadata(table, flag))

    def _is_modern(
        self, table: FlagTable, key: str, name: str, targeting_key: str | None
    ) -> Evaluation | Failure:
        flag = self._flag(table, name)
        is_split = flag.stage is Stage.CANARY
        place = 0.0
        if is_split:
            if not targeting_key:
                return Failure(
                    key,
                    ErrorCode.TARGETING_KEY_MISSING,
                    f"{name} is at canary: expected context.targetingKey, the client's sticky key like 'jwt:42'",
                )
            if not _is_sticky_key(targeting_key):
                # any other text would have a place too, and the proxy would give that client another one
                return Failure(
                    key,
                    ErrorCode.INVALID_CONTEXT,
                    f"context.targetingKey: expected a sticky key like 'jwt:42', of kind {', '.join(StickyKind)}",
                )
            place = bucket(targeting_key, self._domain_of[name])
        plans = READS[flag.stage]
        backend = (plans.within if place < flag.canary_share else plans.outside).authoritative
        return Evaluation(
            key,
            backend is Backend.MODERN,
            "SPLIT" if is_split else "STATIC",
            backend.value,
            _metadata(table, flag),
        )


def _is_sticky_key(text: str) -> bool:
    kind, _, value = text.partition(":")
    return kind in _KINDS and bool(value)


def _metadata(table: FlagTable, flag: Flag) -> dict[str, str | int | float]:
    return {
        "version": table.version,
        "stage": flag.stage.value,
        "canary_share": flag.canary_share,
        "sample_rate": flag.sample_rate,
    }
