"""What of a recording can be sent again and again."""

import asyncio
import contextlib
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from domains.rooms import ROOMS
from loadtests.errors import RecordingError
from loadtests.recording import Credentials, Recorded, load_recording
from loadtests.settings import LoadSettings
from loadtests.turns import Side
from loadtests.workload import Journey, Step, Workload, build_workload
from parity.exchange import Backend
from tests.domains.support import serving
from tests.legacy_bridge.support import running
from tests.loadtests.stub_backend import ENDPOINTS
from tests.loadtests.test_recording import recorded
from tests.support.replay import JWT_SECRET


@pytest.fixture
def escrows(contract: Path) -> Workload:
    return build_workload(load_recording(contract, "escrows"), ENDPOINTS)


def names(workload: Workload) -> set[str]:
    return {journey.name for journey in workload.journeys}


def test_all_seven_escrow_endpoints_are_in_the_load(escrows: Workload) -> None:
    sent = {step.endpoint for journey in escrows.journeys for step in journey.steps}

    assert sent == {f"{method} {path}" for method, path in ENDPOINTS}


def test_what_was_recorded_as_5xx_is_left_out_with_its_status(escrows: Workload) -> None:
    assert escrows.left_out["create_address_too_long"] == "recorded as 500"
    assert all(step.exchange.status < 500 for journey in escrows.journeys for step in journey.steps)


def test_refusals_are_in_the_load_and_marked(escrows: Workload) -> None:
    refused = {s.name for s in escrows.journeys if s.steps[0].refused}

    assert {
        "list_no_auth",
        "get_unknown_uuid",
        "create_missing_address",
        "update_agent_other_forbidden",
    } <= refused
    assert not refused & {"list_admin_page2", "create_full", "update_price"}


@pytest.mark.parametrize("name", ["archive", "restore", "delete_archived", "archive_display_id"])
def test_a_write_that_succeeds_once_is_left_out(escrows: Workload, name: str) -> None:
    assert escrows.left_out[name] == "succeeds only once"


@pytest.mark.parametrize("name", ["archive_again", "restore_again", "get_after_delete"])
def test_what_follows_such_a_write_on_the_same_resource_is_left_out(escrows: Workload, name: str) -> None:
    assert escrows.left_out[name] == "follows a write that succeeds only once"


def test_a_creation_is_a_life_cycle_that_leaves_nothing_behind(escrows: Workload) -> None:
    cycle = next(journey for journey in escrows.journeys if journey.name == "create_full")

    item = "/v1/escrows/{{create_full.data.id}}"
    assert [(step.exchange.method, step.exchange.path, step.exchange.status) for step in cycle.steps] == [
        ("POST", "/v1/escrows", 201),
        ("PUT", f"{item}/archive", 200),
        ("PUT", f"{item}/restore", 200),
        ("PUT", f"{item}/archive", 200),
        ("DELETE", item, 200),
    ]


def test_what_was_recorded_on_a_creation_happens_before_its_clean_up(escrows: Workload) -> None:
    cycle = next(journey for journey in escrows.journeys if journey.name == "create_minimal_agent")

    assert [step.exchange.name for step in cycle.steps[:3]] == [
        "create_minimal_agent",
        "get_created_by_creator_agent",
        "update_created_by_creator_agent",
    ]
    assert cycle.steps[-1].endpoint == "DELETE /v1/escrows/{id}"


def test_without_a_recorded_deletion_a_creation_stands_alone() -> None:
    create = recorded(name="create", method="POST", path="/v1/boats", body={"a": 1}, status=201)

    workload = build_workload([create], [("POST", "/v1/boats"), ("DELETE", "/v1/boats/{id}")])

    assert [len(journey.steps) for journey in workload.journeys] == [1]


def test_what_needs_an_answer_of_no_creation_is_left_out() -> None:
    get = recorded(name="get", path="/v1/boats/{{login.data.id}}")
    listed = recorded(name="list", path="/v1/boats")

    workload = build_workload([get, listed], [("GET", "/v1/boats"), ("GET", "/v1/boats/{id}")])

    assert names(workload) == {"list"}
    assert workload.left_out == {"get": "needs the answer of login"}


def test_journeys_can_be_taken_out_with_a_reason(escrows: Workload) -> None:
    fewer = escrows.without({"create_full": "modern answers 400"})

    assert names(fewer) == names(escrows) - {"create_full"}
    assert fewer.left_out == escrows.left_out | {"create_full": "modern answers 400"}


