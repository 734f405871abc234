"""`make bench`: what the proxy costs a request beside its peers, and whether that reaches the targets.

One run, one machine: `rig` starts the backends (`backends`), the `peers` and the Crossfades (`crossfade`), `rounds`
sends load at them in shuffled order with the C generator (`generator`), `plan` says which, `targets` judges.
"""
