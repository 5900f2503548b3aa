"""Raast QR codes of merchants: EMVCo's merchant-presented code with Raast's account in tag 28.

    00 `01`   01 `11` static, `12` dynamic   28 account (00 GUID, 01 member code of the acquirer, 02 IBAN)
    52 category   53 `586`   54 amount   55-57 fee   58 `PK`   59 name   60 city   61 postal code
    62 details (`Details`)   84 request to pay (00 GUID, 01 rtpId), in dynamic codes only   63 check

Sources: the OpenConnect gateway, a public sample, EMVCo's specification for sizes and for 55 to 57 and 61.
Weak: that tag 84 is a template (strict readers refuse a bare value). Not known: the GUID of the scheme, so ours
is all zeros, and how the due date of a bill is written, so `ddMMyyyy` is ours. Tags 85, 89 and all other templates
are carried as they are. Names in other scripts (tag 64) cannot be read: values are ASCII.
"""

from datetime import date
from typing import NamedTuple

from connectors.qr.crc import check_seal, seal
from connectors.qr.details import NO_DETAILS, Details, read_details, write_details
from connectors.qr.tlv import Field, Fields, QrError, shape, write
from connectors.qr.values import AMOUNT, checked_iban, iban_in, paisa_of, rupees_of, today
from ledger.clock import Micros

ACCOUNT, AMOUNT_TAG, DETAILS, CHECK, REQUEST = "28", "54", "62", "63", "84"
STATIC, DYNAMIC = "11", "12"
NO_GUID = "0" * 32
"""Stands where the scheme's GUID belongs, which is not public."""

_GUID = shape("[0-9A-Fa-f]{32}", "a GUID of 32 hex digits")
_MEMBER = shape("[A-Z0-9]{8,12}", "the acquirer's code, 8 to 12 capitals and digits")
_IBAN = shape(".{24}", "an IBAN of 24 characters")
_RTP_ID = shape("[A-Za-z0-9-]{1,59}", "an rtpId of up to 59 letters, digits and dashes")
_FORMAT = shape("01", "01, which marks a merchant's code")
_METHOD = shape("1[12]", "11 for a static or 12 for a dynamic code")
_CATEGORY = shape("[0-9]{4}", "a merchant category of four digits")
_CURRENCY = shape("586", "586, the rupee")
_COUNTRY = shape("PK", "PK")
_NAME = shape(".{1,25}", "a name of up to 25 characters")
_CITY = shape(".{1,15}", "a city of up to 15 characters")
_POSTAL_CODE = shape(".{1,10}", "a postal code of up to 10 characters")
_CHECK = shape("[0-9A-F]{4}", "four capital hex digits")
_FEE = shape("0[123]", "01 (the payer is asked), 02 (fixed) or 03 (percentage)")
_PERCENT = shape(r"(?=.*[1-9])[0-9]{1,2}(?:\.[0-9]{1,2})?", "a percentage from 0.01 to 99.99")


class Fee(NamedTuple):
    """A tip or fee on top of the amount: fixed, a percentage (as text), or, with neither, as the payer likes."""

    fixed_paisa: int | None = None
    percent: str | None = None


class P2mQr(NamedTuple):
    """A merchant's code. It is dynamic when it names a request to pay, static when not.

    `others` are all fields that are carried and not understood, by rising tag.
    """

    member_code: str
    iban: str
    category: str
    name: str
    city: str
    amount_paisa: int | None = None
    rtp_id: str | None = None
    details: Details = NO_DETAILS
    postal_code: str | None = None
    fee: Fee | None = None
    guid: str = NO_GUID
    rtp_guid: str = NO_GUID
    others: tuple[Field, ...] = ()


def make_p2m(qr: P2mQr) -> str:
    """Write a merchant's code; raises `QrError` naming the tag of a part that cannot be written."""
    checked_iban(qr.iban, f"{ACCOUNT}.02")
    account = [Field("00", qr.guid), Field("01", qr.member_code), Field("02", qr.iban)]
    fields = [
        Field("01", STATIC if qr.rtp_id is None else DYNAMIC),
        Field(ACCOUNT, write(account, ACCOUNT)),
        Field("52", qr.category),
        Field("53", "586"),
        Field("58", "PK"),
        Field("59", qr.name),
        Field("60", qr.city),
        *_write_fee(qr.fee),
        *qr.others,
    ]
    if qr.amount_paisa is not None:
        fields.append(Field(AMOUNT_TAG, rupees_of(qr.amount_paisa, AMOUNT_TAG)))
    if qr.postal_code is not None:
        fields.append(Field("61", qr.postal_code))
    if qr.details != NO_DETAILS:
        fields.append(Field(DETAILS, write_details(qr.details, DETAILS)))
    if qr.rtp_id is not None:
        request = [Field("00", qr.rtp_guid), Field("01", qr.rtp_id)]
        fields.append(Field(REQUEST, write(request, REQUEST)))
    if any(field.tag == CHECK for field in qr.others):
        raise QrError("unexpected", CHECK, "the check is computed")
    text = seal(write([Field("00", "01"), *sorted(fields)]), CHECK)
    parse_p2m(text)
    return text


