"""The configuration of guards: what may be written, and what becomes of it."""

from pathlib import Path

import pytest

from cli.errors import UsageError
from cli.guard_sections import check_address
from cli.settings import load_settings
from proxy.guard import Action, Blindness, GuardSettings, Measure
from proxy.stages import Stage


def load(tmp_path: Path, text: str) -> GuardSettings:
    file = tmp_path / "crossfade.toml"
    file.write_text(text)
    return load_settings(file).guards.settings()


def test_without_configuration_it_is_what_holds_by_itself(tmp_path: Path) -> None:
    assert load(tmp_path, "") == GuardSettings()


def test_what_is_written_is_what_guards_do(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        """
        [guards]
        dry_run = true
        every_s = 0.5
        blind = "roll_back"
        [[guards.rules]]
        guard = "error_rate"
        domain = "escrows"
        limit = 0.2
        window_s = 20
        stages = ["live"]
        against_legacy = false
        to = "shadow"
        [[guards.rules]]
        guard = "latency_ratio"
        action = "notify"
        [[guards.rules]]
        guard = "query_ratio"
        enabled = false
        """,
    )
    guards = {guard.measure: guard for guard in settings.guards_of("escrows")}
    errors = guards[Measure.ERROR_RATE]

    assert (settings.every_s, settings.blind) == (0.5, Blindness.ROLL_BACK)
    assert all(guard.dry_run for guard in guards.values())
    assert (errors.limit, errors.window_s, errors.stages, errors.against_legacy, errors.to) == (
        0.2,
        20,
        (Stage.LIVE,),
        False,
        Stage.SHADOW,
    )
    assert guards[Measure.LATENCY_RATIO].action is Action.NOTIFY
    assert Measure.QUERY_RATIO not in guards


def test_every_wrong_field_is_named_with_its_value(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as problem:
        load(
            tmp_path,
            """
            [guards]
            every_s = 0
            blind = "shrug"
            [[guards.rules]]
            guard = "errors"
            [[guards.rules]]
            guard = "error_rate"
            limit = 5
            [[guards.rules]]
            guard = "query_ratio"
            window_s = 900
            lookz = 3
            """,
        )

    text = str(problem.value)
    assert text.startswith("6 fields are wrong")
    assert "guards.every_s: 0: Input should be greater than or equal to 0.1" in text
    assert "guards.blind: 'shrug': Input should be 'roll_back', 'notify' or 'nothing'" in text
    assert "guards.rules.0.guard: 'errors'" in text
    assert "limit = 5: expected a share above 0 and below 1 for error_rate" in text
    assert "guards.rules.2.window_s: 900: Input should be less than or equal to 300" in text
    assert "guards.rules.2.lookz: unknown key, did you mean looks?" in text


@pytest.mark.parametrize("address", ["https://hooks.example/x", "http://127.0.0.1:9/", "slack://a/b/c"])
def test_an_address_has_a_scheme(address: str) -> None:
    assert check_address(address) == address


@pytest.mark.parametrize("address", ["", "pager.local", "mailto:x@y", "https:///x"])
def test_what_is_no_address_is_said_without_it(address: str) -> None:
    with pytest.raises(ValueError, match="expected an address like") as problem:
        check_address(address)

    assert not address or address not in str(problem.value)