def test_a_recording_with_nothing_to_repeat_is_an_error() -> None:
    with pytest.raises(RecordingError, match="nothing in the recording of 1 endpoints can be sent again"):
        build_workload([recorded(status=500)], [("GET", "/v1/escrows/{id}")])


@pytest.mark.parametrize("status", [409, 423, 429, 500])
def test_an_answer_that_hangs_on_the_state_is_left_out(status: int) -> None:
    put = recorded(name="put", method="PUT", body={"version": 1}, status=status)

    workload = build_workload([put, recorded()], [("PUT", "/v1/escrows/{id}"), ("GET", "/v1/escrows/{id}")])

    assert names(workload) == {"get"}
    assert workload.left_out == {"put": f"recorded as {status}"}


def test_refused_sign_ins_are_left_out_where_so_many_of_them_lock() -> None:
    def sign_in(path: str, name: str, status: int) -> Recorded:
        return recorded(name=name, method="POST", path=path, body={"name": name}, status=status)

    exchanges = [
        *(
            sign_in("/v1/login", name, status)
            for name, status in (("in", 200), ("wrong", 401), ("locked", 423))
        ),
        *(sign_in("/v1/session", name, status) for name, status in (("renewed", 200), ("expired", 401))),
    ]

    workload = build_workload(exchanges, [("POST", "/v1/login"), ("POST", "/v1/session")])

    assert names(workload) == {"in", "renewed", "expired"}
    assert workload.left_out == {"wrong": "counts towards a lock", "locked": "recorded as 423"}


def life_cycle(*ways: tuple[str, str, str], body: Any = None) -> Journey:
    """What becomes of a creation where these ways (name, method, ending) were recorded, by these users."""
    create = recorded(
        name="create", user="ann", method="POST", path="/v1/boats", body=body or {"a": 1}, status=201
    )
    gone = [
        recorded(
            name=name, user=user, method="DELETE" if name == "delete" else "PUT", path=f"/v1/boats/7{ending}"
        )
        for name, user, ending in ways
    ]
    templates = [("POST", "/v1/boats"), ("DELETE", "/v1/boats/{id}")]
    templates += [("PUT", f"/v1/boats/{{id}}/{word}") for word in ("archive", "restore")]
    [journey] = build_workload([create, *gone], templates).journeys
    return journey


def test_a_life_cycle_without_a_recorded_restore_archives_once() -> None:
    cycle = life_cycle(("archive", "ada", "/archive"), ("delete", "ada", ""))

    assert [step.exchange.name for step in cycle.steps] == ["create", "create:archive", "create:delete"]


def test_who_may_archive_what_was_created_deletes_it_too() -> None:
    cycle = life_cycle(("archive", "ada", "/archive"), ("restore", "ben", "/restore"), ("delete", "ann", ""))

    assert [step.exchange.user for step in cycle.steps] == ["ann", "ada", "ada", "ada", "ada"]


def test_what_a_life_cycle_creates_has_an_address_of_its_own() -> None:
    cycle = life_cycle(("delete", "ada", ""), body={"email": "o@a.test", "name": "o at a.test", "n": 3})

    tagged = cycle.tagged("7f")

    assert tagged.steps[0].exchange.body == {"email": "o+7f@a.test", "name": "o at a.test", "n": 3}
    assert (tagged.steps[1:], tagged.name) == (cycle.steps[1:], cycle.name)


def boats(*more: Recorded, endpoints: tuple[tuple[str, str], ...]) -> dict[str, list[tuple[str, str]]]:
    """The steps of each journey, where a creation can be archived and deleted."""
    create = recorded(name="create", method="POST", path="/v1/boats", body={"a": 1}, status=201)
    archive = recorded(name="archive", method="PUT", path="/v1/boats/7/archive")
    delete = recorded(name="delete", method="DELETE", path="/v1/boats/7")
    templates = [
        ("POST", "/v1/boats"),
        ("PUT", "/v1/boats/{id}/archive"),
        ("DELETE", "/v1/boats/{id}"),
        *endpoints,
    ]
    journeys = build_workload([create, archive, delete, *more], templates).journeys
    return {
        one.name: [(step.exchange.method, step.exchange.path) for step in one.steps]
        for one in journeys
        if len(one.steps) > 1 and one.name != "create"
    }


SUNK = ("POST", "/v1/boats/{id}/sink")
ITEM = "/v1/boats/{{create.data.id}}"


