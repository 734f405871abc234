"""The sections `[guards]` and `[notify]` of the configuration, and what a field of each may be."""

from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator

from cli.sections import Section
from proxy.guard import LONGEST_WINDOW_S, Action, Blindness, GuardRule, GuardSettings, Measure
from proxy.stages import Stage

_GUARDS = GuardSettings()
_RULE = ("guard", "domain", "enabled")


def check_address(value: str) -> str:
    """The address of a channel; raises ValueError that does not hold it, for it may be a secret."""
    parts = urlsplit(value)
    if not parts.scheme or "://" not in value or (parts.scheme in {"http", "https"} and not parts.hostname):
        raise ValueError(
            "expected an address like https://hooks.example/crossfade or one of apprise, slack://…"
        )
    return value


def _secret_address(value: SecretStr) -> SecretStr:
    check_address(value.get_secret_value())
    return value


class GuardRow(Section):
    """What is different of one guard, everywhere or in one domain."""

    guard: Measure
    domain: str = ""
    enabled: bool | None = None
    limit: float | None = Field(default=None, gt=0, le=1_000)
    window_s: float | None = Field(default=None, ge=5, le=LONGEST_WINDOW_S)
    min_samples: int | None = Field(default=None, ge=1, le=1_000_000)
    looks: int | None = Field(default=None, ge=1, le=300)
    cool_down_s: float | None = Field(default=None, ge=1, le=86_400)
    action: Action | None = None
    shadow_action: Action | None = None
    stages: tuple[Stage, ...] | None = Field(default=None, min_length=1)
    against_legacy: bool | None = None
    slack_ms: float | None = Field(default=None, ge=0, le=60_000)
    to: Stage | None = None
    dry_run: bool | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.guard.is_share and self.limit is not None and self.limit >= 1:
            raise ValueError(f"limit = {self.limit:g}: expected a share above 0 and below 1 for {self.guard}")
        return self

    def rule(self) -> GuardRule:
        """As the guards take it."""
        changes = {
            name: value for name, value in dict(self).items() if name not in _RULE and value is not None
        }
        return GuardRule(self.guard, self.domain, self.enabled, changes)


class GuardsSection(Section):
    """Which guards watch, how often they look, and what they do when they cannot tell."""

    enabled: bool = _GUARDS.enabled
    dry_run: bool = _GUARDS.dry_run
    every_s: float = Field(default=_GUARDS.every_s, ge=0.1, le=60)
    blind_s: float = Field(default=_GUARDS.blind_s, ge=1, le=3_600)
    blind: Blindness = _GUARDS.blind
    rules: tuple[GuardRow, ...] = ()

    def settings(self) -> GuardSettings:
        """As the guards take it."""
        return GuardSettings(
            self.enabled,
            self.dry_run,
            self.every_s,
            self.blind_s,
            self.blind,
            tuple(row.rule() for row in self.rules),
        )


class NotifySection(Section):
    """Whom guards tell. Addresses may hold secrets: they are shown nowhere."""

    urls: tuple[Annotated[SecretStr, AfterValidator(_secret_address)], ...] = ()
    urls_file: Path | None = None
    timeout_s: float = Field(default=10.0, gt=0, le=15)
    attempts: int = Field(default=12, ge=1, le=100)
