"""What a verdict asks for: values alone, which the settings of every command read without the engine."""

from dataclasses import dataclass

MAX_FLEETING_SHARE = 0.001
"""Of the comparisons of an endpoint, unless it is configured otherwise; the rate that a verdict asks of mismatches."""


@dataclass(frozen=True, slots=True)
class VerdictLimits:
    """What must hold for `ready`; rates, shares and `confidence` from 0 to 1, ratios modern to legacy."""

    max_rate: float = 0.001
    confidence: float = 0.95
    min_comparisons: int = 100
    min_per_cell: int = 1
    max_open_groups: int = 0
    max_latency_ratio: float = 1.2
    max_query_ratio: float = 1.0
    max_failed_share: float = 0.01
    max_shed_share: float = 0.2
    require_writes: bool = True
    require_self_test: bool = True
    require_load_test: bool = False
    load_test_max_age_s: float = 30 * 86_400.0
