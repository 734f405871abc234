"""What a field of the configuration may be."""

import dataclasses
from typing import Any

import pytest
from pydantic import ValidationError

from cli.sections import (
    BackendsSection,
    BoundsRow,
    ClientSection,
    ForwardSection,
    ParitySection,
    ProxySection,
    Section,
    StickySection,
    VerdictSection,
    host_and_port,
)
from parity.allowance import ConfirmSettings
from parity.verdict_limits import VerdictLimits
from proxy.settings import ClientSettings, EndpointBounds, ForwardSettings, StickySettings


@pytest.mark.parametrize(
    ("listen", "expected"),
    [
        ("127.0.0.1:8080", ("127.0.0.1", 8080)),
        ("[::1]:0", ("::1", 0)),
        ("crm.example:443", ("crm.example", 443)),
    ],
)
def test_a_listener_is_a_host_and_a_port(listen: str, expected: tuple[str, int]) -> None:
    assert host_and_port(ProxySection(listen=listen).listen) == expected


@pytest.mark.parametrize("listen", ["8080", ":8080", "::1:8080", "[]:80", "h:65536", "h:-1", "h:", "h:²"])
def test_anything_else_is_no_listener(listen: str) -> None:
    with pytest.raises(ValidationError, match=r"expected HOST:PORT like 127.0.0.1:8080 or \[::1\]:8080"):
        ProxySection(listen=listen)


@pytest.mark.parametrize("url", ["http://h:1/", "https://h", "http://[::1]:80", "unix:/run/crm.sock"])
def test_a_backend_is_reached_in_three_ways(url: str) -> None:
    assert BackendsSection(legacy=url).legacy == url.rstrip("/")


@pytest.mark.parametrize(
    ("section", "values"),
    [
        (ClientSection(), ClientSettings()),
        (ForwardSection(), ForwardSettings()),
        (StickySection(), StickySettings()),
    ],
)
def test_a_section_has_every_field_that_the_proxy_takes_with_its_default(
    section: Section, values: Any
) -> None:
    assert dict(section) == dataclasses.asdict(values)


def test_the_limits_of_a_verdict_are_settings_with_the_same_defaults() -> None:
    values = dict(VerdictSection())
    values.pop("cells")

    assert values == dataclasses.asdict(VerdictLimits())


def test_bounds_of_an_endpoint_have_every_field_that_the_proxy_takes() -> None:
    names = {field.name for field in dataclasses.fields(EndpointBounds)}

    assert set(BoundsRow.model_fields) == names | {"endpoint"}


@pytest.mark.parametrize(
    ("section", "field", "value"),
    [
        (ProxySection, "workers", 0),
        (ProxySection, "workers", 65),
        (ClientSection, "max_head_bytes", 1),
        (ClientSection, "idle_s", 0),
        (ForwardSection, "answer_timeout_s", -1),
        (ForwardSection, "connections", "many"),
        (StickySection, "order", ()),
        (StickySection, "order", ("moon",)),
        (StickySection, "header", "X Y"),
        (StickySection, "cookie", "a=b"),
        (VerdictSection, "max_rate", 0),
        (VerdictSection, "confidence", 1),
        (VerdictSection, "min_comparisons", 0),
        (VerdictSection, "cells", ({"endpoint": "GET /", "status": "2"},)),
        (ParitySection, "confirm_share", 1.5),
        (ParitySection, "noise_share", -0.1),
    ],
)
def test_a_value_out_of_bounds_is_refused(section: type[Section], field: str, value: Any) -> None:
    with pytest.raises(ValidationError) as problem:
        section(**{field: value})

    assert problem.value.errors()[0]["loc"][0] == field


def test_reads_are_asked_again_unless_told_otherwise() -> None:
    section, settings = ParitySection(), ConfirmSettings()

    assert (section.confirm_share, section.noise_share) == (settings.share, settings.noise_share)
