from typing import Any

import pytest

from connectors.identifiers.iban import make_iban
from tests.startup import AMOUNT, Startup

OPENED = {
    "institution": "SBXA",
    "holder": "Imran Yousaf",
    "nickname": "savings",
    "balance_paisa": 20_000,
    "limit_paisa": 15_000,
}


async def open_account(startup: Startup, **more: object) -> dict[str, Any]:
    answer = await startup.post("/v1/accounts", OPENED | more)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_an_opened_account_holds_its_balance_pays_and_is_paid(startup: Startup) -> None:
    account = await open_account(startup)
    assert account["balance"] == {"available_paisa": 20_000, "ledger_paisa": 20_000, "held_paisa": 0}
    assert await startup.get(f"/v1/accounts/{account['id']}") == account
    assert (await startup.pay(account["iban"]))["destination_title"] == "Imran Yousaf"
    assert (await startup.pay(source=account["id"]))["status"] == "settled"
    lines = (await startup.get(f"/v1/accounts/{account['id']}/statement"))["data"]
    moved = [(line["credit_paisa"], line["debit_paisa"]) for line in lines]
    assert moved == [(20_000, 0), (0, 0), (AMOUNT, 0), (0, 0), (0, AMOUNT)]
    assert (await startup.get("/v1/ledger/trial-balance"))["balanced"]


async def test_opening_an_account_is_an_event(startup: Startup) -> None:
    account = await open_account(startup)
    [event] = (await startup.get("/v1/events"))["data"]
    assert (event["type"], event["subject"], event["data"]) == ("account.opened", account["id"], account)


async def test_an_account_sends_at_most_its_limit_at_once(startup: Startup) -> None:
    account = await open_account(startup)
    within = await startup.pay(amount=15_000, source=account["id"])
    over = await startup.pay(amount=15_001, source=account["id"])
    assert (within["status"], over["status"], over["reason"]["code"]) == ("settled", "refused", "AM02")


async def test_two_accounts_never_share_an_iban(startup: Startup) -> None:
    ibans = {(await open_account(startup))["iban"] for _ in range(3)}
    assert len(ibans) == 3


async def test_a_holder_is_shown_without_the_number_of_the_card(startup: Startup) -> None:
    masked = (await open_account(startup))["holder"]["cnic_masked"]
    assert masked.startswith("*" * 9)
    assert len(masked) == 13


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("institution", "HABB", "unknown_institution"),
        ("holder", " ", "invalid_field"),
        ("nickname", "x" * 41, "invalid_field"),
        ("balance_paisa", -1, "invalid_field"),
        ("limit_paisa", 0, "invalid_field"),
        ("iban", "PK33SBXA0000000000000001", "invalid_field"),
    ],
)
async def test_an_account_with_a_wrong_field_is_not_opened(
    startup: Startup, field: str, value: object, code: str
) -> None:
    before = startup.count("bank_account"), startup.count("ledger_entry")
    answer = await startup.post("/v1/accounts", OPENED | {field: value})
    document = answer.json()
    assert (answer.status_code, document["code"], document["field"]) == (422, code, field)
    assert (startup.count("bank_account"), startup.count("ledger_entry")) == before


async def test_an_end_to_end_id_is_taken_once_from_an_account_unless_it_was_refused(startup: Startup) -> None:
    first = await startup.pay(end_to_end_id="order-1")
    again = await startup.pay(end_to_end_id="order-1")
    assert (first["status"], again["status"], again["reason"]["code"]) == ("settled", "refused", "AM05")
    other = await open_account(startup)
    assert (await startup.pay(source=other["id"], end_to_end_id="order-1"))["status"] == "settled"
    poor = startup.accounts["poor"]
    assert (await startup.pay(source=poor, end_to_end_id="order-2"))["reason"]["code"] == "AM04"
    assert (await startup.pay(amount=500, source=poor, end_to_end_id="order-2"))["status"] == "settled"


async def test_a_title_is_fetched_at_an_institution_of_the_sandbox(startup: Startup) -> None:
    iban = make_iban("HABB", "1")
    answer = await startup.post("/v1/title-fetches", {"destination_iban": iban, "amount_paisa": 1})
    document = answer.json()
    assert (answer.status_code, document["code"]) == (422, "invalid_field")
    assert document["field"] == "destination_iban"


async def test_a_key_that_is_not_there_cannot_be_revoked_and_a_revoked_one_stays_so(startup: Startup) -> None:
    missing = await startup.send("DELETE", "/v1/keys/key_nothing")
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
    second = (await startup.post("/v1/keys", {"name": "ci"})).json()
    revoked = (await startup.send("DELETE", f"/v1/keys/{second['id']}")).json()
    assert revoked["revoked_at"] is not None
    assert (await startup.send("DELETE", f"/v1/keys/{second['id']}")).json() == revoked
    listed = (await startup.get("/v1/keys"))["data"]
    assert [row["revoked_at"] is None for row in listed] == [True, False]
    assert "secret" not in str(listed)
