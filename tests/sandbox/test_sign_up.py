from typing import Any

import pytest

from ledger.clock import from_rfc3339
from tests.startup import SignUp, Startup, count_rows

WHO = {"name": "Chai Pay", "email": "dev@chaipay.example"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", " "),
        ("email", "nobody"),
        ("seed", -1),
        ("seed", 2**63),
        ("seed", "7"),
        ("frozen_at", "tomorrow"),
        ("frozen_at", "2031-05-01T09:00:00"),
        ("frozen_at", "1969-12-31T23:59:59Z"),
        ("frozen_at", "9000-01-01T00:00:01Z"),
        ("frozen_at", 0),
        ("colour", "red"),
    ],
)
async def test_a_sign_up_with_a_wrong_field_is_refused_naming_it(
    startup: Startup, field: str, value: object
) -> None:
    tables = ("participant", "sandbox", "api_key")
    before = [startup.count(table) for table in tables]
    answer = await startup.client.post("/v1/signup", json={**WHO, field: value})
    document = answer.json()
    assert (answer.status_code, document["code"], document["field"]) == (422, "invalid_field", field)
    assert [count_rows(startup.services, table) for table in tables] == before


async def test_a_sandbox_may_start_with_its_clock_frozen(sign_up: SignUp) -> None:
    frozen = await sign_up(frozen_at="2031-05-01T14:00:00+05:00")
    nine = "2031-05-01T09:00:00.000000Z"
    clock: dict[str, Any] = await frozen.get("/v1/clock")
    assert (clock["mode"], clock["now"]) == ("frozen", nine)
    assert (await frozen.pay())["completed_at"] == nine
    assert frozen.signed_up["sandbox"]["created_at"] == nine
    resumed = (await frozen.post("/v1/clock/resume")).json()
    assert resumed["mode"] == "offset"
    assert from_rfc3339(resumed["now"]) == from_rfc3339(nine)


@pytest.mark.parametrize("moment", ["1970-01-01T00:00:00Z", "9000-01-01T00:00:00Z"])
async def test_a_payment_can_be_made_at_both_ends_of_time(sign_up: SignUp, moment: str) -> None:
    frozen = await sign_up(frozen_at=moment)
    assert (await frozen.pay())["status"] == "settled"


async def test_without_a_seed_two_sandboxes_name_their_accounts_differently(
    startup: Startup, other: Startup
) -> None:
    assert set(startup.accounts.values()).isdisjoint(other.accounts.values())
    assert startup.signed_up["sandbox"]["seed"] != other.signed_up["sandbox"]["seed"]
