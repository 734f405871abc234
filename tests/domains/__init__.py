"""Tests of the modern backend's server and shared floor; a room keeps its own."""
