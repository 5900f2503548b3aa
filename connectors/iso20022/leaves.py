"""What stands in a leaf of a message: text and values, both ways, with the same checks both ways.

Amounts are whole paisa here and rupees with at most two decimals on the wire. Times are microseconds since
the epoch here and ISO 8601 with an offset on the wire; they are written in Pakistan's time, which is five
hours ahead of UTC all year. Lengths count characters, as the schema does.
"""

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, Final, Protocol
from xml.etree.ElementTree import Element

from connectors.iso20022.errors import RefusedError, quoted
from connectors.iso20022.tree import XML_SPACE
from ledger.clock import Micros, from_rfc3339, to_rfc3339

CURRENCY: Final = "PKR"
MAX_PAISA: Final = 10**18 - 1
"""The largest amount: ISO allows 18 digits in all, two of them decimals here."""

FIRST_TIME: Final[Micros] = 0
LAST_TIME: Final[Micros] = from_rfc3339("9999-12-30T00:00:00Z")

_ESCAPES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}
_NOT_PLAIN: Final = re.compile(r"[&<>\r]|[^\t\n\r -\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")
_AMOUNT: Final = re.compile(r"\+?([0-9]*)(?:\.([0-9]*))?")
_COUNT: Final = re.compile(r"[0-9]{1,15}")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?"
    r"(Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))?"
)
_WHOLE_DIGITS: Final = 16
_DECIMALS: Final = 2
_PAISA: Final = 100
_PKT: Final = "+05:00"
_EPOCH_IN_PKT: Final = datetime(1970, 1, 1, 5)  # noqa: DTZ001 - written with its offset


def escaped(text: str) -> str:
    """Return text as it stands in XML, or refuse characters that XML cannot carry."""
    if not _NOT_PLAIN.search(text):
        return text
    return _NOT_PLAIN.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    escape = _ESCAPES.get(found[0])
    if escape is None:
        raise RefusedError("value", f"XML has no character U+{ord(found[0]):04X}")
    return escape


class Leaf(Protocol):
    """A kind of leaf. `attributes` stands in the opening tag of whatever is written."""

    attributes: str
    allowed: tuple[str, ...]

    def read(self, text: str, element: Element) -> Any:
        """Return the value of an element with this text, or raise `RefusedError`."""
        ...

    def write(self, value: Any) -> str:
        """Return the text of a value, escaped, or raise `RefusedError`."""
        ...


class _Plain:
    """A leaf without attributes."""

    attributes = ""
    allowed: tuple[str, ...] = ()


class Text(_Plain):
    """Text of 1 to `longest` characters, kept as it is, spaces too; `pattern` must match all of it."""

    def __init__(self, longest: int, pattern: str = "", wanted: str = "") -> None:
        self.longest = longest
        self.pattern = pattern
        self.wanted = wanted
        self._match = re.compile(pattern, re.DOTALL).fullmatch if pattern else None

    def read(self, text: str, _element: Element | None = None) -> str:
        """Return the text itself."""
        if not text:
            raise RefusedError("value", "empty")
        if len(text) > self.longest:
            raise RefusedError("value", f"{len(text)} characters; the most is {self.longest}")
        if self._match and not self._match(text):
            raise RefusedError("value", f"{quoted(text)} is not {self.wanted}")
        return text

    def write(self, value: str) -> str:
        """Return the text, checked and escaped."""
        return escaped(self.read(value))


def one_of(codes: Iterable[str]) -> Text:
    """Make the leaf of a closed list of codes."""
    names = tuple(codes)
    return Text(max(map(len, names)), "|".join(map(re.escape, names)), " or ".join(names))


class _Amount:
    """Rupees on the wire, whole paisa here, exactly: no float and no rounding."""

    attributes = f' Ccy="{CURRENCY}"'
    allowed: tuple[str, ...] = ("Ccy",)

    def read(self, text: str, element: Element) -> int:
        """Return paisa; refuse signs, exponents, a third decimal that is no zero, another currency."""
        currency = element.get("Ccy")
        if currency is None:
            raise RefusedError("missing", "the amount has no Ccy")
        if currency != CURRENCY:
            raise RefusedError("currency", f"{quoted(currency)} is not {CURRENCY}")
        found = _AMOUNT.fullmatch(text.strip(XML_SPACE))
        if not found or not (found[1] or found[2]):
            raise RefusedError("value", f"{quoted(text)} is no amount in rupees, such as 1500.00")
        whole, decimals = found[1].lstrip("0"), (found[2] or "").rstrip("0")
        if len(decimals) > _DECIMALS:
            raise RefusedError("value", f"{quoted(text)} has more than {_DECIMALS} decimals")
        if len(whole) > _WHOLE_DIGITS:
            raise RefusedError("value", f"{quoted(text)} has more than {_WHOLE_DIGITS} digits of rupees")
        return int((whole or "0") + decimals.ljust(_DECIMALS, "0"))

    def write(self, value: int) -> str:
        """Return rupees with two decimals."""
        if not 0 <= value <= MAX_PAISA:
            raise RefusedError("value", f"{value} paisa cannot be written; the most is {MAX_PAISA}")
        return f"{value // _PAISA}.{value % _PAISA:02}"


