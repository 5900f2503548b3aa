from typing import Any

import pytest

from connectors.contract import Accepted, Answer, Declined, TitleFound, Unknown
from connectors.identifiers.iban import make_iban
from connectors.onelink.fields import Iso8583Error
from connectors.onelink.iso8583 import Message, answer_to, pack, title_of, unpack
from connectors.onelink.rail import Ibft
from connectors.onelink.switch import Request, request_of, title_answer, transfer_answer

IBAN = make_iban("SBXB", "12345")
TRANSFER = Message(
    "0200",
    processing_code="480000",
    amount_paisa=150_000,
    transmitted="1124065500",
    stan="000042",
    local_time="115500",
    local_date="1124",
    acquirer="999001",
    rrn="632811000042",
    currency="586",
    receiver="999002",
    from_account="1000000017",
    to_account="12345",
)
TITLE_FETCH = TRANSFER._replace(processing_code="620000")


@pytest.mark.parametrize(
    ("change", "asked"),
    [
        ({}, Request("ibft", IBAN, 150_000)),
        ({"mti": "0220"}, Request("ibft", IBAN, 150_000)),
        ({"processing_code": "620000"}, Request("title_fetch", IBAN, 150_000)),
        ({"processing_code": "402000"}, Request("transfer", IBAN, 150_000)),
        ({"receiver": "00000999002"}, Request("ibft", IBAN, 150_000)),
        ({"to_account": IBAN}, Request("ibft", IBAN, 150_000)),
    ],
)
def test_a_message_asks_about_an_account_and_an_amount(change: dict[str, Any], asked: Request) -> None:
    assert request_of(TRANSFER._replace(**change)) == asked


@pytest.mark.parametrize(
    ("change", "response"),
    [
        ({"processing_code": "010000"}, "12"),
        ({"receiver": "601492"}, "15"),
        ({"to_account": make_iban("SBXA", "12345")}, "76"),
        ({"to_account": f"{IBAN[:-1]}6"}, "76"),
        ({"to_account": "12 345"}, "76"),
        ({"to_account": "1" * 17}, "76"),
    ],
)
def test_what_cannot_be_asked_is_answered_at_once(change: dict[str, Any], response: str) -> None:
    message = TRANSFER._replace(**change)
    assert request_of(message) == answer_to(message, response)


@pytest.mark.parametrize("mti", ["0210", "0420", "0800"])
def test_only_financial_messages_ask_for_something(mti: str) -> None:
    with pytest.raises(Iso8583Error, match="field t"):
        request_of(TRANSFER._replace(mti=mti))


def test_a_title_comes_back_with_the_answer() -> None:
    found = unpack(pack(title_answer(TITLE_FETCH, TitleFound("Bilal General Store"))))
    assert (found.mti, found.response, title_of(found)) == ("0210", "00", "Bilal General Store")
    assert title_answer(TITLE_FETCH, Declined("0168")).response == "76"


@pytest.mark.parametrize(
    ("title", "sent"),
    [
        ("Ayesha Test", "Ayesha Test"),
        ("\u0639\u0627\u0626\u0634\u06c1 A", "????? A"),
        ("a" * 39 + " b", "a" * 39),
        ("", "?"),
    ],
)
def test_a_title_goes_out_as_far_as_the_wire_can_carry_it(title: str, sent: str) -> None:
    assert title_of(unpack(pack(title_answer(TITLE_FETCH, TitleFound(title))))) == sent


@pytest.mark.parametrize(
    ("answer", "response"),
    [(Accepted(), "00"), (Declined("0192"), "62"), (Declined("0404"), "51")],
)
def test_a_transfer_is_answered_with_two_digits(answer: Answer, response: str) -> None:
    message = transfer_answer(TRANSFER, answer, "123456")
    assert message is not None
    assert unpack(pack(message)).response == response
    assert message.authorisation == ("123456" if response == "00" else None)


def test_while_the_outcome_is_unknown_there_is_no_answer() -> None:
    assert transfer_answer(TRANSFER, Unknown("0151", None, Declined("0191")), "123456") is None


def test_whatever_the_rail_answers_can_be_sent() -> None:
    rail = Ibft()
    for row in rail.triggers:
        if row.reason and row.status == "refused":
            assert pack(title_answer(TITLE_FETCH, Declined(row.reason)))
