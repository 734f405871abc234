"""Tests of the data plane, module by module."""
