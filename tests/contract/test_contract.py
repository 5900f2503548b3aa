"""The suite that every rail passes, on each of its faces. The fixture looks at the books after every case."""

import pytest

from connectors.iso20022.wire import read, write
from connectors.onelink.iso8583 import pack, unpack
from tests.contract.conftest import Open
from tests.contract.faces import (
    FACES,
    REFUSED,
    SETTLED,
    UNKNOWN,
    BillsGateway,
    Face,
    OnelinkFrames,
    RaastMessages,
    Told,
)
from tests.raast_messages import headed, inquiry, transfer
from tests.startup import AMOUNT, RICH, SHOP

EVERY_FACE = pytest.mark.parametrize("name", FACES)
ALL = 1_000_000_000
AT_ONCE = 8
DAY_S = 24 * 3600


# --- what is published is so -------------------------------------------------------------------


@EVERY_FACE
async def test_every_published_row_does_what_it_says_in_the_faces_own_words(
    open_face: Open, name: str
) -> None:
    wrong = []
    for row in FACES[name].rows():
        face = await open_face(name)
        before = await standing(face)
        steps = [(face.expected(row), await face.pull(row))]
        if row.later_after_s is not None:
            await face.startup.advance(row.later_after_s - 1)
            steps.append((face.not_known(row), await face.ask()))
            await face.startup.advance(1)
            assert row.later_status is not None
            steps.append((Told(row.later_status, face.word(row.later_reason)), await face.ask()))
        moved = await standing(face) != before
        assert moved == (SETTLED in {row.status, row.later_status}), row.name
        wrong += [(row.name, told, expected) for expected, told in steps if told != expected]
    assert wrong == []


async def standing(face: Face) -> list[int]:
    """Return what every account of the sandbox holds."""
    accounts = (await face.startup.get("/v1/accounts?limit=200"))["data"]
    return [account["balance"]["ledger_paisa"] for account in accounts]


# --- once --------------------------------------------------------------------------------------


def told_again(name: str, first: Told) -> Told:
    """Return what a face says to a request it has taken before."""
    duplicate = FACES[name].duplicate
    return first if duplicate is None else Told(REFUSED, duplicate)


@EVERY_FACE
async def test_a_reference_is_paid_once(open_face: Open, name: str) -> None:
    face = await open_face(name)
    first = await face.pay()
    assert first == Told(SETTLED)
    for _ in range(2):
        assert await face.again(1) == told_again(name, first)
    assert await face.ask() == first
    assert (await face.startup.balance())["ledger_paisa"] == ALL - AMOUNT


@EVERY_FACE
async def test_a_reference_is_paid_once_however_many_come_at_once(open_face: Open, name: str) -> None:
    face = await open_face(name)
    face.sent[1] = await face.order(1, SHOP, AMOUNT, RICH)
    told = await face.at_once(1, AT_ONCE)
    first = Told(SETTLED)
    assert sorted(told, key=str) == sorted([first] + [told_again(name, first)] * (AT_ONCE - 1), key=str)
    assert (await face.startup.balance())["ledger_paisa"] == ALL - AMOUNT


@EVERY_FACE
async def test_a_reference_holds_money_once_while_nobody_knows(open_face: Open, name: str) -> None:
    face = await open_face(name)
    await face.startup.freeze()
    row = face.late
    first = await face.pull(row)
    assert first == Told(UNKNOWN, face.word(row.reason))
    held = (await face.startup.balance())["held_paisa"]
    assert held > 0
    assert await face.again(1) == told_again(name, first)
    assert (await face.startup.balance())["held_paisa"] == held
    await face.startup.advance(row.later_after_s or 0)
    assert await face.ask() == Told(SETTLED)
    assert (await face.startup.balance())["ledger_paisa"] == ALL - held
    assert (await face.startup.balance())["held_paisa"] == 0


@EVERY_FACE
async def test_two_references_are_two_payments(open_face: Open, name: str) -> None:
    face = await open_face(name)
    assert [await face.pay(number) for number in (1, 2)] == [Told(SETTLED)] * 2
    assert (await face.startup.balance())["ledger_paisa"] == ALL - 2 * AMOUNT


# --- when things go wrong ----------------------------------------------------------------------


FAULTS = ("down", "partial", "timeout", "slow", "late_success")


@EVERY_FACE
async def test_under_a_fault_money_has_moved_or_not_and_the_face_says_which(
    open_face: Open, name: str
) -> None:
    for kind in FAULTS:
        face = await open_face(name)
        face.sent[1] = await face.order(1, SHOP, AMOUNT, RICH)
        plan = {"faults": [{"kind": kind}]}
        assert (await face.startup.send("PUT", "/v1/scenarios", plan)).status_code == 200
        told = await face.again(1)
        assert (await face.startup.send("DELETE", "/v1/scenarios", {})).status_code == 200
        if kind in {"down", "partial"}:
            assert told == Told(REFUSED, face.word(face.offline))
        else:
            known = kind == "timeout" and not face.title_first
            assert told.status == (REFUSED if known else UNKNOWN)
        assert await what_is_said_holds(face, told) == (kind in {"slow", "late_success"})


async def what_is_said_holds(face: Face, told: Told) -> bool:
    """See that money stands where the face says, at once and after a day; return whether it moved."""
    unknown = told.status == UNKNOWN
    assert (await face.startup.balance())["held_paisa"] == (AMOUNT if unknown else 0)
    await face.startup.advance(DAY_S)
    settled = (await face.ask() if unknown else told).status == SETTLED
    assert (await face.startup.balance())["ledger_paisa"] == ALL - (AMOUNT if settled else 0)
    return settled


# --- over the wire -----------------------------------------------------------------------------


@EVERY_FACE
async def test_what_goes_over_the_wire_is_what_moves_to_the_paisa(open_face: Open, name: str) -> None:
    face = await open_face(name)
    amounts = [1, 99, 100, 15_050, 1_234_567]
    for number, amount in enumerate(amounts, 1):
        before = (await face.startup.balance())["ledger_paisa"]
        assert await face.pay(number, amount=amount) == Told(SETTLED)
        assert before - (await face.startup.balance())["ledger_paisa"] == amount
    if isinstance(face, BillsGateway):
        return
    payments = (await face.startup.get("/v1/payments"))["data"]
    assert [row["amount_paisa"] for row in reversed(payments)] == amounts
    accounts = face.startup.accounts
    assert {(row["rail"], row["source"], row["destination_iban"]) for row in payments} == {
        (face.rail, accounts["rich"], SHOP)
    }
    assert (await face.startup.balance("shop"))["ledger_paisa"] == 5_000_000 + sum(amounts)


async def test_a_message_is_read_and_written_to_the_byte(open_face: Open) -> None:
    face = await open_face("raast by message")
    assert isinstance(face, RaastMessages)
    for sent in (write(transfer()), headed(transfer(2)), write(inquiry(transfer()))):
        for body in (sent, await face.bank.send(sent)):
            envelope = read(body)
            assert write(envelope.message, envelope.header) == body


async def test_a_frame_is_read_and_written_to_the_byte(open_face: Open) -> None:
    face = await open_face("onelink by ISO 8583")
    assert isinstance(face, OnelinkFrames)
    order = face.link.order()
    answer = await face.link.tell(order)
    reversal = face.link.take_back(order)
    for message in (order, answer, reversal, await face.link.tell(reversal)):
        assert unpack(pack(message)) == message
        assert pack(unpack(pack(message))) == pack(message)
