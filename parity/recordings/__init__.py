"""Recordings: exchanges kept in a file, in our own form, as HAR or as GoReplay has them; replayed, and held against each other.

files.py       our own form (line.py), HAR (har.py), GoReplay (goreplay.py): recorded exchanges, and bad lines by number
replay.py      a line when it is due (pace.py), after its session and the lines whose answers it needs
journal.py     a write is on the disk before it is sent; what is done, and what is needed later, redacted
variables.py   `{{name.path}}`: each side its own values of earlier answers
entities.py    each side its own ids of what was made; equal in answers
sides.py       one request to a backend, once
masks.py, moments.py   what a recording hides, and times that both made, before `parity/compare.py` is asked
results.py     comparisons added up to the report that everybody knows
differing.py   the same of two files, without a backend
tap.py         stands between parity worker and shadow, and tells who records (redacting.py)
"""
