"""Pakistani IBANs: `PK`, two check digits, four letters for the institution, sixteen letters or digits.

Check digits follow ISO 7064 mod 97-10, as ISO 13616 asks; the registry defines no further check inside.
"""

import re

LENGTH = 24
ACCOUNT_LENGTH = 16
_SHAPE = re.compile(r"PK\d{2}[A-Z]{4}[A-Z0-9]{16}")
_SPACES = re.compile(r"[ -]")
_MODULUS = 97
_AS_NUMBERS = {ord(letter): str(int(letter, 36)) for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


class IbanError(ValueError):
    """The text is no IBAN of Pakistan; `check_digits` is true when only those are wrong."""

    def __init__(self, message: str, *, check_digits: bool = False) -> None:
        super().__init__(message)
        self.check_digits = check_digits


def _remainder(iban: str) -> int:
    """Return the IBAN's number modulo 97: first four characters last, letters as 10 to 35."""
    return int((iban[4:] + iban[:4]).translate(_AS_NUMBERS)) % _MODULUS


def make_iban(institution: str, account: str) -> str:
    """Make the IBAN of an account; digits shorter than 16 are padded with zeros on the left."""
    body = institution + account.rjust(ACCOUNT_LENGTH, "0")
    return f"PK{98 - _remainder('PK00' + body):02}{body}"


def parse_iban(text: str) -> str:
    """Return the IBAN in capitals without spaces, or raise `IbanError` saying what is wrong with it."""
    iban = _SPACES.sub("", text).upper()
    if len(iban) != LENGTH:
        raise IbanError(f"An IBAN of Pakistan has {LENGTH} characters, this has {len(iban)}")
    if not _SHAPE.fullmatch(iban):
        raise IbanError("An IBAN of Pakistan is PK, two digits, four letters, then sixteen letters or digits")
    if _remainder(iban) != 1:
        expected = make_iban(institution_of(iban), iban[8:])[2:4]
        raise IbanError(
            f"The check digits {iban[2:4]} do not match the rest of the IBAN, which would need {expected}: "
            "one of its characters was mistyped",
            check_digits=True,
        )
    return iban


def institution_of(iban: str) -> str:
    """Return the institution's four letters."""
    return iban[4:8]
