"""The reference legacy backend: flat handlers with inline SQL that reproduce the recorded API, flaws included.

It is frozen. What is wrong here is wrong on purpose and carries its quirk number (tests/contract/deviations.md).
"""
