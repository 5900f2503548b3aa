"""Four stories of Raast, each told over HTTP alone."""

import csv
import io
from typing import Any

from tests.startup import RICH, SHOP, Startup

PHONE = {"type": "MOBILE", "value": "0390 1234567"}


async def done(startup: Startup, path: str, body: object = None) -> Any:
    answer = await startup.post(path, body)
    assert answer.status_code in {200, 201}, answer.text
    return answer.json()


async def assert_clean(startup: Startup) -> None:
    """Whatever happened: debits are credits, and no hold is left."""
    trial = await startup.get("/v1/ledger/trial-balance")
    assert trial["balanced"]
    assert trial["debits_pending_paisa"] == trial["credits_pending_paisa"] == 0


async def pay_phone(startup: Startup, amount: int) -> Any:
    fetched = await done(startup, "/v1/title-fetches", {"destination_alias": PHONE, "amount_paisa": amount})
    order = {
        "source": RICH,
        "destination_iban": fetched["destination_iban"],
        "amount_paisa": amount,
        "title_fetch": fetched["id"],
    }
    return await done(startup, "/v1/payments", order)


async def test_a_friend_is_paid_by_phone_number_and_changes_banks(startup: Startup) -> None:
    bilal = {"uid": {"type": "CNIC", "value": "90001-0000002-1"}, "name": "Bilal", "aliases": [PHONE]}
    first = await done(
        startup, "/v1/raast/customers", bilal | {"institution": "SBXB", "accounts": [{"account": SHOP}]}
    )
    paid = await pay_phone(startup, 50_000)
    assert (paid["status"], paid["destination_iban"]) == ("settled", SHOP)

    wallet = (await startup.get(f"/v1/accounts/{startup.accounts['wallet']}"))["iban"]
    elsewhere = bilal | {"institution": "SBXW", "accounts": [{"account": wallet}]}
    taken = await startup.post("/v1/raast/customers", elsewhere)
    assert (taken.status_code, taken.json()["rail_code"]) == (409, "0315")
    assert (await startup.send("DELETE", f"/v1/raast/customers/{first['id']}")).status_code == 200
    await done(startup, "/v1/raast/customers", elsewhere)
    assert (await pay_phone(startup, 50_000))["destination_iban"] == wallet
    await assert_clean(startup)


async def test_a_shop_shows_a_code_and_is_paid_once(startup: Startup) -> None:
    store = {
        "account": SHOP,
        "uid": {"type": "NTN", "value": "9000001-2"},
        "name": "Bilal General Store",
        "city": "Karachi",
        "category": "5411",
        "till": "12345",
    }
    merchant = await done(startup, "/v1/raast/merchants", store)
    till = await startup.balance("shop")
    basket = {"kind": "p2m", "merchant": merchant["id"], "amount_paisa": 132_500, "dynamic": True}
    code = await done(startup, "/v1/raast/qr-codes", {"code": basket})
    assert (await startup.send("GET", code["png"])).content.startswith(b"\x89PNG")

    seen = await done(startup, "/v1/raast/qr-codes/scan", {"text": code["text"]})
    assert (seen["name"], seen["amount_paisa"]) == ("Bilal General Store", 132_500)
    altered = code["text"].replace("132", "112", 1)
    refused = await startup.post("/v1/raast/qr-codes/pay", {"text": altered, "source": RICH})
    assert (refused.status_code, refused.json()["rail_code"]) == (422, "crc")
    paid = await done(startup, "/v1/raast/qr-codes/pay", {"text": code["text"], "source": RICH})
    assert (paid["payment"]["status"], paid["request_to_pay"]["status"]) == ("settled", "ACSC")
    again = await startup.post("/v1/raast/qr-codes/pay", {"text": code["text"], "source": RICH})
    assert again.status_code == 409
    assert (await startup.balance("shop"))["ledger_paisa"] == till["ledger_paisa"] + 132_500
    told = await startup.get(f"/v1/events?subject={code['request_to_pay']}")
    assert [event["type"] for event in told["data"]] == ["request_to_pay.settled", "request_to_pay.sent"]
    await assert_clean(startup)


async def test_salaries_are_made_by_one_and_checked_by_another(startup: Startup) -> None:
    checker = await done(startup, "/v1/keys", {"name": "checker"})
    lines = ["end_to_end_id,destination_iban,amount_paisa"]
    lines += [f"salary-{number},{SHOP},5000000" for number in range(5)]
    lines.append("salary-5,PK00SBXB0000000000000002,5000000")
    maker = {"authorization": f"Bearer {startup.secret}"}
    path = f"/v1/raast/bulk?source={RICH}&format=csv"
    made = (await startup.client.post(path, content="\n".join(lines), headers=maker)).json()
    assert (made["rows"], made["rejected"], made["errors"][0]["line"]) == (6, 1, 7)
    mine = f"/v1/raast/bulk/{made['id']}"
    assert (await startup.post(f"{mine}/approve")).status_code == 403
    startup.secret = checker["secret"]
    await done(startup, f"{mine}/approve")
    await startup.freeze()
    await startup.advance(1)
    bulk = await startup.get(mine)
    assert (bulk["status"], bulk["settled"]) == ("completed", 5)
    sent = (await startup.send("GET", bulk["completions"])).text
    assert [row["status"] for row in csv.DictReader(io.StringIO(sent))] == ["settled"] * 5
    await assert_clean(startup)


async def test_a_payment_made_twice_is_asked_back_and_comes_back(startup: Startup) -> None:
    before = await startup.balance()
    first, second = await startup.pay(SHOP), await startup.pay(SHOP)
    recall = await done(startup, f"/v1/payments/{second['id']}/recalls", {"reason": "DUPL"})
    answered = await done(startup, f"/v1/raast/recalls/{recall['id']}/accept")
    assert (answered["status"], answered["answer"]["code"]) == ("returned", "FOCR")
    returned = await startup.get(f"/v1/payments/{second['id']}/return")
    assert returned["amount_paisa"] == second["amount_paisa"]
    assert (await startup.send("GET", f"/v1/payments/{first['id']}/return")).status_code == 404
    spent = before["ledger_paisa"] - first["amount_paisa"]
    assert (await startup.balance())["ledger_paisa"] == spent
    rule = await startup.get("/v1/raast/twenty-seconds")
    assert (rule["credited"], rule["breaches"]) == (2, 0)
    await assert_clean(startup)
