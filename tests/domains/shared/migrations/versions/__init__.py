"""Tests of each migration."""
