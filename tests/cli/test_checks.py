"""What does not fit together in a configuration is said by field, value and expectation."""

import subprocess
from pathlib import Path

import pytest

from cli.checks import problems
from cli.openfeature_sections import OpenFeatureSection
from cli.sections import (
    BackendsSection,
    BoundsRow,
    ClientSection,
    ProxySection,
    StickySection,
    WriteChecksSection,
)
from cli.settings import Settings
from parity.exchange import Endpoint
from proxy.settings import StickyKind, WriteCheck

ENDPOINTS = (Endpoint("escrows", "GET", "/v1/escrows"), Endpoint("escrows", "PUT", "/v1/escrows/{id}"))


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    directory = tmp_path_factory.mktemp("tls")
    certificate, key = directory / "cert.pem", directory / "key.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
    ]
    command += ["-subj", "/CN=crm.example", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    return certificate, key


def test_what_fits_together_is_no_problem(pair: tuple[Path, Path]) -> None:
    certificate, key = pair
    settings = Settings(
        proxy=ProxySection(tls_certificate=certificate, tls_key=key, workers=4),
        backends=BackendsSection(ca=certificate),
        bounds=(
            BoundsRow(endpoint="escrows", max_in_flight=1),
            BoundsRow(endpoint="GET /v1/escrows", max_body_bytes=1),
        ),
    )

    assert problems(settings, ENDPOINTS) == []


def test_bounds_name_endpoints_or_domains_that_are_there_once_and_say_something() -> None:
    settings = Settings(
        bounds=(
            BoundsRow(endpoint="GET /v1/escrow", max_in_flight=1),
            BoundsRow(endpoint="moon", max_in_flight=1),
            BoundsRow(endpoint="escrows", max_in_flight=1),
            BoundsRow(endpoint="escrows", max_in_flight=2),
            BoundsRow(endpoint="GET /v1/escrows"),
        )
    )

    expected = "expected an endpoint like 'GET /v1/escrows' or a domain"
    assert problems(settings, ENDPOINTS) == [
        f"bounds.0.endpoint: 'GET /v1/escrow': {expected}, did you mean 'GET /v1/escrows'?",
        f"bounds.1.endpoint: 'moon': {expected}",
        "bounds.3.endpoint: 'escrows': expected one row for each, and there is one before",
        "bounds.4: 'GET /v1/escrows': expected answer_timeout_s, max_body_bytes or max_in_flight",
    ]


def test_exceptions_of_write_checks_name_endpoints_or_domains_that_are_there() -> None:
    settings = Settings(
        write_checks=WriteChecksSection(
            exceptions={
                "escrows": WriteCheck.NONE,
                "PUT /v1/escrows/{id}": WriteCheck.READ_BACK,
                "PUT /v1/escrow/{id}": WriteCheck.NONE,
            }
        )
    )

    (problem,) = problems(settings, ENDPOINTS)
    assert problem.startswith("write_checks.exceptions: 'PUT /v1/escrow/{id}': expected an endpoint like ")
    assert problem.endswith(", did you mean 'PUT /v1/escrows/{id}'?")


def test_what_endpoints_declare_of_their_read_back_can_be_followed() -> None:
    endpoints = (
        *ENDPOINTS,
        Endpoint("escrows", "POST", "/v1/escrows", read_back="/v1/escrow"),
        Endpoint("escrows", "PATCH", "/v1/escrows/{id}", read_back="none", read_back_id="$.id"),
    )

    assert problems(Settings(), endpoints) == [
        "endpoints.2.read_back: '/v1/escrow': expected 'none' or the path of a GET in endpoints that is mirrorable",
        "endpoints.3.read_back: 'none': expected no read_back_id where nothing is read back",
    ]


def test_files_of_tls_must_be_there_and_belong_together(pair: tuple[Path, Path], tmp_path: Path) -> None:
    certificate, key = pair
    junk, nowhere = tmp_path / "junk", tmp_path / "nowhere"
    junk.write_text("junk")

    def said(proxy: ProxySection, ca: Path | None = None) -> list[str]:
        found = problems(Settings(proxy=proxy, backends=BackendsSection(ca=ca)), ENDPOINTS)
        return [line.partition(": expected")[0] for line in found]

    assert said(ProxySection(tls_certificate=nowhere, tls_key=key)) == [f"proxy.tls_certificate: '{nowhere}'"]
    assert said(ProxySection(tls_certificate=certificate, tls_key=nowhere)) == [f"proxy.tls_key: '{nowhere}'"]
    assert said(ProxySection(tls_certificate=junk)) == [f"proxy.tls_certificate: '{junk}'"]
    assert said(ProxySection(tls_certificate=certificate)) == [f"proxy.tls_certificate: '{certificate}'"]
    assert said(ProxySection(tls_key=key), junk) == [f"proxy.tls_key: '{key}'", f"backends.ca: '{junk}'"]
    assert said(ProxySection(), nowhere) == [f"backends.ca: '{nowhere}'"]


def test_fields_that_bound_each_other_are_compared() -> None:
    settings = Settings(
        client=ClientSection(max_line_bytes=4096, max_head_bytes=2048),
        sticky=StickySection(order=(StickyKind.JWT, StickyKind.JWT)),
        proxy=ProxySection(admin="127.0.0.1:65535", workers=2),
    )

    assert [line.partition(": expected")[0] for line in problems(settings, ENDPOINTS)] == [
        "client.max_line_bytes: 4096",
        "sticky.order: ['jwt', 'jwt']",
        "proxy.admin: '127.0.0.1:65535'",
    ]


@pytest.mark.parametrize(
    ("openfeature", "line"),
    [
        (
            {"keys": {"escrow": "stage"}},
            (
                "openfeature.keys: 'escrow': expected an endpoint like 'GET /v1/escrows' or a domain, "
                "did you mean 'escrows'?"
            ),
        ),
        (
            {"provider": "acme:make"},
            'openfeature.keys: {}: expected at least one, like escrows = "the flag of the provider"',
        ),
        (
            {"provider": "acme:make", "keys": {"escrows": "stage"}, "token": "secret"},
            "openfeature.token: (hidden): expected an address as openfeature.provider, not 'acme:make'",
        ),
        (
            {"provider": "acme:make", "keys": {"GET /v1/escrows": "stage"}, "poll_s": 40},
            "openfeature.stale_after_s: 60: expected at least two times openfeature.poll_s (40)",
        ),
    ],
)
def test_a_provider_that_cannot_be_followed_is_said(openfeature: dict[str, object], line: str) -> None:
    section = OpenFeatureSection.model_validate(openfeature)

    assert problems(Settings(openfeature=section), ENDPOINTS) == [line]


def test_a_provider_that_can_be_followed_is_no_problem() -> None:
    keys = {"escrows": "stage", "GET /v1/escrows": "list"}
    section = OpenFeatureSection.model_validate(
        {"provider": "https://flags.internal", "keys": keys, "token": "secret"}
    )

    assert problems(Settings(openfeature=section), ENDPOINTS) == []
