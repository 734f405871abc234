"""Whether a write overlapped a read."""

from proxy.races import Races
from proxy.shared_counts import EVERYWHERE


def test_without_writes_nothing_overlaps() -> None:
    races = Races()

    assert not races.overlapped("escrows", races.mark("escrows"))


def test_a_write_that_was_done_before_does_not_overlap() -> None:
    races = Races()
    races.began("escrows")
    races.ended("escrows")

    assert not races.overlapped("escrows", races.mark("escrows"))


def test_a_write_in_flight_at_the_beginning_overlaps_even_when_it_has_ended() -> None:
    races = Races()
    races.began("escrows")
    mark = races.mark("escrows")
    races.ended("escrows")

    assert races.overlapped("escrows", mark)


def test_a_write_that_came_and_went_in_between_overlaps() -> None:
    races = Races()
    mark = races.mark("escrows")
    races.began("escrows")
    races.ended("escrows")

    assert races.overlapped("escrows", mark)


def test_a_write_to_another_domain_does_not_overlap() -> None:
    races = Races()
    mark = races.mark("escrows")
    races.began("clients")

    assert not races.overlapped("escrows", mark)


def test_an_unlisted_write_overlaps_with_everything() -> None:
    races = Races()
    mark = races.mark("escrows")
    races.began(EVERYWHERE)

    assert races.overlapped("escrows", mark)
    assert races.mark("clients").in_flight == 1
