"""The state directory, the store and the ports, as they are found."""

import socket
from pathlib import Path

from cli.context import Context
from cli.findings import Finding, Health
from cli.local_findings import has_store, port_findings, state_findings, store_finding
from cli.reload import announced
from cli.settings import Settings


def settings(tmp_path: Path, **more: object) -> Settings:
    return Settings.model_validate({"state_dir": tmp_path / "state", **more})


def of(settings: Settings) -> Context:
    return Context(settings, None, "", "a")


def test_a_state_directory_that_is_not_there_yet_is_no_fault(tmp_path: Path) -> None:
    (finding,) = state_findings(settings(tmp_path))

    assert finding.health is Health.OK
    assert finding.says.endswith("it will be made")
    assert not (tmp_path / "state").exists()


def test_a_state_directory_that_cannot_be_one_failed(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")

    (finding,) = state_findings(settings(tmp_path))

    assert finding.health is Health.FAILED
    assert "cannot be written to" in finding.says


def test_keys_that_others_may_read_failed(tmp_path: Path) -> None:
    settings(tmp_path).key("shadow")
    assert len(list(state_findings(settings(tmp_path)))) == 1

    (tmp_path / "state" / "shadow.key").chmod(0o644)

    _, finding = state_findings(settings(tmp_path))
    assert (finding.health, finding.says) == (Health.FAILED, "others may read shadow.key")
    assert finding.remedy == f"chmod 600 {tmp_path}/state/shadow.key"


def test_a_store_is_looked_at_and_not_made(tmp_path: Path) -> None:
    context = of(settings(tmp_path))

    before = store_finding(context)
    made = has_store(context.settings)
    context.flags.version()
    after = store_finding(context)

    assert before.says == "a new SQLite file in the state directory, when it is first needed"
    assert (made, has_store(context.settings)) == (False, True)
    assert after.health is Health.OK
    assert "journal wal, can be written to" in after.says


def test_a_store_in_postgresql_says_its_version_and_no_password(tmp_path: Path, database_url: str) -> None:
    finding = store_finding(of(settings(tmp_path, store={"url": database_url})))

    assert finding.health is Health.OK
    assert "PostgreSQL 1" in finding.says


def test_a_store_in_which_no_table_can_be_made_failed(tmp_path: Path, database_url: str) -> None:
    url = f"{database_url}{'&' if '?' in database_url else '?'}options=-csearch_path%3Dnowhere"

    finding = store_finding(of(settings(tmp_path, store={"url": url})))

    assert finding.health is Health.FAILED
    assert finding.says.endswith("this user cannot make tables")


def test_a_store_that_is_only_to_be_read_failed(tmp_path: Path, database_url: str) -> None:
    url = f"{database_url}{'&' if '?' in database_url else '?'}options=-cdefault_transaction_read_only%3Don"

    finding = store_finding(of(settings(tmp_path, store={"url": url})))

    assert finding.health is Health.FAILED
    assert "is read-only" in finding.says


def test_a_store_that_cannot_be_reached_failed(tmp_path: Path) -> None:
    url = "postgresql://me:secret@127.0.0.1:1/crossfade"

    finding = store_finding(of(settings(tmp_path, store={"url": url})))

    assert finding.health is Health.FAILED
    assert finding.says.startswith("postgresql://me:***@127.0.0.1:1/crossfade: ")
    assert "secret" not in finding.says
    assert "\n" not in finding.says


def test_a_store_that_is_no_database_failed(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "store.sqlite3").write_text("nothing of the kind" * 100)

    finding = store_finding(of(settings(tmp_path)))

    assert finding.health is Health.FAILED
    assert "not a database" in finding.says


def ports(tmp_path: Path, listen: int, admin: int, workers: int = 1) -> list[Finding]:
    proxy = {"listen": f"127.0.0.1:{listen}", "admin": f"127.0.0.1:{admin}", "workers": workers}
    return list(port_findings(settings(tmp_path, proxy=proxy)))


def test_a_port_that_somebody_has_failed_also_that_of_a_later_worker(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        listen, admin = ports(tmp_path, port, port - 1, workers=2)

    assert (listen.health, listen.says) == (Health.FAILED, f"127.0.0.1:{port}: is in use")
    assert admin.health is Health.FAILED
    assert admin.says.endswith(": is in use")
    assert admin.remedy.endswith("as proxy.admin")


def test_ports_that_are_free_or_our_own_are_right(tmp_path: Path) -> None:
    free = ports(tmp_path, 0, 0)
    with announced(tmp_path / "state"):
        own = ports(tmp_path, 0, 0)

    assert [one.says for one in free] == ["127.0.0.1:0: free"] * 2
    assert all("crossfade up runs here (pid" in one.says for one in own)


def test_an_address_that_this_machine_has_not_failed(tmp_path: Path) -> None:
    found = list(port_findings(settings(tmp_path, proxy={"listen": "192.0.2.1:80", "admin": "127.0.0.1:0"})))

    assert found[0].health is Health.FAILED
