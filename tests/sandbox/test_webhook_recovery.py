"""What failed can be sent again; what was given up stays given up."""

from typing import Any

import pytest

from ledger.clock import SECOND_US, from_rfc3339
from sandbox.webhooks.ladder import MOST_RETRY_AFTER_S, WAITS_S, Sent, next_wait_us
from sandbox.webhooks.service import MOST_ENDPOINTS
from tests.listener import Listener, next_event, only_delivery, register
from tests.startup import Startup


async def fail_once(startup: Startup, endpoint: dict[str, Any]) -> str:
    """Make a payment whose delivery fails for good, and return the time at which it was made."""
    at: str = (await startup.pay())["completed_at"]
    await next_event(startup)
    assert (await startup.get(f"/v1/webhook-endpoints/{endpoint['id']}"))["status"] == "disabled"
    await startup.post(f"/v1/webhook-endpoints/{endpoint['id']}/enable")
    return at


async def recover(startup: Startup, endpoint: dict[str, Any], since: str) -> int:
    answer = await startup.post(f"/v1/webhook-endpoints/{endpoint['id']}/recover", {"since": since})
    assert answer.status_code == 200, answer.text
    count: int = answer.json()["rescheduled"]
    return count


async def statuses(startup: Startup, query: str = "") -> list[str]:
    """List what became of the deliveries, the oldest first."""
    found = (await startup.get(f"/v1/webhook-deliveries?limit=200{query}"))["data"]
    return [row["status"] for row in reversed(found)]


async def test_recover_sends_what_failed_since_a_time_again_the_oldest_first(
    startup: Startup, listener: Listener
) -> None:
    await startup.freeze()
    endpoint = await register(startup, listener.url)
    await startup.pay()
    await next_event(startup)
    listener.status = 410
    await startup.advance(60)
    await fail_once(startup, endpoint)
    await startup.advance(60)
    since = await fail_once(startup, endpoint)
    await startup.advance(60)
    await fail_once(startup, endpoint)
    assert await statuses(startup) == ["delivered", "failed", "failed", "failed"]
    before = listener.received.copy()

    listener.status = 204
    assert await recover(startup, endpoint, since) == 2
    assert await statuses(startup) == ["delivered", "failed", "pending", "pending"]
    await startup.advance(1)
    assert await statuses(startup) == ["delivered", "failed", "delivered", "delivered"]
    again = listener.received[len(before) :]
    assert [(headers["webhook-id"], body) for headers, body in again] == [
        (headers["webhook-id"], body) for headers, body in before[-2:]
    ]
    assert await recover(startup, endpoint, "1970-01-01T00:00:00Z") == 1
    assert await recover(startup, endpoint, "1970-01-01T00:00:00Z") == 0


async def test_recover_is_for_one_endpoint_alone(startup: Startup, listener: Listener) -> None:
    await startup.freeze()
    listener.status = 410
    first, second = await register(startup, listener.url), await register(startup, listener.url)
    await startup.pay()
    await startup.advance(1)
    assert await statuses(startup) == ["failed", "failed"]
    assert await recover(startup, first, "1970-01-01T00:00:00Z") == 1
    assert await statuses(startup, f"&endpoint={first['id']}") == ["pending"]
    assert await statuses(startup, f"&endpoint={second['id']}") == ["failed"]
    assert await statuses(startup, "&status=failed") == ["failed"]


async def test_recover_by_a_disabled_endpoint_sends_nothing(startup: Startup, listener: Listener) -> None:
    await startup.freeze()
    listener.status = 410
    endpoint = await register(startup, listener.url)
    await startup.pay()
    await next_event(startup)
    assert await recover(startup, endpoint, "1970-01-01T00:00:00Z") == 1
    await startup.advance(1)
    assert await statuses(startup) == ["failed"]
    assert len(listener.received) == 1


async def test_recover_refuses_a_time_that_is_none_and_an_endpoint_that_is_not_ones_own(
    startup: Startup, other: Startup, listener: Listener
) -> None:
    endpoint = await register(startup, listener.url)
    path = f"/v1/webhook-endpoints/{endpoint['id']}/recover"
    for body in ({"since": "yesterday"}, {"since": "2026-01-31"}, {}, {"since": 7}):
        answer = await startup.post(path, body)
        document = answer.json()
        assert (answer.status_code, document["code"], document["field"]) == (422, "invalid_field", "since")
    answer = await other.post(path, {"since": "1970-01-01T00:00:00Z"})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_a_recovered_delivery_starts_at_the_foot_of_the_ladder(
    startup: Startup, listener: Listener
) -> None:
    await startup.freeze()
    listener.status = 410
    endpoint = await register(startup, listener.url)
    await fail_once(startup, endpoint)
    listener.status = 500
    await recover(startup, endpoint, "1970-01-01T00:00:00Z")
    await next_event(startup)
    delivery = await startup.get(f"/v1/webhook-deliveries/{await only_delivery(startup)}")
    now = from_rfc3339((await startup.get("/v1/clock"))["now"])
    wait_us = from_rfc3339(delivery["next_attempt_at"]) - now
    assert WAITS_S[1] <= wait_us / SECOND_US <= WAITS_S[1] * 1.1
    assert delivery["attempt_count"] == 2


async def test_a_deleted_endpoint_gets_nothing_more(startup: Startup, listener: Listener) -> None:
    await startup.freeze()
    endpoint = await register(startup, listener.url)
    await startup.pay()
    path = f"/v1/webhook-endpoints/{endpoint['id']}"
    assert (await startup.send("DELETE", path)).json()["id"] == endpoint["id"]
    await startup.advance(1)
    assert await statuses(startup) == ["failed"]
    assert listener.received == []
    for gone in (await startup.send("GET", path), await startup.send("DELETE", path)):
        assert (gone.status_code, gone.json()["code"]) == (404, "not_found")
    resent = await startup.post(f"/v1/webhook-deliveries/{await only_delivery(startup)}/resend")
    assert (resent.status_code, resent.json()["code"]) == (404, "not_found")
    await startup.pay()
    assert await statuses(startup) == ["failed"]


