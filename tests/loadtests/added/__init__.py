"""Tests of `loadtests/added/`, file for file."""
