"""The configurations of nginx, HAProxy and Envoy: one worker each, kept connections, no log, as little as it takes.

nginx mirrors by a subrequest. Without `proxy_store` it throws the shadow's connection away after each copy, with it
the connection is kept, which is the cheapest way to mirror that it has.
"""

import os
from dataclasses import dataclass
from pathlib import Path

_KEPT = "keepalive 128; keepalive_requests 10000000; keepalive_timeout 600s;"
_LARGE_BUFFERS = "proxy_buffers 64 8k; proxy_buffer_size 8k; proxy_busy_buffers_size 256k;"


@dataclass(frozen=True, slots=True)
class Upstreams:
    """The ports of the backends that a peer forwards or copies to."""

    live: int
    shadow: int
    slow: int


def nginx_backend(directory: Path, bodies: Path, roots: dict[int, str]) -> str:
    """Static files over HTTP, a POST answered like a GET; `roots` tells what directory of `bodies` a port serves."""
    servers = "".join(
        f"server {{ listen 127.0.0.1:{port} backlog=1024; root {bodies}/{kind}; "
        "add_header Cache-Control no-store; error_page 405 =200 $uri; }\n"
        for port, kind in roots.items()
    )
    return _nginx(
        directory, f"sendfile on; open_file_cache max=100; default_type application/json;\n{servers}"
    )


def nginx_proxy(directory: Path, store: Path, ports: dict[str, int], to: Upstreams) -> str:
    """A server for each name of `ports`: plain, large, mirror, store (in that directory), slow."""

    def mirror(upstream: str, more: str = "") -> str:
        return f"location = /_copy {{ internal; {more} proxy_pass http://{upstream}$request_uri; }}"

    kept_by_store = (
        f"proxy_store {store}/copy; proxy_store_access user:rw; proxy_temp_path {store}/temporary;"
    )
    inside = {
        "plain": ("", "", ""),
        "large": (_LARGE_BUFFERS, "", ""),
        "mirror": ("", "mirror /_copy;", mirror("shadow")),
        "store": ("", "mirror /_copy;", mirror("shadow", kept_by_store)),
        "slow": ("", "mirror /_copy;", mirror("slow")),
    }
    upstreams = "".join(
        f"upstream {name} {{ server 127.0.0.1:{port}; {_KEPT} }}\n"
        for name, port in (("live", to.live), ("shadow", to.shadow), ("slow", to.slow))
    )
    servers = "".join(
        f"server {{ listen 127.0.0.1:{port} backlog=1024; {inside[name][0]} "
        f"location / {{ {inside[name][1]} proxy_pass http://live; }} {inside[name][2]} }}\n"
        for name, port in ports.items()
    )
    forward = 'proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $http_host;'
    return _nginx(directory, f"{forward}\n{upstreams}{servers}")


def _nginx(directory: Path, inside: str) -> str:
    user = "user root;" if os.geteuid() == 0 else ""  # else its worker may not read what we wrote
    temporary = " ".join(
        f"{kind}_temp_path {directory}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return (
        f"{user} worker_processes 1; daemon off; pid {directory}/nginx.pid; worker_rlimit_nofile 8192;\n"
        f"error_log {directory}/error.log;\nevents {{ worker_connections 4096; }}\n"
        "http { access_log off; tcp_nodelay on; keepalive_requests 10000000; keepalive_timeout 600s;\n"
        f"client_body_buffer_size 1m; client_max_body_size 10m; {temporary}\n{inside}}}\n"
    )


def haproxy(port: int, to: Upstreams) -> str:
    """Plain forwarding."""
    return f"""global
  nbthread 1
  maxconn 4096
defaults
  mode http
  option http-keep-alive
  http-reuse always
  timeout client 600s
  timeout server 600s
  timeout connect 5s
  option http-no-delay
frontend clients
  bind 127.0.0.1:{port}
  default_backend live
backend live
  server one 127.0.0.1:{to.live}
"""


def envoy(ports: dict[str, int], to: Upstreams) -> str:
    """A listener for each name of `ports`: plain, mirror, slow."""
    copies = {"plain": "", "mirror": "shadow", "slow": "slow"}
    listeners = "".join(_envoy_listener(port, name, copies[name]) for name, port in ports.items())
    clusters = "".join(
        f"  - name: {name}\n    type: STATIC\n    load_assignment: {{cluster_name: {name}, endpoints: [{{lb_endpoints: "
        f"[{{endpoint: {{address: {{socket_address: {{address: 127.0.0.1, port_value: {port}}}}}}}}}]}}]}}\n"
        for name, port in (("live", to.live), ("shadow", to.shadow), ("slow", to.slow))
    )
    return f"static_resources:\n  listeners:\n{listeners}  clusters:\n{clusters}"


def _envoy_listener(port: int, name: str, copies_to: str) -> str:
    mirrored = f", request_mirror_policies: [{{cluster: {copies_to}}}]" if copies_to else ""
    filters = "type.googleapis.com/envoy.extensions.filters"
    return f"""  - name: {name}
    address: {{socket_address: {{address: 127.0.0.1, port_value: {port}}}}}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": {filters}.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: {name}
          generate_request_id: false
          route_config:
            virtual_hosts:
            - {{name: all, domains: ["*"], routes: [{{match: {{prefix: "/"}}, route: {{cluster: live{mirrored}}}}}]}}
          http_filters:
          - name: envoy.filters.http.router
            typed_config: {{"@type": {filters}.http.router.v3.Router}}
"""
