"""The sections of the configuration, and what a field of each may be."""

import re
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    IPvAnyAddress,
    SecretStr,
    model_validator,
)

from loadtests.generators import CONNECT_WITHIN_S
from parity.allowance import ConfirmSettings
from parity.exchange import NO_READ_BACK
from parity.value_counts import MAX_VALUES
from parity.verdict_limits import MAX_FLEETING_SHARE, VerdictLimits
from proxy.addresses import Address
from proxy.console.settings import ConsoleSettings
from proxy.settings import (
    ClientSettings,
    ForwardSettings,
    StickyKind,
    StickySettings,
    WriteCheck,
    WriteCheckSettings,
)
from proxy.working_hours import Day, Hours, Timezone

_CLIENT = ClientSettings()
_CONFIRM = ConfirmSettings()
_CONSOLE = ConsoleSettings()
_FORWARD = ForwardSettings()
_STICKY = StickySettings()
_VERDICT = VerdictLimits()
_WRITE_CHECKS = WriteCheckSettings()
_TOKEN = r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$"  # noqa: S105  a word of HTTP (RFC 9110 section 5.6.2), not a secret


def _backend_url(value: str) -> str:
    Address.of(value)
    return value.rstrip("/")


def _listen(value: str) -> str:
    host, _, port = value.rpartition(":")
    is_ipv6 = len(host) > 2 and host.startswith("[") and host.endswith("]")
    is_host = bool(host) and (is_ipv6 or not set("[]:") & set(host))
    if not is_host or not (port.isascii() and port.isdigit()) or int(port) > 65535:
        raise ValueError("expected HOST:PORT like 127.0.0.1:8080 or [::1]:8080")
    return value


def _collector(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("expected the address of an OTLP collector like http://127.0.0.1:4318")
    return value


def _read_back(value: str) -> str:
    if value and value != NO_READ_BACK and not value.startswith("/"):
        raise ValueError("expected 'none' or a path like /v1/orders/{id}")
    return value


def _id_path(value: str) -> str:
    if value and not re.fullmatch(r"\$(\.[\w-]+)+", value):
        raise ValueError("expected a path like $.data.id")
    return value


def _database(value: SecretStr) -> SecretStr:
    from psycopg import Error
    from psycopg.conninfo import conninfo_to_dict

    url = value.get_secret_value()
    try:
        is_address = urlsplit(url).scheme in {"postgresql", "postgres"} and bool(conninfo_to_dict(url))
    except (Error, ValueError):  # what they say of it may hold the password
        is_address = False
    if not is_address:
        raise ValueError(
            "expected the address of legacy's PostgreSQL like postgresql://reader@db.internal/crm"
        )
    return value


def _host_name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\]", value):
        raise ValueError("expected a name like crossfade.example or an address, without a port")
    return value.lower().removeprefix("[").removesuffix("]")


ReadBackPath = Annotated[str, AfterValidator(_read_back)]
IdPath = Annotated[str, AfterValidator(_id_path)]
Collector = Annotated[str, AfterValidator(_collector)]
BackendUrl = Annotated[str, AfterValidator(_backend_url)]
Listen = Annotated[str, AfterValidator(_listen)]
HostName = Annotated[str, AfterValidator(_host_name)]


def host_and_port(listen: str) -> tuple[str, int]:
    """Of a `Listen`; the host of an IPv6 address without its brackets."""
    host, _, port = listen.rpartition(":")
    return host.removeprefix("[").removesuffix("]"), int(port)


class Section(BaseModel):
    """Unknown keys are errors."""

    model_config = ConfigDict(extra="forbid")


class ProxySection(Section):
    """Where the proxy listens, by how many workers, and what it tells its clients."""

    listen: Listen = "127.0.0.1:8080"
    admin: Listen = "127.0.0.1:8081"
    workers: int = Field(default=1, ge=1, le=64)
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    expose_served_by: bool = True
    keep_server_timing: bool = False
    trusted_hops: tuple[IPvAnyAddress, ...] = ()
    drain_s: float = Field(default=10.0, ge=0, le=3_600)


class ClientSection(Section):
    """Bounds of the way to clients."""

    max_connections: int = Field(default=_CLIENT.max_connections, ge=1, le=1_000_000)
    max_line_bytes: int = Field(default=_CLIENT.max_line_bytes, ge=256, le=1_048_576)
    max_head_bytes: int = Field(default=_CLIENT.max_head_bytes, ge=1_024, le=1_048_576)
    max_body_bytes: int | None = Field(default=_CLIENT.max_body_bytes, ge=0)
    head_timeout_s: float = Field(default=_CLIENT.head_timeout_s, gt=0, le=3_600)
    body_timeout_s: float = Field(default=_CLIENT.body_timeout_s, gt=0, le=3_600)
    send_timeout_s: float = Field(default=_CLIENT.send_timeout_s, gt=0, le=3_600)
    idle_s: float = Field(default=_CLIENT.idle_s, gt=0, le=86_400)
    half_closed_s: float = Field(default=_CLIENT.half_closed_s, gt=0, le=3_600)
    buffer_bytes: int = Field(default=_CLIENT.buffer_bytes, ge=4_096, le=16_777_216)


