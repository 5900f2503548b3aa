"""A real person's number is never taken silently: what to do with a CNIC, a mobile number or a card number.

Numbers of the synthetic ranges are taken. Every other may belong to somebody, so it is refused with an
explanation, unless the operator of this sandbox allows that kind of number.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

from connectors.identifiers import card, cnic, mobile
from connectors.identifiers.ntn import is_cnic
from connectors.identifiers.raast_id import AliasType, RaastId
from connectors.identifiers.synthetic import RANGES
from connectors.identifiers.uid import Uid, UidType

REFUSED = "real_person"


class Kind(StrEnum):
    """The kinds of number that can belong to a person; the values are those of `synthetic.toml`."""

    CNIC = "cnic"
    MOBILE = "mobile"
    CARD = "card"


class Taken(NamedTuple):
    """The number in its parsed form; `synthetic` is false when only the operator's leave lets it in."""

    value: str
    masked: str
    synthetic: bool


class Refused(NamedTuple):
    """The number may be a person's. `explanation` says which numbers to use instead and never repeats it."""

    code: str
    masked: str
    explanation: str


class _Handling(NamedTuple):
    name: str
    parse: Callable[[str], str]
    mask: Callable[[str], str]
    is_synthetic: Callable[[str], bool]
    example: str


_HANDLINGS = {
    Kind.CNIC: _Handling("CNIC", cnic.parse_cnic, cnic.mask_cnic, cnic.is_synthetic, "90001-0000001-1"),
    Kind.MOBILE: _Handling(
        "mobile number", mobile.parse_mobile, mobile.mask_mobile, mobile.is_synthetic, "0390 1234567"
    ),
    Kind.CARD: _Handling(
        "card number", card.parse_card, card.mask_card, card.is_synthetic, "4242 4242 4242 4242"
    ),
}


def decide(kind: Kind, text: str, allowed: frozenset[Kind] = frozenset()) -> Taken | Refused:
    """Decide about a number; `allowed` are the kinds of real numbers that the operator permits.

    Raises the kind's own error (`CnicError`, `MobileError`, `CardError`) when the text is no such number.
    """
    handling = _HANDLINGS[kind]
    value = handling.parse(text)
    masked = handling.mask(value)
    synthetic = handling.is_synthetic(value)
    if synthetic or kind in allowed:
        return Taken(value, masked, synthetic)
    return Refused(REFUSED, masked, _explain(kind, handling))


def personal_kind(value: RaastId | Uid) -> Kind | None:
    """Return as which kind `decide` must look at an alias or a UID, None when it holds no such number."""
    if isinstance(value, RaastId):
        return {AliasType.MOBILE: Kind.MOBILE, AliasType.CNIC: Kind.CNIC}.get(value.type)
    if value.type is UidType.NTN:
        return Kind.CNIC if is_cnic(value.value) else None
    return Kind.CNIC if value.type in {UidType.CNIC, UidType.NICOP, UidType.POC} else None


def _explain(kind: Kind, handling: _Handling) -> str:
    starts = ", ".join(row.prefix for row in RANGES if row.kind == kind and not row.exact)
    return (
        f"This {handling.name} may belong to a real person, and a sandbox keeps no real person's data. "
        f"Use one that starts with {starts}, for example {handling.example}, or ask the operator of this "
        "sandbox to allow real ones."
    )
