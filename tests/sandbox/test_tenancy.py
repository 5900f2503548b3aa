from typing import Any

from tests.startup import AMOUNT, RICH, SHOP, Startup

STORE = {
    "account": SHOP,
    "uid": {"type": "NTN", "value": "9000001-2"},
    "name": "Bilal General Store",
    "city": "Karachi",
    "category": "5411",
    "till": "12345",
}
WANTED = {
    "recover": {"since": "2020-01-01T00:00:00Z"},
    "recalls": {"reason": "DUPL"},
    "refuse": {"reason": "CUST"},
    "grade": {"found": []},
    "aliases": {"type": "TXT", "value": "somebody", "account": SHOP},
    **{name: {"account": SHOP} for name in ("link", "delink", "default")},
    "simulations/payments": {"to": "settled"},
}
"""What a path that ends so must be sent; the others take nothing."""


async def raast_ids_of(startup: Startup, payment: str) -> dict[str, str]:
    """Make one of everything of Raast; the payment is sent back on a recall."""

    async def make(path: str, body: object) -> Any:
        answer = await startup.post(path, body)
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()

    merchant = await make("/v1/raast/merchants", STORE)
    customer: dict[str, Any] = {
        "institution": "SBXA",
        "uid": {"type": "CNIC", "value": "9000100000012"},
        "name": "Ayesha",
    }
    customer |= {"accounts": [{"account": RICH}], "aliases": [{"type": "TXT", "value": "ayesha"}]}
    registered = await make("/v1/raast/customers", customer)
    code = await make("/v1/raast/qr-codes", {"code": {"kind": "p2p", "account": SHOP}})
    request = await make("/v1/raast/requests-to-pay", {"payee": SHOP, "amount_paisa": AMOUNT})
    recall = await make(f"/v1/payments/{payment}/recalls", {"reason": "DUPL"})
    await make(f"/v1/raast/recalls/{recall['id']}/accept", {})
    file = f"end_to_end_id,destination_iban,amount_paisa\nsalary-1,{SHOP},100"
    headers = {"authorization": f"Bearer {startup.secret}"}
    batch = await startup.client.post(f"/v1/raast/bulk?source={RICH}", content=file, headers=headers)
    return {
        "merchant_id": merchant["id"],
        "customer_id": registered["id"],
        "alias_id": registered["aliases"][0]["id"],
        "code_id": code["id"],
        "request_id": request["id"],
        "recall_id": recall["id"],
        "batch_id": batch.json()["id"],
    }


async def ids_of(startup: Startup) -> dict[str, str]:
    """Make one of everything that has an id in some path."""
    endpoint = (await startup.post("/v1/webhook-endpoints", {"url": "http://127.0.0.1:9/"})).json()["id"]
    payment = await startup.pay()
    inbound = {"destination": SHOP, "amount_paisa": AMOUNT}
    credit = (await startup.post("/v1/simulations/inbound-credits", inbound)).json()
    await startup.advance(24 * 3600)
    day = (await startup.get("/v1/settlement/days"))["data"][0]["date"]
    wanted = {"breaks": 1, "seed": 1, "institution": "SBXA"}
    made = await startup.post(f"/v1/settlement/{day}/reconciliation", wanted)
    assert made.status_code == 201, made.text
    file = made.json()
    return {
        "account_id": startup.accounts["rich"],
        "payment_id": payment["id"],
        "fetch_id": payment["title_fetch"],
        "endpoint_id": endpoint,
        "delivery_id": (await startup.get("/v1/webhook-deliveries"))["data"][0]["id"],
        "event_id": (await startup.get("/v1/events"))["data"][0]["id"],
        "key_id": startup.signed_up["key"]["id"],
        "credit_id": credit["id"],
        "file_id": file["id"],
        **await raast_ids_of(startup, payment["id"]),
    }


async def test_nobody_reaches_what_is_in_another_sandbox(startup: Startup, other: Startup) -> None:
    ids = await ids_of(startup)
    walked = 0
    for path, methods in startup.app.openapi()["paths"].items():
        # A day is the same in every sandbox; that its figures are not is for the tests of settlement.
        if "{" not in path or "{day}" in path:
            continue
        for method in methods:
            # A path parameter that `ids_of` does not know fails here: teach it the new one.
            url = path.format_map(ids)
            start, _, end = path.rpartition("/")
            body = WANTED.get(end) or WANTED.get(start.removeprefix("/v1/"), {})
            answer = await other.send(method.upper(), url, None if method == "get" else body)
            assert answer.status_code == 404, (method, path, answer.text)
            assert answer.json()["code"] in {"not_found", "directory_not_found"}, (method, path)
            walked += 1
    assert walked >= 14


async def test_the_same_ids_are_found_by_their_owner(startup: Startup) -> None:
    ids = await ids_of(startup)
    paths = [
        path
        for path, methods in startup.app.openapi()["paths"].items()
        if "{" in path and "{day}" not in path and "get" in methods
    ]
    assert paths
    for path in paths:
        answer = await startup.send("GET", path.format_map(ids))
        assert answer.status_code == 200, path


async def test_lists_show_nothing_of_another_sandbox(startup: Startup, other: Startup) -> None:
    await ids_of(startup)
    for path in ("payments", "events", "webhook-endpoints", "webhook-deliveries"):
        assert (await other.get(f"/v1/{path}"))["data"] == []
    accounts = (await other.get("/v1/accounts"))["data"]
    assert {account["id"] for account in accounts}.isdisjoint(startup.accounts.values())