class ForwardSection(Section):
    """Bounds of the way to the authoritative backend."""

    connections: int = Field(default=_FORWARD.connections, ge=1, le=65_536)
    wait_s: float = Field(default=_FORWARD.wait_s, gt=0, le=300)
    connect_timeout_s: float = Field(default=_FORWARD.connect_timeout_s, gt=0, le=300)
    answer_timeout_s: float = Field(default=_FORWARD.answer_timeout_s, gt=0, le=86_400)
    fallback_timeout_s: float = Field(default=_FORWARD.fallback_timeout_s, gt=0, le=86_400)
    idle_s: float = Field(default=_FORWARD.idle_s, gt=0, le=3_600)
    fallback: bool = _FORWARD.fallback
    busy_poll_s: float = Field(default=_FORWARD.busy_poll_s, ge=0, le=0.01)


class BoundsRow(Section):
    """What is different at one endpoint, or at all of a domain."""

    endpoint: str
    answer_timeout_s: float | None = Field(default=None, gt=0, le=86_400)
    max_body_bytes: int | None = Field(default=None, ge=0)
    max_in_flight: int | None = Field(default=None, ge=1)
    fallback: bool | None = None


class StickySection(Section):
    """What a client is recognised by at stage `canary`."""

    order: tuple[StickyKind, ...] = Field(default=_STICKY.order, min_length=1)
    header: str = Field(default=_STICKY.header, pattern=_TOKEN)
    cookie: str = Field(default=_STICKY.cookie, pattern=_TOKEN)


class BackendsSection(Section):
    """The two backends by address; the bundled ones are started by `crossfade serve`."""

    legacy: BackendUrl | None = None
    modern: BackendUrl | None = None
    ca: Path | None = None


class MirrorSection(Section):
    """Bounds of everything that happens off the live path."""

    max_items: int = Field(default=1000, ge=1, le=1_000_000)
    max_bytes: int = Field(default=32 * 2**20, ge=2**16)
    max_body_bytes: int = Field(default=2 * 2**20, ge=0)
    concurrency: int = Field(default=32, ge=1, le=1000)
    timeout_s: float = Field(default=2.0, gt=0, le=300)


class WriteChecksSection(Section):
    """How it is checked what writes did, everywhere and where it is different."""

    check: WriteCheck = _WRITE_CHECKS.check
    share: float = Field(default=_WRITE_CHECKS.share, ge=0, le=1)
    exceptions: dict[str, WriteCheck] = Field(default_factory=dict)
    rehearse_share: float = Field(default=_WRITE_CHECKS.rehearse_share, ge=0, le=1)
    rehearse_within_s: float = Field(default=_WRITE_CHECKS.rehearse_within_s, gt=0, le=5)
    rehearse_concurrency: int = Field(default=_WRITE_CHECKS.rehearse_concurrency, ge=1, le=1000)
    database: Annotated[SecretStr, AfterValidator(_database)] | None = None


class StoreSection(Section):
    """Flags, ledger, outcomes, samples: SQLite by default; how old and how large figures and samples may become."""

    url: str = ""
    max_age_days: float = Field(default=30.0, ge=1, le=3_650)
    max_bytes: int = Field(default=512 * 2**20, ge=2**20)


class ConsoleSection(Section):
    """The web page and the API of whoever operates: where it listens, under which names, how long a browser stays in."""

    enabled: bool = True
    listen: Listen = f"{_CONSOLE.host}:{_CONSOLE.port}"
    hosts: tuple[HostName, ...] = ()
    tls_cert: Path | None = None
    tls_key: Path | None = None
    allow_insecure: bool = False
    session_idle_s: float = Field(default=_CONSOLE.session_idle_s, ge=60, le=86_400)
    session_s: float = Field(default=_CONSOLE.session_s, ge=60, le=7 * 86_400)


def console_address(section: ConsoleSection, port: int) -> str:
    """What a browser is pointed at: where it listens on every address, the first of its names."""
    host, _ = host_and_port(section.listen)
    shown = section.hosts[0] if section.hosts and host in {"0.0.0.0", "::"} else host  # noqa: S104  nothing is bound
    return f"{'https' if section.tls_cert else 'http'}://{f'[{shown}]' if ':' in shown else shown}:{port}"


class RemoteSection(Section):
    """The console by whose API an operator works who is not where the store is; the token stands in a file of its own."""

    url: str = ""
    token_file: Path | None = None
    ca: Path | None = None
    timeout_s: float = Field(default=30.0, gt=0, le=600)