def test_a_write_that_succeeds_once_is_sent_to_what_was_just_created() -> None:
    sink = recorded(name="sink", method="POST", path="/v1/boats/8/sink")

    lives = boats(sink, endpoints=(SUNK,))

    assert lives == {
        "create:sink": [
            ("POST", "/v1/boats"),
            ("POST", f"{ITEM}/sink"),
            ("PUT", f"{ITEM}/archive"),
            ("DELETE", ITEM),
        ]
    }


def test_a_write_that_can_be_repeated_as_recorded_has_no_life_of_its_own() -> None:
    sink = recorded(name="sink", method="POST", path="/v1/boats/8/sink")
    sink_by = recorded(name="sink_by", method="POST", path="/v1/boats/8/sink", body={"by": "hand"})

    assert boats(sink_by, sink, endpoints=(SUNK,)) == {}


def test_a_deletion_of_several_takes_what_was_just_created_and_archived() -> None:
    several = recorded(name="several", method="POST", path="/v1/boats/batch-delete", body={"ids": ["7", "8"]})

    lives = boats(several, endpoints=(("POST", "/v1/boats/batch-delete"),))

    assert lives == {
        "create:several": [
            ("POST", "/v1/boats"),
            ("PUT", f"{ITEM}/archive"),
            ("POST", "/v1/boats/batch-delete"),
        ]
    }


def test_what_cannot_be_removed_is_not_created_for_a_write_that_succeeds_once() -> None:
    create = recorded(name="create", method="POST", path="/v1/boats", body={"a": 1}, status=201)
    sink = recorded(name="sink", method="POST", path="/v1/boats/8/sink")

    workload = build_workload([create, sink], [("POST", "/v1/boats"), SUNK])

    assert names(workload) == {"create"}


def test_more_is_sent_as_it_is_where_its_endpoint_is_asked_for() -> None:
    more = [
        recorded(name="sink", method="POST", path="/v1/boats/8/sink"),
        recorded(name="moor", method="POST", path="/v1/boats/8/moor"),
    ]

    workload = build_workload([recorded()], [("GET", "/v1/escrows/{id}"), SUNK], more)

    assert names(workload) == {"get", "sink"}


def lives_of(contract: Path) -> list[Journey]:
    """What the load has beside the recorded journeys, of all domains."""
    found = LoadSettings(contract, tuple(ROOMS), JWT_SECRET).workload().journeys
    return [one for one in found if ":" in one.name or "unrecorded" in one.name]


@pytest.mark.parametrize("side", list(Backend))
async def test_on_both_sides_these_succeed_again_and_again_and_leave_no_row_behind(
    side: Backend, seeded_database: str, contract: Path
) -> None:
    backend = running if side is Backend.LEGACY else serving
    credentials = Credentials(contract, JWT_SECRET)
    async with backend(seeded_database, contract) as served:
        url = str(served.client.make_url(""))
        with contextlib.closing(Side(side, url, credentials)) as asked:
            before = rows_of(seeded_database)
            played = [
                [await asyncio.to_thread(asked.play, journey) for journey in lives_of(contract)]
                for _ in range(2)
            ]
        after = rows_of(seeded_database)

    taken = [one for of_round in played for journey in of_round for one in journey]
    assert [(one.exchange, one.status) for one in taken if not one.as_recorded] == []
    assert after == before
    assert {one.endpoint for one in taken} >= {
        "POST /v1/appointments/{id}/cancel",
        "POST /v1/appointments/{id}/complete",
        "POST /v1/escrows/batch-delete",
        "POST /v1/listings/batch-delete",
        "PUT /v1/api-keys/{id}/revoke",
    }


def rows_of(database_url: str) -> dict[str, int]:
    """How many rows each table has, without the log of what happened."""
    with psycopg.connect(database_url) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        return {
            name: connection.execute(
                sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name))
            ).fetchall()[0][0]
            for (name,) in tables
            if name != "security_events"
        }


def test_a_request_by_itself_is_sent_as_recorded() -> None:
    create = recorded(name="create", method="POST", path="/v1/boats", body={"email": "o@a.test"}, status=201)
    [alone] = build_workload([create], [("POST", "/v1/boats")]).journeys

    assert alone.tagged("7f") == alone


def test_names_can_say_where_they_are_from() -> None:
    like = Journey("get@2", (Step("GET /v1/boats/{id}", recorded()),), like="get")

    prefixed = Workload((like,), {"put": "recorded as 409"}).prefixed("boats/")

    assert [(one.name, one.like) for one in prefixed.journeys] == [("boats/get@2", "boats/get")]
    assert prefixed.left_out == {"boats/put": "recorded as 409"}
