"""The words of a client's answers."""

from domains.clients.controllers import build
from domains.shared.clock import utc_now
from domains.shared.database import Database


def test_of_a_client_that_was_archived_its_id_is_told() -> None:
    controller = build(Database("postgresql://nobody@127.0.0.1:1/none", pool_size=1), utc_now)

    told = controller.archived({"id": "5", "status": "archived"})

    assert told == {"data": {"id": "5"}, "message": "Client archived successfully"}
