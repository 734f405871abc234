"""Users of a closed workload: which come, what they send, and that they wait."""

from collections import Counter
from pathlib import Path

from tests.loadtests.users.locusts import locust, measured, stub


def test_users_of_every_chosen_domain_send_what_was_recorded_of_it(tmp_path: Path) -> None:
    with stub(tmp_path, "--delay-ms=1") as backend:
        options = ["--users=8", "--pace=0.02", "--measured=1.5", "--reads=1", "EscrowsUser", "ClientsUser"]
        timings = measured(backend, tmp_path, *options)

    endpoints = {(timing.domain, timing.endpoint) for timing in timings}
    assert {domain for domain, _ in endpoints} == {"escrows", "clients"}
    assert all(endpoint.startswith(f"GET /v1/{domain}") for domain, endpoint in endpoints)
    by_domain = Counter(timing.domain for timing in timings)
    assert 1.2 < by_domain["escrows"] / by_domain["clients"] < 4  # 143 recorded journeys to 50, 6 users to 2


def test_with_as_many_users_as_domains_each_domain_has_one_and_a_task_for_each_endpoint(
    tmp_path: Path,
) -> None:
    with stub(tmp_path, "--delay-ms=1") as backend:
        done = locust(backend, "--users=7", "--measured=0.2", "--warm-up=0", "--loglevel=INFO")

    [spawned] = [line for line in done.stderr.splitlines() if "All users spawned" in line]
    for domain in ("Appointments", "Clients", "Contacts", "Escrows", "Leads", "Listings", "Users"):
        assert f'"{domain}User": 1' in spawned
