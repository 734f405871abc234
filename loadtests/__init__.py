"""Load tests: recorded traffic, Locust against both sides in alternating blocks, and the benchmarks."""
