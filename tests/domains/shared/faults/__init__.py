"""Tests of the floor that every room stands on."""
