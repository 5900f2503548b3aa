"""Pakistani IBANs: `PK`, two check digits, four letters for the institution, sixteen letters or digits.

Check digits follow ISO 7064 mod 97-10, as ISO 13616 asks; the registry defines no branch field and no
further check inside (SWIFT's IBAN registry as php-iban carries it: `PK2!n4!a16!c`).

The last sixteen are the institution's own account number. Banks mostly send digits padded with zeros on the
left. Wallets put the customer's mobile number there, in one of two forms seen in public QR samples: padded
(`0000003XXXXXXXXX`), or as an MSISDN behind `3003` (weak: one institution only).
"""

import re

from connectors.identifiers.mobile import bare_mobile, local_mobile, parse_mobile
from connectors.identifiers.text import IdentifierError, compact, mask

LENGTH = 24
ACCOUNT_LENGTH = 16
MSISDN_MARK = "3003"
_SHAPE = re.compile(r"PK[0-9]{2}[A-Z]{4}[A-Z0-9]{16}")
_BODY = re.compile(r"[A-Z]{4}[A-Z0-9]{16}")
_MOBILE = re.compile(rf"0{{5}}(03[0-9]{{9}})|{MSISDN_MARK}(923[0-9]{{9}})")
_MODULUS = 97
_AS_NUMBERS = {ord(letter): str(int(letter, 36)) for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


class IbanError(IdentifierError):
    """The text is no IBAN of Pakistan; `check_digits` is true when only those are wrong."""

    def __init__(self, message: str, *, check_digits: bool = False) -> None:
        super().__init__(message)
        self.check_digits = check_digits


def _remainder(iban: str) -> int:
    """Return the IBAN's number modulo 97: first four characters last, letters as 10 to 35."""
    return int((iban[4:] + iban[:4]).translate(_AS_NUMBERS)) % _MODULUS


def make_iban(institution: str, account: str) -> str:
    """Make the IBAN of an account, which is padded with zeros on the left to 16 characters.

    Raises `IbanError` when the institution is not four capitals or the account not capitals and digits.
    """
    body = institution + account.rjust(ACCOUNT_LENGTH, "0")
    if not _BODY.fullmatch(body):
        raise IbanError("An IBAN is made of an institution's four capitals and up to 16 capitals and digits")
    return f"PK{98 - _remainder('PK00' + body):02}{body}"


def parse_iban(text: str) -> str:
    """Return the IBAN in capitals without spaces, or raise `IbanError` saying what is wrong with it."""
    iban = shaped_iban(text)
    expected = make_iban(institution_of(iban), account_of(iban))[2:4]
    if iban[2:4] != expected:
        raise IbanError(
            f"The check digits {iban[2:4]} do not match the rest of the IBAN, which would need {expected}: "
            "one of its characters was mistyped",
            check_digits=True,
        )
    return iban


def shaped_iban(text: str) -> str:
    """Return the text as an IBAN whose check digits nobody has looked at; raises `IbanError`."""
    iban = compact(text, "An IBAN", IbanError).upper()
    if len(iban) != LENGTH:
        raise IbanError(f"An IBAN of Pakistan has {LENGTH} characters, this has {len(iban)}")
    if not _SHAPE.fullmatch(iban):
        raise IbanError("An IBAN of Pakistan is PK, two digits, four letters, then sixteen letters or digits")
    return iban


def format_iban(iban: str) -> str:
    """Write a parsed IBAN in groups of four, as it is printed."""
    return " ".join(iban[start : start + 4] for start in range(0, LENGTH, 4))


def mask_iban(iban: str) -> str:
    """Show the institution and the last four characters: `PK41SBXA************0017`."""
    return mask(iban, 8, 4)


def institution_of(iban: str) -> str:
    """Return the institution's four letters."""
    return iban[4:8]


def account_of(iban: str) -> str:
    """Return the sixteen characters of the account, zeros on the left included."""
    return iban[8:]


def bare_account_of(iban: str) -> str:
    """Return the account without the zeros on its left, as customers know it; `0` when there is nothing else."""
    return account_of(iban).lstrip("0") or "0"


def make_wallet_iban(institution: str, mobile: str, *, msisdn: bool = False) -> str:
    """Make the IBAN of a wallet that is numbered by its mobile number (any form that `parse_mobile` takes).

    `msisdn` picks the form behind `3003`. Raises `MobileError` or `IbanError`.
    """
    number = parse_mobile(mobile)
    return make_iban(institution, MSISDN_MARK + bare_mobile(number) if msisdn else local_mobile(number))


def mobile_in(iban: str) -> str | None:
    """Return the mobile number (E.164) in a wallet's IBAN, None without one.

    A hint: a bank's account number may look the same, so ask only where the institution is a wallet.
    """
    found = _MOBILE.fullmatch(account_of(iban))
    return None if found is None else parse_mobile(found[1] or found[2])
