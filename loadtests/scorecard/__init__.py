"""The scorecard: what the plan of the migration promises, what was measured of it, by which run and when.

`goals.py` has the promises. `of_load_tests.py`, `of_traffic.py` and `of_code.py` say what the evidence says of each;
nothing is typed in. `card.py` is the whole, shown by `text.py`, `markdown.py` and `page.py`. Where evidence is looked
up is the business of cli/scorecard_sources.py.
"""
