"""The names of a room, and what stands in its way."""

from pathlib import Path

import pytest

from cli.context import ROOT
from cli.domain_new import generate, naming
from cli.errors import UsageError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """As much of a checkout as a new room looks at."""
    (tmp_path / "domains" / "shared").mkdir(parents=True)
    (tmp_path / "domains" / "shared" / "models.py").write_text(
        'users = Table(\n    "users",\n    metadata,\n)\n'
    )
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    return tmp_path


@pytest.mark.parametrize(
    ("name", "singular", "room", "path", "one", "kind"),
    [
        ("reviews", None, "reviews", "reviews", "review", "Review"),
        ("site-visits", None, "site_visits", "site-visits", "site visit", "SiteVisit"),
        ("policies", None, "policies", "policies", "policy", "Policy"),
        ("boxes", None, "boxes", "boxes", "box", "Box"),
        ("staff", "colleague", "staff", "staff", "colleague", "Colleague"),
    ],
)
def test_a_room_is_called_alike_everywhere(
    name: str, singular: str | None, room: str, path: str, one: str, kind: str
) -> None:
    words = naming(name, singular)

    assert (words.room, words.path) == (room, path)
    assert (words.words["one"], words.words["Class"]) == (one, kind)


@pytest.mark.parametrize(
    ("name", "singular"),
    [
        *(("", None), ("Reviews", None), ("../reviews", None), ("a b", None), ("9s", None), ("-s", None)),
        *(("x" * 25, "y"), ("shared", "share"), ("server", "serve"), ("class", "clas"), ("staff", None)),
        *(("reviews", "Review"), ("reviews", "reviews")),
    ],
)
def test_what_cannot_name_a_room_is_refused(name: str, singular: str | None) -> None:
    with pytest.raises(UsageError):
        naming(name, singular)


def test_the_import_contracts_know_of_the_new_room(root: Path) -> None:
    generate(naming("reviews"), root)

    project = (root / "pyproject.toml").read_text()
    assert "listings | reviews" in project
    assert '"domains.reviews"]' in project
    assert '"domains.reviews.services"' in project


def test_what_is_there_is_never_written_over(root: Path) -> None:
    generate(naming("reviews"), root)
    before = {path: path.read_text() for path in root.rglob("*") if path.is_file()}

    for name in ("reviews", "users"):
        with pytest.raises(UsageError, match="already"):
            generate(naming(name), root)

    assert {path: path.read_text() for path in root.rglob("*") if path.is_file()} == before


def test_a_directory_that_is_no_checkout_gets_no_room(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a checkout"):
        generate(naming("reviews"), tmp_path)


def test_contracts_of_another_shape_are_left_alone_and_no_room_is_made(root: Path) -> None:
    (root / "pyproject.toml").write_text("[project]\n")

    with pytest.raises(UsageError, match="expected one"):
        generate(naming("reviews"), root)

    assert not (root / "domains" / "reviews").exists()
