"""Policies: read whole or refused with everything that is wrong."""

import re
from pathlib import Path

import pytest

from proxy.errors import PolicyError
from proxy.flags import Flag
from proxy.pilot_policy import (
    DEFAULT_POLICY,
    MAY_BE_MISSING,
    Policy,
    PolicyStep,
    name_of,
    parse_policy,
    read_policy,
)
from proxy.stages import Stage

DOCS = Path(__file__).parent.parent.parent / "docs"
WAY = """
[[steps]]
stage = "shadow"
hold = "30m"
verdict = ["queries", "self-test"]
[[steps]]
stage = "canary"
share = 0.25
[[steps]]
stage = "live"
[[steps]]
stage = "complete"
"""


def problems(text: str) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        parse_policy(text, "policy.toml")
    assert str(caught.value).startswith("policy.toml:\n  ")
    return list(caught.value.problems)


def test_a_policy_says_where_to_go_how_long_to_stay_and_what_may_be_missing() -> None:
    policy = parse_policy(WAY, "policy.toml")

    assert policy == Policy(
        steps=(
            PolicyStep.model_validate(
                {"stage": "shadow", "hold": "30m", "verdict": ["queries", "self-test"]}
            ),
            PolicyStep(stage=Stage.CANARY, share=0.25),
            PolicyStep(stage=Stage.LIVE),
            PolicyStep(stage=Stage.COMPLETE),
        )
    )
    assert policy.steps[0].hold == 1_800
    assert policy.steps[0].may_be_missing == {"queries", "self-test"}
    assert [step.words for step in policy.steps_to(Stage.CANARY)] == ["shadow", "canary 25%"]


def test_the_policy_in_the_box_goes_all_the_way_in_canary_steps_and_working_hours() -> None:
    _, policy = read_policy(DEFAULT_POLICY)

    assert [step.words for step in policy.steps_to(Stage.COMPLETE)] == [
        "shadow",
        "canary 1%",
        "canary 5%",
        "canary 25%",
        "canary 50%",
        "live",
        "complete",
    ]
    assert policy.working_hours is not None
    assert name_of(DEFAULT_POLICY) == "default"
    assert name_of(Path("ops/careful.toml")) == "careful"


def test_a_target_that_no_step_reaches_is_told() -> None:
    policy = parse_policy(WAY.partition('[[steps]]\nstage = "live"')[0], "policy.toml")

    with pytest.raises(PolicyError, match="they end at canary, expected one at live"):
        policy.steps_to(Stage.LIVE)


def test_all_that_is_wrong_is_told_at_once_with_what_was_meant() -> None:
    found = problems(
        """
        max_duration = 3
        [working_hour]
        days = ["mon"]
        [[steps]]
        stage = "shadow"
        hold = "1x"
        [[steps]]
        stage = "canary"
        share = 1.5
        verdict = ["latencies"]
        holds = "20m"
        [[steps]]
        stage = "complete"
        share = 0.5
        """
    )

    lacking = ", ".join(MAY_BE_MISSING)
    assert found == [
        "steps.0.hold: '1x': expected a duration like 90s, 15m, 2h or 7d",
        "steps.1.share: 1.5: Input should be less than or equal to 1",
        f"steps.1.verdict: ['latencies']: expected 'ready' or a list of what may be missing ({lacking}); did you mean latency?",
        "steps.1.holds: unknown key, did you mean hold?",
        "max_duration: 3: expected a duration like 90s, 15m, 2h or 7d",
        "working_hour: unknown key, did you mean working_hours?",
        "steps.2.share: 0.5: expected only at canary",
        "steps.2.stage: 'complete': expected live: no stage is left out, and none comes twice",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("steps = 3", "steps: 3: Input should be a valid tuple"),
        ("steps = []", "at least 1 item"),
        ("", "steps: expected, and not there"),
        ("steps = [1]", "steps.0: 1: Input should be a valid dictionary"),
        ("[[steps]]\nhold = '3s'", "steps.0.stage: expected, and not there"),
        ("[[steps]]\nstage = 'shadw'", "did you mean shadow"),
        ("[[steps]]\nstage = 'off'", "steps.0.stage: 'off': expected shadow"),
        ("[[steps]]\nstage = 'canary'\nshare = 0.1", "steps.0.stage: 'canary': expected shadow"),
        ("[[steps]]\nstage = 'shadow'\nverdict = 'groups'", "expected 'ready' or a list"),
        ("[[steps]]\nstage = 'shadow'\nverdict = ['groups']", "expected 'ready' or a list"),
        ("[[steps]]\nstage = 'shadow'\n[[steps]]\nstage = 'canary'", "steps.1.share: expected a share"),
        (
            "[[steps]]\nstage = 'shadow'" + 2 * "\n[[steps]]\nstage = 'canary'\nshare = 0.2",
            "steps.2.share: 0.2: expected more than 0.2",
        ),
        (WAY + "[[steps]]\nstage = 'live'", "steps.4.stage: 'live': expected nothing after complete"),
        (WAY + "[working_hours]\nday = ['mon']", "working_hours.day: unknown key, did you mean days?"),
        ("steps =", "not valid TOML"),
    ],
)
def test_what_is_no_policy_is_told_with_its_place(text: str, words: str) -> None:
    assert words in "\n".join(problems(text))


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "latin.toml").write_bytes(b"# \xe9")

    with pytest.raises(PolicyError, match="cannot be read"):
        read_policy(tmp_path / "nowhere.toml")
    with pytest.raises(PolicyError, match="not valid TOML"):
        read_policy(tmp_path / "latin.toml")


@pytest.mark.parametrize(
    ("step", "flag", "is_passed"),
    [
        (PolicyStep(stage=Stage.SHADOW), Flag(), False),
        (PolicyStep(stage=Stage.SHADOW), Flag(Stage.SHADOW), True),
        (PolicyStep(stage=Stage.CANARY, share=0.05), Flag(Stage.CANARY, 0.01), False),
        (PolicyStep(stage=Stage.CANARY, share=0.05), Flag(Stage.CANARY, 0.05), True),
        (PolicyStep(stage=Stage.CANARY, share=0.05), Flag(Stage.LIVE, 0.01), True),
        (PolicyStep(stage=Stage.COMPLETE), Flag(Stage.LIVE), False),
    ],
)
def test_a_step_is_passed_by_a_flag_that_is_there_or_further(
    step: PolicyStep, flag: Flag, *, is_passed: bool
) -> None:
    assert step.is_passed(flag) is is_passed


def test_what_may_be_missing_are_the_conditions_that_a_verdict_can_lack() -> None:
    table = (DOCS / "verdict.md").read_text().partition("## The conditions")[2]
    rows = re.findall(r"^\| ([a-z][a-z -]+) \| .* \| ([^|]*) \|$", table, re.MULTILINE)

    # what stands as latency does can be missing as latency can
    assert tuple(name for name, lacking in rows if lacking.startswith(("not yet", "as "))) == MAY_BE_MISSING


def test_the_policy_of_the_documentation_is_one() -> None:
    shown = re.search(r"^```toml\n(.*?)^```", (DOCS / "pilot.md").read_text(), re.MULTILINE | re.DOTALL)

    assert shown is not None
    assert parse_policy(shown[1], "docs/pilot.md").steps_to(Stage.COMPLETE)


def test_every_key_of_a_policy_is_explained() -> None:
    text = (DOCS / "pilot.md").read_text()
    keys = [
        *Policy.model_fields,
        *(f"steps.{field.alias or name}" for name, field in PolicyStep.model_fields.items()),
    ]

    assert [key for key in keys if f"| `{key}` |" not in text] == []
