"""Channels on real sockets: signed, bounded in time, no redirect, and no address in anything that is said."""

import base64
import hashlib
import hmac
import json
import logging
from typing import Any

import pytest

from proxy.channels import Channel, Service, Webhook, open_channels, secret_of, sign
from proxy.errors import ChannelError, NotSentError
from proxy.notification import EventKind, Notification
from tests.support.backends import DeadPort, FakeBackend, answering, hanging, sending

KEY = b"a key of at least thirty-two characters"
SECRET = "s3cr3t-t0ken"
SAID = Notification("ledger-7", EventKind.ROLLED_BACK, "rolled back", "error rate 12 %", 1_795_000_000.0)


def webhook(url: str, timeout_s: float = 10.0, **options: Any) -> Webhook:
    return Webhook("webhook-1", url, KEY, timeout_s, **options)


async def test_a_webhook_is_posted_and_signed_as_the_standard_webhooks_say() -> None:
    async with FakeBackend(answering(b"", status="204 No Content")) as receiver:
        await webhook(f"{receiver.url}/hooks?x=1", clock=lambda: 1_795_000_009.7).send(SAID)

    [seen] = receiver.seen
    signed = b"ledger-7.1795000009." + seen.body
    expected = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
    assert (seen.method, seen.target) == ("POST", "/hooks?x=1")
    assert seen.header("webhook-id") == "ledger-7"
    assert seen.header("webhook-timestamp") == "1795000009"
    assert seen.header("webhook-signature") == f"v1,{expected}"
    assert json.loads(seen.body)["data"]["text"] == "error rate 12 %"


def test_a_receiver_gets_the_key_in_the_form_that_its_library_takes() -> None:
    secret = secret_of(KEY)

    assert secret.startswith("whsec_")
    assert sign(base64.b64decode(secret.removeprefix("whsec_")), "id", "1", b"{}") == sign(
        KEY, "id", "1", b"{}"
    )


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent"])
async def test_a_redirect_is_not_followed(status: str) -> None:
    async with FakeBackend(answering()) as elsewhere:
        location = (("Location", f"{elsewhere.url}/stolen"),)
        async with FakeBackend(answering(status=status, headers=location)) as receiver:
            with pytest.raises(NotSentError, match="redirects are not followed"):
                await webhook(receiver.url).send(SAID)

        assert elsewhere.seen == []


@pytest.mark.parametrize(
    ("behaviour", "problem"),
    [
        (answering(status="500 Internal Server Error"), "answered 500"),
        (answering(status="410 Gone"), "answered 410"),
        (hanging(), r"no answer within 0\.2 s"),
        (sending(b"nonsense\r\n\r\n"), "cannot be reached"),
    ],
)
async def test_what_a_receiver_does_wrong_is_said(behaviour: Any, problem: str) -> None:
    async with FakeBackend(behaviour) as receiver:
        with pytest.raises(NotSentError, match=problem):
            await webhook(receiver.url, 0.2 if "within" in problem else 10.0).send(SAID)


async def test_what_is_said_of_a_failure_holds_no_address() -> None:
    dead = DeadPort()
    with pytest.raises(NotSentError) as refused:
        await webhook(f"{dead.url}/{SECRET}").send(SAID)
    dead.close()

    assert SECRET not in str(refused.value)
    assert str(dead.port) not in str(refused.value)


async def test_a_service_of_apprise_gets_title_and_text() -> None:
    async with FakeBackend(answering()) as receiver:
        await Service("json-1", f"json://127.0.0.1:{receiver.port}/", 10.0).send(SAID)

    [seen] = receiver.seen
    content = json.loads(seen.body)
    assert (content["title"], content["message"], content["type"]) == (
        "rolled back",
        "error rate 12 %",
        "warning",
    )


@pytest.mark.parametrize("query", ["", "?redirect=yes"])
async def test_a_service_follows_no_redirect_whatever_its_address_says(query: str) -> None:
    async with FakeBackend(answering()) as elsewhere:
        location = (("Location", f"{elsewhere.url}/stolen"),)
        async with FakeBackend(answering(status="307 Temporary Redirect", headers=location)) as receiver:
            service = Service("json-1", f"json://127.0.0.1:{receiver.port}/{query}", 10.0)
            with pytest.raises(NotSentError, match="the service did not take it"):
                await service.send(SAID)

        assert elsewhere.seen == []


async def test_a_service_that_refuses_is_said_without_its_address(caplog: pytest.LogCaptureFixture) -> None:
    dead = DeadPort()
    [service] = open_channels([], [f"json://user:{SECRET}@127.0.0.1:{dead.port}/{SECRET}"], KEY, 2.0)
    with caplog.at_level(logging.DEBUG), pytest.raises(NotSentError) as refused:
        await service.send(SAID)
    dead.close()

    assert SECRET not in str(refused.value) + caplog.text


def names(channels: tuple[Channel, ...]) -> list[str]:
    return [channel.name for channel in channels]


def test_channels_are_named_by_kind_and_place() -> None:
    channels = open_channels(["https://hooks.example/a"], ["json://h/a", "jsons://h/b"], KEY, 1.0)

    assert names(channels) == ["webhook-1", "json-1", "jsons-2"]


def test_every_wrong_address_is_named_by_its_place_and_not_by_itself() -> None:
    with pytest.raises(ChannelError) as problem:
        open_channels([], ["json://h/a", f"carrier-pigeon://{SECRET}", f"slack://{SECRET}"], KEY, 1.0)

    assert "carrier-pigeon-2: expected an address that apprise knows" in str(problem.value)
    assert "slack-3: " in str(problem.value)
    assert SECRET not in str(problem.value)
