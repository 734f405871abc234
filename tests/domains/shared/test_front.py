"""Cache, transactions of rehearsals and figures around a controller."""

import asyncio
import hashlib
import hmac
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import jwt
import psycopg
import pytest

from domains.shared.caching import CacheSettings
from tests.domains.support import SHADOW_SECRET, Modern, escrow, serving, signed
from tests.support.replay import JWT_SECRET

ANNS = escrow(9)


@pytest.fixture
async def cached(seeded_database: str, contract: Path) -> AsyncIterator[Modern]:
    async with serving(seeded_database, contract, cache=CacheSettings(ttl_s=600)) as running:
        yield running


def cache_of(reply: Any) -> str:
    return str(reply.headers["Server-Timing"].partition("cache;desc=")[2])


async def test_a_second_read_needs_no_statement_and_says_so(cached: Modern) -> None:
    first, second = [await cached.send("agent_ann", "GET", ANNS) for _ in range(2)]

    assert [cache_of(first), cache_of(second)] == ["miss", "hit"]
    assert [first.query_count, second.query_count] == [2, 0]
    assert first.body == second.body


async def test_nobody_gets_what_was_made_for_somebody_else(cached: Modern) -> None:
    mine = await cached.send("agent_ann", "GET", ANNS)
    theirs = await cached.send("agent_ben", "GET", ANNS)
    by_key = await cached.send("apikey:agent_ann", "GET", ANNS)

    assert (mine.status, theirs.refusal, by_key.status) == (200, (403, "FORBIDDEN"), 200)
    assert [cache_of(reply) for reply in (mine, theirs, by_key)] == ["miss", "miss", "miss"]


async def test_a_refusal_is_kept_like_an_answer(cached: Modern) -> None:
    first, second = [await cached.send("agent_ben", "GET", ANNS) for _ in range(2)]

    assert (second.refusal, cache_of(second), second.body) == ((403, "FORBIDDEN"), "hit", first.body)


async def test_an_own_commit_is_seen_at_once(cached: Modern) -> None:
    await cached.send("agent_ann", "GET", ANNS)

    await cached.send("agent_ann", "PUT", ANNS, {"city": "Newtown"})
    reply = await cached.send("agent_ann", "GET", ANNS)

    assert (cache_of(reply), reply.body["data"]["property-details"]["city"]) == ("miss", "Newtown")


async def test_a_refused_write_leaves_the_cache_alone(cached: Modern) -> None:
    await cached.send("agent_ann", "GET", ANNS)

    refused = await cached.send("agent_ann", "PUT", ANNS, {"no_such_column": 1})
    reply = await cached.send("agent_ann", "GET", ANNS)

    assert (refused.status, cache_of(reply)) == (400, "hit")


async def test_a_newer_stamp_of_the_proxy_makes_an_answer_new(cached: Modern) -> None:
    stamps = ("epoch=a *=0", "epoch=a *=0", "epoch=a *=0 escrows=1 row=1.0", "epoch=b *=0")

    replies = [
        await cached.send("agent_ann", "GET", ANNS, headers={"X-Crossfade-Writes": stamp}) for stamp in stamps
    ]

    assert [cache_of(reply) for reply in replies] == ["miss", "hit", "miss", "miss"]


async def test_the_callers_row_is_read_again_after_a_write_to_users(cached: Modern) -> None:
    await cached.send("agent_ann", "GET", ANNS, headers={"X-Crossfade-Writes": "epoch=a *=0"})
    cached.execute("UPDATE users SET is_active = false WHERE username = 'agent_ann'")

    stamped = {"X-Crossfade-Writes": "epoch=a *=0 users=1"}
    reply = await cached.send("agent_ann", "GET", ANNS, headers=stamped)

    assert reply.refusal == (401, "ACCOUNT_DISABLED")


async def test_a_token_expires_though_its_signature_was_checked_before(cached: Modern) -> None:
    user_id = cached.rows("SELECT id FROM users WHERE username = 'agent_ann'")[0][0]
    expires = int(time.time()) + 1
    token = jwt.encode({"id": str(user_id), "exp": expires}, JWT_SECRET, algorithm="HS256")
    headers = {"Authorization": f"Bearer {token}"}

    first = await cached.send(None, "GET", ANNS, headers=headers)
    await asyncio.sleep(expires - time.time() + 0.01)
    second = await cached.send(None, "GET", ANNS, headers=headers)

    assert (first.status, second.refusal) == (200, (401, "TOKEN_EXPIRED"))


