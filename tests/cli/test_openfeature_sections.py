"""What the section `openfeature` may hold."""

import pytest
from pydantic import ValidationError

from cli.openfeature_sections import OpenFeatureSection
from proxy.settings import OpenFeatureSettings


def test_no_provider_is_the_default() -> None:
    section = OpenFeatureSection()

    assert (section.provider, section.name) == ("", "")
    assert section.settings() == OpenFeatureSettings({})


@pytest.mark.parametrize(
    ("provider", "name"),
    [
        ("acme.flags:provider", "acme.flags:provider"),
        ("acme:Factory.make", "acme:Factory.make"),
        ("https://flags.internal/eu", "flags.internal"),
        ("http://[::1]:8014", "[::1]:8014"),
    ],
)
def test_a_provider_is_a_factory_or_an_address_and_has_a_name(provider: str, name: str) -> None:
    assert OpenFeatureSection(provider=provider).name == name


@pytest.mark.parametrize(
    "provider",
    [
        "acme.flags",
        "acme:",
        ":make",
        "acme flags:make",
        "ftp://flags.internal",
        "https://",
        "https://john:secret@flags.internal",
        "https://flags.internal?key=secret",
    ],
)
def test_anything_else_is_refused(provider: str) -> None:
    with pytest.raises(ValidationError, match="expected module:factory like "):
        OpenFeatureSection(provider=provider)


def test_what_is_given_is_what_the_watch_gets() -> None:
    section = OpenFeatureSection(keys={"escrows": "stage"}, poll_s=1, settle_s=2, stale_after_s=3)

    assert section.settings() == OpenFeatureSettings({"escrows": "stage"}, 1, 2, 3)


@pytest.mark.parametrize(
    ("field", "value"),
    [("poll_s", 0.1), ("timeout_s", 0), ("settle_s", -1), ("stale_after_s", 0), ("targeting_key", "")],
)
def test_a_time_that_is_none_is_refused(field: str, value: object) -> None:
    with pytest.raises(ValidationError):
        OpenFeatureSection.model_validate({field: value})
