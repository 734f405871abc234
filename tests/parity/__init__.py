"""Tests of parity, one file a module."""
