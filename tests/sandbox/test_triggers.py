from typing import Any

import pytest

from sandbox.payments.queries import list_triggers
from tests.startup import Startup

ROWS = {f"{row.rail}-{row.name}": row for row in list_triggers().data}


def code_of(answer: Any) -> str | None:
    return None if answer["reason"] is None else str(answer["reason"]["code"])


async def test_the_published_rows_are_those_tested_here(startup: Startup) -> None:
    published = (await startup.client.get("/v1/triggers")).json()["data"]
    assert published == [row.model_dump() for row in ROWS.values()]


async def assert_nothing_is_held(startup: Startup) -> None:
    sums = await startup.get("/v1/ledger/trial-balance")
    assert sums["balanced"]
    assert (sums["debits_pending_paisa"], sums["credits_pending_paisa"]) == (0, 0)


@pytest.mark.parametrize("name", ROWS)
async def test_a_trigger_does_what_it_says(startup: Startup, name: str) -> None:
    row = ROWS[name]
    await startup.freeze()
    if row.stage == "title_fetch":
        fetched = await startup.fetch(row.destination_iban, row.amount_paisa, row.rail)
        assert (fetched["status"], code_of(fetched)) == (row.status, row.reason)
        await assert_nothing_is_held(startup)
        return
    payment = await startup.pay(row.destination_iban, row.amount_paisa, source=row.source_iban, rail=row.rail)
    assert (payment["status"], code_of(payment)) == (row.status, row.reason)
    if row.later_after_s is None:
        await assert_nothing_is_held(startup)
        return
    await startup.advance(row.later_after_s - 1)
    assert (await startup.get(f"/v1/payments/{payment['id']}"))["status"] == row.status
    await startup.advance(1)
    later = await startup.get(f"/v1/payments/{payment['id']}")
    assert (later["status"], code_of(later)) == (row.later_status, row.later_reason)
    await assert_nothing_is_held(startup)
