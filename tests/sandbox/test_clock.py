from typing import Any

import httpx

from connectors.identifiers.iban import make_iban
from ledger.clock import SECOND_US, from_rfc3339, to_rfc3339
from tests.startup import SETTLES_LATER, SignUp, Startup


async def now(startup: Startup) -> int:
    return from_rfc3339((await startup.get("/v1/clock"))["now"])


async def advance(startup: Startup, **body: Any) -> httpx.Response:
    return await startup.post("/v1/clock/advance", body)


async def test_a_clock_runs_until_it_is_set_ahead_or_frozen(startup: Startup) -> None:
    assert (await startup.get("/v1/clock"))["mode"] == "running"
    before = await now(startup)
    await startup.advance(3600)
    # The target is fixed when the request comes in, so what passes while it is served is not added.
    assert await now(startup) >= before + 3600 * SECOND_US
    clock = await startup.get("/v1/clock")
    assert clock["mode"] == "offset"
    assert 3590 < clock["ahead_seconds"] <= 3600
    await startup.freeze()
    assert (await startup.get("/v1/clock"))["mode"] == "frozen"
    assert await now(startup) == await now(startup)
    resumed = (await startup.post("/v1/clock/resume")).json()
    assert resumed["mode"] == "offset"


async def test_a_frozen_clock_goes_exactly_as_far_as_it_is_told(startup: Startup) -> None:
    await startup.freeze()
    before = await now(startup)
    await startup.advance(90)
    assert await now(startup) == before + 90 * SECOND_US
    assert (await advance(startup, to="9000-01-01T00:00:00Z")).json()["code"] == "clock_too_far"
    later = before + 365 * 24 * 3600 * SECOND_US
    assert (await advance(startup, to=to_rfc3339(later))).status_code == 200
    assert await now(startup) == later


async def test_to_next_event_goes_to_the_next_job_and_runs_it(startup: Startup) -> None:
    await startup.freeze()
    before = await now(startup)
    payment = await startup.pay(make_iban("SBXB", SETTLES_LATER))
    answer = (await advance(startup, to_next_event=True)).json()
    assert [(row["kind"], row["subject"]) for row in answer["fired"]] == [("payment.resolve", payment["id"])]
    assert await now(startup) == before + 90 * SECOND_US
    assert (await startup.get(f"/v1/payments/{payment['id']}"))["status"] == "settled"


async def test_a_clock_does_not_go_back(startup: Startup) -> None:
    await startup.freeze()
    before = await now(startup)
    refused = await advance(startup, to="2020-01-01T00:00:00Z")
    assert (refused.status_code, refused.json()["code"]) == (422, "clock_backwards")
    for body in ({"by_seconds": 0}, {"by_seconds": -1}, {}, {"by_seconds": 1, "to_next_event": True}):
        assert (await advance(startup, **body)).json()["code"] == "invalid_field"
    assert await now(startup) == before


async def test_an_advance_that_is_repeated_under_its_key_advances_once(startup: Startup) -> None:
    await startup.freeze()
    before = await now(startup)
    first = await startup.advance(90, key="k")
    assert await startup.advance(90, key="k") == first
    assert await now(startup) == before + 90 * SECOND_US


async def test_the_clock_of_another_sandbox_is_not_moved(startup: Startup, other: Startup) -> None:
    await other.freeze()
    before = await now(other)
    await startup.advance(3600)
    assert await now(other) == before


async def test_a_clock_cannot_be_driven_past_what_a_date_can_say(sign_up: SignUp) -> None:
    late = await sign_up(frozen_at="8985-01-01T00:00:00Z")
    ten_years = 10 * 365 * 24 * 3600
    assert (await advance(late, by_seconds=ten_years)).status_code == 200
    answer = await advance(late, by_seconds=ten_years)
    assert (answer.status_code, answer.json()["code"]) == (422, "clock_too_far")
    assert (await late.get("/v1/clock"))["now"] < "9000"
    assert (await late.pay())["status"] == "settled"
