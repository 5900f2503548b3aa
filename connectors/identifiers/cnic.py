"""CNIC, the number of a Pakistani's identity card: 13 digits, written `NNNNN-NNNNNNN-N`.

The first digit tells the region of issue, the last whether the holder is registered as a man (odd) or a
woman (even). There is no public checksum, so nothing tells a mistyped number. Rails carry bare digits.
Source: the PakValidate library for the meaning of the digits, the OpenConnect gateway for the form on rails.
"""

from typing import NamedTuple

from connectors.identifiers.data import Standing, read, standing_of
from connectors.identifiers.synthetic import is_in_range
from connectors.identifiers.text import IdentifierError, digits

LENGTH = 13
MALE, FEMALE, TRANSGENDER = "MALE", "FEMA", "TRNS"
"""Gender as the Raast alias service writes it; the third is registered, never read off a number."""


class CnicError(IdentifierError):
    """The text is no CNIC."""


class Region(NamedTuple):
    """Where CNICs with this first digit are issued."""

    name: str
    fact: Standing


def _read_regions() -> dict[str, Region]:
    rows = read("regions.toml")
    return {
        digit: Region(fact=standing_of(row, f"regions.toml [{digit}]"), **row) for digit, row in rows.items()
    }


REGIONS = _read_regions()


def parse_cnic(text: str) -> str:
    """Return the 13 digits, or raise `CnicError`."""
    return digits(text, "A CNIC", (LENGTH,), CnicError)


def format_cnic(cnic: str) -> str:
    """Write a parsed CNIC as it stands on the card: `90001-0000001-1`."""
    return f"{cnic[:5]}-{cnic[5:12]}-{cnic[12]}"


def mask_cnic(cnic: str) -> str:
    """Show the locality only: `90001-*******-*`.

    The last digits stay hidden because wallets ask for the last six as a proof of identity.
    """
    return f"{cnic[:5]}-*******-*"


def gender_of(cnic: str) -> str:
    """Return what the last digit of a parsed CNIC says: `MALE` when odd, `FEMA` when even."""
    return MALE if int(cnic[-1]) % 2 else FEMALE


def locality_of(cnic: str) -> str:
    """Return the five digits that stand for the place of issue."""
    return cnic[:5]


def region_of(cnic: str) -> Region | None:
    """Return the region of the first digit, None when no region has that digit."""
    return REGIONS.get(cnic[0])


def is_synthetic(cnic: str) -> bool:
    """Tell whether a parsed CNIC lies in a range of which no card is issued."""
    return is_in_range("cnic", cnic)
