"""STRN, the sales tax registration number: 13 digits (source: the PakValidate library).

The grouping `NN-NN-NNNN-NNN-NN` is weak: it is how such numbers are commonly written, without a source.
"""

from connectors.identifiers.text import IdentifierError, digits

LENGTH = 13


class StrnError(IdentifierError):
    """The text is no STRN."""


def parse_strn(text: str) -> str:
    """Return the 13 digits, or raise `StrnError`."""
    return digits(text, "An STRN", (LENGTH,), StrnError)


def format_strn(strn: str) -> str:
    """Write a parsed STRN in its usual groups."""
    return f"{strn[:2]}-{strn[2:4]}-{strn[4:8]}-{strn[8:11]}-{strn[11:]}"


def mask_strn(strn: str) -> str:
    """Show the last three digits."""
    return f"**-**-****-**{strn[10]}-{strn[11:]}"
