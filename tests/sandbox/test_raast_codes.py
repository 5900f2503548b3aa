from typing import Any

import pytest

from connectors.identifiers.iban import make_iban
from connectors.qr.p2m import P2mQr, make_p2m, parse_p2m
from connectors.qr.p2p import P2pQr, make_p2p, parse_p2p
from sandbox.accounts.service import SEED
from tests.startup import AMOUNT, RICH, SHOP, SILENT, Startup

PATH = "/v1/raast/qr-codes"
STORE = {
    "account": SHOP,
    "uid": {"type": "NTN", "value": "9000001-2"},
    "name": "Bilal General Store",
    "city": "Karachi",
    "category": "5411",
    "till": "12345",
}


async def open_store(startup: Startup, **changes: object) -> Any:
    answer = await startup.post("/v1/raast/merchants", STORE | changes)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def make(startup: Startup, **code: object) -> Any:
    answer = await startup.post(PATH, {"code": code})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def scan(startup: Startup, text: str) -> Any:
    answer = await startup.post(f"{PATH}/scan", {"text": text})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def pay(startup: Startup, text: str, **more: object) -> Any:
    answer = await startup.post(f"{PATH}/pay", {"text": text, "source": RICH} | more)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_a_merchant_is_found_by_its_till(startup: Startup) -> None:
    merchant = await open_store(startup)
    assert await startup.get(f"/v1/raast/merchants/{merchant['id']}") == merchant
    assert (await startup.get("/v1/raast/merchants"))["data"] == [merchant]
    assert (await startup.get("/v1/raast/aliases/lookup?type=TILL&value=12345"))["iban"] == SHOP
    await open_store(startup, till="67890")
    again = await startup.post("/v1/raast/merchants", STORE)
    assert (again.status_code, again.json()["rail_code"]) == (409, "0321")
    assert (await startup.send("GET", "/v1/raast/merchants/rme_x")).status_code == 404


async def test_a_static_persons_code_is_paid_with_the_payers_amount(startup: Startup) -> None:
    code = await make(startup, kind="p2p", account=startup.accounts["shop"])
    assert parse_p2p(code["text"]) == P2pQr(SHOP)
    seen = await scan(startup, code["text"])
    assert (seen["dynamic"], seen["iban"], seen["amount_paisa"]) == (False, SHOP, None)
    paid = await pay(startup, code["text"], amount_paisa=AMOUNT, end_to_end_id="till-1")
    assert (paid["payment"]["status"], paid["payment"]["end_to_end_id"]) == ("settled", "till-1")


async def test_a_dynamic_persons_code_is_paid_until_its_minute_is_over(startup: Startup) -> None:
    await startup.freeze()
    code = await make(startup, kind="p2p", account=SHOP, amount_paisa=AMOUNT, expires_in_s=120)
    assert (await scan(startup, code["text"]))["expires_at"] == code["expires_at"]
    assert (await pay(startup, code["text"]))["payment"]["amount_paisa"] == AMOUNT
    await startup.advance(180)
    for path in ("scan", "pay"):
        answer = await startup.post(
            f"{PATH}/{path}", {"text": code["text"]} | ({"source": RICH} if path == "pay" else {})
        )
        assert (answer.status_code, answer.json()["rail_code"]) == (422, "expired")


async def test_a_static_merchants_code_is_paid(startup: Startup) -> None:
    merchant = await open_store(startup)
    code = await make(startup, kind="p2m", merchant=merchant["id"], amount_paisa=AMOUNT, bill_number="B-1")
    seen = await scan(startup, code["text"])
    assert (seen["name"], seen["category"], seen["bill_number"], seen["dynamic"]) == (
        "Bilal General Store",
        "5411",
        "B-1",
        False,
    )
    assert (await pay(startup, code["text"]))["payment"]["status"] == "settled"


async def test_a_dynamic_merchants_code_pays_its_request_once(startup: Startup) -> None:
    merchant = await open_store(startup)
    code = await make(startup, kind="p2m", merchant=merchant["id"], amount_paisa=AMOUNT, dynamic=True)
    read = parse_p2m(code["text"])
    request = await startup.get(f"/v1/raast/requests-to-pay/{code['request_to_pay']}")
    assert (read.rtp_id, request["status"], request["merchant"]) == (
        request["rtp_id"],
        "ACTC",
        merchant["id"],
    )
    assert (await scan(startup, code["text"]))["request_to_pay"] == request
    paid = await pay(startup, code["text"])
    assert (paid["payment"]["status"], paid["request_to_pay"]["status"]) == ("settled", "ACSC")
    again = await startup.post(f"{PATH}/pay", {"text": code["text"], "source": RICH})
    assert (again.status_code, again.json()["code"]) == (409, "request_to_pay_state")
    assert startup.count("payment") == 1
    assert (await startup.get("/v1/ledger/trial-balance"))["balanced"]


async def test_a_dynamic_merchants_code_ends_with_its_request(startup: Startup) -> None:
    await startup.freeze()
    merchant = await open_store(startup)
    code = await make(
        startup, kind="p2m", merchant=merchant["id"], amount_paisa=AMOUNT, dynamic=True, expires_in_s=60
    )
    await startup.advance(60)
    answer = await startup.post(f"{PATH}/pay", {"text": code["text"], "source": RICH})
    assert (answer.status_code, answer.json()["code"]) == (409, "request_to_pay_state")


