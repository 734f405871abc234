"""Whose exchanges a group has: a sketch and counts that stay small whatever the traffic."""

from parity.members import CLIENTS, EXCHANGES, ClientCount, Members, members_of


def digests(first: int, last: int) -> list[tuple[str, str]]:
    return [(f"{number * 2654435761 % 2**48:012x}", f"c{number % 7}") for number in range(first, last)]


def test_few_exchanges_are_all_known() -> None:
    members = Members().with_exchanges(digests(0, 10))

    assert len(members.exchanges) == 10
    assert members.is_every_exchange


def test_of_many_exchanges_the_smallest_digests_are_kept_in_whatever_batches_they_come() -> None:
    at_once = Members().with_exchanges(digests(0, 500))
    by_and_by = Members()
    for start in range(0, 500, 50):
        by_and_by = by_and_by.with_exchanges(digests(start, start + 50))

    assert at_once == by_and_by
    assert list(at_once.exchanges) == sorted(digest for digest, _ in digests(0, 500))[:EXCHANGES]
    assert not at_once.is_every_exchange


def test_clients_are_counted_and_the_busiest_comes_first() -> None:
    members = Members().with_exchanges([("1", "ann"), ("2", "bob"), ("3", "bob"), ("4", "")])

    assert members.clients == (ClientCount("bob", 2), ClientCount("ann", 1))
    assert members.is_every_client


def test_a_client_that_sends_much_is_found_among_however_many() -> None:
    crowd = [(f"{number:012x}", f"c{number}") for number in range(2_000)]
    busy = [(f"b{number:011x}", "busy") for number in range(200)]

    members = Members().with_exchanges([*crowd[:1_000], *busy, *crowd[1_000:]])

    first = members.clients[0]
    assert first.client == "busy"
    assert first.n - first.error <= 200 <= first.n
    assert len(members.clients) == CLIENTS
    assert not members.is_every_client


def test_what_is_written_is_read_again() -> None:
    members = Members().with_exchanges(digests(0, 100))

    assert members_of(**members.written()) == members
