"""The flag table, as an operator reads it."""

import json

from tests.support.command import InProcess


def test_the_table_shows_every_domain_and_the_endpoints_with_rows_of_their_own(crossfade: InProcess) -> None:
    crossfade("flip", "GET /v1/escrows", "shadow", "--sample-rate", "0.5", "--reason", "x")

    lines = crossfade("flags").out.splitlines()

    assert lines[0].strip() == "flag table, version 1"
    assert ["escrows", "off", "-", "100%"] in [line.split() for line in lines]
    assert lines[-1].split() == ["GET", "/v1/escrows", "shadow", "-", "50%"]


def test_as_json_it_has_every_domain(crossfade: InProcess) -> None:
    values = json.loads(crossfade("flags", "--json").out)

    assert (values["schema"], values["version"]) == ("crossfade.flags/1", 0)
    assert {"key": "escrows", "stage": "off", "canary_share": 0.05, "sample_rate": 1.0} in values["flags"]


def test_what_is_done_with_all_of_it_are_commands_below(crossfade: InProcess) -> None:
    ran = crossfade("flags", "--help")

    assert all(f"  {name} " in ran.out for name in ("export", "plan", "apply", "watch"))
