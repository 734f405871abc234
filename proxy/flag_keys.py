"""The keys that a row of the flag table can have: the names of domains and of their endpoints."""

import difflib
from collections.abc import Iterable

from parity.exchange import Endpoint
from proxy.errors import UnknownKeyError


class FlagKeys:
    """Made of the endpoints; `domains` has the endpoints of each by name, in their order."""

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        self.domains: dict[str, list[str]] = {}
        self._domain_of: dict[str, str] = {}
        for endpoint in endpoints:
            self.domains.setdefault(endpoint.domain, []).append(endpoint.name)
            self._domain_of[endpoint.name] = endpoint.domain

    def domain_of(self, key: str) -> str:
        """The domain that a domain or endpoint name belongs to; raises `UnknownKeyError` that names close ones."""
        if key in self.domains:
            return key
        if key in self._domain_of:
            return self._domain_of[key]
        names = [*self.domains, *self._domain_of]
        close = difflib.get_close_matches(key, names, n=3) or list(self.domains)
        raise UnknownKeyError(f"there is no domain and no endpoint {key!r}; did you mean {', '.join(close)}?")