async def test_a_rehearsed_write_answers_like_a_real_one_and_writes_nothing(cached: Modern) -> None:
    body = b'{"city": "Newtown"}'
    headers = signed(ANNS, method="PUT", body=body) | {
        "X-Crossfade-Shadow": "rehearse",
        "Content-Type": "application/json",
    }
    before = cached.rows("SELECT city, version FROM escrows WHERE id = %s", [ANNS.rpartition("/")[2]])
    await cached.send("agent_ann", "GET", ANNS)

    reply = await cached.send("agent_ann", "PUT", ANNS, raw=body, headers=headers)

    after = cached.rows("SELECT city, version FROM escrows WHERE id = %s", [ANNS.rpartition("/")[2]])
    again = await cached.send("agent_ann", "GET", ANNS)
    assert (reply.status, reply.body["data"]["city"]) == (200, "Newtown")
    assert (after, cache_of(again)) == (before, "hit")
    assert '"table":"escrows"' in reply.headers["X-Write-Set"]
    assert '"op":"update"' in reply.headers["X-Write-Set"]
    assert ANNS.rpartition("/")[2] in reply.headers["X-Write-Set"]


@pytest.mark.parametrize("proof", [{}, signed(ANNS, method="PUT", body=b"{}", secret="another secret")])
async def test_a_rehearsal_that_is_not_proven_to_be_one_is_refused_and_not_written(
    cached: Modern, proof: dict[str, str]
) -> None:
    headers = proof | {"X-Crossfade-Shadow": "rehearse"}
    before = cached.rows("SELECT city FROM escrows WHERE id = %s", [ANNS.rpartition("/")[2]])

    reply = await cached.send("agent_ann", "PUT", ANNS, {"city": "Newtown"}, headers=headers)

    assert (reply.status, "X-Write-Set" in reply.headers) == (400, False)
    assert cached.rows("SELECT city FROM escrows WHERE id = %s", [ANNS.rpartition("/")[2]]) == before


async def asked_whether_it_rehearses(modern: Modern, headers: dict[str, str]) -> tuple[int, str | None]:
    async with modern.client.options(ANNS, headers=headers) as answer:
        return answer.status, answer.headers.get("X-Crossfade-Rehearses")


