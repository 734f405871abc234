"""What is told of rehearsals, and the latch that ends them."""

from prometheus_client import CollectorRegistry, generate_latest

from proxy.rehearsal_results import RehearsalResults


def shown(results: RehearsalResults) -> dict[str, float]:
    registry = CollectorRegistry()
    registry.register(results)
    lines = [line for line in generate_latest(registry).decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_results_are_counted_and_delays_are_summed_by_endpoint() -> None:
    results = RehearsalResults()
    for delay_s in (0.004, 0.15):
        results.ended("POST /a", "answered")
        results.delayed("POST /a", delay_s)
    results.ended("POST /b", "timeout")

    page = shown(results)

    assert page['crossfade_proxy_rehearsals_total{endpoint="POST /a",result="answered"}'] == 2
    assert page['crossfade_proxy_rehearsals_total{endpoint="POST /b",result="timeout"}'] == 1
    assert page['crossfade_proxy_rehearsal_seconds_bucket{endpoint="POST /a",le="0.005"}'] == 1
    assert page['crossfade_proxy_rehearsal_seconds_bucket{endpoint="POST /a",le="+Inf"}'] == 2
    assert page['crossfade_proxy_rehearsal_seconds_count{endpoint="POST /a"}'] == 2
    assert round(page['crossfade_proxy_rehearsal_seconds_sum{endpoint="POST /a"}'], 6) == 0.154


def test_there_is_no_way_back_once_it_is_stopped() -> None:
    results = RehearsalResults()
    before = results.is_stopped, shown(results)["crossfade_proxy_rehearsals_stopped"]

    for _ in range(2):
        results.stop("POST /a", 200)

    assert before == (False, 0)
    assert (results.is_stopped, shown(results)["crossfade_proxy_rehearsals_stopped"]) == (True, 1)