async def test_a_code_of_which_one_bit_was_turned_is_refused_and_stores_nothing(startup: Startup) -> None:
    merchant = await open_store(startup)
    person = await make(startup, kind="p2p", account=SHOP, amount_paisa=AMOUNT)
    store = await make(startup, kind="p2m", merchant=merchant["id"], amount_paisa=AMOUNT, dynamic=True)
    before = [startup.count(table) for table in ("payment", "title_fetch", "shelf_item", "ledger_entry")]
    for text in (person["text"], store["text"]):
        for place in range(0, len(text), 3):
            turned = text[:place] + chr(ord(text[place]) ^ 1) + text[place + 1 :]
            answer = await startup.post(
                f"{PATH}/pay", {"text": turned, "source": RICH, "amount_paisa": AMOUNT}
            )
            assert (answer.status_code, answer.json()["code"]) == (422, "qr_refused"), answer.text
    assert [
        startup.count(table) for table in ("payment", "title_fetch", "shelf_item", "ledger_entry")
    ] == before


@pytest.mark.parametrize("change", [{"amount_paisa": 1}, {"iban": RICH}])
async def test_a_well_sealed_code_that_differs_from_its_request_is_refused(
    startup: Startup, change: dict[str, Any]
) -> None:
    merchant = await open_store(startup)
    code = await make(startup, kind="p2m", merchant=merchant["id"], amount_paisa=AMOUNT, dynamic=True)
    forged = make_p2m(parse_p2m(code["text"])._replace(**change))
    answer = await startup.post(f"{PATH}/pay", {"text": forged, "source": RICH})
    assert (answer.status_code, answer.json()["code"]) == (422, "qr_refused")


async def test_a_code_that_names_a_request_of_nobody_is_not_found(startup: Startup) -> None:
    text = make_p2m(P2mQr("SBXBPKKA", SHOP, "5411", "Shop", "Karachi", AMOUNT, rtp_id="rtp-nothing"))
    answer = await startup.post(f"{PATH}/scan", {"text": text})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_a_refused_title_fetch_leaves_a_code_unpaid(startup: Startup) -> None:
    paid = await pay(startup, make_p2p(P2pQr(SEED["closed"].iban)), amount_paisa=AMOUNT)
    assert (paid["payment"], paid["title_fetch"]["reason"]["code"]) == (None, "AC04")


async def test_an_unknown_outcome_of_a_code_is_shown_as_such(startup: Startup) -> None:
    paid = await pay(startup, make_p2p(P2pQr(make_iban("SBXB", SILENT))), amount_paisa=AMOUNT)
    assert paid["payment"]["status"] == "unknown"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({}, "amount_paisa"),
        ({"source": "acc_x", "amount_paisa": 1}, "source"),
        ({"text": "x" * 513}, "text"),
        ({"text": ""}, "text"),
    ],
)
async def test_a_wrong_payment_of_a_code_names_the_field(
    startup: Startup, more: dict[str, object], field: str
) -> None:
    body = {"text": make_p2p(P2pQr(SHOP)), "source": RICH} | more
    answer = await startup.post(f"{PATH}/pay", body)
    assert (answer.status_code, answer.json()["field"]) == (422, field)


async def test_a_code_that_names_an_amount_is_not_paid_with_another(startup: Startup) -> None:
    code = await make(startup, kind="p2p", account=SHOP, amount_paisa=AMOUNT)
    answer = await startup.post(f"{PATH}/pay", {"text": code["text"], "source": RICH, "amount_paisa": 1})
    assert (answer.status_code, answer.json()["field"]) == (422, "amount_paisa")


@pytest.mark.parametrize(
    ("code", "field"),
    [
        ({"kind": "p2x"}, "code"),
        ({"kind": "p2p", "account": "acc_x"}, "code.account"),
        ({"kind": "p2p", "account": SHOP, "expires_in_s": 60}, "code"),
        ({"kind": "p2m", "merchant": "rme_x"}, "code.merchant"),
        ({"kind": "p2m", "merchant": "M", "expires_in_s": 60}, "code.expires_in_s"),
        ({"kind": "p2m", "merchant": "M", "dynamic": True}, "code.amount_paisa"),
        (
            {"kind": "p2m", "merchant": "M", "dynamic": True, "amount_paisa": 1, "due_date": "2027-01-01"},
            "code.due_date",
        ),
        ({"kind": "p2m", "merchant": "M", "late_amount_paisa": 5}, "code"),
    ],
)
async def test_a_code_that_cannot_be_made_names_the_field(
    startup: Startup, code: dict[str, object], field: str
) -> None:
    merchant = await open_store(startup)
    before = startup.count("shelf_item")
    answer = await startup.post(
        PATH, {"code": code | ({"merchant": merchant["id"]} if code.get("merchant") == "M" else {})}
    )
    assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text
    assert startup.count("shelf_item") == before


async def test_a_bill_past_its_due_date_costs_the_later_amount(startup: Startup) -> None:
    await startup.freeze()
    merchant = await open_store(startup)
    code = await make(
        startup,
        kind="p2m",
        merchant=merchant["id"],
        amount_paisa=AMOUNT,
        due_date="2020-01-01",
        late_amount_paisa=AMOUNT + 500,
    )
    assert (await pay(startup, code["text"]))["payment"]["amount_paisa"] == AMOUNT + 500


async def test_a_code_is_drawn_as_png_and_svg(startup: Startup, other: Startup) -> None:
    code = await make(startup, kind="p2p", account=SHOP)
    assert await startup.get(f"{PATH}/{code['id']}") == code
    assert (await startup.get(PATH))["data"] == [code]
    png, svg = [await startup.send("GET", code[kind]) for kind in ("png", "svg")]
    assert (png.headers["content-type"], png.content[:8]) == ("image/png", b"\x89PNG\r\n\x1a\n")
    assert (svg.headers["content-type"], svg.content[:5]) == ("image/svg+xml", b"<?xml")
    for path in (code["png"], f"{PATH}/{code['id']}"):
        assert (await other.send("GET", path)).status_code == 404
    assert (await startup.client.get(code["png"])).status_code == 401