class _Time(_Plain):
    """A moment, with its offset; digits beyond the microsecond are dropped."""

    def read(self, text: str, _element: Element) -> Micros:
        """Return microseconds since the epoch; refuse a time that names no offset."""
        text = text.strip(XML_SPACE)
        found = _TIME.fullmatch(text)
        if not found:
            raise RefusedError("value", f"{quoted(text)} is no time such as 2026-11-24T12:00:00.000+05:00")
        if not found[1]:
            raise RefusedError("value", f"{quoted(text)} names no offset, such as +05:00 or Z")
        try:
            moment = from_rfc3339(text)
        except ValueError:
            raise RefusedError("value", f"{quoted(text)} is not in the calendar") from None
        return self._bounded(moment)

    def write(self, value: Micros) -> str:
        """Return the time in Pakistan, to the millisecond or, if need be, the microsecond."""
        moment = _EPOCH_IN_PKT + timedelta(microseconds=self._bounded(value))
        return moment.isoformat(timespec="microseconds" if value % 1000 else "milliseconds") + _PKT

    @staticmethod
    def _bounded(moment: Micros) -> Micros:
        if not FIRST_TIME <= moment <= LAST_TIME:
            raise RefusedError("value", f"before {to_rfc3339(FIRST_TIME)} or after {to_rfc3339(LAST_TIME)}")
        return moment


class _Day(_Plain):
    """A calendar day, without an offset."""

    def read(self, text: str, _element: Element) -> date:
        """Return the day."""
        text = text.strip(XML_SPACE)
        try:
            if _DAY.fullmatch(text):
                return date.fromisoformat(text)
        except ValueError:
            pass
        raise RefusedError("value", f"{quoted(text)} is no day such as 2026-11-24")

    def write(self, value: date) -> str:
        """Return the day as YYYY-MM-DD."""
        return date.isoformat(value)


class _Flag(_Plain):
    """True or false."""

    def read(self, text: str, _element: Element) -> bool:
        """Return whether the text is one of XML's two words for true."""
        word = text.strip(XML_SPACE)
        if word not in {"true", "false", "1", "0"}:
            raise RefusedError("value", f"{quoted(text)} is neither true nor false")
        return word in {"true", "1"}

    def write(self, value: bool) -> str:
        """Return the word."""
        return "true" if value else "false"


class _Count(_Plain):
    """A number of things: up to 15 digits."""

    def read(self, text: str, _element: Element) -> int:
        """Return the number."""
        if not _COUNT.fullmatch(text):
            raise RefusedError("value", f"{quoted(text)} is no number of up to 15 digits")
        return int(text)

    def write(self, value: int) -> str:
        """Return the digits."""
        self.read(str(value), Element(""))
        return str(value)


AMOUNT: Final = _Amount()
TIME: Final = _Time()
DAY: Final = _Day()
FLAG: Final = _Flag()
COUNT: Final = _Count()
MAX_4: Final = Text(4)
MAX_34: Final = Text(34)
MAX_35: Final = Text(35)
MAX_70: Final = Text(70)
MAX_105: Final = Text(105)
MAX_128: Final = Text(128)
MAX_140: Final = Text(140)
MAX_500: Final = Text(500)
COUNTRY: Final = Text(2, "[A-Z]{2,2}", "a country code")
IBAN: Final = Text(34, "[A-Z]{2,2}[0-9]{2,2}[a-zA-Z0-9]{1,30}", "an IBAN")
BIC: Final = Text(11, "[A-Z0-9]{4,4}[A-Z]{2,2}[A-Z0-9]{2,2}([A-Z0-9]{3,3}){0,1}", "a BIC")
UETR: Final = Text(
    36,
    "[a-f0-9]{8}-[a-f0-9]{4}-4[a-f0-9]{3}-[89ab][a-f0-9]{3}-[a-f0-9]{12}",
    "a lower-case UUID of version 4",
)
PHONE: Final = Text(35, r"\+[0-9]{1,3}-[0-9()+\-]{1,30}", "a number such as +92-3001234567")
SIDE: Final = one_of(("CRDT", "DBIT"))
CHARGE_BEARER: Final = one_of(("DEBT", "CRED", "SHAR", "SLEV"))
CLEARING_CHANNEL: Final = one_of(("RTGS", "RTNS", "MPNS", "BOOK"))
