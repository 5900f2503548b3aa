"""Raast's message face: requests to pay by pain.013, their answers by pain.014, and what comes by itself."""

from datetime import timedelta
from typing import Any

import pytest

from connectors.iso20022.parts import Account, Agent, Party
from connectors.iso20022.payments import CreditTransfer
from connectors.iso20022.requests import RequestAnswer, RequestToPay
from ledger.clock import SECOND_US, from_rfc3339
from sandbox.limits.periods import day_of
from tests.raast_messages import NOW, Participant, member
from tests.startup import AMOUNT, RICH, SHOP, Startup

ALL = 1_000_000_000


@pytest.fixture
async def bank(startup: Startup) -> Participant:
    await startup.freeze()
    return Participant(startup)


@pytest.fixture
async def now(bank: Participant) -> int:
    return from_rfc3339((await bank.startup.get("/v1/clock"))["now"])


def asking(serial: int = 600, **more: Any) -> RequestToPay:
    """Make a pain.013: the shop asks the rich account."""
    made = RequestToPay(
        f"SBXBPKKA{serial:018}",
        NOW,
        Party("Bilal General Store"),
        f"order-{serial}",
        AMOUNT,
        "SLEV",
        Party("Ayesha Siddiqui"),
        member(RICH),
        member(SHOP),
        Party("Bilal General Store"),
        debtor_account=Account(iban=RICH),
        creditor_account=Account(iban=SHOP),
        request_id=f"RTP-{serial}",
        execute_at=NOW,
        texts=("two kilos of rice",),
    )
    return made._replace(**more)


def answering(asked: RequestToPay, status: str, serial: int = 650) -> RequestAnswer:
    return RequestAnswer(
        f"SBXAPKKA{serial:018}",
        NOW,
        Party("Ayesha Siddiqui"),
        asked.message_id,
        "pain.013.001.07",
        asked.request_id or "NOTPROVIDED",
        status,
    )


def outcome(answer: Any) -> tuple[str, str | None]:
    return answer.status, None if answer.reason is None else answer.reason.code


async def test_a_request_by_message_is_a_request_over_the_api(bank: Participant) -> None:
    sent = asking()
    answer = await bank.ask(sent)
    assert (outcome(answer), answer.original_request_id) == (("PDNG", None), "RTP-600")
    (made,) = (await bank.startup.get("/v1/raast/requests-to-pay"))["data"]
    assert (made["amount_paisa"], made["reference"], made["note"]) == (
        AMOUNT,
        "order-600",
        "two kilos of rice",
    )
    assert (made["payee"], made["payer"]) == (bank.startup.accounts["shop"], bank.startup.accounts["rich"])
    told = await bank.fetch()
    assert isinstance(told, RequestToPay)
    assert (told.end_to_end_id, told.amount_paisa, told.request_id) == ("order-600", AMOUNT, made["rtp_id"])
    assert await bank.money() == (ALL, 0)


@pytest.mark.parametrize(
    ("status", "told", "left"),
    [
        ("ACCP", ("ACSC", None), ALL - AMOUNT),
        ("RJCT", ("RJCT", "CUST"), ALL),
        ("CANC", ("CANC", None), ALL),
    ],
)
async def test_a_request_is_answered_once_and_who_asked_is_told(
    bank: Participant, status: str, told: tuple[str, str | None], left: int
) -> None:
    sent = asking()
    await bank.ask(sent)
    forwarded = await bank.fetch()
    assert outcome(await bank.ask(answering(forwarded, status))) == told
    advice = await bank.fetch()
    assert (outcome(advice), advice.original_message_id) == (told, sent.message_id)
    assert (advice.original_request_id, advice.original_end_to_end_id) == ("RTP-600", "order-600")
    assert await bank.fetch() is None
    assert await bank.money() == (left, 0)
    again = await bank.ask(answering(sent, "ACCP", 651))
    assert outcome(again) == ("RJCT", "NARR")
    assert await bank.money() == (left, 0)


async def test_a_request_made_over_the_api_is_paid_by_message(bank: Participant) -> None:
    body = {"payee": SHOP, "payer": RICH, "amount_paisa": AMOUNT}
    made = await bank.startup.post("/v1/raast/requests-to-pay", body)
    assert made.status_code == 201, made.text
    forwarded = await bank.fetch()
    assert (forwarded.end_to_end_id, forwarded.texts) == ("NOTPROVIDED", ())
    answer = answering(forwarded, "ACCP")
    assert outcome(await bank.ask(answer)) == ("ACSC", None)
    assert await bank.fetch() is None
    assert await bank.money() == (ALL - AMOUNT, 0)


async def test_a_request_that_names_no_payer_is_sent_to_nobody(bank: Participant) -> None:
    sent = asking(debtor_account=None, request_id=None)
    answer = await bank.ask(sent)
    assert (outcome(answer), answer.original_request_id) == (("ACTC", None), "NOTPROVIDED")
    assert await bank.fetch() is None
    assert outcome(await bank.ask(answering(sent, "ACCP"))) == ("RJCT", "NARR")


