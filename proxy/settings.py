"""Everything that one proxy worker is told; `cli/` fills it in from configuration and environment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from parity.exchange import Backend, Endpoint


class StickyKind(StrEnum):
    """What a client is recognised by at stage `canary`."""

    JWT = "jwt"
    """The subject of the bearer token: claim `sub`, else `id`."""
    HEADER = "header"
    """The API key header."""
    COOKIE = "cookie"
    """The configured cookie."""
    ADDRESS = "address"
    """The client's address, which everybody has."""


@dataclass(frozen=True, slots=True)
class StickySettings:
    """Where the sticky key is looked for, in this order; the first that is there counts."""

    order: tuple[StickyKind, ...] = tuple(StickyKind)
    header: str = "X-API-Key"
    cookie: str = "session"


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """Files in PEM form; the key may stand in the certificate's file."""

    certificate: Path
    key: Path | None = None


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """Bounds of the way to clients. Times are of silence, but for `head_timeout_s`, in which a head must be whole.

    Over `max_line_bytes` a request line is 414, over `max_head_bytes` a head is 431, over `max_body_bytes` (if
    set) a body is 413. A read whose client sends no more may stay without an answer for
    `half_closed_s`: most such clients are gone. `buffer_bytes` is how much may wait in each direction of a connection before the sender is
    slowed.
    """

    max_connections: int = 20_000
    max_line_bytes: int = 16_384
    max_head_bytes: int = 65_536
    max_body_bytes: int | None = None
    head_timeout_s: float = 10.0
    body_timeout_s: float = 30.0
    send_timeout_s: float = 60.0
    idle_s: float = 75.0
    half_closed_s: float = 1.0
    buffer_bytes: int = 524_288


@dataclass(frozen=True, slots=True)
class EndpointBounds:
    """What is different at one endpoint (or domain); None: as everywhere.

    Over `max_in_flight` requests at the same time in one worker the next is 503.
    """

    answer_timeout_s: float | None = None
    max_body_bytes: int | None = None
    max_in_flight: int | None = None
    fallback: bool | None = None


@dataclass(frozen=True, slots=True)
class ForwardSettings:
    """Bounds of the way to the authoritative backend.

    `idle_s` must stay below the idle time after which a backend closes a connection (5 s for Node), or a
    write meets a closed one. `answer_timeout_s` is the longest silence before and within an answer.
    `fallback_timeout_s` is how long a read waits for modern before legacy is asked; without `fallback` it never is.
    For `busy_poll_s` after a request the worker looks for its answer instead of sleeping, where that pays; 0: never.
    """

    connections: int = 256
    wait_s: float = 2.0
    connect_timeout_s: float = 2.0
    answer_timeout_s: float = 60.0
    fallback_timeout_s: float = 10.0
    idle_s: float = 4.0
    fallback: bool = True
    busy_poll_s: float = 0.0005


@dataclass(frozen=True, slots=True)
class AdaptiveSettings:
    """When fewer copies are sent to a shadow backend, and how soon more again.

    A copy strains the shadow when it takes `slow_factor` times the baseline of its endpoint and `slack_s` more, or
    waited longer than `pool_wait_s` for a connection to the database: the limit is multiplied by `strained_factor`,
    after a failure by `failed_factor`. It grows by one copy each `recover_s`.
    """

    slow_factor: float = 3.0
    slack_s: float = 0.02
    pool_wait_s: float = 0.05
    strained_factor: float = 0.7
    failed_factor: float = 0.5
    recover_s: float = 0.25


@dataclass(frozen=True, slots=True)
class MirrorSettings:
    """Bounds of the way to the shadow backend, each per shadow backend but for `held_bytes`.

    `held_bytes` bounds the captured bodies of a proxy worker, and the shadows' answers in the parity worker;
    `capture_bytes` bounds one body. At most `queue_items` copies wait, each `wait_s` at most, while as many are under
    way as `concurrency` and `adaptive` allow. After `failures` failures on end the shadow gets nothing for
    `cool_down_s` seconds, then one copy as a probe.
    """

    queue_items: int = 1_000
    concurrency: int = 32
    timeout_s: float = 2.0
    wait_s: float = 0.5
    adaptive: AdaptiveSettings = AdaptiveSettings()
    capture_bytes: int = 1_048_576
    held_bytes: int = 33_554_432
    failures: int = 5
    cool_down_s: float = 2.0


class WriteCheck(StrEnum):
    """How it is checked what a write did."""

    NONE = "none"
    """Not at all."""
    READ_BACK = "read_back"
    """The resource is read through both backends when the write was committed."""
    REHEARSE = "rehearse"
    """Modern runs a share of the writes first, and rolls them back; the others are read back."""


