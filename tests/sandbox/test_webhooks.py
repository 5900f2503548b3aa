from itertools import pairwise

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from ledger.clock import SECOND_US, from_rfc3339
from sandbox.demo.receiver import receiving, verified
from sandbox.problems import Problem
from sandbox.webhooks.guard import check_url
from sandbox.webhooks.ladder import WAITS_S
from sandbox.webhooks.sender import Message, sign
from tests.listener import Listener, next_event, only_delivery, register
from tests.startup import Startup


async def test_a_payment_reaches_the_receiver_signed(startup: Startup) -> None:
    await startup.freeze()
    with receiving() as receiver:
        endpoint = await register(startup, receiver.url)
        payment = await startup.pay()
        await next_event(startup)
        taken = receiver.next()
    assert taken is not None
    event = verified(endpoint["secret"], *taken)
    assert event is not None
    assert (event["type"], event["data"]) == ("payment.settled", payment)
    assert verified(endpoint["secret"], taken[0], taken[1] + b" ") is None


async def test_retries_follow_the_ladder_on_the_sandbox_clock(startup: Startup, listener: Listener) -> None:
    await startup.freeze()
    listener.status = 500
    endpoint = await register(startup, listener.url)
    await startup.pay()
    for _ in (*WAITS_S, "the end of the day"):
        await next_event(startup)
    delivery = await startup.get(f"/v1/webhook-deliveries/{await only_delivery(startup)}")
    assert (delivery["status"], delivery["attempt_count"]) == ("failed", len(WAITS_S))
    assert {attempt["status_code"] for attempt in delivery["attempts"]} == {500}
    times = [from_rfc3339(attempt["at"]) for attempt in delivery["attempts"]]
    for wait_s, (before, after) in zip(WAITS_S[1:], pairwise(times), strict=True):
        assert wait_s <= (after - before) / SECOND_US <= wait_s * 1.1
    assert len({body for _, body in listener.received}) == 1
    assert len({headers["webhook-id"] for headers, _ in listener.received}) == 1
    found = await startup.get(f"/v1/webhook-endpoints/{endpoint['id']}")
    assert found["status"] == "disabled"


async def test_a_delivery_is_sent_again_when_asked(startup: Startup, listener: Listener) -> None:
    await startup.freeze()
    await register(startup, listener.url)
    await startup.pay()
    await next_event(startup)
    path = f"/v1/webhook-deliveries/{await only_delivery(startup)}"
    assert (await startup.get(path))["status"] == "delivered"
    assert (await startup.post(f"{path}/resend")).json()["status"] == "pending"
    await next_event(startup)
    delivery = await startup.get(path)
    assert (delivery["status"], [row["number"] for row in delivery["attempts"]]) == ("delivered", [1, 2])
    first, second = listener.received
    assert (first[1], first[0]["webhook-id"]) == (second[1], second[0]["webhook-id"])


async def test_after_a_rotation_both_secrets_sign_for_a_day(startup: Startup, listener: Listener) -> None:
    await startup.freeze()
    old = await register(startup, listener.url)
    new = (await startup.post(f"/v1/webhook-endpoints/{old['id']}/rotate-secret")).json()
    assert new["secret"] != old["secret"]
    await startup.pay()
    await next_event(startup)
    await startup.advance(24 * 3600)
    await startup.pay()
    await next_event(startup)
    during, after = listener.received
    assert verified(old["secret"], *during)
    assert verified(new["secret"], *during)
    assert verified(old["secret"], *after) is None
    assert verified(new["secret"], *after)


async def test_410_disables_the_endpoint_until_it_is_enabled(startup: Startup, listener: Listener) -> None:
    await startup.freeze()
    listener.status = 410
    endpoint = await register(startup, listener.url)
    path = f"/v1/webhook-endpoints/{endpoint['id']}"
    await startup.pay()
    await next_event(startup)
    assert (await startup.get(path))["status"] == "disabled"
    await startup.pay()
    await next_event(startup)
    assert len(listener.received) == 1
    assert (await startup.post(f"{path}/enable")).json()["status"] == "enabled"
    listener.status = 204
    await startup.pay()
    await next_event(startup)
    assert len(listener.received) == 2


REFUSED = [
    "http://127.0.0.1/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://192.168.1.1/",
    "http://[fd00::1]/",
    "http://169.254.169.254/latest/meta-data",
    "http://localhost./",
    "http://metadata.google.internal./",
    "http://2130706433/",
    "http://127.1/",
    "http://0x7f000001/",
    "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://0.0.0.0/",
    "http://localhost/",
    "http://a.localhost/",
    "http://db.internal/",
    "https://user:password@example.com/",
    "ftp://example.com/",
    "example.com/hooks",
    "https://",
    "http://example.com:99999/",
]


@pytest.mark.parametrize("url", REFUSED)
def test_webhooks_go_to_public_addresses_only(url: str) -> None:
    with pytest.raises(Problem) as refused:
        check_url(url, allow_loopback=False)
    assert (refused.value.entry.code, refused.value.field) == ("webhook_url_refused", "url")


@pytest.mark.parametrize("url", ["https://example.com/hooks", "http://example.com:8080/", "https://8.8.8.8/"])
def test_public_addresses_are_taken(url: str) -> None:
    check_url(url, allow_loopback=False)


def test_the_signature_is_that_of_the_specification() -> None:
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    message = Message("msg_p5jXN8AQM9LWM0D4loKWxJek", "https://example.com/", body, [secret])
    headers = sign(message, 1_614_265_330 * SECOND_US)
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body.decode(), headers)
