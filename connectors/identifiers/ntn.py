"""NTN, the national tax number: seven digits and a check digit (`1234567-8`), or a person's CNIC.

How the check digit is made is not public, so only the shape is checked. Source: the PakValidate library.
"""

from connectors.identifiers import cnic
from connectors.identifiers.text import IdentifierError, digits

LENGTH = 8


class NtnError(IdentifierError):
    """The text is no NTN."""


def parse_ntn(text: str) -> str:
    """Return the 8 digits, or the 13 of a person whose CNIC is the NTN; raises `NtnError`."""
    return digits(text, "An NTN", (LENGTH, cnic.LENGTH), NtnError)


def is_cnic(ntn: str) -> bool:
    """Tell whether a parsed NTN is a person's CNIC."""
    return len(ntn) == cnic.LENGTH


def format_ntn(ntn: str) -> str:
    """Write a parsed NTN: `1234567-8`, or as a CNIC is written."""
    return cnic.format_cnic(ntn) if is_cnic(ntn) else f"{ntn[:7]}-{ntn[7]}"


def mask_ntn(ntn: str) -> str:
    """Show the last three digits, `*****67-8`; a CNIC is masked as one."""
    return cnic.mask_cnic(ntn) if is_cnic(ntn) else f"*****{ntn[5:7]}-{ntn[7]}"
