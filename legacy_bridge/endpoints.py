"""What the legacy backend serves, as data: the proxy's routing table and the contract tests read this list."""

ENDPOINTS: tuple[tuple[str, str], ...] = (
    ("GET", "/v1/escrows"),
    ("POST", "/v1/escrows"),
    ("GET", "/v1/escrows/{id}"),
    ("PUT", "/v1/escrows/{id}"),
    ("DELETE", "/v1/escrows/{id}"),
    ("PUT", "/v1/escrows/{id}/archive"),
    ("PUT", "/v1/escrows/{id}/restore"),
)
"""Method and path template of every handler."""
