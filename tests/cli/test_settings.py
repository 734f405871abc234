"""The configuration: where a value comes from, and what a wrong one says."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cli.errors import UsageError
from cli.settings import Settings, load_settings
from tests.support.command import InProcess


def write(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "crossfade.toml"
    file.write_text(text)
    return file


def test_all_bad_fields_are_reported_at_once_with_value_and_expectation(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        """
        colour = 1
        [proxy]
        listen = "8080"
        lissten = "127.0.0.1:1"
        [backends]
        legacy = "ftp://example.test"
        [mirror]
        timeout_s = -1
        [telemetry]
        access_log_rate = 2
        otlp_endpoint = "collector:4318"
        [[endpoints]]
        domain = "Orders"
        method = "GET"
        path = "v1"
        read_back = "v1"
        read_back_id = "id"
        [write_checks]
        check = "twice"
        share = 1.5
        exceptions = { orders = "nun" }
        rehearse_share = 2
        rehearse_within_s = 6
        rehearse_concurrency = 0
        """,
    )

    with pytest.raises(UsageError) as problem:
        load_settings(file)

    text = str(problem.value)
    assert text.startswith("17 fields are wrong")
    assert "proxy.listen: '8080': expected HOST:PORT like 127.0.0.1:8080" in text
    assert "proxy.lissten: unknown key, did you mean listen?" in text
    assert "backends.legacy: 'ftp://example.test': expected the address of a backend" in text
    assert "mirror.timeout_s: -1: Input should be greater than 0" in text
    assert "telemetry.access_log_rate: 2: Input should be less than or equal to 1" in text
    assert "telemetry.otlp_endpoint: 'collector:4318': expected the address of an OTLP collector" in text
    assert "endpoints.0.domain: 'Orders'" in text
    assert "endpoints.0.path: 'v1'" in text
    assert "endpoints.0.read_back: 'v1': expected 'none' or a path like /v1/orders/{id}" in text
    assert "endpoints.0.read_back_id: 'id': expected a path like $.data.id" in text
    assert "write_checks.check: 'twice': Input should be 'none', 'read_back' or 'rehearse'" in text
    assert "write_checks.share: 1.5: Input should be less than or equal to 1" in text
    assert "write_checks.exceptions.orders: 'nun': Input should be 'none', 'read_back' or 'rehearse'" in text
    assert "write_checks.rehearse_share: 2: Input should be less than or equal to 1" in text
    assert "write_checks.rehearse_within_s: 6: Input should be less than or equal to 5" in text
    assert "write_checks.rehearse_concurrency: 0: Input should be greater than or equal to 1" in text
    assert "colour: unknown key" in text


def test_a_key_that_is_not_there_comes_with_the_nearest_of_its_section_or_row(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        """
        [client]
        max_heed_bytes = 1
        [[bounds]]
        endpoint = "escrows"
        max_in_flite = 1
        [[endpoints]]
        domain = "orders"
        method = "GET"
        path = "/v1/orders"
        mirorable = false
        """,
    )

    with pytest.raises(UsageError) as problem:
        load_settings(file)

    text = str(problem.value)
    assert "client.max_heed_bytes: unknown key, did you mean max_head_bytes?" in text
    assert "bounds.0.max_in_flite: unknown key, did you mean max_in_flight?" in text
    assert "endpoints.0.mirorable: unknown key, did you mean mirrorable?" in text


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path, '[proxy]\nlisten = "127.0.0.1:1"\nadmin = "127.0.0.1:2"\n')
    monkeypatch.setenv("CROSSFADE_PROXY__LISTEN", "127.0.0.1:3")

    settings = load_settings(file)

    assert (settings.proxy.listen, settings.proxy.admin) == ("127.0.0.1:3", "127.0.0.1:2")


def test_a_file_that_is_not_toml_is_named_with_the_place(tmp_path: Path) -> None:
    file = write(tmp_path, "[proxy\n")

    with pytest.raises(UsageError, match=r"crossfade\.toml: not valid TOML: .*line 1"):
        load_settings(file)


def test_a_configuration_file_that_was_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere\.toml: cannot be read: No such file"):
        load_settings(tmp_path / "nowhere.toml")


def test_the_store_is_a_sqlite_file_in_the_state_directory_unless_told_otherwise(tmp_path: Path) -> None:
    assert Settings(state_dir=tmp_path).store_url == f"sqlite:///{tmp_path}/store.sqlite3"
    assert (
        load_settings(write(tmp_path, '[store]\nurl = "postgresql://h/d"\n')).store_url == "postgresql://h/d"
    )


def test_a_key_is_made_once_for_its_owner_only_whoever_asks_first(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path)

    with ThreadPoolExecutor(8) as threads:
        keys = set(threads.map(lambda _: settings.key("shadow"), range(32)))

    assert len(keys) == 1
    assert (tmp_path / "shadow.key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["shadow.key"]


def test_a_key_that_was_cut_short_is_refused(tmp_path: Path) -> None:
    (tmp_path / "shadow.key").write_text("short")

    with pytest.raises(UsageError, match=r"shadow\.key: expected a key of at least 32 characters, found 5"):
        Settings(state_dir=tmp_path).key("shadow")


def test_a_malformed_configuration_ends_a_command_with_exit_code_2_and_no_traceback(
    crossfade: InProcess,
) -> None:
    file = write(crossfade.state_dir, "[proxy]\nlisten = 1\n")

    ran = crossfade("--config", str(file), "status")

    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.startswith("crossfade: 1 field is wrong in the configuration")
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    "url",
    [
        "mysql://reader:Nettle-77@db.internal/crm",
        "postgresql://reader:Nettle-77@db.internal/crm?no=such",
        "postgresql://reader:Nettle-77@[db.internal/crm",
        "Nettle-77",
    ],
)
def test_an_address_of_legacys_database_that_is_none_is_not_repeated(tmp_path: Path, url: str) -> None:
    file = write(tmp_path, f'[write_checks]\ndatabase = "{url}"')

    with pytest.raises(UsageError) as problem:
        load_settings(file)

    assert "write_checks.database: (hidden): expected the address of legacy's PostgreSQL" in str(
        problem.value
    )
    assert "Nettle" not in str(problem.value)


def test_the_address_of_legacys_database_is_shown_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "postgresql://reader:Nettle-77@db.internal/crm"
    monkeypatch.setenv("CROSSFADE_WRITE_CHECKS__DATABASE", url)

    settings = load_settings(write(tmp_path, ""))

    assert settings.write_checks.database is not None
    assert settings.write_checks.database.get_secret_value() == url
    assert "Nettle" not in f"{settings!r} {settings} {settings.model_dump_json()}"


def test_a_wrong_address_of_a_channel_is_named_and_not_shown(tmp_path: Path) -> None:
    file = write(tmp_path, '[notify]\nurls = ["json://host", "s3cr3t"]')

    with pytest.raises(UsageError) as problem:
        load_settings(file)

    assert "notify.urls.1: (hidden): expected an address like https://hooks.example/crossfade" in str(
        problem.value
    )
    assert "s3cr3t" not in str(problem.value)


def test_a_section_that_is_an_address_is_not_shown_either(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as problem:
        load_settings(write(tmp_path, 'notify = "json://s3cr3t"'))

    assert "notify: (hidden): " in str(problem.value)
    assert "s3cr3t" not in str(problem.value)


def test_a_variable_that_should_be_json_is_one_sentence_without_its_value(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CROSSFADE_NOTIFY__URLS", "json://s3cr3t")

    with pytest.raises(UsageError) as problem:
        load_settings(write(tmp_path, ""))

    assert str(problem.value).startswith(
        "a CROSSFADE_* variable is no JSON where a list or table is expected"
    )
    assert '"notify"' in str(problem.value)
    assert "s3cr3t" not in str(problem.value)


def test_addresses_of_channels_are_masked_wherever_settings_are_shown(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, '[notify]\nurls = ["json://s3cr3t"]'))

    assert "s3cr3t" not in repr(settings) + settings.model_dump_json()
