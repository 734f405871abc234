"""Alembic finds one line of migrations."""

from pathlib import Path

from alembic.script import ScriptDirectory

import domains.shared.migrations


def test_the_migrations_are_one_line() -> None:
    script = ScriptDirectory(str(Path(domains.shared.migrations.__file__).parent))

    assert [found.revision for found in script.walk_revisions()] == ["0001"]
