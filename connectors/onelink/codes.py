"""1LINK's codes beside its reasons, as data: purposes, account types, and the way to ISO reasons."""

import tomllib
from importlib.resources import files
from typing import Any, Literal, NamedTuple

from connectors.contract import Reason

APPROVED = ("00", "0000")
"""The two spellings of approval: field 39 of ISO 8583 and the RTP gateway, and the transfer gateway."""


class Purpose(NamedTuple):
    """What a transfer is for; `free_text` is how many characters explain it, 0 when none do."""

    code: str
    name: str
    standing: str
    source: str
    free_text: int = 0


class AccountType(NamedTuple):
    """The kind of account that pays."""

    code: str
    name: str
    standing: str
    source: str


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(files("connectors.onelink").joinpath(name).read_text("utf-8"))


PURPOSES = {code: Purpose(code, **row) for code, row in _read("purposes.toml").items()}
ACCOUNT_TYPES = {code: AccountType(code, **row) for code, row in _read("account_types.toml").items()}
ISO_REASONS: dict[str, str] = {
    code: iso for iso, codes in _read("iso_reasons.toml")["iso"].items() for code in codes
}
"""A refusal of either vocabulary -> the ISO 20022 reason that comes nearest (invented, all of it)."""

FIELD_39: dict[str, str] = _read("field39.toml")["codes"]
"""An answer of the transfer gateway -> two digits of field 39 that mean the same (invented, all of it)."""


def outcome_of(reason: Reason) -> Literal["approved", "refused", "unknown"]:
    """Say what an answer means for the money: a late or missing answer is unknown, never a refusal."""
    if reason.code in APPROVED:
        return "approved"
    return "refused" if reason.final else "unknown"
