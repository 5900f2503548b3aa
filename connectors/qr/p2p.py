"""Raast QR codes of persons: an IBAN, and in a dynamic code an amount and an expiry. Its own tags, not EMV's.

    00 `02` format   01 `11` static, `12` dynamic   02 `00` scheme   04 IBAN
    05 amount        07 expiry, ddMMyyyyHHmm in Pakistan             10 check

Source: six independent public implementations that agree, and public samples. Some apps write whole rupees
only; some write a wrong IBAN, which `parse_p2p` reads and `verify_p2p` refuses. That the minute of the expiry
still counts is our reading.
"""

from typing import NamedTuple

from connectors.qr.crc import check_seal, seal
from connectors.qr.tlv import Field, Fields, QrError, shape, write
from connectors.qr.values import (
    AMOUNT,
    MINUTE_US,
    MOMENT,
    checked_iban,
    iban_in,
    moment_of,
    moment_text,
    paisa_of,
    rupees_of,
)
from ledger.clock import Micros

FORMAT, METHOD, SCHEME, IBAN, AMOUNT_TAG, EXPIRY, CHECK = "00", "01", "02", "04", "05", "07", "10"
STATIC, DYNAMIC = "11", "12"
_FORMAT = shape("02", "02, which marks a person's code")
_METHOD = shape("1[12]", "11 for a static or 12 for a dynamic code")
_SCHEME = shape("00", "00")
_IBAN = shape(".{24}", "an IBAN of 24 characters")
_CHECK = shape("[0-9A-F]{4}", "four capital hex digits")


class P2pQr(NamedTuple):
    """A person's code. A dynamic one has both an amount and an expiry, a static one neither.

    `expires_us` is the beginning of the last minute in which the code may be paid. `others` are fields that
    the published format does not know.
    """

    iban: str
    amount_paisa: int | None = None
    expires_us: Micros | None = None
    others: tuple[Field, ...] = ()


def make_p2p(qr: P2pQr) -> str:
    """Write a person's code; raises `QrError` when its parts do not go together."""
    fields = [Field(FORMAT, "02"), Field(SCHEME, "00"), Field(IBAN, checked_iban(qr.iban, IBAN)), *qr.others]
    if qr.amount_paisa is None and qr.expires_us is None:
        fields.append(Field(METHOD, STATIC))
    elif qr.amount_paisa is None:
        raise QrError("missing", AMOUNT_TAG, "a code with an expiry has an amount")
    elif qr.expires_us is None:
        raise QrError("missing", EXPIRY, "a code with an amount has an expiry")
    else:
        fields += [
            Field(METHOD, DYNAMIC),
            Field(AMOUNT_TAG, rupees_of(qr.amount_paisa, AMOUNT_TAG)),
            Field(EXPIRY, moment_text(qr.expires_us, EXPIRY)),
        ]
    if any(field.tag == CHECK for field in qr.others):
        raise QrError("unexpected", CHECK, "the check is computed")
    text = seal(write(sorted(fields)), CHECK)
    parse_p2p(text)
    return text


def parse_p2p(text: str) -> P2pQr:
    """Read a person's code whose check matches; raises `QrError` naming the tag.

    Whether the IBAN's check digits match and whether the code still may be paid is for `verify_p2p`.
    """
    fields = Fields(text)
    fields.first(FORMAT, _FORMAT)
    fields.need(CHECK, _CHECK)
    check_seal(text, CHECK)
    method = fields.need(METHOD, _METHOD)
    fields.need(SCHEME, _SCHEME)
    iban = iban_in(fields.need(IBAN, _IBAN), IBAN)
    if method == STATIC:
        fields.refuse(AMOUNT_TAG, "a static code has no amount")
        fields.refuse(EXPIRY, "a static code has no expiry")
        return P2pQr(iban, others=fields.rest())
    amount = paisa_of(fields.need(AMOUNT_TAG, AMOUNT), AMOUNT_TAG)
    expires = moment_of(fields.need(EXPIRY, MOMENT), EXPIRY)
    return P2pQr(iban, amount, expires, fields.rest())


def verify_p2p(text: str, now: Micros) -> P2pQr:
    """Read a person's code that may be paid now; raises `QrError` when it is wrong, altered or expired."""
    qr = parse_p2p(text)
    checked_iban(qr.iban, IBAN)
    if qr.expires_us is not None and now >= qr.expires_us + MINUTE_US:
        raise QrError("expired", EXPIRY, "the code has expired: ask the receiver for a new one")
    return qr
