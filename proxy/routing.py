"""Which endpoint a request is at: a table compiled once from the list of endpoints."""

from collections.abc import Iterable

from parity.exchange import Endpoint

_DOT_SEGMENTS = frozenset({".", "..", "%2e", ".%2e", "%2e.", "%2e%2e"})


class RoutingTable:
    """Immutable; the raw path is compared as it is on the wire, nothing is decoded or folded.

    A parameter takes any one segment that is not empty and not a dot segment, so that a path which a
    backend might read as another one is at no endpoint.
    """

    __slots__ = ("_exact", "_templates")

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        self._exact: dict[tuple[str, str], Endpoint] = {}
        templates: dict[tuple[str, int], list[tuple[tuple[str | None, ...], Endpoint]]] = {}
        for endpoint in endpoints:
            if "{" not in endpoint.path:
                self._exact[endpoint.method, endpoint.path] = endpoint
                continue
            segments = tuple(
                None if segment.startswith("{") else segment for segment in endpoint.path.split("/")
            )
            templates.setdefault((endpoint.method, len(segments)), []).append((segments, endpoint))
        for candidates in templates.values():
            # The template with the fewer parameters is the more special one.
            candidates.sort(key=lambda candidate: candidate[0].count(None))
        self._templates = {key: tuple(candidates) for key, candidates in templates.items()}

    def match(self, method: str, target: str) -> Endpoint | None:
        """The endpoint of a method and a raw path with or without its query; None: it is unlisted."""
        path = target.partition("?")[0]
        exact = self._exact.get((method, path))
        if exact is not None:
            return exact
        segments = path.split("/")
        for template, endpoint in self._templates.get((method, len(segments)), ()):
            for wanted, segment in zip(template, segments, strict=True):
                if wanted is None:
                    if not segment or (len(segment) < 7 and segment.lower() in _DOT_SEGMENTS):
                        break
                elif wanted != segment:
                    break
            else:
                return endpoint
        return None


def origin_form(target: str, host: bytes | None) -> str | None:
    """The target as `/path?query`, which is what a backend gets; None: refuse it (RFC 9112 section 3.2).

    The absolute form is taken only if its authority is that of the `Host` header.
    """
    if target.startswith("/"):
        return None if "#" in target else target
    scheme, separator, rest = target.partition("://")
    if not separator or scheme.lower() not in {"http", "https"} or "#" in rest:
        return None
    end = min((at for at in (rest.find("/"), rest.find("?")) if at >= 0), default=len(rest))
    if host is None or rest[:end].lower() != host.decode().lower():
        return None
    path = rest[end:]
    return path if path.startswith("/") else f"/{path}"
