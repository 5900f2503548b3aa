"""What 1LINK's faces remember, on the shelf."""

from pydantic import BaseModel

from sandbox.shelf import Shelf


class TitleItem(BaseModel):
    """A title fetch that was answered; a transfer quotes it by its correlation id."""

    title_fetch: str
    iban: str
    amount_paisa: int


class TransferItem(BaseModel):
    """The payment that came under a caller's own numbers."""

    payment: str


class MerchantItem(BaseModel):
    """A merchant, as its last call with all its details told; an aggregator's calls name it by its id only."""

    iban: str
    name: str
    city: str
    category: str


class RequestItem(BaseModel):
    """A request to pay. `status` is empty until an order quotes it; `payer` is an IBAN, empty behind a QR code.

    `begins_at` is when the payer gets it; `payment` is made when the payer accepts.
    """

    status: str = ""
    payer: str = ""
    merchant_id: str = ""
    merchant_iban: str = ""
    amount_paisa: int = 0
    bill_no: str = ""
    begins_at: int = 0
    expires_at: int = 0
    payment: str | None = None


class MessageItem(BaseModel):
    """A transfer that came as an ISO 8583 message, by acquirer and retrieval reference number.

    `response` is field 39, None while nobody knows; `reversed` says that a 0420 was taken for it.
    """

    payment: str | None = None
    amount_paisa: int = 0
    response: str | None = None
    authorisation: str | None = None
    reversed: bool = False


class OriginalItem(BaseModel):
    """Which transfer a message began, as field 90 names it; empty when its reversal came first."""

    message: str = ""


TITLES = Shelf("onelink", "title", TitleItem)
TRANSFERS = Shelf("onelink", "transfer", TransferItem)
MERCHANTS = Shelf("onelink", "merchant", MerchantItem)
REQUESTS = Shelf("onelink", "request", RequestItem)
MESSAGES = Shelf("onelink", "message", MessageItem)
ORIGINALS = Shelf("onelink", "original", OriginalItem)
