"""What the processes behind `crossfade up` are told."""

import os
from pathlib import Path

from cli.checks import problems
from cli.context import Context
from cli.errors import UsageError
from cli.sections import host_and_port
from cli.settings import Settings, wrong
from proxy.settings import (
    ClientSettings,
    EndpointBounds,
    ForwardSettings,
    HandoverSettings,
    MirrorSettings,
    ProxySettings,
    StickySettings,
    TelemetrySettings,
    TlsSettings,
    WriteCheckSettings,
)


def require_backends(settings: Settings) -> dict[str, str]:
    """Both backends by name; raises UsageError that says how to give those that are missing."""
    backends = {"legacy": settings.backends.legacy, "modern": settings.backends.modern}
    missing = [name for name, url in backends.items() if url is None]
    if missing:
        raise UsageError(
            "; ".join(
                f"no {name} backend: give --{name} URL or [backends] {name} in crossfade.toml"
                for name in missing
            )
        )
    return {name: url for name, url in backends.items() if url is not None}


def runtime_socket(settings: Settings) -> Path:
    """Where the parity worker listens; a Unix socket's path may have 107 bytes at most."""
    path = (settings.state_dir / "parity.sock").resolve()
    if len(os.fsencode(path)) > 107:
        raise UsageError(
            f"state_dir: {str(settings.state_dir)!r}: too long for a Unix socket; expected a shorter path"
        )
    return path


def record_socket(settings: Settings) -> Path:
    """Where whoever records what is mirrored listens (`crossfade parity record`)."""
    return runtime_socket(settings).with_name("record.sock")


def counts_file(settings: Settings) -> Path:
    """The memory in which the workers count writes for each other."""
    return settings.state_dir.resolve() / "counts"


def proxy_settings(context: Context, parity_socket: Path | None) -> ProxySettings:
    """The configuration as one proxy worker needs it. Raises UsageError with everything that does not fit together."""
    settings = context.settings
    if found := problems(settings, context.endpoints):
        raise wrong(found, "as a whole")
    proxy = settings.proxy
    listen_host, listen_port = host_and_port(proxy.listen)
    admin_host, admin_port = host_and_port(proxy.admin)
    return ProxySettings(
        listen_host=listen_host,
        listen_port=listen_port,
        admin_host=admin_host,
        admin_port=admin_port,
        tls=None if proxy.tls_certificate is None else TlsSettings(proxy.tls_certificate, proxy.tls_key),
        legacy_url=settings.backends.legacy or "",
        modern_url=settings.backends.modern or "",
        backend_ca=settings.backends.ca,
        store_url=settings.store_url,
        parity_socket=parity_socket,
        state_dir=settings.state_dir,
        endpoints=context.endpoints,
        shadow_secret=settings.key("shadow").decode(),
        token_key=settings.key("token"),
        expose_served_by=proxy.expose_served_by,
        keep_server_timing=proxy.keep_server_timing,
        trusted_hops=frozenset(map(str, proxy.trusted_hops)),
        drain_s=proxy.drain_s,
        sticky=StickySettings(**dict(settings.sticky)),
        client=ClientSettings(**dict(settings.client)),
        forward=ForwardSettings(**dict(settings.forward)),
        bounds={
            row.endpoint: EndpointBounds(**row.model_dump(exclude={"endpoint"})) for row in settings.bounds
        },
        mirror=MirrorSettings(
            queue_items=settings.mirror.max_items,
            held_bytes=settings.mirror.max_bytes,
            capture_bytes=settings.mirror.max_body_bytes,
            concurrency=settings.mirror.concurrency,
            timeout_s=settings.mirror.timeout_s,
            wait_s=settings.mirror.timeout_s / 4,
        ),
        write_checks=WriteCheckSettings(**settings.write_checks.model_dump(exclude={"database"})),
        telemetry=TelemetrySettings(**dict(settings.telemetry)),
        # a batch whose backends hang, when asked and when asked again (a read, or both of a write check), is no parity
        # worker that hangs
        handover=HandoverSettings(
            queue_bytes=settings.mirror.max_bytes, receipt_timeout_s=10.0 + 3 * settings.mirror.timeout_s
        ),
    )
