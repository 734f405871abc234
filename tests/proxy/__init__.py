"""Tests of the proxy, one file per module."""
