"""Who can be paid, and how their consumer numbers look."""

import re
import tomllib
from importlib.resources import files
from typing import Literal, NamedTuple

from connectors.identifiers.psid import parse_psid
from connectors.identifiers.text import IdentifierError, digits, plain
from ledger.clock import SECOND_US, Micros

LONGEST = 30
"""No consumer number is longer (OpenConnect gateway)."""

_WHAT = "A consumer number"
_ANY = re.compile(r"[0-9A-Z-]+")


class ConsumerNumberError(IdentifierError):
    """The text is no consumer number of this biller."""


class Biller(NamedTuple):
    """A biller, as `billers.toml` has it."""

    code: str
    id: int
    name: str
    category: str
    number: Literal["digits", "psid", "any"]
    standing: str
    source: str
    length: int = LONGEST
    partial: bool = False
    enabled: bool = True
    receipt: str = "RCP"
    marked_within_s: int = 0
    valid_for_hours: int | None = None

    def receipt_at(self, paid_at: Micros) -> Micros:
        """Return when at the latest the biller has marked the bill paid and sends the receipt."""
        return paid_at + self.marked_within_s * SECOND_US


def _read() -> dict[str, Biller]:
    rows = tomllib.loads(files("connectors.bills").joinpath("billers.toml").read_text("utf-8"))
    return {code: Biller(code, **row) for code, row in rows.items()}


BILLERS = _read()
BY_ID = {biller.id: biller for biller in BILLERS.values()}


def parse_consumer_no(biller: Biller, text: str) -> str:
    """Return the bare number, or raise `IdentifierError` (a `PsidError` for a payment slip)."""
    if biller.number == "psid":
        return parse_psid(text)
    if biller.number == "digits":
        return digits(text, _WHAT, (biller.length,), ConsumerNumberError)
    number = plain(text, _WHAT, ConsumerNumberError).upper()
    if len(number) > biller.length or not _ANY.fullmatch(number):
        raise ConsumerNumberError(f"{_WHAT} has up to {biller.length} letters, digits and dashes")
    return number
