"""Parity: compares what two backends did with the same request, counts it, and reports it."""
