"""What the endpoints of every room answer."""

import pytest

from tests.domains.support import Modern, escrow


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "keys", "message"),
    [
        ("GET", "/v1/escrows", None, 200, ["success", "data"], None),
        ("GET", escrow(1), None, 200, ["success", "data"], None),
        ("POST", "/v1/escrows", {"propertyAddress": "1 Road"}, 201, ["success", "data"], None),
        ("PUT", escrow(1), {"city": "X"}, 200, ["success", "data", "message"], "Escrow updated successfully"),
        (
            "PUT",
            f"{escrow(1)}/archive",
            None,
            200,
            ["success", "message", "data"],
            "Escrow archived successfully",
        ),
        (
            "PUT",
            f"{escrow(20)}/restore",
            None,
            200,
            ["success", "message", "data"],
            "Escrow restored successfully",
        ),
        ("DELETE", escrow(20), None, 200, ["success", "message", "data"], "Escrow permanently deleted"),
    ],
)
async def test_each_answer_has_its_parts_in_the_recorded_order(
    modern: Modern, method: str, path: str, body: object, status: int, keys: list[str], message: str | None
) -> None:
    reply = await modern.send("admin_ada", method, path, body)

    assert (reply.status, list(reply.body), reply.body.get("message")) == (status, keys, message)


async def test_a_creation_says_so_beside_the_new_id(modern: Modern) -> None:
    reply = await modern.send("admin_ada", "POST", "/v1/escrows", {"propertyAddress": "1 Road"})

    assert list(reply.body["data"]) == ["id", "displayId", "message"]
    assert reply.body["data"]["message"] == "Escrow created successfully"
