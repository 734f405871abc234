"""`crossfade loadtest proxy`: what the proxy adds to each answer, stage by stage, and whether flips cost any.

`run` does it all: `capacity` finds what each backend answers at most, `rounds` sends slices of Locust's load (`slices`)
to both backends directly and through the proxy at every stage, `flips` changes stages while load runs, `books` holds
what the proxy counted against what was sent. `result` is the shape of what was found, `table` shows it.
"""
