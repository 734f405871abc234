"""What single fields of the configuration cannot say: files that must be there, and fields that must fit together."""

import difflib
import ssl
from collections.abc import Iterator, Sequence

from cli.openfeature_sections import is_address
from cli.settings import Settings
from parity.exchange import Endpoint
from proxy.read_backs import problem


def problems(settings: Settings, endpoints: Sequence[Endpoint]) -> list[str]:
    """One line for each, with the field, its value and what was expected."""
    return [
        *_tls(settings),
        *_bounds(settings, endpoints),
        *_client(settings),
        *_write_checks(settings, endpoints),
        *openfeature_problems(settings, endpoints),
    ]


def _tls(settings: Settings) -> Iterator[str]:
    proxy, authority = settings.proxy, settings.backends.ca
    if proxy.tls_certificate is not None:
        try:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(proxy.tls_certificate, proxy.tls_key, password=_no_password)
        except (OSError, ValueError) as error:
            field = "proxy.tls_certificate"
            if proxy.tls_key is not None and not proxy.tls_key.is_file():
                field = "proxy.tls_key"
            value = proxy.tls_key if field == "proxy.tls_key" else proxy.tls_certificate
            reason = getattr(error, "strerror", None) or error
            yield f"{field}: {str(value)!r}: expected a PEM file with a certificate and its key: {reason}"
    elif proxy.tls_key is not None:
        yield f"proxy.tls_key: {str(proxy.tls_key)!r}: expected proxy.tls_certificate beside it"
    if authority is not None:
        try:
            ssl.create_default_context(cafile=authority)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            yield f"backends.ca: {str(authority)!r}: expected a PEM file with certificates: {reason}"


def _no_password() -> str:
    raise ValueError("the key is encrypted")


def _bounds(settings: Settings, endpoints: Sequence[Endpoint]) -> Iterator[str]:
    known = _names(endpoints)
    seen = set()
    for number, row in enumerate(settings.bounds):
        where = f"bounds.{number}"
        if row.endpoint not in known:
            yield f"{where}.endpoint: {row.endpoint!r}: {_expected(row.endpoint, known)}"
        elif row.endpoint in seen:
            yield f"{where}.endpoint: {row.endpoint!r}: expected one row for each, and there is one before"
        seen.add(row.endpoint)
        if row.answer_timeout_s is None and row.max_body_bytes is None and row.max_in_flight is None:
            yield f"{where}: {row.endpoint!r}: expected answer_timeout_s, max_body_bytes or max_in_flight"


def _names(endpoints: Sequence[Endpoint]) -> list[str]:
    return [*(endpoint.name for endpoint in endpoints), *sorted({endpoint.domain for endpoint in endpoints})]


def _expected(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f", did you mean {near[0]!r}?" if near else ""
    return f"expected an endpoint like 'GET /v1/escrows' or a domain{hint}"


def _write_checks(settings: Settings, endpoints: Sequence[Endpoint]) -> Iterator[str]:
    known = _names(endpoints)
    for name in settings.write_checks.exceptions:
        if name not in known:
            yield f"write_checks.exceptions: {name!r}: {_expected(name, known)}"
    for number, endpoint in enumerate(endpoints):
        if expected := problem(endpoint, endpoints):
            value = endpoint.read_back or endpoint.read_back_id
            yield f"endpoints.{number}.read_back: {value!r}: {expected}"


def _client(settings: Settings) -> Iterator[str]:
    client, order = settings.client, settings.sticky.order
    if client.max_line_bytes > client.max_head_bytes:
        yield (
            f"client.max_line_bytes: {client.max_line_bytes}: expected at most client.max_head_bytes "
            f"({client.max_head_bytes}), of which the line is a part"
        )
    if len(set(order)) < len(order):
        yield f"sticky.order: {[kind.value for kind in order]}: expected each kind once"
    host, _, port = settings.proxy.admin.rpartition(":")
    if int(port) and int(port) + settings.proxy.workers - 1 > 65_535:
        yield f"proxy.admin: '{host}:{port}': expected a port with room for {settings.proxy.workers} workers after it"


def openfeature_problems(settings: Settings, endpoints: Sequence[Endpoint]) -> Iterator[str]:
    """What of the section `openfeature` does not fit together."""
    section = settings.openfeature
    known = _names(endpoints)
    for name in section.keys:
        if name not in known:
            yield f"openfeature.keys: {name!r}: {_expected(name, known)}"
    if not section.provider:
        return
    if not section.keys:
        yield 'openfeature.keys: {}: expected at least one, like escrows = "the flag of the provider"'
    if section.token is not None and not is_address(section.provider):
        yield f"openfeature.token: (hidden): expected an address as openfeature.provider, not {section.provider!r}"
    if section.stale_after_s < 2 * section.poll_s:
        yield (
            f"openfeature.stale_after_s: {section.stale_after_s:g}: expected at least two times openfeature.poll_s "
            f"({section.poll_s:g})"
        )
