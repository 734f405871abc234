"""The proxy: every request reaches its authoritative backend, a copy reaches the other one, nobody waits for it.

A request, decided here and carried in `wire/`:
    edge.py            endpoint (routing.py), flag (flags.py), plan (stages.py): an Admission (admission.py)
    headers.py         which lines pass, which go, which the proxy sets
    telemetry.py       metrics, access log, span; what is at no endpoint, folded (unlisted.py, path_folding.py)
    outbox.py          what the client got becomes a Capture, encoded at once; handover.py sends batches until a receipt comes
    left_alone.py      nothing becomes one for a shadow that only fails, as the receipts say
    rehearsals.py      of a write that is drawn: modern runs it first, on connections of its own (rehearsal_client.py), and
                       the write waits for that within a deadline (held.py)

What the parity worker asks backends for a capture:
    completion.py      what is to be asked, and what both did
    mirror.py          breaker, adaptive limit (adaptive.py), line, signature, one attempt; reads only
    shadow_client.py   the connections for it, those of `wire/`
    write_checks.py    which read shows a write (read_backs.py), asked of both
    rehearsed.py       both answers came with the capture; legacy's rows by their keys (legacy_rows.py)

Flags, and who changes them:
    control.py         the one way: weighs a step (steps.py) by the verdict and the freeze windows (freeze.py)
    flag_store.py      one transaction with the entry of the ledger; flag_watch.py: a proxy worker takes it over, and says so
    guards.py          with a lease (lease.py): look (guard_survey.py, guard_look.py), judge (guard_judge.py), roll back, tell
    figures.py         what guards look at, told with the heartbeat; courier.py and channels.py: whom they tell
    pilot.py           walks by a policy (pilot_policy.py); pilot_decision.py is pure, pilot_simulation.py asks it of the past
    openfeature.py     copies what a provider says (ofrep_source.py, openfeature_sdk.py); ofrep.py serves the table to others
"""
