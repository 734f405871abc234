"""What a handler is given."""

from typing import Any, cast

from legacy_bridge.auth import ANONYMOUS
from legacy_bridge.calls import Call
from legacy_bridge.events import Event


def test_a_call_knows_its_id_its_client_and_what_it_told() -> None:
    nothing = cast("Any", None)
    call = Call(
        database=nothing,
        services=nothing,
        user=ANONYMOUS,
        method="GET",
        target="/x/7",
        params={"id": "7"},
        query={},
        body={},
        headers={"User-Agent": "browser"},
    )

    call.emit(Event("*", "x", {}))

    assert (call.id, call.user_agent, call.events) == ("7", "browser", [Event("*", "x", {})])