async def test_a_delivery_that_is_resent_while_it_waits_goes_out_once(
    startup: Startup, listener: Listener
) -> None:
    await startup.freeze()
    listener.status = 500
    await register(startup, listener.url)
    await startup.pay()
    await next_event(startup)
    listener.status = 204
    await startup.post(f"/v1/webhook-deliveries/{await only_delivery(startup)}/resend")
    await startup.advance(3600)
    assert len(listener.received) == 2
    assert await statuses(startup) == ["delivered"]


async def test_a_test_event_goes_out_when_asked_for(startup: Startup, listener: Listener) -> None:
    await startup.freeze()
    endpoint = await register(startup, listener.url)
    await startup.post(f"/v1/webhook-endpoints/{endpoint['id']}/test")
    await next_event(startup)
    [event] = (await startup.get("/v1/events"))["data"]
    assert (event["type"], event["subject"]) == ("webhook.test", endpoint["id"])
    assert listener.ids == [event["id"]]
    assert await startup.get(f"/v1/events/{event['id']}") == event
    assert endpoint["secret"] not in str(event)


async def test_an_endpoint_gets_the_types_that_it_asked_for(startup: Startup, listener: Listener) -> None:
    await startup.freeze()
    await register(startup, listener.url, event_types=["payment.refused"])
    await startup.pay()
    await startup.pay(source=startup.accounts["poor"])
    await startup.advance(1)
    [refused] = (await startup.get("/v1/events?type=payment.refused"))["data"]
    assert listener.ids == [refused["id"]]


async def test_a_sandbox_has_a_limited_number_of_endpoints(startup: Startup, listener: Listener) -> None:
    made = [await register(startup, listener.url) for _ in range(MOST_ENDPOINTS)]
    answer = await startup.post("/v1/webhook-endpoints", {"url": listener.url})
    assert answer.json()["code"] == "webhook_endpoint_limit"
    assert (await startup.send("DELETE", f"/v1/webhook-endpoints/{made[0]['id']}")).status_code == 200
    made.append(await register(startup, listener.url))
    listed = (await startup.get("/v1/webhook-endpoints"))["data"]
    assert [row["id"] for row in listed] == [row["id"] for row in reversed(made[1:])]
    assert "whsec_" not in str(listed)


async def test_one_success_ends_a_row_of_failures(startup: Startup, listener: Listener) -> None:
    await startup.freeze()
    listener.status = 500
    endpoint = await register(startup, listener.url)
    path = f"/v1/webhook-endpoints/{endpoint['id']}"
    await startup.pay()
    await next_event(startup)
    assert (await startup.get(path))["failing_since"] is not None
    listener.status = 200
    await next_event(startup)
    assert (await startup.get(path))["failing_since"] is None


async def test_an_attempt_shows_the_start_of_the_answer_and_why_there_was_none(
    startup: Startup, listener: Listener
) -> None:
    await startup.freeze()
    listener.status, listener.body = 500, b"out of order, \xff" + b"x" * 2_000
    await register(startup, listener.url)
    await startup.pay()
    await next_event(startup)
    [attempt] = (await startup.get(f"/v1/webhook-deliveries/{await only_delivery(startup)}"))["attempts"]
    assert (attempt["status_code"], attempt["error"]) == (500, None)
    assert attempt["response"].startswith("out of order, \ufffdx")
    assert len(attempt["response"]) == 1_024


async def test_a_receiver_that_is_not_there_is_a_failed_attempt(startup: Startup) -> None:
    await startup.freeze()
    await register(startup, "http://127.0.0.1:1/hooks")
    await startup.pay()
    await next_event(startup)
    delivery = await startup.get(f"/v1/webhook-deliveries/{await only_delivery(startup)}")
    [attempt] = delivery["attempts"]
    assert (delivery["status"], attempt["status_code"]) == ("pending", None)
    assert attempt["error"].startswith("ConnectError")


async def test_a_receiver_that_names_a_time_is_left_alone_until_then(
    startup: Startup, listener: Listener
) -> None:
    await startup.freeze()
    listener.status, listener.headers = 503, {"retry-after": "120"}
    await register(startup, listener.url)
    await startup.pay()
    await next_event(startup)
    await startup.advance(119)
    assert len(listener.received) == 1
    await startup.advance(1)
    assert len(listener.received) == 2


@pytest.mark.parametrize(
    ("status", "wish", "wait_s"),
    [
        (503, 120, 120),
        (503, 10**9, MOST_RETRY_AFTER_S),
        (503, 1, None),
        (503, None, None),
        (500, 120, None),
        (None, None, None),
    ],
)
def test_a_wish_counts_where_it_makes_sense_and_lengthens_only(
    status: int | None, wish: int | None, wait_s: int | None
) -> None:
    found = next_wait_us("del_1", 1, Sent(status, None, 1, retry_after_s=wish))
    assert found is not None
    if wait_s is None:
        assert WAITS_S[1] <= found / SECOND_US <= WAITS_S[1] * 1.1
    else:
        assert found == wait_s * SECOND_US


def test_the_ladder_ends_at_its_top_and_at_a_receiver_that_is_gone() -> None:
    assert next_wait_us("del_1", len(WAITS_S), Sent(500, None, 1)) is None
    assert next_wait_us("del_1", 1, Sent(410, None, 1)) is None
