"""Interbank transfers over a bank's gateway: title fetch, transfer, and what became of it.

The bodies are those of the OpenConnect gateway's published interface (documented). Where its lengths
contradict its examples (`toAccount` of exactly 24 characters, given with 14) the examples count.
"""

from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from connectors.contract import Accepted, Answer, Declined, Reason
from connectors.identifiers.iban import IbanError
from connectors.identifiers.institutions import INSTITUTIONS, Institution
from connectors.onelink.accounts import BY_IMD, iban_for
from connectors.onelink.body import (
    Body,
    Cnic,
    GatewayError,
    Rrn,
    Rupees,
    Stan,
    Text40,
    Text140,
    TransactionDate,
    TransactionTime,
    parse_body,
)
from connectors.onelink.codes import ACCOUNT_TYPES, APPROVED, PURPOSES

BANK_IDS = dict(enumerate(sorted(INSTITUTIONS), start=1))
"""The gateway numbers the banks of its list; here they go by their codes (invented)."""

RAAST, ONELINK = "01", "02"
"""The rails as the gateway numbers them."""

NO_TITLE_FETCH = "0431"
NOT_FOUND = "0411"
PENDING = "0151"


def _one_of(codes: dict[str, Any], what: str) -> AfterValidator:
    def check(code: str) -> str:
        if code not in codes:
            raise PydanticCustomError(
                "code", "{what} is one of {codes}", {"what": what, "codes": ", ".join(codes)}
            )
        return code

    return AfterValidator(check)


AccountType = Annotated[str, _one_of(ACCOUNT_TYPES, "an account type")]
PurposeCode = Annotated[str, _one_of(PURPOSES, "a purpose")]
Account = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]{1,24}$", to_upper=True)]
Correlation = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{1,40}$")]


class Info(Body):
    """When, and by which numbers; a transfer also quotes its title fetch."""

    rrn: Rrn
    stan: Stan
    txndate: TransactionDate
    txntime: TransactionTime
    title_fetch: Annotated[Correlation | None, Field(validation_alias="tfcorrelationId")] = None


class Sender(Body):
    """Who pays; the CNIC is asked for with the transfer only."""

    account: Annotated[Account, Field(validation_alias="fromAccount")]
    account_type: Annotated[AccountType, Field(validation_alias="fromAccountType")]
    currency: Annotated[Literal["586"], Field(validation_alias="fromAccountCurrency")]
    title: Annotated[Text40 | None, Field(validation_alias="fromAccountTitle")] = None


class PayingSender(Sender):
    """Who pays, with the number of the identity card."""

    cnic: Annotated[Cnic, Field(validation_alias="fromAccountCnic")]


class FetchReceiver(Body):
    """Which account is meant: a bank of the list and an account number or an IBAN."""

    bank_id: Annotated[int, Field(validation_alias="bankId", strict=True)]
    account: Annotated[Account, Field(validation_alias="toAccount")]


class FetchOptions(Body):
    """Which rail is asked first, whether the other one is asked next, and how much is to be paid."""

    priority: Annotated[Literal["01", "02"], Field(validation_alias="priorityFlag")]
    fallback: Annotated[Literal["01", "02"], Field(validation_alias="fallbackFlag")]
    amount_paisa: Annotated[Rupees, Field(validation_alias="amount")]


class TitleFetchBody(Body):
    """The title fetch of both rails."""

    info: Info
    sender: Annotated[Sender, Field(validation_alias="senderinfo")]
    receiver: Annotated[FetchReceiver, Field(validation_alias="receiverinfo")]
    options: Annotated[FetchOptions, Field(validation_alias="otherinfo")]


class Receiver(Body):
    """The account as the title fetch gave it."""

    imd: Annotated[str, Field(validation_alias="bankIMD"), StringConstraints(pattern=r"^[0-9]{6}$")]
    account: Annotated[Account, Field(validation_alias="toAccount")]
    title: Annotated[Text40, Field(validation_alias="toAccountTitle")]


class PaymentInfo(Body):
    """What is paid and why; `auth_id` is the debit hold of the sender's core banking."""

    purpose: Annotated[PurposeCode, Field(validation_alias="purposeCode")]
    narration: Text140
    amount_paisa: Annotated[Rupees, Field(validation_alias="amount")]
    auth_id: Annotated[Text40, Field(validation_alias="authId")]


