"""What a command stands on."""

from pathlib import Path

import pytest

from cli.by_server import ServerOperations
from cli.by_store import StoreOperations
from cli.context import Context
from cli.errors import UsageError
from cli.sections import EndpointRow, ParitySection
from cli.server import Server
from cli.settings import Settings
from domains.routes import ROUTES
from parity.bodies import Bounds
from parity.exchange import Endpoint


def context(tmp_path: Path, **settings: object) -> Context:
    return Context(
        Settings.model_validate({"state_dir": tmp_path, **settings}), None, jwt_secret="s", actor="a"
    )


def test_without_endpoints_of_its_own_the_configuration_means_the_reference_crm(tmp_path: Path) -> None:
    reference = context(tmp_path)

    assert [endpoint.name for endpoint in reference.endpoints] == [f"{r.method} {r.path}" for r in ROUTES]
    assert [file.name for file in reference.rule_files] == ["parity.toml"] * len(reference.rule_files)
    assert reference.rule_files


def test_a_list_of_no_endpoints_means_none_yet(tmp_path: Path) -> None:
    own = context(tmp_path, endpoints=())

    assert own.endpoints == ()
    assert own.rule_files == ()
    assert own.domain_names() == []


def test_backends_of_an_adopter_bring_their_own_endpoints_and_rules(tmp_path: Path) -> None:
    row = EndpointRow(domain="orders", method="GET", path="/v1/orders/{id}")
    made = EndpointRow(
        domain="orders", method="POST", path="/v1/o", read_back="/v1/orders/{id}", read_back_id="$.o"
    )
    own = context(tmp_path, endpoints=(row, made), parity=ParitySection(rules=(Path("own.toml"),)))

    assert own.endpoints == (
        Endpoint("orders", "GET", "/v1/orders/{id}"),
        Endpoint("orders", "POST", "/v1/o", read_back="/v1/orders/{id}", read_back_id="$.o"),
    )
    assert own.rule_files == (Path("own.toml"),)


def test_an_adopter_without_rules_does_not_get_those_of_the_reference_crm(tmp_path: Path) -> None:
    row = EndpointRow(domain="orders", method="GET", path="/v1/orders/{id}")

    assert context(tmp_path, endpoints=(row,)).rule_files == ()


def test_an_unknown_domain_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'bogus' is not a domain; expected one of: "):
        context(tmp_path).require_domain("bogus")


def test_how_large_a_body_may_be_is_configured(tmp_path: Path) -> None:
    assert context(tmp_path, parity=ParitySection(max_values=5_000)).bounds == Bounds(max_values=5_000)


def test_a_server_that_is_told_wrong_disturbs_only_what_needs_to_know(tmp_path: Path) -> None:
    def wrong() -> None:
        raise UsageError("a server wants an access token")

    told = Context(Settings(state_dir=tmp_path), None, jwt_secret="s", actor="a", find_server=wrong)

    assert told.config_arguments == []
    for asked in ("operations", "endpoints", "engine"):
        with pytest.raises(UsageError, match="wants an access token"):
            getattr(told, asked)


def test_what_operators_do_is_chosen_once_and_closed_with_the_command(tmp_path: Path) -> None:
    server = Server("http://127.0.0.1:1", "cf_0a1b2c3d_" + "A" * 43)
    told = Context(Settings(state_dir=tmp_path), None, jwt_secret="s", actor="a", find_server=lambda: server)

    with told.closing:
        assert isinstance(told.operations, ServerOperations)
        assert told.operations is told.operations

    assert isinstance(context(tmp_path).operations, StoreOperations)


def test_a_domain_is_found_without_a_store(tmp_path: Path) -> None:
    row = EndpointRow(domain="orders", method="GET", path="/v1/orders/{id}")

    assert context(tmp_path, endpoints=(row,)).domain_of("GET /v1/orders/{id}") == "orders"
    assert list(tmp_path.iterdir()) == []
