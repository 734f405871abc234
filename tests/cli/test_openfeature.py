"""`crossfade openfeature` with a real OFREP server beside it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

from proxy.flags import Flag
from proxy.stages import Stage
from tests.support.command import InProcess
from tests.support.flag_system import flag_system

ROOT = Path(__file__).parent.parent.parent


def configured(crossfade: InProcess, text: str) -> Path:
    file = crossfade.state_dir / "crossfade.toml"
    file.write_text(text)
    return file


def test_without_a_provider_there_is_nothing_to_see_and_nothing_to_do(crossfade: InProcess) -> None:
    shown = crossfade("openfeature")
    as_json = crossfade("openfeature", "--json")
    refused = [crossfade("openfeature", command) for command in ("check", "watch")]

    assert (shown.code, shown.out) == (0, "")
    assert "no provider is configured" in shown.err
    assert json.loads(as_json.out) == {
        "schema": "crossfade.openfeature/1",
        "provider": None,
        "watched_by": None,
        "flags": [],
    }
    assert [(one.code, one.out) for one in refused] == [(2, "")] * 2
    assert "openfeature.provider: ''" in refused[0].err


def test_a_provider_that_nobody_asks_is_exit_code_1(crossfade: InProcess) -> None:
    configured(crossfade, '[openfeature]\nprovider = "http://127.0.0.1:9"\nkeys = {escrows = "stage"}')

    ran = crossfade("openfeature")

    assert ran.code == 1
    assert "escrows at off: not asked yet" in ran.out
    assert "is asked by nobody (crossfade openfeature watch does)" in ran.out


def test_check_asks_and_changes_nothing(crossfade: InProcess) -> None:
    with flag_system(escrows=Flag(Stage.SHADOW)) as system:
        configured(crossfade, system.config(timeout_s=30))
        ran = crossfade("openfeature", "check")
        as_json = json.loads(crossfade("openfeature", "check", "--json").out)

    assert ran.code == 0
    assert "crossfade.escrows says shadow: a step forward" in ran.out
    assert "crossfade.leads says off: the flag is so" in ran.out
    assert [(row["key"], row["said"]["stage"], row["move"]) for row in as_json["flags"]] == [
        ("escrows", "shadow", "forward"),
        ("leads", "off", "none"),
    ]
    assert crossfade("history").out == ""


def test_check_of_a_provider_that_does_not_answer_is_exit_code_3(crossfade: InProcess) -> None:
    with flag_system() as system:
        configured(crossfade, system.config(timeout_s=30).replace("of-tests", "wrong"))
        ran = crossfade("openfeature", "check")

    assert ran.code == 3
    assert "crossfade.escrows: answered 401" in ran.out
    assert "wrong" not in ran.out + ran.err


def test_an_address_for_metrics_that_is_none_is_refused(crossfade: InProcess) -> None:
    configured(crossfade, '[openfeature]\nprovider = "http://127.0.0.1:9"\nkeys = {escrows = "stage"}')

    ran = crossfade("openfeature", "watch", "--metrics", "9100")

    assert (ran.code, ran.err.strip()) == (
        2,
        "crossfade: --metrics: '9100': expected HOST:PORT like 127.0.0.1:9100",
    )


def test_watch_follows_until_it_is_ended_and_says_how_it_stands_when_the_provider_dies(
    crossfade: InProcess,
) -> None:
    with flag_system(escrows=Flag(Stage.SHADOW), leads=Flag(Stage.LIVE)) as system:
        config = configured(crossfade, system.config(poll_s=0.5, settle_s=0, stale_after_s=1, timeout_s=30))
        command = ["openfeature", "watch", "--metrics", "127.0.0.1:0"]
        process = subprocess.Popen(
            [sys.executable, "-m", "cli.main", "--config", str(config), *command],
            stderr=subprocess.PIPE,
            env=os.environ | {"CROSSFADE_STATE_DIR": str(crossfade.state_dir)},
            cwd=ROOT,
            text=True,
        )
        assert process.stderr is not None
        lines = [process.stderr.readline()]
        while "openfeature_changed" not in lines[-1]:
            lines.append(process.stderr.readline())
            assert process.poll() is None, lines
        address = next(line.split()[1] for line in lines if line.startswith("metrics http"))
        while (agreed := crossfade("openfeature")).out.count("not asked yet"):
            assert process.poll() is None
    while "frozen" not in lines[-1]:
        lines.append(process.stderr.readline())
        assert process.poll() is None, lines
    with urlopen(address, timeout=60) as response:
        metrics = response.read().decode()
    frozen = crossfade("openfeature")
    status = crossfade("status")
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)

    assert process.returncode == 0
    assert "escrows at shadow: agrees" in agreed.out
    assert "leads at off: refused" in agreed.out
    assert "leads is at off and cannot go to live" in " ".join(agreed.out.split())
    assert 'crossfade_openfeature_changes_total{direction="forward",key="escrows"} 1.0' in metrics
    assert (frozen.code, "escrows at shadow: frozen" in frozen.out) == (1, True)
    assert "escrows: frozen: crossfade.escrows has given no answer for" in " ".join(status.out.split())
    assert crossfade("openfeature").out.splitlines()[-1].endswith("nobody (crossfade openfeature watch does)")
