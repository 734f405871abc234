"""`crossfade parity acceptances`: all of them, wherever they come from."""

import json
from datetime import UTC, datetime, timedelta

from tests.support.command import InProcess
from tests.support.traffic import Traffic

DAY = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
WHY = ("--reason", "rounded on purpose", "--owner", "crm", "--expires", DAY)


def test_the_list_says_where_each_comes_from_and_whether_it_is_used(
    crossfade: InProcess, traffic: Traffic
) -> None:
    accepted = json.loads(
        crossfade("parity", "accept", traffic.group(), *WHY, "--ticket", "https://t.test/1", "--json").out
    )["acceptance"]

    text = crossfade("parity", "acceptances").out
    values = json.loads(crossfade("parity", "acceptances", "--json").out)

    ours = next(one for one in values["acceptances"] if one["id"] == accepted["id"])
    assert values["schema"] == "crossfade.acceptances/1"
    assert (ours["source"], ours["exchanges"], ours["holds"], ours["ticket"]) == (
        "store",
        0,
        True,
        "https://t.test/1",
    )
    assert ours["unused_since"] == ours["accepted_at"]
    assert any("escrows/parity.toml, acceptance 1" in one["source"] for one in values["acceptances"])
    assert "  used    never since " in text
    assert max(map(len, text.splitlines())) <= 80


def test_expired_ones_are_marked(crossfade: InProcess) -> None:
    (crossfade.state_dir / "crossfade.toml").write_text('[parity]\nrules = ["rules.toml"]\n')
    (crossfade.state_dir / "rules.toml").write_text(
        '[[acceptances]]\nendpoint = "*"\npath = "$.n"\nreason = "once"\nowner = "crm"\nexpires = 2020-01-01\n'
    )

    ran = crossfade("parity", "acceptances")

    assert ran.code == 0
    assert "  owner  crm, until 2020-01-01: EXPIRED: counts as a mismatch again" in ran.out
    assert ran.out.splitlines()[-1] == "1 acceptance, 1 expired, 0 unused"


def test_without_rules_files_nothing_is_accepted(crossfade: InProcess) -> None:
    (crossfade.state_dir / "crossfade.toml").write_text(
        '[[endpoints]]\ndomain = "a"\nmethod = "GET"\npath = "/a"\n'
    )

    ran = crossfade("parity", "acceptances")

    assert (ran.code, ran.out, ran.err) == (0, "", "nothing is accepted\n")
