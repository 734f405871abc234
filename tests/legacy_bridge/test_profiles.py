"""Profiles."""

from tests.legacy_bridge.support import Legacy

ME = "/v1/profiles/me"


async def test_an_api_key_opens_the_own_profile_too(legacy: Legacy) -> None:
    by_token = await legacy.send("agent_ann", "GET", ME)
    by_key = await legacy.send("apikey:agent_ann", "GET", ME)

    assert (by_token.query_count, by_key.query_count) == (2, 4)
    assert by_token.body == by_key.body
    assert "password_hash" not in by_token.body["data"]


async def test_nobody_has_no_own_profile(legacy: Legacy) -> None:
    reply = await legacy.send(None, "GET", ME)

    assert (reply.status, reply.code) == (401, "NO_AUTH_TOKEN")


async def test_an_unknown_route_of_profiles_asks_nobody(legacy: Legacy) -> None:
    reply = await legacy.send(None, "GET", "/v1/profiles/nothing")

    assert (reply.status, reply.body["error"]["message"]) == (404, "Endpoint not found")


async def test_only_known_fields_are_stored_and_strings_stay_as_they_are(legacy: Legacy) -> None:
    body = {
        "profile": {"bio": "<b>A & B</b>", "languages": ["English", "Suomi"], "user_id": "other"},
        "settings": {"dashboard_layout": {"a": [1]}, "nonsense": 1},
    }

    reply = await legacy.send("agent_ann", "PUT", ME, body=body)

    stored = {key: reply.body["data"][key] for key in ("bio", "languages", "dashboard_layout")}
    assert (reply.status, reply.query_count) == (200, 6)
    assert stored == {
        "bio": "<b>A & B</b>",
        "languages": ["English", "Suomi"],
        "dashboard_layout": {"a": [1]},
    }
    assert reply.body["data"]["password_hash"].startswith("$2a$10$")


async def test_who_has_no_profile_is_given_none(legacy: Legacy) -> None:
    legacy.execute("DELETE FROM user_profiles")

    reply = await legacy.send("agent_ann", "PUT", ME, body={"profile": {"bio": "x"}, "settings": "x"})

    assert (reply.status, reply.body["data"]["bio"], reply.query_count) == (200, None, 5)


async def test_a_field_of_the_wrong_kind_stores_nothing(legacy: Legacy) -> None:
    body = {"profile": {"bio": "lost"}, "settings": {"calendar_sync": "perhaps"}}

    reply = await legacy.send("agent_ann", "PUT", ME, body=body)

    assert (reply.status, reply.code) == (500, "UPDATE_ERROR")
    assert legacy.rows("SELECT 1 FROM user_profiles WHERE bio = 'lost'") == []


async def test_a_public_profile_shows_what_there_is_to_show(legacy: Legacy) -> None:
    legacy.execute("UPDATE user_profiles SET show_email = false")
    legacy.execute(
        "INSERT INTO profile_statistics (user_id, total_sales, awards) SELECT id, 7, '[\"Best\"]' FROM users"
    )
    legacy.execute(
        "INSERT INTO profile_testimonials (user_id, client_name, rating) SELECT id, 'Cleo', 5 FROM users"
    )

    reply = await legacy.send(None, "GET", "/v1/profiles/public/AGENT_ANN")

    shown = reply.body["data"]
    assert shown["contact"] == {"email": None}
    assert (shown["statistics"]["totalSales"], shown["awards"]) == (7, ["Best"])
    assert [(one["client_name"], one["rating"]) for one in shown["testimonials"]] == [("Cleo", 5)]


async def test_who_is_unknown_or_disabled_has_no_public_profile(legacy: Legacy) -> None:
    for name in ("nobody", "off_olga"):
        reply = await legacy.send(None, "GET", f"/v1/profiles/public/{name}")

        assert (reply.status, reply.code) == (404, "PROFILE_NOT_FOUND")
