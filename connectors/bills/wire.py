"""The JSON bodies of bill inquiry and bill payment, as the OpenConnect gateway publishes them (documented).

Its schema calls the amounts of an answer numbers and its example writes text: text goes out. The receipt number is
ours, and so is `receiptNo`, its field.
"""

import re
from datetime import datetime
from typing import Annotated, NamedTuple, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)
from pydantic_core import PydanticCustomError

from connectors.bills.bill import Bill
from connectors.bills.billers import BILLERS, LONGEST
from connectors.contract import Reason
from connectors.identifiers.cnic import parse_cnic
from connectors.identifiers.iban import parse_iban

LARGEST_BODY = 64 * 1024
"""Bytes; ours."""

ONELINK = "02"
"""The aggregator that the inquiry went through, as the gateway numbers it."""

MALFORMED, MISSING = "0296", "0468"

_RUPEES = re.compile(r"(?P<rupees>[0-9]{1,10})(?:\.(?P<paisa>[0-9]{1,2}))?", re.ASCII)
_PLAIN = r"^[^\x00-\x1f\x7f]*$"


class BillWireError(ValueError):
    """The body is none of ours: `field` is the dotted place ("" for the whole), `code` the rail's reason."""

    def __init__(self, code: str, field: str, detail: str) -> None:
        super().__init__(f"{field}: {detail}" if field else detail)
        self.code = code
        self.field = field
        self.detail = detail


def _rupees(value: object) -> int:
    found = _RUPEES.fullmatch(str(value))
    amount_paisa = 0 if found is None else int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0"))
    if amount_paisa == 0:
        raise PydanticCustomError(
            "rupees", "an amount is in rupees, more than nothing, with up to two decimals"
        )
    return amount_paisa


def _date(text: str) -> str:
    try:
        datetime.strptime(text, "%Y%m%d")  # noqa: DTZ007 - only whether there is such a day
    except ValueError:
        raise PydanticCustomError("date", "a date is yyyymmdd") from None
    return text


Rupees = Annotated[int, BeforeValidator(_rupees)]
"""Paisa, once read; rupees with decimals on the wire."""

Text40 = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=_PLAIN)]
ConsumerNo = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST, pattern=_PLAIN)]
Correlation = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{1,40}$")]


class Body(BaseModel):
    """A part of a body: frozen, and deaf to fields that it does not know."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Info(Body):
    """When, and by which numbers."""

    rrn: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]{12}$")]
    stan: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
    txndate: Annotated[str, StringConstraints(pattern=r"^[0-9]{8}$"), AfterValidator(_date)]
    txntime: Annotated[str, StringConstraints(pattern=r"^(?:[01][0-9]|2[0-3])[0-5][0-9][0-5][0-9]$")]


class PaymentInfo(Info):
    """The same, and the inquiry that is quoted."""

    inquiry: Annotated[Correlation | None, Field(validation_alias="inqcorrelationId")] = None


class Which(Body):
    """Which bill is meant."""

    biller_id: Annotated[int, Field(validation_alias="billerId", strict=True)]
    consumer_no: Annotated[ConsumerNo, Field(validation_alias="consumerNo")]


class WhichAndHowMuch(Which):
    """Which bill is paid, and how much of it."""

    amount_paisa: Annotated[Rupees, Field(validation_alias="amount")]


class Payer(Body):
    """Who pays."""

    iban: Annotated[str, Field(validation_alias="payerIBAN"), AfterValidator(parse_iban)]
    name: Annotated[Text40, Field(validation_alias="payerName")]
    cnic: Annotated[str, Field(validation_alias="payerCNIC"), AfterValidator(parse_cnic)]


class OtherInfo(Body):
    """The channel, and the debit hold of the payer's core banking."""

    channel: Annotated[str, StringConstraints(min_length=1, max_length=8, pattern=_PLAIN)]
    auth_id: Annotated[Text40, Field(validation_alias="authId")]


class InquiryBody(Body):
    """Ask for a bill."""

    info: Info
    which: Annotated[Which, Field(validation_alias="billinfo")]


class PaymentBody(Body):
    """Pay a bill."""

    info: PaymentInfo
    which: Annotated[WhichAndHowMuch, Field(validation_alias="billinfo")]
    payer: Annotated[Payer, Field(validation_alias="payerInfo")]
    other: Annotated[OtherInfo, Field(validation_alias="otherInfo")]


class Numbers(NamedTuple):
    """The numbers that an answer carries; a payment quotes the `correlation_id` of its inquiry."""

    stan: str
    rrn: str
    correlation_id: str


AnyBody = TypeVar("AnyBody", bound=Body)


def read_inquiry(data: bytes) -> InquiryBody:
    """Read a bill inquiry; raises `BillWireError`."""
    return _parse(InquiryBody, data)


def read_payment(data: bytes) -> PaymentBody:
    """Read a bill payment; raises `BillWireError`."""
    return _parse(PaymentBody, data)


def answer(reason: Reason, numbers: Numbers) -> dict[str, dict[str, str | int]]:
    """Answer a call with a reason, approval included."""
    return {
        "response": {"response_code": reason.code, "response_desc": reason.name},
        "info": {"stan": numbers.stan, "rrn": numbers.rrn, "correlationId": numbers.correlation_id},
    }


def bill_answer(reason: Reason, numbers: Numbers, bill: Bill) -> dict[str, dict[str, str | int]]:
    """Answer an inquiry with the bill. The billing month is that of the due date (ours)."""
    return answer(reason, numbers) | {
        "billInfo": {
            "billerId": BILLERS[bill.biller].id,
            "consumerNo": bill.consumer_no,
            "customerName": bill.customer_name,
            "billStatus": bill.status.value,
            "billingMonth": f"{bill.due_date:%y%m}",
            "dueDate": f"{bill.due_date:%y%m%d}",
            "amountWithinDueDate": rupees(bill.within_paisa),
            "amountAfterDueDate": rupees(bill.after_paisa),
            "source": ONELINK,
        }
    }


def receipt_answer(reason: Reason, numbers: Numbers, receipt: str) -> dict[str, dict[str, str | int]]:
    """Answer a payment that went through, with the number of its receipt."""
    found = answer(reason, numbers)
    return found | {"info": found["info"] | {"receiptNo": receipt}}


def rupees(amount_paisa: int) -> str:
    """Write paisa as rupees: whole ones without decimals, `5100`, else with two, `5100.50`."""
    whole, rest = divmod(amount_paisa, 100)
    return f"{whole}.{rest:02}" if rest else str(whole)


def _parse(model: type[AnyBody], data: bytes) -> AnyBody:
    if len(data) > LARGEST_BODY:
        raise BillWireError(MALFORMED, "", f"a body has at most {LARGEST_BODY} bytes, this has {len(data)}")
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        code = MISSING if first["type"] == "missing" else MALFORMED
        detail = first["msg"].removeprefix("Value error, ")
        raise BillWireError(code, ".".join(map(str, first["loc"])), detail) from None
