"""The reference legacy backend: flat handlers with inline SQL that reproduce the recorded API, flaws included.

It is frozen. What is wrong here is wrong on purpose and carries its quirk number (tests/contract/deviations.md).

Where its number of statements is not the recorded one: the recorded server asked once in its life which columns
`escrows` has, and once more before the first section of an escrow (endpoints.md: 2-3 for a timeline). Both exchanges
are missing from the recording; ours never asks, so that a count does not depend on what came before.
"""
