"""What a flag table says as OpenFeature flags."""

import pytest

from parity.exchange import Backend, Endpoint
from proxy.canary import StickyKeys, bucket
from proxy.flags import Flag, FlagTable, plan_for
from proxy.ofrep_flags import ErrorCode, Evaluation, Failure, ServedFlags
from proxy.settings import StickySettings
from proxy.stages import Stage

LIST = Endpoint("escrows", "GET", "/v1/escrows")
ONE = Endpoint("escrows", "GET", "/v1/escrows/{id}")
LEADS = Endpoint("leads", "GET", "/v1/leads")
SERVED = ServedFlags((LIST, ONE, LEADS))


def table(stage: Stage, share: float = 0.25) -> FlagTable:
    return FlagTable(7, {"escrows": Flag(stage, share)})


def test_a_domain_is_a_flag_whose_value_and_variant_are_its_stage() -> None:
    found = SERVED.evaluate(table(Stage.CANARY), "crossfade.escrows", None)

    assert found == Evaluation(
        "crossfade.escrows",
        "canary",
        "STATIC",
        "canary",
        {"version": 7, "stage": "canary", "canary_share": 0.25, "sample_rate": 1.0},
    )


def test_a_domain_without_a_row_is_off() -> None:
    found = SERVED.evaluate(table(Stage.LIVE), "crossfade.leads", None)

    assert isinstance(found, Evaluation)
    assert found.value == "off"


def test_an_endpoint_is_a_flag_with_its_own_row_or_that_of_its_domain() -> None:
    rows = {"escrows": Flag(Stage.LIVE), LIST.name: Flag(Stage.SHADOW)}

    found = [
        SERVED.evaluate(FlagTable(2, rows), f"crossfade.{endpoint.name}", None) for endpoint in (LIST, ONE)
    ]

    assert [one.value for one in found if isinstance(one, Evaluation)] == ["shadow", "live"]


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("endpoint", [LIST, ONE], ids=lambda endpoint: endpoint.name)
def test_modern_serves_a_client_here_exactly_when_the_proxy_lets_it(stage: Stage, endpoint: Endpoint) -> None:
    present = table(stage)
    sticky = StickyKeys(StickySettings())
    keys = [sticky.key([("X-API-Key", f"client-{number}")], "192.0.2.1") for number in range(40)]

    told = [SERVED.evaluate(present, f"crossfade.{endpoint.name}.modern", key) for key in keys]

    plans = [plan_for(present.flag_for(endpoint), endpoint, bucket(key, "escrows")) for key in keys]
    assert [one.value for one in told if isinstance(one, Evaluation)] == [
        plan.authoritative is Backend.MODERN for plan in plans
    ]


def test_at_canary_the_reason_is_a_split_and_the_variant_names_the_backend() -> None:
    found = [
        SERVED.evaluate(table(Stage.CANARY, share), "crossfade.escrows.modern", "jwt:42") for share in (0, 1)
    ]

    assert [(one.value, one.reason, one.variant) for one in found if isinstance(one, Evaluation)] == [
        (False, "SPLIT", "legacy"),
        (True, "SPLIT", "modern"),
    ]


def test_at_canary_a_client_that_is_not_named_gets_no_value() -> None:
    found = SERVED.evaluate(table(Stage.CANARY), "crossfade.escrows.modern", None)

    assert isinstance(found, Failure)
    assert found.error_code is ErrorCode.TARGETING_KEY_MISSING


@pytest.mark.parametrize("key", ["42", "user:42", "jwt:", ":42"])
def test_at_canary_a_key_that_the_proxy_would_not_find_gets_no_value(key: str) -> None:
    found = SERVED.evaluate(table(Stage.CANARY), "crossfade.escrows.modern", key)

    assert isinstance(found, Failure)
    assert found.error_code is ErrorCode.INVALID_CONTEXT


@pytest.mark.parametrize("stage", [stage for stage in Stage if stage is not Stage.CANARY])
def test_where_everybody_is_served_alike_no_client_need_be_named(stage: Stage) -> None:
    found = SERVED.evaluate(table(stage), "crossfade.escrows.modern", None)

    assert isinstance(found, Evaluation)
    assert found.reason == "STATIC"


@pytest.mark.parametrize(
    "key", ["escrows", "crossfade.", "crossfade.escrow", "crossfade.modern", "crossfade..modern"]
)
def test_any_other_key_is_not_found(key: str) -> None:
    found = SERVED.evaluate(table(Stage.LIVE), key, "jwt:42")

    assert isinstance(found, Failure)
    assert (found.key, found.error_code) == (key, ErrorCode.FLAG_NOT_FOUND)


def test_all_flags_are_two_for_each_domain_and_endpoint() -> None:
    found = list(SERVED.evaluate_all(table(Stage.CANARY), None))

    names = ["escrows", "leads", LIST.name, ONE.name, LEADS.name]
    assert [one.key for one in found] == [
        f"crossfade.{name}{suffix}" for name in names for suffix in ("", ".modern")
    ]
    assert [one.key for one in found if isinstance(one, Failure)] == [
        f"crossfade.{name}.modern" for name in ("escrows", LIST.name, ONE.name)
    ]
