"""PSID, the payment slip id of a tax or government bill: 17 digits.

Weak: the length is from one blog; provincial slips may differ. No check digit is known.
"""

from connectors.identifiers.text import IdentifierError, digits, mask

LENGTH = 17


class PsidError(IdentifierError):
    """The text is no PSID."""


def parse_psid(text: str) -> str:
    """Return the 17 digits, or raise `PsidError`."""
    return digits(text, "A PSID", (LENGTH,), PsidError)


def format_psid(psid: str) -> str:
    """Write a parsed PSID in groups of four, for reading aloud; the grouping is ours."""
    return " ".join(psid[start : start + 4] for start in range(0, LENGTH, 4))


def mask_psid(psid: str) -> str:
    """Show the last four digits."""
    return mask(psid, 0, 4)
