"""Title fetches and payments: rows, requests and views."""

from enum import StrEnum
from typing import Annotated, Literal, NamedTuple

from pydantic import AfterValidator, BaseModel, Field, StringConstraints
from pydantic_core import PydanticCustomError
from sqlalchemy import Index, text

from connectors.contract import Reason
from connectors.identifiers.iban import IbanError, parse_iban
from ledger.clock import to_rfc3339
from sandbox.accounts.models import CURRENCY, Paisa
from sandbox.http import View
from sandbox.limits.models import BreachView
from sandbox.records import Records


class PaymentStatus(StrEnum):
    """Where a payment stands. `settled` and `refused` are final."""

    SETTLED = "settled"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class TitleStatus(StrEnum):
    """Whether an account was found that can be credited."""

    MATCHED = "matched"
    REFUSED = "refused"


class TitleFetch(NamedTuple):
    """An answer to the question whose account this is; backs one payment. `destination` is a ledger account.

    `breach` is the JSON of the limit for which it was refused.
    """

    sandbox_id: str
    id: str
    rail: str
    status: str
    iban: str
    destination: str
    title: str
    amount_paisa: int
    reason: str | None
    created_at: int
    expires_at: int
    payment_id: str | None = None
    breach: str | None = None


class Payment(NamedTuple):
    """A credit transfer. While its outcome is unknown, `late_*` say what the rail will answer, and when.

    `breach` is the JSON of the limit for which it was refused.
    """

    sandbox_id: str
    id: str
    rail: str
    status: str
    reason: str | None
    source: str
    destination_iban: str
    destination: str
    title: str
    amount_paisa: int
    title_fetch: str
    end_to_end_id: str | None
    narration: str | None
    created_at: int
    completed_at: int | None
    late_at: int | None = None
    late_reason: str | None = None
    breach: str | None = None


TITLE_FETCHES = Records(TitleFetch, "title_fetch")
PAYMENTS = Records(
    Payment,
    "payment",
    Index(
        "payment_end_to_end",
        "sandbox_id",
        "source",
        "end_to_end_id",
        # Answers the question for a repeat by itself; without it SQLite walks the sandbox's payments.
        "status",
        sqlite_where=text("end_to_end_id IS NOT NULL"),
        postgresql_where=text("end_to_end_id IS NOT NULL"),
    ),
)


def _checked_iban(value: str) -> str:
    try:
        return parse_iban(value)
    except IbanError as error:
        code = "iban_check_digits" if error.check_digits else "invalid_field"
        raise PydanticCustomError(code, "{reason}", {"reason": str(error)}) from error


Iban = Annotated[
    str,
    Field(max_length=40, description="PK and 22 more characters; spaces are ignored."),
    AfterValidator(_checked_iban),
]
EndToEndId = Annotated[
    str, StringConstraints(min_length=1, max_length=35, pattern=r"^[0-9A-Za-z/?:().,'+ -]+$")
]
RailCode = Annotated[str, Field(max_length=20, description="Which rail carries it.")]


class FetchTitle(BaseModel):
    """The account to be paid, and how much."""

    model_config = {"extra": "forbid"}

    destination_iban: Iban
    amount_paisa: Paisa
    rail: RailCode = "raast"


class CreatePayment(BaseModel):
    """A payment; it quotes the title fetch that was made for the same account and amount."""

    model_config = {"extra": "forbid"}

    source: Annotated[str, Field(max_length=40, description="An account of yours: its id or its IBAN.")]
    destination_iban: Iban
    amount_paisa: Paisa
    title_fetch: Annotated[str, Field(max_length=40, description="The id of a matched title fetch.")]
    rail: RailCode = "raast"
    end_to_end_id: Annotated[
        EndToEndId | None, Field(description="Your own reference; the rail refuses it a second time (AM05).")
    ] = None
    narration: Annotated[str | None, Field(max_length=140)] = None


class ReasonView(BaseModel):
    """Why, in the rail's vocabulary; `final` is false while the outcome may still change.

    `limit` tells which limit of which account stood in the way, where one of its tier's did.
    """

    code: str
    name: str
    meaning: str
    final: bool
    limit: BreachView | None


class TitleFetchView(BaseModel):
    """A title fetch as the API shows it."""

    id: str
    object: Literal["title_fetch"] = "title_fetch"
    rail: str
    status: TitleStatus
    destination_iban: str
    title: str | None
    amount_paisa: int
    reason: ReasonView | None
    created_at: str
    expires_at: str


class PaymentView(View):
    """A payment as the API shows it, and as its events carry it."""

    id: str
    object: Literal["payment"] = "payment"
    rail: str
    status: PaymentStatus
    reason: ReasonView | None
    source: str
    destination_iban: str
    destination_title: str
    amount_paisa: int
    currency: str = CURRENCY
    title_fetch: str
    end_to_end_id: str | None
    narration: str | None
    created_at: str
    completed_at: str | None


class InquiryView(BaseModel):
    """What the rail answers when it is asked about a payment."""

    object: Literal["inquiry"] = "inquiry"
    outcome: Literal["settled", "refused", "not_known"]
    asked_at: str
    payment: PaymentView


def view_reason(reason: Reason | None, breach: str | None) -> ReasonView | None:
    """Show a reason, and the limit behind it, which is kept as JSON."""
    if reason is None:
        return None
    return ReasonView(
        code=reason.code,
        name=reason.name,
        meaning=reason.meaning,
        final=reason.final,
        limit=None if breach is None else BreachView.model_validate_json(breach),
    )


def view_title(fetch: TitleFetch, reason: Reason | None) -> TitleFetchView:
    """Show a title fetch; `reason` is the rail's entry for its reason code."""
    return TitleFetchView(
        id=fetch.id,
        rail=fetch.rail,
        status=TitleStatus(fetch.status),
        destination_iban=fetch.iban,
        title=fetch.title or None,
        amount_paisa=fetch.amount_paisa,
        reason=view_reason(reason, fetch.breach),
        created_at=to_rfc3339(fetch.created_at),
        expires_at=to_rfc3339(fetch.expires_at),
    )


def view_payment(payment: Payment, reason: Reason | None) -> PaymentView:
    """Show a payment; `reason` is the rail's entry for its reason code."""
    return PaymentView(
        id=payment.id,
        rail=payment.rail,
        status=PaymentStatus(payment.status),
        reason=view_reason(reason, payment.breach),
        source=payment.source,
        destination_iban=payment.destination_iban,
        destination_title=payment.title,
        amount_paisa=payment.amount_paisa,
        title_fetch=payment.title_fetch,
        end_to_end_id=payment.end_to_end_id,
        narration=payment.narration,
        created_at=to_rfc3339(payment.created_at),
        completed_at=None if payment.completed_at is None else to_rfc3339(payment.completed_at),
    )