def parse_p2m(text: str) -> P2mQr:
    """Read a merchant's code whose check matches; raises `QrError` naming the tag.

    Whether the IBAN's check digits match and whether the bill still may be paid is for `verify_p2m`.
    """
    fields = Fields(text)
    fields.first("00", _FORMAT)
    fields.need(CHECK, _CHECK)
    check_seal(text, CHECK)
    dynamic = fields.need("01", _METHOD) == DYNAMIC
    guid, member_code, iban = _read_account(fields.template(ACCOUNT))
    rtp_guid, rtp_id = _read_request(fields.template(REQUEST), dynamic=dynamic)
    fields.need("53", _CURRENCY)
    fields.need("58", _COUNTRY)
    amount = fields.take(AMOUNT_TAG, AMOUNT)
    details = fields.template(DETAILS)
    return P2mQr(
        member_code=member_code,
        iban=iban,
        category=fields.need("52", _CATEGORY),
        name=fields.need("59", _NAME),
        city=fields.need("60", _CITY),
        amount_paisa=None if amount is None else paisa_of(amount, AMOUNT_TAG),
        rtp_id=rtp_id,
        details=NO_DETAILS if details is None else read_details(details, DETAILS),
        postal_code=fields.take("61", _POSTAL_CODE),
        fee=_read_fee(fields),
        guid=guid,
        rtp_guid=rtp_guid,
        others=fields.rest(),
    )


def verify_p2m(text: str, now: Micros) -> P2mQr:
    """Read a merchant's code that may be paid now; raises `QrError` when it is wrong, altered or overdue.

    A bill past its due date may be paid when it names an amount for that. Until when the request of a
    dynamic code may be paid is not in the code: ask by its rtpId.
    """
    qr = parse_p2m(text)
    checked_iban(qr.iban, f"{ACCOUNT}.02")
    if _is_late(qr.details.due_date, now) and qr.details.late_amount_paisa is None:
        raise QrError(
            "expired", f"{DETAILS}.50", "the bill's due date has passed, and no later amount is named"
        )
    return qr


def payable_paisa(qr: P2mQr, now: Micros) -> int | None:
    """Return what a verified code asks for today, without its fee; None when the payer chooses."""
    return qr.details.late_amount_paisa if _is_late(qr.details.due_date, now) else qr.amount_paisa


def _is_late(due: date | None, now: Micros) -> bool:
    return due is not None and today(now, f"{DETAILS}.50") > due


def _read_account(account: Fields | None) -> tuple[str, str, str]:
    if account is None:
        raise QrError("missing", ACCOUNT, "it must be there: the merchant's Raast account")
    guid, member_code = account.need("00", _GUID), account.need("01", _MEMBER)
    iban = iban_in(account.need("02", _IBAN), f"{ACCOUNT}.02")
    _nothing_left(account, ACCOUNT)
    return guid, member_code, iban


def _read_request(request: Fields | None, *, dynamic: bool) -> tuple[str, str | None]:
    if request is None and dynamic:
        raise QrError("missing", REQUEST, "a dynamic code names its request to pay")
    if request is None:
        return NO_GUID, None
    if not dynamic:
        raise QrError("unexpected", REQUEST, "a static code has no request to pay")
    found = request.need("00", _GUID), request.need("01", _RTP_ID)
    _nothing_left(request, REQUEST)
    return found


def _nothing_left(template: Fields, tag: str) -> None:
    for field in template.rest():
        raise QrError("unexpected", f"{tag}.{field.tag}", "this template has no such tag")


def _read_fee(fields: Fields) -> Fee | None:
    kind, fee = fields.take("55", _FEE), None
    if kind == "02":
        fee = Fee(fixed_paisa=paisa_of(fields.need("56", AMOUNT), "56"))
    elif kind == "03":
        fee = Fee(percent=fields.need("57", _PERCENT))
    elif kind == "01":
        fee = Fee()
    fields.refuse("56", "a fixed fee goes with 02 in tag 55")
    fields.refuse("57", "a percentage goes with 03 in tag 55")
    return fee


def _write_fee(fee: Fee | None) -> list[Field]:
    if fee is None:
        return []
    if fee.fixed_paisa is not None and fee.percent is not None:
        raise QrError("unexpected", "57", "a fee is fixed or a percentage, not both")
    if fee.fixed_paisa is not None:
        return [Field("55", "02"), Field("56", rupees_of(fee.fixed_paisa, "56"))]
    return [Field("55", "01")] if fee.percent is None else [Field("55", "03"), Field("57", fee.percent)]
