"""What the page shows of a group: which samples, which facts, which badges."""

from parity.group_rows import SamePlace
from parity.report import Report
from parity.report_cards import cause_cards, group_card
from tests.parity.reports import accepted_as, group, report, sample, together


def facts(found: Report, place: int = 0) -> dict[str, str]:
    """Each fact of a group as text."""
    card = group_card(found.groups[place], found)
    return {fact.name: "".join(part.text for part in fact.parts) for fact in card["facts"]}


def test_the_latest_and_the_first_sample_are_in_sight_and_the_others_folded() -> None:
    samples = tuple(sample(exchange=str(number), is_first=number == 1) for number in (4, 3, 2, 1))

    card = group_card(group(samples=samples), report())

    assert [(one["name"], one["row"].exchange) for one in card["shown"]] == [("latest", "4"), ("first", "1")]
    assert [one["row"].exchange for one in card["others"]] == ["3", "2"]


def test_a_group_of_one_exchange_shows_it_once() -> None:
    card = group_card(group(samples=(sample(is_first=True),)), report())

    assert [one["name"] for one in card["shown"]] == ["first"]
    assert card["others"] == []


def test_an_open_group_says_how_to_accept_it() -> None:
    found = report(groups=(group(),))

    assert facts(found)["to accept it"].startswith("crossfade parity accept 1a9da0cdc046 --reason")
    assert facts(found)["exchanges"] == "3 (0.25% of 1,204 comparisons of this endpoint)"
    assert facts(found)["clients"] == "not known"


def test_an_open_group_that_is_accepted_from_now_on_says_by_what() -> None:
    shown = facts(together(), 1)

    assert shown["accepted since"] == (
        "prices as text (crm, until 2027-01-31), a-3f9c0a77, from 2026-11-23 11:14:20 UTC on, ticket"
    )
    assert "to accept it" not in shown


def test_an_expired_acceptance_says_so() -> None:
    over = group(
        accepted_by="once", acceptance=accepted_as(label="once", ticket="", accepted_at=None), is_expired=True
    )
    found = report(groups=(over,))

    assert facts(found)["accepted"].endswith("a-3f9c0a77: expired, what comes now is a mismatch again")
    assert [badge.text for badge in group_card(over, found)["badges"]] == ["expired"]


def test_groups_of_one_place_point_at_each_other() -> None:
    before = group(same_place=(SamePlace("y", "on purpose", 7), SamePlace("z", "", 2)))
    card = group_card(before, report(groups=(before,)))

    places = [fact.parts for fact in card["facts"] if fact.name == "same place"]
    assert [(parts[0].text, parts[0].href, parts[1].text) for parts in places] == [
        ("7 exchanges", "#group-y", " accepted: on purpose"),
        ("2 exchanges", "#group-z", " that nobody had accepted"),
    ]


def test_a_cause_and_its_groups_point_at_each_other() -> None:
    found = together()

    (cause,) = cause_cards(found)

    assert [one["path"] for one in cause["groups"]] == ["$.data.total", "$.data.rows"]
    assert facts(found)["cause"].startswith("Cause 1: These 2 groups are in the same 60 of 64 exchanges")
    assert [badge.text for badge in group_card(found.groups[0], found)["badges"]] == ["cause 1"]
    assert cause["command"].startswith(f"crossfade parity accept --cause {found.causes[0].id} --reason")


def test_a_group_of_write_checks_says_so_and_each_sample_which_write() -> None:
    checked = group(checks=2, writes=("POST /v1/escrows",), samples=(sample(write="POST /v1/escrows"),))
    found = report(groups=(checked,))

    card = group_card(checked, found)

    assert facts(found)["checks"] == "POST /v1/escrows (2 of 3 exchanges)"
    assert [badge.text for badge in card["badges"]] == ["write check"]
    assert card["shown"][0]["checks"] == "POST /v1/escrows"
    assert "checks" not in facts(report())
