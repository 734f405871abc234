"""Tests of the load tests and benchmarks."""
