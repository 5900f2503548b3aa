"""Tag 62 of a merchant's code: what the payment is for.

01 to 08 are EMVCo's; 50 and 51, the due date of a bill and its amount after that day, are from the OpenConnect
gateway.
"""

from datetime import date
from typing import NamedTuple

from connectors.qr.tlv import Field, Fields, QrError, path, shape, write
from connectors.qr.values import AMOUNT, DAY, day_of, day_text, paisa_of, rupees_of

_TEXT = shape(".{1,25}", "text of up to 25 characters")
_TEXTS = {
    "01": "bill_number",
    "02": "mobile",
    "03": "store",
    "04": "loyalty",
    "05": "reference",
    "06": "customer",
    "07": "terminal",
    "08": "purpose",
}
_DUE, _LATE = "50", "51"


class Details(NamedTuple):
    """What the payment is for; `late_amount_paisa` is due after `due_date` (a day in Pakistan)."""

    bill_number: str | None = None
    mobile: str | None = None
    store: str | None = None
    loyalty: str | None = None
    reference: str | None = None
    customer: str | None = None
    terminal: str | None = None
    purpose: str | None = None
    due_date: date | None = None
    late_amount_paisa: int | None = None
    others: tuple[Field, ...] = ()


NO_DETAILS = Details()


def read_details(fields: Fields, within: str) -> Details:
    """Read the fields of the template `within`; raises `QrError` naming the tag."""
    texts = {name: fields.take(tag, _TEXT) for tag, name in _TEXTS.items()}
    due, late = fields.take(_DUE, DAY), fields.take(_LATE, AMOUNT)
    if late is not None and due is None:
        raise QrError("missing", path(within, _DUE), "an amount after the due date needs that date")
    return Details(
        **texts,
        due_date=None if due is None else day_of(due, path(within, _DUE)),
        late_amount_paisa=None if late is None else paisa_of(late, path(within, _LATE)),
        others=fields.rest(),
    )


def write_details(details: Details, within: str) -> str:
    """Write the template's value; raises `QrError` naming the tag."""
    fields = [
        Field(tag, value) for tag, name in _TEXTS.items() if (value := getattr(details, name)) is not None
    ]
    if details.due_date is not None:
        fields.append(Field(_DUE, day_text(details.due_date)))
    if details.late_amount_paisa is not None:
        fields.append(Field(_LATE, rupees_of(details.late_amount_paisa, path(within, _LATE))))
    return write(sorted([*fields, *details.others]), within)
