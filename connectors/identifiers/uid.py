"""UIDs: what proves who a customer or merchant is on the Raast alias service.

The types are documented (OpenConnect gateway; PASSPORT for senders of merchant payments only), most shapes are
weak: `uids.toml`.
"""

import re
from enum import StrEnum
from typing import NamedTuple

from connectors.identifiers.cnic import format_cnic, mask_cnic
from connectors.identifiers.data import Standing, read, standing_of
from connectors.identifiers.ntn import format_ntn, mask_ntn
from connectors.identifiers.text import IdentifierError, compact, mask


class UidError(IdentifierError):
    """The text is no UID of the type that was named."""


class UidType(StrEnum):
    """A kind of document or registration."""

    CNIC = "CNIC"
    NICOP = "NICOP"
    POC = "POC"
    NTN = "NTN"
    REG_NO = "REG_NO"
    PASSPORT = "PASSPORT"


class Uid(NamedTuple):
    """A document's number in its bare form: no spaces, no dashes, capitals."""

    type: UidType
    value: str


class UidRule(NamedTuple):
    """What a UID of a type looks like; `fact` is how sure that is."""

    help: str
    pattern: re.Pattern[str]
    fact: Standing


def _read_rules() -> dict[UidType, UidRule]:
    return {
        UidType(name): UidRule(
            row["help"], re.compile(row["pattern"]), standing_of(row, f"uids.toml [{name}]")
        )
        for name, row in read("uids.toml").items()
    }


RULES = _read_rules()
_CARDS = (UidType.CNIC, UidType.NICOP, UidType.POC)


def parse_uid(type_name: str, text: str) -> Uid:
    """Return the UID of that type in its bare form, or raise `UidError`."""
    try:
        kind = UidType(type_name)
    except ValueError:
        raise UidError(f"The type of a UID is one of {', '.join(UidType)}") from None
    value = compact(text, f"The {kind}", UidError).upper()
    if not RULES[kind].pattern.fullmatch(value):
        raise UidError(f"{kind}: {RULES[kind].help}")
    return Uid(kind, value)


def format_uid(uid: Uid) -> str:
    """Write a parsed UID for people."""
    if uid.type in _CARDS:
        return format_cnic(uid.value)
    return format_ntn(uid.value) if uid.type is UidType.NTN else uid.value


def mask_uid(uid: Uid) -> str:
    """Show enough to recognise a UID and too little to use it."""
    if uid.type in _CARDS:
        return mask_cnic(uid.value)
    return mask_ntn(uid.value) if uid.type is UidType.NTN else mask(uid.value, 0, 3)
