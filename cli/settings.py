"""The configuration: `crossfade.toml`, then `CROSSFADE_SECTION__KEY`, then flags of the command.

All wrong fields are reported at once, each with its value and what was expected; an unknown key comes with
the nearest known one.
"""

import contextlib
import difflib
import os
import secrets
import tempfile
import tomllib
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, IPvAnyAddress, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from cli.errors import UsageError

CONFIG_FILE = Path("crossfade.toml")


def _backend_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme != "http" or not parts.hostname or parts.path not in {"", "/"} or parts.query:
        raise ValueError("expected the address of a backend like http://127.0.0.1:9001, without a path")
    return value.rstrip("/")


def _listen(value: str) -> str:
    host, _, port = value.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise ValueError("expected HOST:PORT like 127.0.0.1:8080")
    return value


def _collector(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("expected the address of an OTLP collector like http://127.0.0.1:4318")
    return value


Collector = Annotated[str, AfterValidator(_collector)]
BackendUrl = Annotated[str, AfterValidator(_backend_url)]
Listen = Annotated[str, AfterValidator(_listen)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ProxySection(_Section):
    """Where the proxy listens, and what it tells its clients."""

    listen: Listen = "127.0.0.1:8080"
    admin: Listen = "127.0.0.1:8081"
    expose_served_by: bool = True
    trusted_hops: tuple[IPvAnyAddress, ...] = ()


class BackendsSection(_Section):
    """The two backends by address; the bundled ones are started by `crossfade serve`."""

    legacy: BackendUrl | None = None
    modern: BackendUrl | None = None


class MirrorSection(_Section):
    """Bounds of everything that happens off the live path."""

    max_items: int = Field(default=1000, ge=1, le=1_000_000)
    max_bytes: int = Field(default=32 * 2**20, ge=2**16)
    max_body_bytes: int = Field(default=2 * 2**20, ge=0)
    concurrency: int = Field(default=32, ge=1, le=1000)
    timeout_s: float = Field(default=2.0, gt=0, le=300)


class StoreSection(_Section):
    """Flags, ledger, outcomes, samples: SQLite by default."""

    url: str = ""


class ParitySection(_Section):
    """Rules and acceptances; empty means those of the reference CRM."""

    rules: tuple[Path, ...] = ()


class TelemetrySection(_Section):
    """Access log and spans; the metrics are always there."""

    access_log: Path | None = None
    access_log_rate: float = Field(default=0.0, ge=0, le=1)
    access_log_queries: bool = False
    otlp_endpoint: Collector | None = None
    service_name: str = Field(default="crossfade-proxy", min_length=1)
    trace_rate: float = Field(default=1.0, ge=0, le=1)


class LimitsSection(_Section):
    """How often one client may ask a bundled backend in 15 minutes, and who a client is."""

    requests: int = Field(default=500, ge=1)
    failed_auth: int = Field(default=30, ge=1)
    trusted_hops: int = Field(default=0, ge=0, le=10)


class EndpointRow(_Section):
    """One endpoint of an API that is not the reference CRM."""

    domain: str = Field(pattern=r"^[a-z][a-z0-9_-]*$")
    method: str = Field(pattern=r"^[A-Z]+$")
    path: str = Field(pattern=r"^/")
    mirrorable: bool = True


class Settings(BaseSettings):
    """The effective configuration."""

    model_config = SettingsConfigDict(env_prefix="CROSSFADE_", env_nested_delimiter="__", extra="forbid")

    state_dir: Path = Path(".crossfade")
    proxy: ProxySection = ProxySection()
    backends: BackendsSection = BackendsSection()
    mirror: MirrorSection = MirrorSection()
    store: StoreSection = StoreSection()
    parity: ParitySection = ParitySection()
    limits: LimitsSection = LimitsSection()
    telemetry: TelemetrySection = TelemetrySection()
    endpoints: tuple[EndpointRow, ...] = ()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003  pydantic-settings passes all sources by name
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  there is no .env file here
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  nor a directory of secrets
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file, which comes in as the initial values."""
        return env_settings, init_settings

    @property
    def store_url(self) -> str:
        """The store, by default a SQLite file in the state directory."""
        return self.store.url or f"sqlite:///{(self.state_dir / 'store.sqlite3').resolve()}"

    @property
    def postgres_dir(self) -> Path:
        """The data directory of the embedded PostgreSQL."""
        return self.state_dir / "postgres"

    def key(self, name: str) -> bytes:
        """A secret of this installation, made once and readable by its owner only."""
        file = self.state_dir / f"{name}.key"
        if not file.exists():
            self.state_dir.mkdir(parents=True, exist_ok=True)
            descriptor, draft = tempfile.mkstemp(dir=self.state_dir)  # mode 0600
            with os.fdopen(descriptor, "w") as stream:
                stream.write(secrets.token_hex(32))
            with contextlib.suppress(FileExistsError):  # another process was first: its key is the key
                os.link(draft, file)  # unlike a rename, never replaces, and nobody reads half a key
            Path(draft).unlink()
        key = file.read_bytes().strip()
        if len(key) < 32:
            raise UsageError(
                f"{file}: expected a key of at least 32 characters, found {len(key)}; remove it to make a new one"
            )
        return key


def load_settings(config: Path | None = None) -> Settings:
    """The configuration from `config` (default: `crossfade.toml` if there is one) and the environment.

    Raises UsageError that lists every bad field.
    """
    file = config or CONFIG_FILE
    values: dict[str, Any] = {}
    if config is not None or file.exists():
        try:
            values = tomllib.loads(file.read_text())
        except OSError as error:
            raise UsageError(f"{file}: cannot be read: {error.strerror}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise UsageError(f"{file}: not valid TOML: {error}") from error
    try:
        return Settings(**values)
    except ValidationError as error:
        raise UsageError(_all_errors(error, file)) from error


def _all_errors(error: ValidationError, file: Path) -> str:
    lines = [_one_error(row["loc"], row["msg"], row["input"], row["type"]) for row in error.errors()]
    count = "1 field is" if len(lines) == 1 else f"{len(lines)} fields are"
    return "\n  ".join([f"{count} wrong in the configuration ({file} and CROSSFADE_* variables):", *lines])


def _one_error(loc: tuple[int | str, ...], message: str, value: object, kind: str) -> str:
    where = ".".join(str(part) for part in loc)
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(str(loc[-1]), _known_keys(loc), n=1)
        return f"{where}: unknown key{f', did you mean {near[0]}?' if near else ''}"
    return f"{where}: {value!r}: {message.removeprefix('Value error, ')}"


def _known_keys(loc: tuple[int | str, ...]) -> list[str]:
    model: Any = Settings
    for part in loc[:-1]:
        if isinstance(part, int):
            model = EndpointRow
            continue
        annotation = model.model_fields[part].annotation
        model = annotation if isinstance(annotation, type) else EndpointRow
    return list(model.model_fields)
