"""The section `openfeature` of the configuration: from whom stages are taken."""

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr

from cli.sections import Section
from proxy.settings import OpenFeatureSettings

_DEFAULT = OpenFeatureSettings({})
_FACTORY = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)


def is_address(provider: str) -> bool:
    """Whether a provider is asked by OFREP; else it is a factory."""
    return provider.startswith(("http://", "https://"))


def _provider(value: str) -> str:
    if not value or _FACTORY.fullmatch(value):
        return value
    if is_address(value):
        parts = urlsplit(value)
        if parts.hostname and not (parts.username or parts.password or parts.query or parts.fragment):
            return value
    raise ValueError(
        "expected module:factory like acme.flags:provider, or the address of an OFREP server like "
        "https://flags.internal, with nothing secret in it"
    )


class OpenFeatureSection(Section):
    """An OpenFeature provider from which stages are taken; empty: none, the default."""

    provider: Annotated[str, AfterValidator(_provider)] = ""
    token: SecretStr | None = None
    keys: dict[str, Annotated[str, Field(min_length=1, max_length=300)]] = Field(default_factory=dict)
    targeting_key: str = Field(default="crossfade", min_length=1, max_length=300)
    poll_s: float = Field(default=_DEFAULT.poll_s, ge=0.5, le=3_600)
    timeout_s: float = Field(default=2.0, gt=0, le=60)
    settle_s: float = Field(default=_DEFAULT.settle_s, ge=0, le=86_400)
    stale_after_s: float = Field(default=_DEFAULT.stale_after_s, gt=0, le=86_400)

    @property
    def name(self) -> str:
        """How the ledger calls the provider: the host and port of an address, else the factory."""
        return urlsplit(self.provider).netloc if is_address(self.provider) else self.provider

    def settings(self) -> OpenFeatureSettings:
        """As the watch needs it."""
        return OpenFeatureSettings(self.keys, self.poll_s, self.settle_s, self.stale_after_s)
