"""Where both sides are."""

from loadtests.site import DIRECT, LoadSite
from parity.exchange import Backend


def test_addresses_are_taken_without_their_last_slash() -> None:
    site = LoadSite("http://127.0.0.1:1/", "http://127.0.0.1:2")

    assert [site.url(side) for side in Backend] == ["http://127.0.0.1:1", "http://127.0.0.1:2"]


def test_of_given_backends_nothing_is_watched_reset_or_started() -> None:
    site = LoadSite("http://127.0.0.1:1", "http://127.0.0.1:2")

    assert (dict(site.pids), site.reset, site.fresh, site.through) == ({}, None, None, DIRECT)
    assert site.no_cold == "backends that were given are not started anew"
