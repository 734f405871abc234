"""Forms and sessions: what lets a browser change something, and what does not."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

import pytest
import trustme

from proxy.console.forms import local
from proxy.console.sessions import Session
from proxy.console.tokens import Role
from proxy.settings import TlsSettings
from proxy.stages import Stage
from tests.proxy.console.rig import Answer, Rig, running

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
BUTTONS: dict[str, dict[str, str]] = {
    "/domains/escrows/advance": {"reason": "go", "force": "yes"},
    "/domains/escrows/share": {"percent": "50", "reason": "more"},
    "/domains/escrows/rollback": {},
    "/domains/escrows/pilot": {"to": "complete"},
    "/domains/escrows/pilot/pause": {"reason": "lunch"},
    "/domains/escrows/pilot/resume": {},
    "/domains/escrows/pilot/stop": {},
    "/rollback": {},
    "/parity/groups/abcdef/accept": {"reason": "x", "owner": "y", "expires": "2027-01-31"},
    "/acceptances/a-12345678/withdraw": {"reason": "x"},
    "/sign-out": {},
}


@dataclass
class Browser:
    """A session of a browser, by what it holds."""

    rig: Rig
    cookie: str
    csrf: str

    async def send(
        self, path: str, fields: Mapping[str, str], *, csrf: str | None = None, **headers: str
    ) -> Answer:
        """One form of a page of ours."""
        sent = {"csrf": self.csrf if csrf is None else csrf, **fields}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.rig.ask(
            "POST", path, None, data=urlencode(sent), headers=FORM | named, cookies=self.cookie
        )

    async def get(self, path: str) -> Answer:
        """One page."""
        return await self.rig.ask("GET", path, None, cookies=self.cookie)


async def sign_in(rig: Rig, role: Role = Role.OPERATOR, cookies: str = "", **fields: str) -> Answer:
    data = urlencode({"token": rig.store.secrets[role], **fields})
    return await rig.ask("POST", "/sign-in", None, data=data, headers=FORM, cookies=cookies)


async def browser_of(rig: Rig, role: Role = Role.OPERATOR) -> Browser:
    answer = await sign_in(rig, role)
    cookie = answer.headers["Set-Cookie"].partition(";")[0]
    page = await rig.ask("GET", "/", None, cookies=cookie)
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', page.text)
    assert found is not None
    return Browser(rig, cookie, found[1])


async def test_the_cookie_is_seen_by_no_script_and_sent_by_no_other_site(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        answer = await sign_in(rig, next="/ledger")

    cookie = SimpleCookie(answer.headers["Set-Cookie"])["crossfade"]
    assert (answer.status, answer.headers["Location"]) == (303, "/ledger")
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["domain"]) == (
        True,
        "Strict",
        "/",
        "",
    )


async def test_with_tls_it_is_secure_and_no_other_host_can_set_it(tmp_path: Path) -> None:
    authority = trustme.CA()
    pem = tmp_path / "console.pem"
    pem.write_bytes(authority.issue_cert("localhost").private_key_and_cert_chain_pem.bytes())
    async with running(tmp_path, tls=TlsSettings(pem)) as rig:
        data = urlencode({"token": rig.store.secrets[Role.VIEWER]})
        url = f"https://localhost:{rig.port}/sign-in"
        async with rig.http.post(url, ssl=False, data=data, headers=FORM, allow_redirects=False) as answer:
            cookie = answer.headers["Set-Cookie"]

    assert cookie.startswith("__Host-crossfade=")
    assert "Secure" in cookie


async def test_an_id_that_somebody_planted_is_never_a_session(tmp_path: Path) -> None:
    planted = "crossfade=" + "p" * 43
    async with running(tmp_path) as rig:
        answer = await sign_in(rig, cookies=planted)
        with_planted = await rig.ask("GET", "/", None, cookies=planted)
        first = answer.headers["Set-Cookie"].partition(";")[0]
        second = (await sign_in(rig, cookies=first)).headers["Set-Cookie"].partition(";")[0]
        with_first = await rig.ask("GET", "/", None, cookies=first)
        with_second = await rig.ask("GET", "/", None, cookies=second)

    assert len({planted, first, second}) == 3
    assert with_planted.status == with_first.status == 303
    assert with_planted.headers["Location"] == "/sign-in?next=%2F"
    assert with_second.status == 200


@pytest.mark.parametrize("attack", ["no token", "another session's", "another site", "no session"])
async def test_a_change_that_no_page_of_the_session_sent_is_refused(attack: str, tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        version = rig.store.flip(Stage.SHADOW, Stage.CANARY)
        mine, other = await browser_of(rig), await browser_of(rig)
        statuses = set()
        for path, fields in BUTTONS.items():
            match attack:
                case "no token":
                    answer = await mine.send(path, fields, csrf="")
                case "another session's":
                    answer = await mine.send(path, fields, csrf=other.csrf)
                case "another site":
                    answer = await mine.send(path, fields, Origin="https://evil.test")
                case _:
                    answer = await Browser(rig, "", mine.csrf).send(path, fields)
            statuses.add(answer.status)
        still_in = await mine.get("/ledger")
        unchanged = rig.store.flags.version()

    assert statuses == {401 if attack == "no session" else 403}
    assert (unchanged, still_in.status) == (version, 200)


async def test_a_viewer_changes_nothing_through_a_form(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        version = rig.store.flip(Stage.SHADOW)
        viewer = await browser_of(rig, Role.VIEWER)

        changing = {path: fields for path, fields in BUTTONS.items() if path != "/sign-out"}
        answers = [await viewer.send(path, fields) for path, fields in changing.items()]
        unchanged = rig.store.flags.version()

    assert ({one.status for one in answers}, unchanged) == ({403}, version)
    assert all("The viewer is viewer; this is for operator" in one.text for one in answers)


async def test_through_the_api_a_session_brings_its_token_in_a_header(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        rig.store.flip(Stage.SHADOW)
        browser = await browser_of(rig)
        api = "/api/v1/domains/escrows/rollback"

        without = await rig.ask("POST", api, None, json={}, cookies=browser.cookie)
        headers = {"X-CSRF-Token": browser.csrf}
        elsewhere = await rig.ask(
            "POST", api, None, json={}, cookies=browser.cookie, headers=headers | {"Origin": "null"}
        )
        with_it = await rig.ask("POST", api, None, json={}, cookies=browser.cookie, headers=headers)

    assert [(one.status, one.code) for one in (without, elsewhere)] == [(403, "csrf"), (403, "cross_site")]
    assert with_it.status == 200


async def test_wrong_tokens_are_not_looked_at_any_more_and_who_is_in_stays_in(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        browser = await browser_of(rig)
        wrong = urlencode({"token": "cf_00000000_" + "a" * 43})
        statuses = [
            (await rig.ask("POST", "/sign-in", None, data=wrong, headers=FORM)).status for _ in range(12)
        ]
        right = await sign_in(rig)
        still_in = await browser.get("/")

    assert statuses == [401] * 10 + [429] * 2
    assert (right.status, "Set-Cookie" in right.headers, still_in.status) == (429, False, 200)
    assert "Too many wrong access tokens" in right.text


async def test_nobody_is_signed_in_by_a_page_of_another_site(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        data = urlencode({"token": rig.store.secrets[Role.ADMIN]})
        headers = FORM | {"Origin": "https://evil.test"}
        answer = await rig.ask("POST", "/sign-in", None, data=data, headers=headers)

    assert (answer.status, "Set-Cookie" in answer.headers) == (403, False)


async def test_signing_out_ends_the_session_and_makes_the_browser_forget_it(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        browser = await browser_of(rig)
        answer = await browser.send("/sign-out", {})
        after = await browser.get("/")

    assert (answer.status, answer.headers["Location"], after.status) == (303, "/sign-in", 303)
    assert "Max-Age=0" in answer.headers["Set-Cookie"]


async def test_a_program_is_sent_to_the_api_and_get_changes_nothing(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        version = rig.store.flip(Stage.SHADOW)
        program = await rig.ask("POST", "/rollback", Role.ADMIN, data="", headers=FORM)
        browser = await browser_of(rig)
        got = [await browser.get(path) for path in BUTTONS if path != "/sign-out"]
        unchanged = rig.store.flags.version()

    assert (program.status, "through /api/v1" in program.text) == (400, True)
    assert [(one.status, one.headers["Location"]) for one in got][:2] == [(303, "/domains/escrows")] * 2
    assert {one.status for one in got} == {303}
    assert unchanged == version


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"percent": "a lot", "reason": "more"}, "expected per cent from 0 to 100"),
        ({"percent": "120", "reason": "more"}, "share: "),
        ({"percent": "50"}, "reason: is missing"),
        ({"percent": "50", "reason": "more", "expected_version": "x"}, "expected_version"),
    ],
)
async def test_what_is_wrong_is_said_on_the_page_and_what_was_typed_stays(
    fields: dict[str, str], said: str, tmp_path: Path
) -> None:
    async with running(tmp_path) as rig:
        version = rig.store.flip(Stage.SHADOW, Stage.CANARY)
        answer = await (await browser_of(rig)).send("/domains/escrows/share", fields)
        unchanged = rig.store.flags.version()

    assert (answer.status, unchanged) == (422, version)
    assert said in answer.text
    assert f'value="{fields["percent"]}"' in answer.text


async def test_a_form_that_is_too_large_or_not_one_is_refused(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        browser = await browser_of(rig)
        large = await browser.send("/rollback", {"reason": "x" * 70_000})
        many = await browser.send("/rollback", {f"f{number}": "" for number in range(40)})
        as_json = await rig.ask("POST", "/rollback", None, json={}, cookies=browser.cookie)

    assert (large.status, many.status, as_json.status) == (413, 400, 415)


@pytest.mark.parametrize(
    ("address", "led_to"),
    [
        ("/domains/escrows?since=1h", "/domains/escrows?since=1h"),
        ("https://evil.test", "/"),
        ("//evil.test", "/"),
        ("/\\evil.test", "/"),
        ("/a\r\nSet-Cookie: x", "/"),
        ("/sign-in", "/"),
        ("/api/v1/events", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_after_the_sign_in_nobody_is_led_away(address: str, led_to: str) -> None:
    assert local(address) == led_to


async def test_no_page_shows_a_token_or_the_id_of_a_session(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        browser = await browser_of(rig, Role.ADMIN)
        paths = ("/", "/ledger", "/settings", "/looks", "/domains/escrows", "/api/v1/changes")
        text = "".join([(await browser.get(path)).text for path in paths])

    assert all(secret.split("_", 2)[2] not in text for secret in rig.store.secrets.values())
    assert browser.cookie.partition("=")[2] not in text
    assert "postgresql://crm:***@db/crossfade" in text


def test_a_csrf_token_tells_nothing_of_the_id() -> None:
    from proxy.console.tokens import Token

    token = Token("12345678", "olivia", Role.ADMIN, 0, "root", 1)

    assert Session("a" * 43, token, 0).csrf != Session("b" * 43, token, 0).csrf
