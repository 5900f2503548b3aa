from connectors.identifiers.iban import make_iban
from tests.startup import AMOUNT, SETTLES_LATER, SHOP, SILENT, Startup


async def events(startup: Startup, payment_id: str) -> list[str]:
    found = await startup.get(f"/v1/events?subject={payment_id}")
    return [event["type"] for event in found["data"]]


async def test_the_first_payment_settles_and_the_ledger_shows_it(startup: Startup) -> None:
    fetched = await startup.fetch()
    assert (fetched["status"], fetched["title"]) == ("matched", "Bilal General Store")
    before = await startup.balance("shop")
    payment = await startup.pay(SHOP)
    assert (payment["status"], payment["reason"]) == ("settled", None)
    assert await startup.get(f"/v1/payments/{payment['id']}") == payment
    assert (await startup.balance("shop"))["available_paisa"] == before["available_paisa"] + AMOUNT
    lines = (await startup.get(f"/v1/accounts/{startup.accounts['rich']}/statement"))["data"]
    own = [line for line in lines if line["reference"] == payment["id"]]
    assert sum(line["debit_paisa"] for line in own) == AMOUNT
    sums = await startup.get("/v1/ledger/trial-balance")
    assert sums["balanced"]
    assert sums["debits_posted_paisa"] == sums["credits_posted_paisa"]
    assert await events(startup, payment["id"]) == ["payment.settled"]


async def test_an_unknown_outcome_keeps_the_hold_and_settles_once(startup: Startup) -> None:
    await startup.freeze()
    before = await startup.balance()
    payment = await startup.pay(make_iban("SBXB", SETTLES_LATER))
    assert (payment["status"], payment["reason"]["code"]) == ("unknown", "AB05")
    assert (await startup.balance())["held_paisa"] == AMOUNT
    inquiry = await startup.post(f"/v1/payments/{payment['id']}/inquiry")
    assert inquiry.json()["outcome"] == "not_known"
    await startup.advance(90)
    await startup.advance(90)
    assert (await startup.get(f"/v1/payments/{payment['id']}"))["status"] == "settled"
    after = await startup.balance()
    assert (after["held_paisa"], after["ledger_paisa"]) == (0, before["ledger_paisa"] - AMOUNT)
    inquiry = await startup.post(f"/v1/payments/{payment['id']}/inquiry")
    assert inquiry.json()["outcome"] == "settled"
    assert await events(startup, payment["id"]) == ["payment.settled", "payment.unknown"]


async def test_a_hold_without_an_outcome_runs_out_after_a_day(startup: Startup) -> None:
    await startup.freeze()
    before = await startup.balance()
    payment = await startup.pay(make_iban("SBXB", SILENT))
    await startup.advance(24 * 3600 - 1)
    assert (await startup.get(f"/v1/payments/{payment['id']}"))["status"] == "unknown"
    assert (await startup.balance())["held_paisa"] == AMOUNT
    await startup.advance(1)
    final = await startup.get(f"/v1/payments/{payment['id']}")
    assert (final["status"], final["reason"]["code"]) == ("refused", "DS24")
    assert await startup.balance() == before
    assert (await startup.get("/v1/ledger/trial-balance"))["balanced"]
