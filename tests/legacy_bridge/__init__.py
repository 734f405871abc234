"""Tests of the legacy backend, against a real PostgreSQL and over real sockets."""
