"""How tests name what a proxy worker counts."""

from parity.exchange import Count


def label_of(count: Count) -> str:
    """`name/reason`, or `name` where there is no reason; requests are `requests`, whoever was to answer."""
    return f"{count.name}/{count.reason}" if count.reason and count.name != "requests" else count.name
