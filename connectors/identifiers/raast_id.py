"""Raast ids: the aliases of the central addressing system that stand for an account.

The types MOBILE, CNIC, EMAIL and TXT, and that merchants get a till id, are documented (OpenConnect gateway);
the shapes of EMAIL, TXT and TILL are not, so `aliases.toml` says what this sandbox takes and how sure it is.
Aliases are the same when their parsed forms are.
"""

import re
from enum import StrEnum
from typing import NamedTuple

from connectors.identifiers.cnic import format_cnic, mask_cnic, parse_cnic
from connectors.identifiers.data import Standing, read, standing_of
from connectors.identifiers.mobile import format_mobile, mask_mobile, parse_mobile
from connectors.identifiers.text import IdentifierError, mask, plain


class RaastIdError(IdentifierError):
    """The text is no Raast id of the type that was named."""


class AliasType(StrEnum):
    """What kind of text stands for the account; the last one is a merchant's till id."""

    MOBILE = "MOBILE"
    CNIC = "CNIC"
    EMAIL = "EMAIL"
    TXT = "TXT"
    TILL = "TILL"


class RaastId(NamedTuple):
    """An alias in its parsed form: E.164, 13 digits, or lower-case text."""

    type: AliasType
    value: str


class AliasRule(NamedTuple):
    """What an alias of a type looks like; `fact` is how sure that is."""

    help: str
    pattern: re.Pattern[str]
    fact: Standing


def _read_rules() -> dict[AliasType, AliasRule]:
    return {
        AliasType(name): AliasRule(
            row["help"], re.compile(row["pattern"]), standing_of(row, f"aliases.toml [{name}]")
        )
        for name, row in read("aliases.toml").items()
    }


RULES = _read_rules()


def type_of(name: str) -> AliasType:
    """Return the alias type of that name; raises `RaastIdError` listing the types."""
    try:
        return AliasType(name)
    except ValueError:
        raise RaastIdError(f"The type of a Raast id is one of {', '.join(AliasType)}") from None


def parse_raast_id(type_name: str, text: str) -> RaastId:
    """Return the alias of that type in its parsed form, or raise `RaastIdError`."""
    alias = type_of(type_name)
    try:
        if alias is AliasType.MOBILE:
            return RaastId(alias, parse_mobile(text))
        if alias is AliasType.CNIC:
            return RaastId(alias, parse_cnic(text))
    except IdentifierError as wrong:
        raise RaastIdError(f"{alias} alias: {wrong}") from wrong
    value = plain(text, f"The {alias} alias", RaastIdError).lower()
    if not RULES[alias].pattern.fullmatch(value):
        raise RaastIdError(f"{alias} alias: {RULES[alias].help}")
    return RaastId(alias, value)


def guess_type(text: str) -> AliasType:
    """Say which type a text most likely is, for an input field that takes any; raises `RaastIdError`.

    The order decides: a mobile number, then a CNIC, an e-mail address, a till id, any other text.
    """
    for alias in AliasType.MOBILE, AliasType.CNIC, AliasType.EMAIL, AliasType.TILL, AliasType.TXT:
        try:
            return parse_raast_id(alias, text).type
        except RaastIdError:
            continue
    raise RaastIdError("This is no mobile number, CNIC, e-mail address, till id or short text")


def format_raast_id(alias: RaastId) -> str:
    """Write a parsed alias for people."""
    if alias.type is AliasType.MOBILE:
        return format_mobile(alias.value)
    return format_cnic(alias.value) if alias.type is AliasType.CNIC else alias.value


def mask_raast_id(alias: RaastId) -> str:
    """Show enough to recognise an alias and too little to use it; a till id hangs on a wall and is shown."""
    if alias.type is AliasType.MOBILE:
        return mask_mobile(alias.value)
    if alias.type is AliasType.CNIC:
        return mask_cnic(alias.value)
    if alias.type is AliasType.TILL:
        return alias.value
    name, at, domain = alias.value.partition("@")
    return mask(name, 1, 0) + at + domain
