"""The proxy: every request reaches its authoritative backend, a copy reaches the other one, nobody waits for it."""
