"""`make bench`: what the proxy costs a request beside its peers, and whether that reaches the targets.

One run, one machine: `run` starts the backends and the `peers` and the Crossfades (`crossfade`), `rounds` sends load
at them in shuffled order with the C generator (`generator`) and waits for the outcomes of bursts (`drain`), `plan` says
which, `targets` judges.
"""