class ParitySection(Section):
    """Rules and acceptances, empty for those of the reference CRM; and how much is asked again."""

    rules: tuple[Path, ...] = ()
    confirm_share: float = Field(default=_CONFIRM.share, ge=0, le=1)
    noise_share: float = Field(default=_CONFIRM.noise_share, ge=0, le=1)
    self_test_rate: float = Field(default=10.0, ge=0, le=1_000)
    max_fleeting_share: float = Field(default=MAX_FLEETING_SHARE, ge=0, le=1)
    max_values: int = Field(default=MAX_VALUES, ge=1_000, le=100_000_000)
    max_acceptance_days: int = Field(default=180, ge=1, le=3_650)
    metrics: Listen | None = None


class CellRow(Section):
    """A cell of the coverage matrix that must have been compared; without `query` with any parameters."""

    endpoint: str
    status: str = Field(pattern=r"^[1-5]xx$")
    query: tuple[str, ...] | None = None


class VerdictSection(Section):
    """What must hold before a domain may advance."""

    max_rate: float = Field(default=_VERDICT.max_rate, gt=0, lt=1)
    confidence: float = Field(default=_VERDICT.confidence, gt=0.5, lt=1)
    min_comparisons: int = Field(default=_VERDICT.min_comparisons, ge=1)
    min_per_cell: int = Field(default=_VERDICT.min_per_cell, ge=1)
    max_open_groups: int = Field(default=_VERDICT.max_open_groups, ge=0)
    max_latency_ratio: float = Field(default=_VERDICT.max_latency_ratio, gt=0)
    max_query_ratio: float = Field(default=_VERDICT.max_query_ratio, gt=0)
    max_failed_share: float = Field(default=_VERDICT.max_failed_share, ge=0, le=1)
    max_shed_share: float = Field(default=_VERDICT.max_shed_share, ge=0, le=1)
    require_writes: bool = _VERDICT.require_writes
    require_self_test: bool = _VERDICT.require_self_test
    require_load_test: bool = _VERDICT.require_load_test
    load_test_max_age_s: float = Field(default=_VERDICT.load_test_max_age_s, gt=0)
    cells: tuple[CellRow, ...] = ()


class FreezeRow(Section):
    """A freeze window: `from` and `to` (or one of them), or `days` of each week with their `hours`."""

    reason: str = Field(min_length=1)
    begins: datetime | date | None = Field(default=None, alias="from")
    ends: datetime | date | None = Field(default=None, alias="to")
    days: tuple[Day, ...] = ()
    hours: Hours = "00:00-24:00"
    timezone: Timezone = "UTC"

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        is_span = self.begins is not None or self.ends is not None
        if is_span == bool(self.days):
            raise ValueError("expected either from and to, or days (with hours)")
        if is_span and "hours" in self.model_fields_set:
            raise ValueError("hours: expected only with days")
        return self


class ControlSection(Section):
    """When nobody goes forward."""

    freeze: tuple[FreezeRow, ...] = ()


class PilotSection(Section):
    """How often a pilot decides."""

    every_s: float = Field(default=5.0, gt=0, le=3_600)


class TelemetrySection(Section):
    """Access log, spans, and what is at no endpoint; the metrics are always there."""

    access_log: Path | None = None
    access_log_rate: float = Field(default=0.0, ge=0, le=1)
    access_log_queries: bool = False
    otlp_endpoint: Collector | None = None
    service_name: str = Field(default="crossfade-proxy", min_length=1)
    trace_rate: float = Field(default=1.0, ge=0, le=1)
    unlisted_paths: bool = True


class LoadtestSection(Section):
    """Who sends the load of `crossfade loadtest`: so many processes here and on other machines, 0 for one alone."""

    workers: int = Field(default=0, ge=0, le=64)
    master: Listen = "127.0.0.1:0"
    expect_workers: int = Field(default=0, ge=0, le=1_000)
    wait_s: float = Field(default=CONNECT_WITHIN_S, ge=1, le=3_600)

    @model_validator(mode="after")
    def _can_be_found(self) -> Self:
        if self.expect_workers and not host_and_port(self.master)[1]:
            raise ValueError(
                f"master = {self.master!r}: expected a port of its own, where the {self.expect_workers} expected workers find it"
            )
        return self


class LimitsSection(Section):
    """How often one client may ask a bundled backend in 15 minutes, and who a client is."""

    requests: int = Field(default=500, ge=1)
    failed_auth: int = Field(default=30, ge=1)
    trusted_hops: int = Field(default=0, ge=0, le=10)


class EndpointRow(Section):
    """One endpoint of an API that is not the reference CRM."""

    domain: str = Field(pattern=r"^[a-z][a-z0-9_-]*$")
    method: str = Field(pattern=r"^[A-Z]+$")
    path: str = Field(pattern=r"^/")
    mirrorable: bool = True
    read_back: ReadBackPath = ""
    read_back_id: IdPath = ""
    required: bool = True
