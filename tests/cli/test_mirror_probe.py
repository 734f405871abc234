"""The probe through the whole of Crossfade: it comes to the store, or it is said how far it came."""

from collections.abc import Iterator

import pytest

from cli.findings import Health
from cli.mirror_probe import asks_for, mirror_finding, probe_mark, probe_path, probed_endpoint
from parity.coverage import query_shape
from parity.exchange import Endpoint
from proxy.flags import Flag, FlagTable
from proxy.stages import Stage
from tests.support.backends import FakeBackend, answering, closing
from tests.support.site import Site, running_site
from tests.support.threads import in_thread

LIST, READ = Endpoint("orders", "GET", "/v1/orders"), Endpoint("orders", "GET", "/v1/orders/{id}")
ROWS = '[{"domain": "orders", "method": "GET", "path": "/v1/orders"}]'


@pytest.fixture(scope="module")
def modern() -> Iterator[FakeBackend]:
    with in_thread(FakeBackend) as backend:
        yield backend


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, modern: FakeBackend) -> Iterator[Site]:
    directory = tmp_path_factory.mktemp("site")
    with pytest.MonkeyPatch.context() as patch, in_thread(FakeBackend) as legacy:
        patch.setenv("CROSSFADE_MIRROR__TIMEOUT_S", "1")
        with running_site(
            patch, directory, legacy=legacy.url, modern=modern.url, CROSSFADE_ENDPOINTS=ROWS
        ) as running:
            yield running


def test_where_nothing_is_mirrored_it_says_so_and_asks_nobody(site: Site) -> None:
    finding = mirror_finding(site.context, site.url)

    assert finding.health is Health.WARNING
    assert finding.says == "no read is mirrored: no domain is at shadow, canary or live"
    assert site.report().tally.requests == 0


def test_a_probe_that_was_compared_is_in_the_store(site: Site, modern: FakeBackend) -> None:
    site.flip(Stage.SHADOW, key="orders")

    finding = mirror_finding(site.context, site.url, within_s=30)

    (copy,) = [seen for seen in modern.seen if seen.header("X-Crossfade-Shadow")]
    assert finding.health is Health.OK
    assert finding.says.startswith("GET /v1/orders (200) through the proxy was compared after ")
    assert copy.target.startswith("/v1/orders?crossfade_probe_")


def test_a_probe_whose_copy_fails_says_as_what_it_was_counted(site: Site, modern: FakeBackend) -> None:
    modern.behaviour = closing()

    finding = mirror_finding(site.context, site.url, within_s=3)
    modern.behaviour = answering()

    assert (finding.health, finding.is_environment) == (Health.FAILED, False)
    assert "was asked for and not compared; counted meanwhile: error" in finding.says


def test_a_proxy_that_is_not_there_failed(site: Site) -> None:
    finding = mirror_finding(site.context, "http://127.0.0.1:1")

    assert finding.health is Health.FAILED
    assert "the proxy does not answer" in finding.says


def test_of_a_sample_it_is_asked_so_often_that_one_is_taken(site: Site) -> None:
    site.context.flags.flip("orders", Stage.SHADOW, sample_rate=0.5, actor="test", reason="half")
    site.context.flags.wait_acknowledged(site.context.flags.version())

    finding = mirror_finding(site.context, site.url, within_s=30)

    assert finding.health is Health.OK
    assert [asks_for(rate) for rate in (1.0, 0.9, 0.5, 0.001)] == [1, 2, 7, 20]


def test_the_read_with_the_highest_rate_and_the_fewest_parameters_is_asked_for() -> None:
    never = Endpoint("orders", "GET", "/v1/a", mirrorable=False)
    write = Endpoint("orders", "POST", "/v1/a")

    def chosen(**rows: Flag) -> Endpoint | None:
        table = FlagTable(1, {key.replace("_", " /v1/"): flag for key, flag in rows.items()})
        return probed_endpoint((never, write, READ, LIST), table)

    assert chosen() is None
    assert chosen(orders=Flag(Stage.COMPLETE)) is None
    assert chosen(orders=Flag(Stage.SHADOW, sample_rate=0.0)) is None
    assert chosen(orders=Flag(Stage.LIVE)) == LIST
    assert chosen(orders=Flag(Stage.SHADOW), GET_orders=Flag(Stage.SHADOW, sample_rate=0.1)) == READ


def test_its_mark_is_a_cell_of_its_own_and_each_installation_has_another() -> None:
    mark = probe_mark(b"k" * 32)

    assert query_shape(probe_path(LIST, mark)) == mark
    assert probe_path(READ, mark) == f"/v1/orders/crossfade_probe?{mark}=1"
    assert mark != probe_mark(b"l" * 32)
