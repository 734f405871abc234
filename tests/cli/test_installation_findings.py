"""What is said of the installation and its configuration."""

import importlib.metadata
from pathlib import Path

from cli.context import Context
from cli.findings import Health
from cli.installation_findings import configuration_findings, installation_findings, own_version
from cli.settings import Settings

BACKENDS = {"legacy": "http://127.0.0.1:9001", "modern": "http://127.0.0.1:9002"}


def test_versions_are_said_and_nothing_here_failed() -> None:
    found = {one.what: one for one in installation_findings()}

    assert found["installation"].says.startswith(f"crossfade {own_version()}, Python 3.")
    assert found["event loop"].says == f"uvloop {importlib.metadata.version('uvloop')}"
    assert {one.health for one in found.values()} <= {Health.OK, Health.WARNING}
    assert found["data plane"].says


def of(tmp_path: Path, **settings: object) -> list[tuple[Health, str]]:
    context = Context(Settings.model_validate({"state_dir": tmp_path, **settings}), None, "", "a")
    return [(one.health, one.says) for one in configuration_findings(context)]


def test_a_configuration_that_fits_says_how_much_it_names(tmp_path: Path) -> None:
    rows = [{"domain": "orders", "method": "GET", "path": "/v1/orders"}]

    assert of(tmp_path, backends=BACKENDS, endpoints=rows) == [
        (Health.OK, "1 endpoints in 1 domains, 0 rule files")
    ]
    assert of(tmp_path, backends=BACKENDS, endpoints=[]) == [(Health.WARNING, "no endpoint is listed")]


def test_each_fault_is_a_line_of_its_own(tmp_path: Path) -> None:
    found = of(tmp_path, bounds=[{"endpoint": "moon", "max_in_flight": 1}])

    assert [health for health, _ in found] == [Health.FAILED] * 3
    assert "no legacy backend" in found[0][1]
    assert "bounds.0.endpoint: 'moon'" in found[2][1]
