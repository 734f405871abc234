"""Settings."""

from legacy_bridge import settings
from tests.legacy_bridge.support import Legacy

SETTINGS = "/v1/settings"


async def test_every_setting_is_stored_and_null_keeps_what_was(legacy: Legacy) -> None:
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
            "theme": "light",
        }
        == stored
    )


async def test_a_value_that_the_database_does_not_take_is_its_error(legacy: Legacy) -> None:
    reply = await legacy.send("agent_ann", "PUT", SETTINGS, body={"theme": "x" * 50})

    assert (reply.status, reply.code) == (500, "SETTINGS_UPDATE_ERROR")


async def test_who_has_no_settings_has_the_usual_theme(legacy: Legacy) -> None:
    legacy.execute("DELETE FROM user_settings")

    theme = await legacy.send("agent_ann", "GET", f"{SETTINGS}/theme")
    found = [await legacy.send("agent_ann", method, SETTINGS, body={}) for method in ("GET", "PUT")]

    assert theme.body["data"] == {"theme": "light"}
    assert [(reply.status, reply.code) for reply in found] == [(404, "NOT_FOUND")] * 2


async def test_an_unknown_route_of_settings_asks_who_it_is(legacy: Legacy) -> None:
    reply = await legacy.send(None, "GET", f"{SETTINGS}/nothing")

    assert (reply.status, reply.code) == (401, "NO_AUTH_TOKEN")
