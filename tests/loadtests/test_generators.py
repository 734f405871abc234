"""Who sends the load, as the command lines of Locust."""

from loadtests.generators import ALONE, Generators, joining


def test_one_process_alone_needs_no_master() -> None:
    assert ALONE.commands(["--headless"]) == [["--headless"]]
    assert (ALONE.count, ALONE.note, ALONE.grace_s) == (0, "", 0.0)


def test_a_master_waits_for_those_here_and_elsewhere() -> None:
    generators = Generators(workers=1, host="10.0.0.5", port=5557, expect_workers=2, wait_s=30)

    master, *workers = generators.commands(["--headless"])

    assert master == [
        "--headless",
        "--master",
        "--master-bind-host=10.0.0.5",
        "--master-bind-port=5557",
        "--expect-workers=3",
        "--expect-workers-max-wait=30",
    ]
    assert workers == [["--headless", *joining("10.0.0.5", 5557)]]
    assert generators.note == "the load came from 3 load generators, 2 of them on other machines"
    assert Generators(workers=1).note == "the load came from 1 load generator"


def test_without_an_address_it_listens_on_loopback_at_a_free_port() -> None:
    master, worker = Generators(workers=1).commands([])

    assert "--master-bind-host=127.0.0.1" in master
    assert "--master-bind-port=0" not in master
    assert worker[2].removeprefix("--master-port=") == master[2].removeprefix("--master-bind-port=")


def test_workers_here_reach_a_master_that_listens_on_every_address_by_loopback() -> None:
    every = "0.0.0.0"  # noqa: S104  nothing is bound

    assert Generators(1, every, 5557).commands([])[1] == joining("127.0.0.1", 5557)
    assert Generators(1, "[::]", 5557).commands([])[1] == joining("[::1]", 5557)


def test_workers_that_did_not_come_are_one_sentence_and_anything_else_is_not() -> None:
    generators = Generators(host="10.0.0.5", port=5557, expect_workers=2, wait_s=30)

    assert generators.missed(1, "ERROR/locust.main: Gave up waiting for workers to connect") == (
        "not all of the 2 load generators came to 10.0.0.5:5557 within 30 s"
    )
    assert generators.missed(1, "The Locust master port was busy") == ""
    assert generators.missed(0, "Gave up waiting for workers to connect") == ""
