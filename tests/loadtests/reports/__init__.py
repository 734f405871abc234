"""Tests of what a load test's reports say."""
