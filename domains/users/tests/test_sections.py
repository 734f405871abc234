"""The rules of profiles, settings, and teams."""

from tests.domains.support import Modern

ME = "/v1/profiles/me"
ALPHA = "/v1/teams/aaaaaaaa-0000-4000-8000-000000000001"
ANN = "c0ffee00-0000-4000-8000-000000000003"


async def test_the_hash_of_a_password_leaves_the_database_in_no_answer(modern: Modern) -> None:
    replies = [
        await modern.send("agent_ann", "PUT", ME, {"profile": {"bio": "x"}, "settings": {"theme": "dark"}}),
        await modern.send("agent_ann", "GET", ME),
        await modern.send("agent_ann", "GET", "/v1/auth/profile"),
        await modern.send("admin_ada", "GET", "/v1/admin/users"),
        await modern.send(None, "GET", "/v1/profiles/public/agent_ann"),
    ]

    assert {reply.status for reply in replies} == {200}
    assert [reply.query_count for reply in replies] == [2, 2, 2, 2, 2]
    assert not any("$2" in str(reply.body) or "password" in str(reply.body) for reply in replies)


async def test_a_profile_and_settings_are_stored_together_or_not_at_all(modern: Modern) -> None:
    body = {"profile": {"bio": "not stored"}, "settings": {"theme": "x" * 21}}

    reply = await modern.send("agent_ann", "PUT", ME, body)

    assert (reply.status, reply.faults) == (400, ["theme"])
    assert modern.rows("SELECT count(*) FROM user_profiles WHERE bio = 'not stored'") == [(0,)]


async def test_who_has_no_profile_is_given_none(modern: Modern) -> None:
    modern.execute("DELETE FROM user_profiles")

    reply = await modern.send("agent_ann", "PUT", ME, {"profile": {"specialties": ["condos", "land"]}})

    assert (reply.status, reply.body["data"]["specialties"]) == (200, None)
    assert modern.rows("SELECT specialties FROM user_profiles") == []


async def test_testimonials_are_shown_as_far_as_they_are_visible_the_featured_first(modern: Modern) -> None:
    modern.execute("DELETE FROM profile_testimonials")
    modern.execute(
        """
        INSERT INTO profile_testimonials (user_id, client_name, is_featured, is_visible)
        SELECT id, name, name = 'B', name <> 'C' FROM users, unnest(ARRAY['A', 'B', 'C']) AS t(name)
        WHERE username = 'agent_ann'
        """
    )

    reply = await modern.send(None, "GET", "/v1/profiles/public/agent_ann")

    assert [row["client_name"] for row in reply.body["data"]["testimonials"]] == ["B", "A"]


async def test_who_has_no_settings_has_the_usual_ones_after_reading_them(modern: Modern) -> None:
    modern.execute("DELETE FROM user_settings")

    theme = await modern.send("agent_ann", "GET", "/v1/settings/theme")

    changed = await modern.send("agent_ann", "PUT", "/v1/settings", {"theme": "dark"})
    read = await modern.send("agent_ann", "GET", "/v1/settings")
    assert theme.body["data"] == {"theme": "light"}
    assert (changed.status, changed.body.get("data")) == (200, None)
    assert (read.body["data"]["theme"], read.query_count) == ("light", 4)
    assert (await modern.send("agent_ann", "PUT", "/v1/settings", {})).refusal == (400, "NO_UPDATES")


async def test_permissions_are_said_anew_and_shown_with_the_members(modern: Modern) -> None:
    path = f"{ALPHA}/members/{ANN}/permissions"

    changed = await modern.send("admin_ada", "PUT", path, {"permissions": {"can_delete": True}})
    members = await modern.send("admin_ada", "GET", f"{ALPHA}/members")

    shown = {row["username"]: row["permissions"] for row in members.body["data"]}
    assert (changed.status, changed.query_count) == (200, 3)
    assert shown["agent_ann"]["can_delete"] is True
    assert shown["agent_ann"]["can_view_financials"] is True


async def test_who_is_no_admin_learns_of_no_team(modern: Modern) -> None:
    asked = [
        await modern.send(user, method, f"{ALPHA}{path}", body)
        for user in ("agent_ann", "owner_otto", "broker_bea")
        for method, path, body in (
            ("GET", "", None),
            ("GET", "/members", None),
            ("GET", "/users", None),
            ("PUT", f"/members/{ANN}/permissions", {"permissions": {"is_broker_admin": True}}),
        )
    ]

    assert {reply.refusal for reply in asked} == {(403, "FORBIDDEN")}
    assert (await modern.send("agent_ann", "GET", "/v1/admin/users")).refusal == (403, "FORBIDDEN")
