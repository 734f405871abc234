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
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from cli.errors import UsageError
from cli.guard_sections import GuardsSection, NotifySection
from cli.openfeature_sections import OpenFeatureSection
from cli.sections import (
    BackendsSection,
    BoundsRow,
    ClientSection,
    ConsoleSection,
    ControlSection,
    EndpointRow,
    ForwardSection,
    LimitsSection,
    LoadtestSection,
    MirrorSection,
    ParitySection,
    PilotSection,
    ProxySection,
    RemoteSection,
    StickySection,
    StoreSection,
    TelemetrySection,
    VerdictSection,
    WriteChecksSection,
)

CONFIG_FILE = Path("crossfade.toml")
_SECRETS = (("write_checks", "database"), ("notify", "urls"), ("openfeature", "token"))
"""What is never shown, not even where it is wrong."""


class Settings(BaseSettings):
    """The effective configuration."""

    model_config = SettingsConfigDict(env_prefix="CROSSFADE_", env_nested_delimiter="__", extra="forbid")

    state_dir: Path = Path(".crossfade")
    proxy: ProxySection = ProxySection()
    backends: BackendsSection = BackendsSection()
    client: ClientSection = ClientSection()
    forward: ForwardSection = ForwardSection()
    sticky: StickySection = StickySection()
    mirror: MirrorSection = MirrorSection()
    write_checks: WriteChecksSection = WriteChecksSection()
    store: StoreSection = StoreSection()
    parity: ParitySection = ParitySection()
    console: ConsoleSection = ConsoleSection()
    remote: RemoteSection = RemoteSection()
    verdict: VerdictSection = VerdictSection()
    control: ControlSection = ControlSection()
    pilot: PilotSection = PilotSection()
    guards: GuardsSection = GuardsSection()
    notify: NotifySection = NotifySection()
    openfeature: OpenFeatureSection = OpenFeatureSection()
    limits: LimitsSection = LimitsSection()
    loadtest: LoadtestSection = LoadtestSection()
    telemetry: TelemetrySection = TelemetrySection()
    endpoints: tuple[EndpointRow, ...] = ()
    bounds: tuple[BoundsRow, ...] = ()

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
    def lists_endpoints(self) -> bool:
        """Whether the endpoints are those of the configuration, `endpoints = []` too; else the reference CRM's."""
        return "endpoints" in self.model_fields_set

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
    file, values = read_config(config)
    try:
        return Settings(**values)
    except ValidationError as error:
        raise wrong(faults(error), f"{file} and CROSSFADE_* variables") from error
    except SettingsError as error:  # it holds the name of the section, and not the value
        raise UsageError(
            f"a CROSSFADE_* variable is no JSON where a list or table is expected: {error}"
        ) from error


def read_config(config: Path | None = None) -> tuple[Path, dict[str, Any]]:
    """The configuration file, and what it says; nothing where the default one is not there. Raises UsageError."""
    file = config or CONFIG_FILE
    if config is None and not file.exists():
        return file, {}
    try:
        return file, tomllib.loads(file.read_text())
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: not valid TOML: {error}") from error


def faults(error: ValidationError) -> list[str]:
    """One line for each wrong field, with its value and what was expected."""
    return [_one_error(row["loc"], row["msg"], row["input"], row["type"]) for row in error.errors()]


def wrong(lines: Sequence[str], where: str) -> UsageError:
    """All wrong fields of a configuration at once."""
    count = "1 field is" if len(lines) == 1 else f"{len(lines)} fields are"
    return UsageError("\n  ".join([f"{count} wrong in the configuration ({where}):", *lines]))


def _one_error(loc: tuple[int | str, ...], message: str, value: object, kind: str) -> str:
    where = ".".join(str(part) for part in loc)
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(str(loc[-1]), _known_keys(loc), n=1)
        return f"{where}: unknown key{f', did you mean {near[0]}?' if near else ''}"
    shown = "(hidden)" if _holds_secret(loc) else repr(value)
    return f"{where}: {shown}: {message.removeprefix('Value error, ')}"


def _holds_secret(loc: tuple[int | str, ...]) -> bool:
    """Whether what was given there is a secret, or has one in it."""
    return any(secret[: len(loc)] == loc[: len(secret)] for secret in _SECRETS)


def _known_keys(loc: tuple[int | str, ...]) -> list[str]:
    model: type[BaseModel] = Settings
    for part in loc[:-1]:
        if isinstance(part, str):
            annotation = model.model_fields[part].annotation
            model = next(kind for kind in (annotation, *get_args(annotation)) if _is_model(kind))
    return [field.alias or name for name, field in model.model_fields.items()]


def _is_model(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