class TransferBody(Body):
    """The transfer."""

    info: Info
    sender: Annotated[PayingSender, Field(validation_alias="senderinfo")]
    receiver: Annotated[Receiver, Field(validation_alias="receiverinfo")]
    payment: Annotated[PaymentInfo, Field(validation_alias="paymentInfo")]


class Original(Body):
    """Which transaction is asked about; `system` 02 is 1LINK, 04 its bills."""

    system: Annotated[Literal["01", "02", "03", "04"], Field(validation_alias="destinationSystem")]
    stan: Annotated[Stan, Field(validation_alias="ostan")]
    rrn: Annotated[Rrn, Field(validation_alias="orrn")]
    txndate: Annotated[TransactionDate, Field(validation_alias="otxndate")]
    txntime: Annotated[TransactionTime, Field(validation_alias="otxntime")]


class InquiryBody(Body):
    """Ask what became of a transaction."""

    info: Info
    original: Annotated[Original, Field(validation_alias="originalTxnInfo")]


class Fetched(NamedTuple):
    """A title fetch as it was answered."""

    iban: str
    amount_paisa: int


def read_title_fetch(data: bytes) -> tuple[TitleFetchBody, str]:
    """Read a title fetch and the IBAN that it means; raises `GatewayError`."""
    body = parse_body(TitleFetchBody, data)
    code = BANK_IDS.get(body.receiver.bank_id)
    if code is None:
        raise GatewayError("malformed", "receiverinfo.bankId", "no bank of the list has this number")
    return body, _iban(code, body.receiver.account)


def read_transfer(data: bytes) -> tuple[TransferBody, str]:
    """Read a transfer and the IBAN that it means; raises `GatewayError`."""
    body = parse_body(TransferBody, data)
    bank = BY_IMD.get(body.receiver.imd)
    if bank is None:
        raise GatewayError("malformed", "receiverinfo.bankIMD", "no member has this IMD")
    longest = PURPOSES[body.payment.purpose].free_text
    if longest and len(body.payment.narration) > longest:
        raise GatewayError(
            "malformed", "paymentInfo.narration", f"this purpose is explained in {longest} characters"
        )
    return body, _iban(bank.code, body.receiver.account)


def read_inquiry(data: bytes) -> InquiryBody:
    """Read a status inquiry; raises `GatewayError`."""
    return parse_body(InquiryBody, data)


def check_title_fetch(body: TransferBody, iban: str, fetched: Fetched | None) -> Declined | None:
    """Check that a transfer quotes a title fetch of the same account and amount; None when it does."""
    if body.info.title_fetch is None or fetched != Fetched(iban, body.payment.amount_paisa):
        return Declined(NO_TITLE_FETCH)
    return None


def inquiry_reason(answer: Answer | None) -> str:
    """Return what an inquiry says about a transfer that was answered so; None when nobody knows the transfer."""
    if answer is None:
        return NOT_FOUND
    if isinstance(answer, Accepted):
        return APPROVED[1]
    return answer.reason if isinstance(answer, Declined) else PENDING


def answer(reason: Reason, info: Info, correlation_id: str) -> dict[str, dict[str, str]]:
    """Answer a call with a reason, approval included."""
    return {
        "response": {"response_code": reason.code, "response_desc": reason.name},
        "info": {"stan": info.stan, "rrn": info.rrn, "correlationId": correlation_id},
    }


def title_answer(
    reason: Reason, body: TitleFetchBody, correlation_id: str, *, title: str, iban: str, bank: Institution
) -> dict[str, dict[str, str]]:
    """Answer a title fetch that found the account; the transfer quotes `correlation_id`."""
    return answer(reason, body.info, correlation_id) | {
        "accountInfo": {
            "title": title,
            "toAccount": body.receiver.account,
            "destinationPaymentSystem": ONELINK,
            "iban": iban,
        },
        "participantInfo": {"bankIMD": bank.imd, "bankBIC": bank.member_code},
    }


def _iban(code: str, account: str) -> str:
    try:
        return iban_for(code, account)
    except IbanError as error:
        raise GatewayError("malformed", "receiverinfo.toAccount", str(error)) from None
