"""How a retirement is told: no line is wider than a terminal, and no name can break out of its place."""

import io
import json

from rich.console import Console

from cli.leftovers import Handler, Leftovers
from cli.retirement import Retirement, render_retirement, retirement_json, retirement_markdown
from parity.served import Hole, HoleKind, Unused, Use
from tests.support.published import faults

NOW = 1_795_000_000.0
DAY = 86_400.0
LEFT = Leftovers((Handler("GET /v1/`odd`"),), (), ("rules.toml",), (), (), ("orders",), ())


def printed(found: Retirement) -> str:
    out = io.StringIO()
    render_retirement(found, Console(file=out, width=80))
    return out.getvalue()


def unused(
    since: float = NOW - 20 * DAY, *, uses: tuple[Use, ...] = (), holes: tuple[Hole, ...] = ()
) -> Unused:
    return Unused(NOW, 14 * DAY, NOW - 25 * DAY, since, uses, holes)


def test_what_is_proven_lists_what_to_delete_and_leaves_out_what_is_empty() -> None:
    text = printed(Retirement("orders", unused(), (), leftovers=LEFT))

    assert text.startswith("orders: legacy has served nothing for 20 d (14 d asked): proven")
    assert "Delete now: 1 handler of legacy, and where they are listed\n  GET /v1/`odd`" in text
    assert "Delete last: flag rows" in text
    assert "Delete now: rules\n" not in text


def test_who_counted_nothing_and_who_broke_off_are_told_apart() -> None:
    holes = (
        Hole(HoleKind.SILENT, NOW - 3 * DAY, NOW - 2 * DAY),
        Hole(HoleKind.BROKEN_OFF, NOW - DAY, NOW, "proxy-2"),
    )

    text = printed(Retirement("orders", unused(NOW, holes=holes), ()))

    assert "no proxy worker\n    reported" in text
    assert "proxy-2 broke\n    off" in text
    assert "proven are only the last 0 s" in text


def test_a_fallback_and_what_nobody_knows_are_named_as_such() -> None:
    uses = (Use("GET /v1/orders", 1_204, 2, 3, NOW - DAY),)

    text = " ".join(printed(Retirement("orders", unused(NOW - DAY, uses=uses), ())).split())

    assert (
        "legacy got 1,204 requests and 2 requests that modern failed and perhaps 3 requests counted by an"
        " earlier version at GET /v1/orders, last until 2026-11-17 11:06:40 UTC"
    ) in text


def test_many_endpoints_are_cut_with_their_number() -> None:
    uses = tuple(Use(f"GET /v1/{n}", 1, 0, 0, NOW - DAY) for n in range(12))

    assert "and at 4 endpoints more before (--json shows all)" in printed(
        Retirement("orders", unused(NOW - DAY, uses=uses), ())
    )


def test_a_proof_with_something_in_the_way_says_that_legacy_may_be_asked_again() -> None:
    text = printed(Retirement("orders", unused(), ("orders is at live",)))

    assert "orders: legacy has served nothing for 20 d, but may again: not proven" in text
    assert "orders is at live" in text


def test_markdown_has_lists_to_tick_off_whose_names_stay_in_their_places() -> None:
    text = retirement_markdown(Retirement("orders", unused(), (), leftovers=LEFT))

    assert "- [ ] ``GET /v1/`odd` ``" in text or "- [ ] `` GET /v1/`odd` ``" in text
    assert "### Delete last: flag rows" in text


def test_as_json_it_is_as_published() -> None:
    uses = (Use("GET /v1/orders", 1_204, 2, 3, NOW - DAY),)
    holes = (Hole(HoleKind.BROKEN_OFF, NOW - DAY, NOW, "proxy-2"),)
    found = retirement_json(Retirement("orders", unused(NOW - DAY, uses=uses, holes=holes), ("is at live",)))

    assert faults(json.dumps({"schema": "crossfade.retire/1", **found})) == []
