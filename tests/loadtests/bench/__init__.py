"""Tests of the harness of `make bench`."""
