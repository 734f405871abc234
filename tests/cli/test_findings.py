"""What was found is printed with what to do, and becomes an exit code."""

import pytest

from cli.findings import Finding, Health, exit_code_of, failed, findings_json, ok, print_findings, warning

OWN = failed("proxy-1", "silent", "restart it", is_environment=False)
AROUND = failed("legacy", "away", "start it")


@pytest.mark.parametrize(
    ("findings", "code"),
    [
        ([], 0),
        ([ok("store", "there"), warning("clock", "slow")], 0),
        ([ok("store", "there"), OWN], 1),
        ([AROUND], 3),
        ([OWN, AROUND], 3),
    ],
)
def test_a_failure_decides_the_exit_code_and_a_warning_does_not(findings: list[Finding], code: int) -> None:
    assert exit_code_of(findings) == code


def test_each_is_a_line_with_its_remedy_below(capsys: pytest.CaptureFixture[str]) -> None:
    print_findings([ok("store", "there"), AROUND, warning("clock", "[bold]slow")])

    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        "ok       store   there",
        "failed   legacy  away",
        "                 → start it",
        "warning  clock   [bold]slow",
        "",
        "1 ok, 1 warning, 1 failed",
    ]


def test_programs_get_the_same() -> None:
    assert findings_json([OWN]) == [
        {
            "what": "proxy-1",
            "health": Health.FAILED,
            "says": "silent",
            "remedy": "restart it",
            "is_environment": False,
        }
    ]
