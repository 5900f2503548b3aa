"""QR codes: what is stored, asked and shown."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from connectors.qr.tlv import MAX_CHARACTERS
from ledger.clock import to_rfc3339
from sandbox.accounts.models import Paisa
from sandbox.aliases.models import AccountRef
from sandbox.payments.models import EndToEndId, PaymentView, TitleFetchView
from sandbox.raast.merchants import PRINTABLE
from sandbox.raast.request_models import MOST_S, RequestView
from sandbox.shelf import Shelf

Short = Annotated[str, StringConstraints(min_length=1, max_length=25, pattern=PRINTABLE)]


class Code(BaseModel):
    """A code that was made here; `request` is the request to pay of a dynamic merchant's code."""

    id: str
    kind: Literal["p2p", "p2m"]
    text: str
    account: str
    merchant: str | None
    request: str | None
    amount_paisa: int | None
    expires_at: int | None
    created_at: int


CODES = Shelf("raast", "qr_code", Code)


class MakePersonCode(BaseModel):
    """A person's code: static, or with an amount and an expiry (whole minutes; half an hour unless it says)."""

    model_config = {"extra": "forbid"}

    kind: Literal["p2p"]
    account: AccountRef
    amount_paisa: Paisa | None = None
    expires_in_s: Annotated[int | None, Field(strict=True, ge=60, le=MOST_S)] = None


class MakeMerchantCode(BaseModel):
    """A merchant's code: static, or dynamic with a request to pay behind it."""

    model_config = {"extra": "forbid"}

    kind: Literal["p2m"]
    merchant: Annotated[str, Field(max_length=40)]
    amount_paisa: Paisa | None = None
    dynamic: bool = False
    expires_in_s: Annotated[int | None, Field(strict=True, ge=1, le=MOST_S)] = None
    bill_number: Short | None = None
    store: Short | None = None
    reference: Short | None = None
    terminal: Short | None = None
    purpose: Short | None = None
    due_date: date | None = None
    late_amount_paisa: Paisa | None = None


class MakeCode(BaseModel):
    """A code to be made."""

    model_config = {"extra": "forbid"}

    code: Annotated[MakePersonCode | MakeMerchantCode, Field(discriminator="kind")]


class ScanCode(BaseModel):
    """The text of a code, as a camera gives it."""

    model_config = {"extra": "forbid"}

    text: Annotated[str, Field(min_length=1, max_length=MAX_CHARACTERS)]


class PayCode(ScanCode):
    """A code to pay; the amount is the payer's where the code names none."""

    source: AccountRef
    amount_paisa: Paisa | None = None
    end_to_end_id: EndToEndId | None = None


class CodeView(BaseModel):
    """A code as the API shows it; its pictures are at `png` and `svg`."""

    id: str
    object: Literal["qr_code"] = "qr_code"
    kind: Literal["p2p", "p2m"]
    text: str
    account: str
    merchant: str | None
    request_to_pay: str | None
    amount_paisa: int | None
    expires_at: str | None
    created_at: str
    png: str
    svg: str


class ScannedView(BaseModel):
    """What a code says; `amount_paisa` is what is to be paid today, none when the payer chooses."""

    object: Literal["scanned_code"] = "scanned_code"
    kind: Literal["p2p", "p2m"]
    dynamic: bool
    iban: str
    name: str | None = None
    city: str | None = None
    category: str | None = None
    bill_number: str | None = None
    amount_paisa: int | None
    expires_at: str | None = None
    request_to_pay: RequestView | None = None


class PaidView(BaseModel):
    """What came of paying a code; no payment when the title fetch was refused."""

    object: Literal["paid_code"] = "paid_code"
    title_fetch: TitleFetchView
    payment: PaymentView | None
    request_to_pay: RequestView | None


def view_code(code: Code) -> CodeView:
    """Show a code."""
    return CodeView(
        id=code.id,
        kind=code.kind,
        text=code.text,
        account=code.account,
        merchant=code.merchant,
        request_to_pay=code.request,
        amount_paisa=code.amount_paisa,
        expires_at=None if code.expires_at is None else to_rfc3339(code.expires_at),
        created_at=to_rfc3339(code.created_at),
        png=f"/v1/raast/qr-codes/{code.id}/png",
        svg=f"/v1/raast/qr-codes/{code.id}/svg",
    )
