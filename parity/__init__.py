"""Parity: compares what two backends did with the same request, counts it, and reports it.

A batch of captures:
    intake.py        frames in as far as there is room (room.py), receipts out in order
    runs.py          batches completed side by side (completing.py), compared in a thread, recorded in order (judged.py), each once
    confirm.py       what differs is asked again, within an allowance (allowance.py); settle.py: what that makes of it
    store.py         one transaction for what is recorded at once: counts, groups (groups.py, samples.py, members.py), evidence (evidence.py)
    retention.py     what of it goes when it is too old or too much
    selftest_live.py mutations (mutations.py) of those pairs through the same comparison

Two answers; nothing of it raises, and the work is bounded:
    compare.py       headers (answer_headers.py, cookies.py), rows of rehearsals (row_differences.py), bodies (bodies.py)
    rules.py         the book; rule_files.py reads and checks it, rule_tree.py is what holds at a path
    walk.py          strict in types; what is the same is set aside as bytes (canonical.py); what both JSON bodies hold in
                     the same bytes is one value (json_sharing.py)
    pairing.py       which items of lists belong together (alignment.py, item_names.py)
    shape.py, tolerance.py   what a rule asks of two values that are not equal
    excerpts.py      what differences keep of large values, so that no document is held
    redact.py        before anything is kept

Whoever asks:
    counted.py       counts since a minute, by stretches (stretches.py) that adding_up.py made of minutes that are over
    served.py        since when legacy was not asked, by those counts and by the time in which workers reported
    verdict.py       evidence since something changed (rule_changes.py) becomes conditions (verdict_conditions.py, gate.py)
    report.py        one snapshot of the store: groups (group_rows.py), what holds there (holdings.py), causes (causes.py)
    report_words.py  the sentences; report_text.py prints them, report_html.py makes the page
    past.py          the store as it was, for simulations
"""
