"""Amounts and times as codes write them: rupees with at most two decimals, and Pakistan's local time."""

from datetime import date, datetime, timedelta
from typing import Final

from connectors.identifiers.iban import IbanError, parse_iban, shaped_iban
from connectors.qr.tlv import QrError, shape
from ledger.clock import SECOND_US, Micros

MINUTE_US: Final = 60 * SECOND_US
PKT_US: Final = 5 * 3600 * SECOND_US
"""Pakistan's time is five hours ahead of UTC all year."""

AMOUNT = shape(
    r"(?=.{1,13}$)[0-9]+(?:\.[0-9]{0,2})?", "rupees with at most two decimals, 13 characters in all"
)
MOMENT = shape(r"[0-9]{12}", "a local time as ddMMyyyyHHmm")
DAY = shape(r"[0-9]{8}", "a day as ddMMyyyy")
_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - naive on purpose, as in ledger/clock.py
_MICROSECOND: Final = timedelta(microseconds=1)


def paisa_of(rupees: str, tag: str) -> int:
    """Return the paisa of an amount that has the shape `AMOUNT`; raises `QrError` when it is nothing."""
    whole, _, part = rupees.partition(".")
    paisa = int(whole) * 100 + int(part.ljust(2, "0"))
    if not paisa:
        raise QrError("value", tag, "the amount is more than nothing")
    return paisa


def rupees_of(paisa: int, tag: str) -> str:
    """Write paisa as codes do: `1500` when they are whole rupees, else `1500.50`; raises `QrError`."""
    if paisa <= 0:
        raise QrError("value", tag, "the amount is more than nothing")
    whole, part = divmod(paisa, 100)
    return AMOUNT.held(f"{whole}.{part:02}" if part else str(whole), tag)


def moment_of(text: str, tag: str) -> Micros:
    """Return the beginning of a written minute (shape `MOMENT`); raises `QrError` when there is no such minute."""
    local = _calendar(text[:8], tag, int(text[8:10]), int(text[10:]))
    return (local - _EPOCH) // _MICROSECOND - PKT_US


def moment_text(us: Micros, tag: str) -> str:
    """Write the minute of a time as `ddMMyyyyHHmm` in Pakistan; seconds are dropped; raises `QrError`."""
    local = _local(us, tag)
    return f"{local:%d%m}{local.year:04}{local:%H%M}"


def day_of(text: str, tag: str) -> date:
    """Return a written day (shape `DAY`); raises `QrError` when the calendar has no such day."""
    return _calendar(text, tag).date()


def day_text(day: date) -> str:
    """Write a day as `ddMMyyyy`."""
    return f"{day:%d%m}{day.year:04}"


def today(now: Micros, tag: str) -> date:
    """Return the day in Pakistan; raises `QrError` naming the tag that asks when the calendar has none."""
    return _local(now, tag).date()


def checked_iban(iban: str, tag: str) -> str:
    """Return an IBAN in its bare form whose check digits match; raises `QrError`."""
    try:
        return _bare(parse_iban(iban), iban, tag)
    except IbanError as wrong:
        raise QrError("check_digits" if wrong.check_digits else "value", tag, str(wrong)) from wrong


def iban_in(iban: str, tag: str) -> str:
    """Return the IBAN of a code without looking at its check digits; raises `QrError` when it has another shape."""
    try:
        return _bare(shaped_iban(iban), iban, tag)
    except IbanError as wrong:
        raise QrError("value", tag, str(wrong)) from wrong


def _bare(parsed: str, given: str, tag: str) -> str:
    if parsed != given:
        raise QrError("value", tag, "the IBAN stands in a code in capitals, without spaces")
    return parsed


def _calendar(day: str, tag: str, hour: int = 0, minute: int = 0) -> datetime:
    try:
        return datetime(int(day[4:]), int(day[2:4]), int(day[:2]), hour, minute)  # noqa: DTZ001 - local on purpose
    except ValueError:
        raise QrError("value", tag, "the calendar has no such time") from None


def _local(us: Micros, tag: str) -> datetime:
    try:
        return _EPOCH + timedelta(microseconds=us + PKT_US)
    except OverflowError:
        raise QrError("value", tag, "the calendar has no such time") from None
