"""Settings."""

from legacy_bridge import settings
from tests.legacy_bridge.support import Legacy

SETTINGS = "/v1/settings"


async def test_every_setting_that_is_given_is_stored_null_too(legacy: Legacy) -> None:
    body = {
        "emailNotifications": {"daily": False},
        "dashboardLayout": [],
        "calendarSync": True,
        "emailSignature": "A & B",
        "theme": None,
    }

    reply = await legacy.send("agent_ann", "PUT", SETTINGS, body=body | {"dashboardLayout": {"rows": 2}})

    stored = {column: reply.body["data"][column] for column in settings.COLUMNS.values()}
    assert reply.status == 200
    assert (
        stored
        | {
            "email_notifications": {"daily": False},
            "dashboard_layout": {"rows": 2},
            "calendar_sync": True,
            "email_signature": "A &amp; B",
            "theme": None,
        }
        == stored
    )


async def test_a_value_that_the_database_does_not_take_is_its_error(legacy: Legacy) -> None:
    reply = await legacy.send("agent_ann", "PUT", SETTINGS, body={"theme": "x" * 50})

    assert (reply.status, reply.code) == (500, "UPDATE_ERROR")


async def test_who_has_no_settings_has_the_usual_ones_after_reading_them(legacy: Legacy) -> None:
    legacy.execute("DELETE FROM user_settings")

    theme = await legacy.send("agent_ann", "GET", f"{SETTINGS}/theme")
    changed = await legacy.send("agent_ann", "PUT", SETTINGS, body={"theme": "dark"})
    read = await legacy.send("agent_ann", "GET", SETTINGS)
    empty = await legacy.send("agent_ann", "PUT", SETTINGS, body={})

    assert theme.body["data"] == {"theme": "light"}
    assert (changed.status, changed.body.get("data")) == (200, None)
    assert (read.body["data"]["theme"], read.query_count) == ("light", 4)
    assert (empty.status, empty.code) == (400, "NO_UPDATES")


async def test_an_unknown_route_of_settings_asks_who_it_is(legacy: Legacy) -> None:
    reply = await legacy.send(None, "GET", f"{SETTINGS}/nothing")

    assert (reply.status, reply.code) == (401, "NO_AUTH_TOKEN")
