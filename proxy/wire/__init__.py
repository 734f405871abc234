"""The data plane: bytes between clients and backends, one module a concern; what is decided, is decided in `proxy/`."""
