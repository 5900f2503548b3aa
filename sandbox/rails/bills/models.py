"""What the bills' face remembers, on the shelf, and the ledger accounts through which bills are paid."""

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel

from connectors.bills.bill import Bill
from ledger.clock import to_rfc3339
from sandbox.accounts.models import CURRENCY
from sandbox.http import View
from sandbox.shelf import Shelf

CODE_SETTLEMENT = 300
CODE_BILLER = 310
SETTLEMENT = "settlement:1link-bills"
"""Where a payer's money rests until the biller has marked the bill paid."""


class Outcome(StrEnum):
    """How a bill's payment stands: `taken` is paid and not yet marked by the biller; the last two are final."""

    UNKNOWN = "unknown"
    TAKEN = "taken"
    SETTLED = "settled"
    REFUSED = "refused"


class BillItem(BaseModel):
    """A bill that a payment has changed, or a slip that was made; published bills stand in their table till then."""

    bill: Bill


class InquiryItem(BaseModel):
    """A bill that was shown."""

    biller: str
    consumer_no: str


class PaymentItem(BaseModel):
    """A payment that moved or holds money. `late_*` say what an unknown outcome becomes, and when."""

    id: str
    biller: str
    consumer_no: str
    source: str
    amount_paisa: int
    outcome: Outcome
    created_at: int
    reason: str | None = None
    receipt: str | None = None
    late_at: int | None = None
    late_reason: str | None = None


class BillPaymentView(View):
    """A bill's payment, as its events carry it; `reason` is a code of `connectors/bills/reasons.toml`."""

    id: str
    object: Literal["bill_payment"] = "bill_payment"
    biller: str
    consumer_no: str
    source: str
    amount_paisa: int
    currency: str = CURRENCY
    outcome: Outcome
    reason: str | None
    receipt: str | None
    created_at: str


class ReferenceItem(BaseModel):
    """Which payment came under the caller's own numbers."""

    payment: str


class CountItem(BaseModel):
    """How many there have been."""

    count: int = 0


BILLS = Shelf("bills", "bill", BillItem)
INQUIRIES = Shelf("bills", "inquiry", InquiryItem)
PAYMENTS = Shelf("bills", "payment", PaymentItem)
REFERENCES = Shelf("bills", "reference", ReferenceItem)
COUNTS = Shelf("bills", "count", CountItem)


def view_payment(payment: PaymentItem) -> BillPaymentView:
    """Show a payment."""
    told = payment.model_dump(exclude={"created_at", "late_at", "late_reason"})
    return BillPaymentView(**told, created_at=to_rfc3339(payment.created_at))


def biller_account(biller: str) -> str:
    """Return the ledger account of a biller."""
    return f"biller:{biller}"
