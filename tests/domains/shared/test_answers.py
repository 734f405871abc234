"""The answers that every room has."""

from domains.contacts.controllers import ContactController
from domains.escrows.controllers import EscrowController
from domains.escrows.services import EscrowService
from domains.leads.controllers import LeadController
from domains.leads.models import leads
from domains.leads.services import LeadService
from domains.shared.answers import crud, pages, statistics
from domains.shared.models import Resource


def test_pages_are_spelled_as_the_controller_spells_them() -> None:
    assert pages(EscrowController)["required"] == ["total", "page", "limit", "totalPages"]
    assert pages(ContactController)["properties"]["hasMore"] == {"type": "boolean"}


def test_there_may_be_no_number_of_pages() -> None:
    shown = pages(LeadController)["properties"]

    assert shown["totalPages"]["type"] == ["integer", "null"]
    assert shown["totalCount"]["type"] == "integer"


def test_the_facts_of_a_room_are_in_its_answers() -> None:
    answers = crud(LeadController, LeadService)

    assert answers["create"].status == 201
    assert answers["create"].is_timestamped
    assert not answers["delete_many"].is_timestamped
    assert (400, "NOT_ARCHIVED") in answers["delete"].refuses
    assert answers["export"].is_file


def test_a_shape_of_rows_of_two_words_has_one_word() -> None:
    class VisitService(LeadService):
        """Leads by another name."""

        resource = Resource("site visit", leads)

    assert statistics(VisitService).name == "SiteVisitStatistics"


def test_statistics_have_sums_where_the_room_adds_up() -> None:
    assert "totals" in statistics(EscrowService).schema["properties"]
    assert "totals" not in statistics(LeadService).schema["properties"]
