"""Behaviour, one sentence a test, against real parts."""
