"""Callbacks that go wrong as a plan wants them to, seen by the receiver."""

import asyncio
from typing import Any

import pytest

from sandbox.demo.receiver import verified
from sandbox.scenarios.callbacks import tampered
from tests.listener import Listener, next_event, register
from tests.startup import Startup


async def put(startup: Startup, *callbacks: dict[str, Any], seed: int = 0) -> None:
    answer = await startup.send("PUT", "/v1/scenarios", {"seed": seed, "callbacks": callbacks})
    assert answer.status_code == 200, answer.text


async def test_a_callback_comes_twice_under_one_id(startup: Startup, listener: Listener) -> None:
    await startup.freeze()
    await register(startup, listener.url)
    await put(startup, {"kind": "duplicate"})
    await startup.pay()
    await startup.advance(1)
    first, second = listener.ids
    assert first == second
    assert len((await startup.get("/v1/webhook-deliveries"))["data"]) == 2


async def test_a_callback_is_dropped_and_can_be_recovered(startup: Startup, listener: Listener) -> None:
    await startup.freeze()
    endpoint = await register(startup, listener.url)
    await put(startup, {"kind": "drop"})
    await startup.pay()
    await startup.advance(4 * 24 * 3600)
    assert listener.ids == []
    since = {"since": "2020-01-01T00:00:00Z"}
    recovered = await startup.post(f"/v1/webhook-endpoints/{endpoint['id']}/recover", since)
    assert recovered.json()["rescheduled"] == 1
    await startup.advance(1)
    assert len(listener.ids) == 1


async def test_a_callback_comes_late(startup: Startup, listener: Listener) -> None:
    await startup.freeze()
    await register(startup, listener.url)
    await put(startup, {"kind": "delay", "seconds": 60})
    await startup.pay()
    await startup.advance(59)
    assert listener.ids == []
    await startup.advance(1)
    assert len(listener.ids) == 1


async def test_callbacks_overtake_one_another(startup: Startup, listener: Listener) -> None:
    await startup.freeze()
    await register(startup, listener.url)
    await put(startup, {"kind": "reorder", "seconds": 60})
    for _ in range(10):
        await startup.pay()
    await startup.advance(60)
    assert len(set(listener.ids)) == 10
    assert listener.ids != sorted(listener.ids)


@pytest.mark.parametrize("kind", ["tamper", "stale", "wrong_secret"])
async def test_a_forged_callback_is_followed_by_the_real_one(
    startup: Startup, listener: Listener, kind: str
) -> None:
    await startup.freeze()
    endpoint = await register(startup, listener.url)
    await put(startup, {"kind": kind})
    payment = await startup.pay()
    listener.status = 400
    await next_event(startup)
    listener.status = 204
    await next_event(startup)
    forged, real = listener.received
    assert verified(endpoint["secret"], *forged) is None
    event = verified(endpoint["secret"], *real)
    assert event is not None
    assert event["data"] == payment
    assert forged[0]["webhook-id"] == real[0]["webhook-id"]
    assert (forged[1] != real[1]) == (kind == "tamper")


def test_what_is_tampered_with_shows_another_amount_where_there_is_one() -> None:
    assert tampered(b'{"amount_paisa":15000}') == b'{"amount_paisa":915000}'
    assert tampered(b"{}") == b"{} "


async def test_the_callback_is_there_before_the_answer(startup: Startup, listener: Listener) -> None:
    await register(startup, listener.url)
    await startup.pay()
    assert listener.ids == []
    await put(startup, {"kind": "before_answer"})
    await startup.pay()
    assert len(listener.ids) == 2


async def test_an_answer_whose_callbacks_are_being_sent_waits_for_them(
    startup: Startup, listener: Listener
) -> None:
    await register(startup, listener.url)
    await put(startup, {"kind": "before_answer"})
    order = await startup.order()
    await asyncio.gather(startup.post("/v1/payments", order), startup.services.worker.run_due())
    assert len(listener.ids) == 1


async def test_only_events_of_the_type_are_concerned(startup: Startup, listener: Listener) -> None:
    await startup.freeze()
    await register(startup, listener.url)
    await put(
        startup, {"kind": "drop", "event_type": "payment.refused"}, {"kind": "tamper", "probability": 0}
    )
    await startup.pay()
    await startup.advance(1)
    assert len(listener.ids) == 1


async def test_a_faulty_rail_leaves_callbacks_alone(startup: Startup, listener: Listener) -> None:
    await startup.freeze()
    await register(startup, listener.url)
    await startup.send("PUT", "/v1/scenarios", {"faults": [{"kind": "partial"}]})
    await startup.pay()
    await startup.advance(1)
    assert len(listener.ids) == 1