@dataclass(frozen=True, slots=True)
class WriteCheckSettings:
    """Which writes are checked, and of those that are mirrored the `share` (0 to 1).

    `exceptions` are by endpoint name, or by domain; an endpoint's wins. Of the writes that are checked by `rehearse`
    the share `rehearse_share` is rehearsed, at most `rehearse_concurrency` at a time in one worker; a write is held
    back for `rehearse_within_s` at most, from when its whole body is there.
    """

    check: WriteCheck = WriteCheck.READ_BACK
    share: float = 1.0
    exceptions: Mapping[str, WriteCheck] = field(default_factory=dict)
    rehearse_share: float = 0.1
    rehearse_within_s: float = 0.15
    rehearse_concurrency: int = 4

    @property
    def rehearses(self) -> bool:
        """Whether any write may be rehearsed."""
        checks = {self.check, *self.exceptions.values()}
        return WriteCheck.REHEARSE in checks and self.share > 0 and self.rehearse_share > 0

    def of(self, endpoint: Endpoint) -> WriteCheck:
        """The check of that endpoint's writes."""
        by_name = self.exceptions
        return by_name.get(endpoint.name) or by_name.get(endpoint.domain) or self.check


@dataclass(frozen=True, slots=True)
class HandoverSettings:
    """Bounds of the queue to the parity worker: items and bytes include the batches without a receipt.

    There are `window_batches` of those at most. `receipt_timeout_s` without a receipt is a failure; it must be longer
    than a batch may take whose shadow hangs (`MirrorSettings.wait_s` and `timeout_s`). After `presence_s` without a batch
    an empty one says that the worker is there.
    """

    queue_items: int = 4_000
    queue_bytes: int = 33_554_432
    batch_captures: int = 64
    batch_bytes: int = 4_194_304
    batch_interval_s: float = 0.05
    window_batches: int = 8
    receipt_timeout_s: float = 10.0
    retry_s: float = 0.2
    presence_s: float = 30.0


@dataclass(frozen=True, slots=True)
class TelemetrySettings:
    """What is told of served requests, besides the metrics.

    `access_log` is written if it is set and its rate is above 0; with `access_log_queries` targets keep their query.
    `otlp_endpoint` is where spans go, the base URL of a collector or a whole one; `trace_rate` is the share of
    requests that are traced of those whose client has not decided it. With `unlisted_paths` the store keeps, folded,
    what was asked for that is at no endpoint.
    """

    access_log: Path | None = None
    access_log_rate: float = 0.0
    access_log_queries: bool = False
    otlp_endpoint: str | None = None
    service_name: str = "crossfade-proxy"
    trace_rate: float = 1.0
    unlisted_paths: bool = True


@dataclass(frozen=True, slots=True)
class OpenFeatureSettings:
    """From which flags of a provider stages are taken: `keys` maps domains and endpoints to them. Times are in seconds.

    A step forward is taken when the provider has said it for `settle_s`; a flag is frozen when it has said nothing that
    counts for `stale_after_s`.
    """

    keys: Mapping[str, str]
    poll_s: float = 5.0
    settle_s: float = 30.0
    stale_after_s: float = 60.0


@dataclass(frozen=True, slots=True)
class ProxySettings:
    """One proxy worker. `token_key` makes clients' keys into tokens; `parity_socket` None compares nothing.

    `trusted_hops` are the addresses whose `X-Forwarded-*` and `Forwarded` headers are believed. Workers share one
    listening socket, which each inherits as `listen_fd`; without it the worker makes its own. The admin listener is
    each worker's own. `slot` (0 to `slots` - 1) is the worker's place in `counts_file`, the memory in which the workers
    count writes for each other; None: the worker is alone. `bounds` are by endpoint name, or by domain.
    """

    legacy_url: str
    modern_url: str
    store_url: str
    state_dir: Path
    endpoints: tuple[Endpoint, ...]
    token_key: bytes
    shadow_secret: str = ""
    parity_socket: Path | None = None
    listen_host: str = "127.0.0.1"
    listen_port: int = 0
    admin_host: str = "127.0.0.1"
    admin_port: int = 0
    listen_fd: int | None = None
    tls: TlsSettings | None = None
    backend_ca: Path | None = None
    slot: int = 0
    slots: int = 1
    counts_file: Path | None = None
    worker_name: str = "proxy-1"
    expose_served_by: bool = True
    keep_server_timing: bool = False
    trusted_hops: frozenset[str] = frozenset()
    drain_s: float = 10.0
    mirror_drain_s: float = 3.0
    sticky: StickySettings = StickySettings()
    client: ClientSettings = ClientSettings()
    bounds: Mapping[str, EndpointBounds] = field(default_factory=dict)
    forward: ForwardSettings = ForwardSettings()
    mirror: MirrorSettings = MirrorSettings()
    write_checks: WriteCheckSettings = WriteCheckSettings()
    handover: HandoverSettings = HandoverSettings()
    telemetry: TelemetrySettings = TelemetrySettings()

    def url_of(self, backend: Backend) -> str:
        """Where that backend is, without a trailing slash."""
        return (self.legacy_url if backend is Backend.LEGACY else self.modern_url).rstrip("/")
