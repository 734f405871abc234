"""Which console is worked by, and with which access token."""

from pathlib import Path

import click
import pytest
import trustme

from cli.errors import UsageError
from cli.main import root
from cli.sections import RemoteSection
from cli.server import Server, server_of

TOKEN = "cf_0a1b2c3d_" + "A" * 43


def test_without_an_address_the_store_is_here() -> None:
    assert server_of(RemoteSection(), None, TOKEN) is None


def test_what_is_typed_wins_over_the_configuration_and_an_empty_word_means_the_store() -> None:
    section = RemoteSection(url="https://configured.example")

    assert server_of(section, "https://typed.example/", TOKEN) == Server("https://typed.example", TOKEN)
    assert server_of(section, None, TOKEN) == Server("https://configured.example", TOKEN)
    assert server_of(section, "", TOKEN) is None


def test_the_token_comes_from_the_environment_or_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    section = RemoteSection(url="http://127.0.0.1:8400", token_file=file)
    other = "cf_ffffffff_" + "B" * 43

    told = [server_of(section, None, token) for token in (None, other)]

    assert [None if one is None else one.token for one in told] == [TOKEN, other]


def test_no_token_is_ever_shown() -> None:
    assert TOKEN not in repr(Server("https://a.example", TOKEN))


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("console.example", "expected an address like https://console.example:8400"),
        ("ftp://console.example", "expected an address like"),
        ("https://", "expected an address like"),
        ("https://a.example:port", "expected an address like"),
        ("https://ada:secret@a.example", "expected an address like"),
        ("https://a.example/?x=1", "expected an address like"),
        ("http://console.example:8400", "expected https://, without which others on the way"),
    ],
)
def test_an_address_that_cannot_be_one_is_refused(url: str, said: str) -> None:
    with pytest.raises(UsageError, match=f"^--server '.*': {said}"):
        server_of(RemoteSection(), url, TOKEN)


def test_a_token_that_is_missing_or_is_none_is_refused_without_being_shown(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("another-secret")
    wrong = {
        "set CROSSFADE_TOKEN, or remote.token_file": (RemoteSection(), None),
        r"CROSSFADE_TOKEN: \(hidden, 14 characters\)": (RemoteSection(), "another-secret"),
        r"remote.token_file: \(hidden, 14 char": (RemoteSection(token_file=tmp_path / "token"), None),
        "remote.token_file: .*none': .*No such file": (RemoteSection(token_file=tmp_path / "none"), None),
    }

    for said, (section, token) in wrong.items():
        with pytest.raises(UsageError, match=said) as refused:
            server_of(section, "https://a.example", token)
        assert "another-secret" not in str(refused.value)


def test_whom_to_trust_is_a_file_of_certificates(tmp_path: Path) -> None:
    good, bad = tmp_path / "ca.pem", tmp_path / "bad.pem"
    trustme.CA().cert_pem.write_to_path(good)
    bad.write_text("no certificate")

    Server("https://a.example", TOKEN, good).trusting()
    with pytest.raises(UsageError, match=r"remote.ca: '.*bad.pem': expected a PEM file with certificates"):
        Server("https://a.example", TOKEN, bad).trusting()


def test_the_help_says_where_the_token_comes_from_and_no_option_takes_it() -> None:
    options = {one.name: one for one in root.params if isinstance(one, click.Option)}

    assert "CROSSFADE_TOKEN or the file remote.token_file" in str(options["server"].help)
    assert [name for name in options if "token" in str(name)] == []
