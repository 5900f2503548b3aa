"""Scenarios on the rails' own faces: the same header, plan and faults, told in each rail's words."""

from typing import Any

import pytest

from connectors.bills.rail import Bills
from connectors.iso20022.wire import read, write
from connectors.registry import RAILS
from tests.onelink_client import Member, nothing_is_left
from tests.raast_messages import Participant, inquiry, transfer
from tests.sandbox.test_face_bills import START, Payer
from tests.sandbox.test_face_bills import code as bill_code
from tests.startup import SignUp, Startup

BILL = ("power", "90000000000021")
DUE = 510_000


async def put(startup: Startup, **plan: object) -> None:
    assert (await startup.send("PUT", "/v1/scenarios", plan)).status_code == 200


async def raast(startup: Startup, scenario: str | None, serial: int = 1) -> tuple[int, Any]:
    headers = {"authorization": f"Bearer {startup.secret}", "content-type": "application/xml"}
    if scenario is not None:
        headers["kasauti-scenario"] = scenario
    content = write(transfer(serial))
    answer = await startup.client.post("/rails/raast/messages", content=content, headers=headers)
    return answer.status_code, read(answer.content).message


@pytest.mark.parametrize(
    ("scenario", "status", "reason"),
    [
        (None, "ACSP", None),
        ("pay_ac04", "RJCT", "AC04"),
        ("MS03", "RJCT", "MS03"),
        ("unknown_then_settled", "PDNG", "AB05"),
        ("title_ab08", "RJCT", "AB08"),
    ],
)
async def test_a_message_meets_the_row_that_its_header_names(
    startup: Startup, scenario: str | None, status: str, reason: str | None
) -> None:
    code, report = await raast(startup, scenario)
    assert code == 200
    assert (report.status, report.reason and report.reason.code) == (status, reason)


async def test_a_message_that_names_no_row_is_rejected_and_nothing_stored(startup: Startup) -> None:
    _, report = await raast(startup, "nonsense")
    assert report.status == "RJCT"
    assert (startup.count("payment"), startup.count("shelf_item", rail="raast")) == (0, 0)


async def test_the_lost_answer_to_a_message_comes_when_it_is_sent_again(startup: Startup) -> None:
    await put(startup, faults=[{"kind": "lost_answer"}])
    lost = await Participant(startup).post(write(transfer()))
    assert (lost.status_code, "RJCT" in lost.text) == (504, False)
    assert startup.count("payment") == 1
    code, report = await raast(startup, None)
    assert (code, report.status, startup.count("payment")) == (200, "ACSP", 1)


async def test_questions_bring_the_outcome_of_a_message(startup: Startup) -> None:
    await startup.freeze()
    bank = Participant(startup)
    await put(startup, pace={"after_polls": 2})
    await bank.ask(transfer())
    told = [(await bank.ask(inquiry(transfer(), 900 + number))).status for number in range(3)]
    assert told == ["PDNG", "ACSP", "ACSP"]


async def one_transfer(member: Member, scenario: str | None) -> Any:
    order = await member.send()
    headers = {} if scenario is None else {"kasauti-scenario": scenario}
    return await member.post("ibft/transfer", order, **headers)


@pytest.mark.parametrize(
    ("scenario", "code"), [("pay_0103", "0103"), ("0192", "0192"), ("late_credit", "0151"), ("0000", "0000")]
)
async def test_1links_gateway_meets_the_row_that_its_header_names(
    sign_up: SignUp, scenario: str, code: str
) -> None:
    member = await Member(await sign_up(frozen_at=START)).log_in()
    answer = (await one_transfer(member, scenario)).json()
    assert answer["response"]["response_code"] == code


async def test_1links_gateway_loses_answers_in_its_own_words(sign_up: SignUp) -> None:
    startup = await sign_up(frozen_at=START)
    member = await Member(startup).log_in()
    order = await member.send()
    await put(startup, faults=[{"kind": "lost_answer", "rail": "onelink"}])
    lost = await member.post("ibft/transfer", order)
    assert (lost.status_code, lost.headers["content-type"]) == (504, "application/json")
    assert (await member.ask(order))["response"]["response_code"] == "0000"
    await nothing_is_left(startup)


@pytest.fixture
async def payer(sign_up: SignUp) -> Payer:
    return Payer(await sign_up(frozen_at=START))


async def order_for(payer: Payer) -> dict[str, Any]:
    return payer.order(BILL, DUE, await payer.inquire(*BILL))


@pytest.mark.parametrize("name", [row.name for row in Bills().triggers if row.answers] + ["0289", "0000"])
async def test_a_bills_payment_meets_the_row_that_its_header_names(payer: Payer, name: str) -> None:
    row = next((row for row in Bills().triggers if row.name == name), None)
    order = await order_for(payer)
    answer = await payer.post("billPayment", order, **{"kasauti-scenario": name})
    if row is not None and row.stage == "inquiry":
        assert answer.status_code == 422
        assert payer.startup.count("payment") == 0
        return
    assert bill_code(answer.json()) == (name if row is None else row.reason)
    await payer.startup.advance(24 * 3600)
    await nothing_is_left(payer.startup)


@pytest.mark.parametrize(
    ("kind", "code", "later"),
    [
        ("down", "0299", "0411"),
        ("partial", "0299", "0411"),
        ("slow", "0225", "0000"),
        ("late_success", "0225", "0000"),
        ("timeout", "0225", "0299"),
    ],
)
async def test_a_fault_of_a_biller_strikes_those_that_pay_it(
    payer: Payer, kind: str, code: str, later: str
) -> None:
    fault = {"kind": kind, "rail": "bills", "member": "power"}
    await put(payer.startup, faults=[fault])
    order = await order_for(payer)
    assert bill_code((await payer.post("billPayment", order)).json()) == code
    await payer.startup.advance(24 * 3600)
    assert bill_code(await payer.ask(order)) == later
    await nothing_is_left(payer.startup)


async def test_a_bill_that_answers_by_itself_and_one_that_cannot_be_paid_are_left_alone(payer: Payer) -> None:
    order = await order_for(payer)
    paid = {**order, "billinfo": {**order["billinfo"], "amount": "1.00"}}
    await put(payer.startup, faults=[{"kind": "slow"}])
    assert bill_code((await payer.post("billPayment", paid)).json()) == "0299"
    row = next(row for row in Bills().triggers if row.answers and row.stage == "payment" and row.later)
    bill = (row.biller, row.consumer_no)
    shown = await payer.inquire(*bill)
    answer = await payer.post("billPayment", payer.order(bill, DUE, shown))
    assert bill_code(answer.json()) == row.reason


async def test_the_second_question_brings_the_outcome_of_a_bills_payment(payer: Payer) -> None:
    await put(payer.startup, pace={"after_polls": 2})
    order = await order_for(payer)
    assert bill_code((await payer.post("billPayment", order)).json()) == "0225"
    assert [bill_code(await payer.ask(order)) for _ in range(3)] == ["0225", "0000", "0000"]
    await nothing_is_left(payer.startup)


def test_every_rail_says_which_code_is_no_refusal() -> None:
    assert {code: rail.approved for code, rail in RAILS.items()} == {"raast": "", "onelink": "0000"}
