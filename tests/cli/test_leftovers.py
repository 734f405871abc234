"""What a retired domain leaves behind is found where it stands, and nothing that others need."""

from pathlib import Path

import pytest

from cli.context import ROOT, Context
from cli.leftovers import Handler, Leftovers, find_leftovers
from cli.settings import load_settings
from proxy.stages import Stage

OWN = """
[[endpoints]]
domain = "orders"
method = "GET"
path = "/orders"

[[endpoints]]
domain = "stock"
method = "GET"
path = "/stock"

[[bounds]]
endpoint = "GET /orders"
max_in_flight = 2

[[verdict.cells]]
endpoint = "GET /orders"
status = "4xx"

[write_checks.exceptions]
orders = "none"
stock = "none"

[parity]
rules = ["orders.toml", "both.toml"]
"""
RULE = """
[[rules]]
endpoint = "{endpoint}"
path = "$.at"
compare = "shape"
reason = "the time of the answer"
"""
GROUP = """
[[groups]]
name = "all"
endpoints = ["GET /orders", "GET /stock"]

[[rules]]
group = "all"
path = "$.id"
compare = "shape"
reason = "made anew"
"""
ACCEPTANCE = """
[[acceptances]]
endpoint = "GET /orders"
path = "$.total"
reason = "rounded"
owner = "olivia"
expires = 2999-01-01
"""


def context_in(folder: Path, config: str) -> Context:
    file = folder / "crossfade.toml"
    file.write_text(f'state_dir = "{folder}"\n{config}')
    return Context(load_settings(file), file, "secret", "olivia")


def found_in(folder: Path, domain: str, config: str = "") -> Leftovers:
    context = context_in(folder, config)
    return find_leftovers(context, domain, context.flags.table())


def test_of_the_reference_crm_each_handler_is_named_with_its_place(tmp_path: Path) -> None:
    found = found_in(tmp_path, "leads")

    by_endpoint = {one.endpoint: one for one in found.handlers}
    handler = by_endpoint["GET /v1/leads"]
    path, _, line = handler.place.partition(":")
    text = (ROOT / path).read_text().splitlines()
    assert f"def {handler.function.rpartition('.')[2]}(" in "".join(text[int(line) - 1 : int(line) + 2])
    assert found.modules == ("legacy_bridge.leads",)
    assert [Path(path).parent.name for path in found.rules_files] == ["leads"]
    assert (found.rules, found.acceptances) == ((), ())


@pytest.mark.parametrize(
    ("domain", "goes", "stays"),
    [
        ("escrows", "legacy_bridge.escrow_parts", "legacy_bridge.escrow_health"),
        ("listings", "legacy_bridge.listing_rules", "legacy_bridge.escrow_health"),
        ("users", "legacy_bridge.sign_in", "legacy_bridge.auth"),
    ],
)
def test_a_module_that_others_use_stays(tmp_path: Path, domain: str, goes: str, stays: str) -> None:
    modules = found_in(tmp_path, domain).modules

    assert (goes in modules, stays in modules) == (True, False)


def test_of_another_legacy_backend_the_endpoints_and_what_our_files_say_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("orders.toml").write_text(RULE.format(endpoint="GET /orders") + ACCEPTANCE)
    Path("both.toml").write_text(
        GROUP + RULE.format(endpoint="GET /ord*") + RULE.format(endpoint="GET *") + ACCEPTANCE
    )

    found = found_in(tmp_path, "orders", OWN)

    assert found == Leftovers(
        handlers=(Handler("GET /orders"),),
        modules=(),
        rules_files=("orders.toml",),
        rules=("both.toml: rules[2]: GET /ord* $.at",),
        acceptances=("both.toml, acceptance 1: GET /orders $.total",),
        flags=(),
        settings=(
            "endpoints[1]: GET /orders",
            "bounds[1]: GET /orders",
            "verdict.cells[1]: GET /orders 4xx",
            "write_checks.exceptions: orders",
        ),
    )


def test_flag_rows_of_the_domain_and_its_endpoints_are_named(tmp_path: Path) -> None:
    context = context_in(tmp_path, OWN.partition("[parity]")[0])
    for key in ("GET /orders", "orders", "stock"):
        context.flags.flip(key, Stage.SHADOW, actor="olivia", reason="x")

    assert find_leftovers(context, "orders", context.flags.table()).flags == ("orders", "GET /orders")
