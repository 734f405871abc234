"""Who sends the load, by the configuration and what was typed."""

import pytest

from cli.errors import UsageError
from cli.load_generators import check_reach, generators_of
from cli.sections import LoadtestSection
from loadtests.generators import ALONE, Generators


def test_without_anything_one_process_sends_and_nobody_listens_beyond_loopback() -> None:
    generators = generators_of(LoadtestSection())

    assert generators == ALONE
    assert (generators.count, generators.host) == (0, "127.0.0.1")


def test_what_was_typed_wins_over_the_section() -> None:
    section = LoadtestSection(workers=4, master="10.0.0.5:5557", expect_workers=2, wait_s=5)

    assert generators_of(section) == Generators(4, "10.0.0.5", 5557, 2, 5)
    assert generators_of(section, workers=0, master="[::1]:6000", expect_workers=1) == Generators(
        0, "[::1]", 6000, 1, 5
    )


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"workers": 65}, "workers: 65: Input should be less than or equal to 64"),
        ({"master": "5557"}, "master: '5557': expected HOST:PORT like 127.0.0.1:8080"),
        ({"expect_workers": 2}, "master = '127.0.0.1:0': expected a port of its own, where the 2 expected"),
    ],
)
def test_what_cannot_be_is_said_with_its_value(typed: dict[str, int | str], message: str) -> None:
    with pytest.raises(UsageError) as raised:
        generators_of(LoadtestSection(), **typed)  # type: ignore[arg-type]  # each has the type of its option

    assert message in str(raised.value)


@pytest.mark.parametrize("host", ["10.0.0.5", "[::]", "loadtest.internal"])
def test_other_machines_are_not_sent_to_backends_that_they_do_not_reach(host: str) -> None:
    with pytest.raises(
        UsageError, match="--expect-workers 2: other machines do not reach the bundled backends"
    ):
        check_reach(Generators(host=host, port=5557, expect_workers=2), bundled=True)


@pytest.mark.parametrize(
    ("generators", "bundled"),
    [
        (Generators(workers=2), True),
        (Generators(host="127.0.0.1", port=5557, expect_workers=2), True),
        (Generators(host="10.0.0.5", port=5557, expect_workers=2), False),
    ],
)
def test_workers_here_or_through_a_tunnel_and_backends_of_ones_own_are_left_alone(
    generators: Generators, *, bundled: bool
) -> None:
    check_reach(generators, bundled=bundled)