async def test_whoever_asks_with_a_signature_is_told_that_rehearsals_are_rolled_back(cached: Modern) -> None:
    question = signed(ANNS, method="OPTIONS") | {"X-Crossfade-Shadow": "rehearse"}
    text = f"rehearses\n{question['X-Crossfade-Signature']}"
    proof = hmac.new(SHADOW_SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()

    told = await asked_whether_it_rehearses(cached, question)

    assert told == (204, proof)


async def test_whoever_asks_without_is_told_nothing(cached: Modern) -> None:
    unsigned = await asked_whether_it_rehearses(cached, {"X-Crossfade-Shadow": "rehearse"})
    of_a_read = await asked_whether_it_rehearses(cached, signed(ANNS, method="OPTIONS"))

    assert (unsigned[1], of_a_read[1]) == (None, None)


async def test_a_rehearsal_that_is_refused_says_that_it_wrote_nothing(cached: Modern) -> None:
    headers = signed(ANNS, method="PUT", body=b"{}") | {
        "X-Crossfade-Shadow": "rehearse",
        "Content-Type": "application/json",
    }

    stranger = await cached.send(None, "PUT", ANNS, raw=b"{}", headers=headers)

    assert (stranger.status, stranger.headers["X-Write-Set"]) == (401, "[]")


async def test_a_rehearsal_whose_time_is_up_lets_go_of_the_rows_that_the_real_write_waits_for(
    cached: Modern,
) -> None:
    number = ANNS.rpartition("/")[2]
    body = b'{"city": "Newtown"}'
    headers = signed(ANNS, method="PUT", body=body) | {
        "X-Crossfade-Shadow": "rehearse",
        "X-Crossfade-Within": "0.2",
        "Content-Type": "application/json",
    }
    with psycopg.connect(cached.database_url) as other:
        other.execute("SELECT 1 FROM escrows WHERE id = %s FOR UPDATE", [number])
        reply = await cached.send("agent_ann", "PUT", ANNS, raw=body, headers=headers)

    assert reply.status == 503
    with psycopg.connect(cached.database_url) as real:
        real.execute("SET lock_timeout = '2s'")
        real.execute("UPDATE escrows SET city = 'Real' WHERE id = %s", [number])


MANY_LEADS = """
    INSERT INTO leads (first_name, last_name, owner_id)
    SELECT 'F' || n, 'L', 'c0ffee00-0000-4000-8000-000000000003' FROM generate_series(1, 2400) AS n
"""
EXPORT = "/v1/leads/export?scope=user"


async def exported(modern: Modern, method: str = "GET") -> tuple[str, Any]:
    async with modern.client.request(
        method, EXPORT, headers=modern.credentials.headers("agent_ann")
    ) as answer:
        return await answer.text(), answer.headers


async def measured(modern: Modern, name: str) -> float:
    """The sum of a histogram for the exports of leads."""
    async with modern.client.get("/metrics") as answer:
        found = re.search(rf'{name}_sum{{endpoint="GET /v1/leads/export".*?}} (\S+)', await answer.text())
    assert found is not None
    return float(found[1])


async def test_an_export_counts_all_its_statements_in_head_log_and_histogram(cached: Modern) -> None:
    cached.execute(MANY_LEADS)

    text, headers = await exported(cached)

    assert len(text.splitlines()) > 2400
    assert headers["X-Query-Count"] == "4"  # the caller, and three pieces
    assert await measured(cached, "crossfade_modern_request_statements") == 4


async def test_an_export_lasts_until_its_last_piece_was_read(cached: Modern) -> None:
    cached.execute(MANY_LEADS)
    cached.execute("UPDATE leads SET notes = repeat(md5(id::text), 500)")  # more than sockets hold

    sent = cached.credentials.headers("agent_ann")
    async with cached.client.get(EXPORT, headers=sent) as answer:
        await asyncio.sleep(0.15)
        size = len(await answer.read())

    assert size > 30_000_000
    assert await measured(cached, "crossfade_modern_request_duration_seconds") > 0.15


async def test_an_export_whose_client_goes_away_is_written_down_and_gives_back_its_connection(
    cached: Modern,
) -> None:
    cached.execute(MANY_LEADS)
    cached.execute("UPDATE leads SET notes = repeat(md5(id::text), 100)")

    for _ in range(6):  # more than the pool has
        answer = await cached.client.get(EXPORT, headers=cached.credentials.headers("agent_ann"))
        answer.close()
    after = await cached.send("agent_ann", "GET", ANNS)

    assert after.status == 200
    assert await measured(cached, "crossfade_modern_request_statements") >= 2


async def test_the_head_of_an_export_comes_without_its_pieces(cached: Modern) -> None:
    text, headers = await exported(cached, "HEAD")

    assert (text, headers["Content-Type"].partition(";")[0]) == ("", "text/csv")
    assert await measured(cached, "crossfade_modern_request_statements") == 2


async def test_an_export_is_never_kept_so_that_it_shows_what_nobody_counted(cached: Modern) -> None:
    before, _ = await exported(cached)
    cached.execute(
        "UPDATE leads SET first_name = 'Newname' WHERE owner_id = (SELECT id FROM users WHERE username = 'agent_ann')"
    )

    after, headers = await exported(cached)

    assert "Newname" not in before
    assert after.count("Newname") == len(after.splitlines()) - 1
    assert (headers["X-Query-Count"], "hit" in headers["Server-Timing"]) == ("1", False)


async def test_a_hundred_equal_reads_at_once_are_computed_once(cached: Modern) -> None:
    replies = await asyncio.gather(*(cached.send("agent_ann", "GET", ANNS) for _ in range(100)))

    assert {reply.status for reply in replies} == {200}
    assert sorted(cache_of(reply) for reply in replies) == ["hit"] * 99 + ["miss"]
    assert sum(reply.query_count for reply in replies) == 2


async def test_long_targets_count_to_the_bytes_that_are_kept(seeded_database: str, contract: Path) -> None:
    settings = CacheSettings(max_bytes=200_000, ttl_s=600)
    first = f"{ANNS}?flood=first"

    async with serving(seeded_database, contract, cache=settings) as modern:
        await modern.send("agent_ben", "GET", first)
        for number in range(50):
            await modern.send("agent_ben", "GET", f"{ANNS}?flood={number}{'x' * 6_000}")
        reply = await modern.send("agent_ben", "GET", first)

    assert (reply.status, cache_of(reply)) == (403, "miss")


async def test_a_write_that_passes_by_the_proxy_is_seen_when_an_entrys_life_ends(
    seeded_database: str, contract: Path
) -> None:
    settings = CacheSettings(ttl_s=0.2)

    async with serving(seeded_database, contract, cache=settings) as modern:
        await modern.send("agent_ann", "GET", ANNS)
        modern.execute("UPDATE escrows SET city = 'Newtown' WHERE id = %s", [ANNS.rpartition("/")[2]])
        await asyncio.sleep(settings.ttl_s)
        reply = await modern.send("agent_ann", "GET", ANNS)

    assert reply.body["data"]["property-details"]["city"] == "Newtown"


async def test_metrics_are_served_for_prometheus(cached: Modern) -> None:
    await cached.send("agent_ann", "GET", ANNS)

    async with cached.client.get("/metrics") as answer:
        text = await answer.text()

    assert 'crossfade_modern_cache_total{endpoint="GET /v1/escrows/{id}",result="miss"} 1.0' in text


async def test_what_was_answered_without_the_database_outlives_writes(cached: Modern) -> None:
    nothing = "/v1/escrows"  # an agent's list without a scope
    refused = "/v1/escrows?scope=bogus"
    for target in (nothing, refused):
        await cached.send("agent_ann", "GET", target)

    await cached.send("agent_ann", "PUT", ANNS, {"city": "Newtown"})
    replies = [await cached.send("agent_ann", "GET", target) for target in (nothing, refused)]

    assert [(reply.status, cache_of(reply)) for reply in replies] == [(200, "hit"), (400, "hit")]
