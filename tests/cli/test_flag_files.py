"""The flag table as a file: written, looked at, and applied as a whole or not at all."""

import json

from tests.cli.parity_store import ONE_ENDPOINT
from tests.support.command import InProcess

STEP = '[flags.escrows]\nstage = "shadow"\n[flags.leads]\nstage = "shadow"\nsample_rate = 0.5\n'


def write(crossfade: InProcess, text: str = STEP) -> str:
    (crossfade.state_dir / "flags.toml").write_text(text)
    return "flags.toml"


def version(crossfade: InProcess) -> int:
    found: int = json.loads(crossfade("flags", "--json").out)["version"]
    return found


def test_what_is_exported_would_change_nothing(crossfade: InProcess) -> None:
    crossfade("flip", "GET /v1/escrows", "shadow", "--reason", "x")

    exported = crossfade("flags", "export", "flags.toml")
    plan = crossfade("flags", "plan", "flags.toml")

    assert (exported.code, exported.out, exported.err) == (0, "", "wrote flags.toml\n")
    assert (plan.code, plan.out) == (0, "")
    assert plan.err == "no change: the flag table (version 1) is so already\n"
    assert crossfade("flags", "export").out == (crossfade.state_dir / "flags.toml").read_text()


def test_a_plan_shows_the_difference_and_changes_nothing(crossfade: InProcess) -> None:
    ran = crossfade("flags", "plan", write(crossfade))

    assert ran.code == 1
    assert ran.out.splitlines() == [
        "escrows: off → shadow",
        "leads: off → shadow, 50% sampled",
        "at version 0; nothing was changed",
    ]
    assert version(crossfade) == 0


def test_a_plan_says_what_is_in_the_way(crossfade: InProcess) -> None:
    crossfade("flip", "escrows", "shadow", "--reason", "x")
    file = write(crossfade, '[flags.escrows]\nstage = "canary"\n[flags.leads]\nstage = "live"\n')

    text = crossfade("flags", "plan", file)
    values = json.loads(crossfade("flags", "plan", file, "--json").out)

    assert text.code == 4
    assert "    the verdict is 'not yet'" in [line.rstrip() for line in text.out.splitlines()]
    assert all(
        line.startswith(("    ", "escrows: ", "leads: ", "at version")) for line in text.out.splitlines()
    )
    assert "leads is at off and cannot go to live" in text.out
    assert all(len(line) <= 80 for line in text.out.splitlines())
    assert [(step["key"], step["forward"], bool(step["refused"])) for step in values["steps"]] == [
        ("escrows", True, True),
        ("leads", True, True),
    ]


def test_a_file_is_applied_in_one_entry_of_the_ledger(crossfade: InProcess) -> None:
    ran = crossfade("flags", "apply", write(crossfade), "--reason", "merged as #12", "--json")

    assert ran.code == 0
    assert [row["key"] for row in json.loads(ran.out)["changed"]] == ["escrows", "leads"]
    changes = json.loads(crossfade("history", "--json").out)["changes"]
    assert [(one["action"], one["reason"], len(one["changed"])) for one in changes] == [
        ("apply", "merged as #12", 2)
    ]
    again = crossfade("flags", "apply", "flags.toml", "--reason", "x")
    assert (again.code, again.err) == (0, "nothing to apply: the flag table (version 1) is so already\n")


def test_one_row_that_is_refused_keeps_all_others_from_being_applied(crossfade: InProcess) -> None:
    file = write(crossfade, f'{STEP}[flags.clients]\nstage = "canary"\n')

    ran = crossfade("flags", "apply", file, "--force", "--yes", "--reason", "x")

    assert ran.code == 4
    assert ran.err.splitlines()[0] == "crossfade: nothing was applied:"
    assert "clients is at off and cannot go to canary" in ran.err
    assert version(crossfade) == 0


def test_a_step_without_a_ready_verdict_wants_force(crossfade: InProcess) -> None:
    (crossfade.state_dir / "crossfade.toml").write_text(ONE_ENDPOINT)
    crossfade("flip", "escrows", "shadow", "--reason", "x")
    file = write(crossfade, '[flags.escrows]\nstage = "canary"\ncanary_share = 0.2\n')

    refused = crossfade("flags", "apply", file, "--reason", "x")
    forced = crossfade("flags", "apply", file, "--force", "--yes", "--reason", "x")

    assert (refused.code, forced.code) == (4, 0)
    assert "escrows: the verdict is 'not yet'" in refused.err
    assert "escrows: shadow → canary 20%" in forced.out
    assert "forced" in forced.out


def test_a_file_that_is_older_than_the_latest_flip_is_refused_with_who_made_it(crossfade: InProcess) -> None:
    crossfade("flags", "export", "flags.toml")
    crossfade("flip", "leads", "shadow", "--reason", "meanwhile")
    text = (crossfade.state_dir / "flags.toml").read_text()
    write(crossfade, text.replace('"escrows"]\nstage = "off"', '"escrows"]\nstage = "shadow"'))

    plan = crossfade("flags", "plan", "flags.toml")
    ran = crossfade("flags", "apply", "flags.toml", "--reason", "x")

    assert (plan.code, ran.code) == (4, 4)
    assert "made from version 0, and flags were changed since: version 1 by olivia: leads" in ran.err
    assert version(crossfade) == 1


def test_every_fault_of_a_file_is_told_with_exit_code_2(crossfade: InProcess) -> None:
    ran = crossfade("flags", "apply", write(crossfade, '[flags.escrow]\nstage = "of"\n'), "--reason", "x")

    assert ran.code == 2
    assert "flags.toml:\n  flags: there is no domain and no endpoint 'escrow'" in ran.err
