"""Users of a closed workload: which come, and what they send."""

from collections import Counter

from tests.loadtests.conftest import Measure

DOMAINS = {"appointments", "clients", "contacts", "escrows", "leads", "listings", "users"}


def test_users_of_every_chosen_domain_send_what_was_recorded_of_it(measure: Measure, quick: str) -> None:
    options = ["--users=8", "--pace=0.02", "--measured=1.5", "--reads=1", "EscrowsUser", "ClientsUser"]

    timings = measure(quick, *options)

    endpoints = {(timing.domain, timing.endpoint) for timing in timings}
    assert {domain for domain, _ in endpoints} == {"escrows", "clients"}
    assert all(endpoint.startswith(f"GET /v1/{domain}") for domain, endpoint in endpoints)
    by_domain = Counter(timing.domain for timing in timings)
    assert 1.2 < by_domain["escrows"] / by_domain["clients"] < 4  # 143 recorded journeys to 50, 6 users to 2


def test_with_as_many_users_as_domains_each_domain_has_one(measure: Measure, quick: str) -> None:
    timings = measure(quick, "--users=7", "--pace=0.1", "--measured=1")

    requests = Counter(timing.domain for timing in timings)
    assert set(requests) == DOMAINS
    assert max(requests.values()) < 2 * min(requests.values())


def test_a_user_sends_the_same_whatever_the_side_takes_and_however_many_others_there_are(
    measure: Measure, quick: str
) -> None:
    options = ["--domain=escrows", "--reads=1", "--measured=1", "--load-seed=3"]

    alone = [timing.exchange for timing in measure(quick, *options, "--users=1", "--pace=0.02")]
    slowly = [timing.exchange for timing in measure(quick, *options, "--users=1", "--pace=0.1")]

    assert len(slowly) > 3
    assert alone[: len(slowly)] == slowly