async def test_a_request_that_runs_out_is_told_of(bank: Participant, now: int) -> None:
    await bank.ask(asking(expires_at=now + 60 * SECOND_US))
    await bank.fetch()
    await bank.startup.advance(60)
    assert outcome(await bank.fetch()) == ("RJCT", "DS24")


async def test_a_request_waits_as_long_as_it_says(bank: Participant, now: int) -> None:
    today = day_of(now)
    for serial, more in enumerate(
        (
            {},
            {"execute_at": None, "execute_on": today + timedelta(days=3)},
            {"expires_on": today, "execute_at": None, "execute_on": today},
        )
    ):
        await bank.ask(asking(600 + serial, **more))
    made = (await bank.startup.get("/v1/raast/requests-to-pay"))["data"][::-1]
    left = [(from_rfc3339(one["expires_at"]) - now) // SECOND_US for one in made]
    assert left[:2] == [30 * 60, 24 * 3600]
    assert [one["mode"] for one in made] == ["now", "later", "now"]
    assert from_rfc3339(made[2]["expires_at"]) % SECOND_US == now % SECOND_US
    assert 0 < left[2] <= 24 * 3600


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("an amount of zero", {"amount_paisa": 0}, "AM12"),
    ("no payee", {"creditor_account": None}, "AC03"),
    ("a payee nobody knows", {"creditor_account": Account(iban="PK40ZZZA0000000000000001")}, "AC03"),
    ("a payer nobody knows", {"debtor_account": Account(iban="PK40ZZZA0000000000000001")}, "AC02"),
    ("a payer by number", {"debtor_account": Account(other="1")}, "AC01"),
    ("another payee's agent", {"creditor_agent": Agent("SBXAPKKA")}, "RC04"),
    ("another payer's agent", {"debtor_agent": Agent("SBXBPKKA")}, "RC01"),
    ("itself", {"debtor_account": Account(iban=SHOP), "debtor_agent": Agent("SBXBPKKA")}, "AG01"),
    ("an end in the past", {"expires_at": NOW - 10**6 * SECOND_US}, "DS24"),
    ("an end too far", {"expires_at": NOW + 10**9 * SECOND_US}, "NARR"),
]


@pytest.mark.parametrize(("change", "code"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
async def test_a_request_that_cannot_be_is_refused_and_nothing_is_stored(
    bank: Participant, change: dict[str, Any], code: str
) -> None:
    before = bank.startup.count("shelf_item"), bank.startup.count("job")
    answer = await bank.ask(asking(**change))
    assert isinstance(answer, RequestAnswer)
    assert (outcome(answer), answer.original_request_id) == (("RJCT", code), "RTP-600")
    assert (bank.startup.count("shelf_item"), bank.startup.count("job")) == before


async def test_an_answer_to_nothing_and_an_answer_that_is_none(bank: Participant) -> None:
    sent = asking()
    assert outcome(await bank.ask(answering(sent, "ACCP"))) == ("RJCT", "NOOR")
    await bank.ask(sent)
    assert outcome(await bank.ask(answering(sent, "PDNG", 651))) == ("RJCT", "NARR")


async def test_money_from_outside_comes_as_a_message(bank: Participant) -> None:
    body = {"destination": RICH, "amount_paisa": AMOUNT, "sender": "Naila Outside"}
    for more in ({}, {"rail": "onelink"}):
        made = await bank.startup.post("/v1/simulations/inbound-credits", body | more)
        assert made.status_code == 201, made.text
    told = await bank.fetch()
    assert isinstance(told, CreditTransfer)
    assert (told.amount_paisa, told.debtor.name, told.creditor.name) == (
        AMOUNT,
        "Naila Outside",
        "Ayesha Siddiqui",
    )
    assert await bank.fetch() is None


async def test_a_return_that_the_api_brings_about_comes_as_a_message(bank: Participant) -> None:
    for number, rail in enumerate(("raast", "onelink")):
        fetched = await bank.startup.post(
            "/v1/title-fetches", {"destination_iban": SHOP, "amount_paisa": AMOUNT, "rail": rail}
        )
        order = {"source": RICH, "destination_iban": SHOP, "amount_paisa": AMOUNT, "rail": rail}
        order |= {"title_fetch": fetched.json()["id"], "end_to_end_id": f"order-{number}"}
        paid = (await bank.startup.post("/v1/payments", order)).json()
        pushed = await bank.startup.post(f"/v1/simulations/payments/{paid['id']}", {"to": "returned"})
        assert pushed.status_code == 200, pushed.text
    told = await bank.fetch()
    assert (told.original_end_to_end_id, told.reason.code, told.returned_paisa) == ("order-0", "MS03", AMOUNT)
    assert told.return_id.startswith("ret_")
    assert await bank.fetch() is None
