"""What people type as an account: its IBAN, or the number under which their own institution knows it.

Gateways publish a help text and a pattern of each institution's own numbers (OpenConnect gateway, bank list);
ours stand in `institutions.toml`.
"""

from connectors.identifiers.iban import ACCOUNT_LENGTH, IbanError, institution_of, make_iban, parse_iban
from connectors.identifiers.institutions import Institution
from connectors.identifiers.mobile import MobileError, local_mobile, parse_mobile
from connectors.identifiers.text import IdentifierError, compact

WALLET = "wallet"


class AccountError(IdentifierError):
    """The text is no account of the institution."""


def parse_account(institution: Institution, text: str) -> str:
    """Return the IBAN of what somebody typed as an account of this institution, or raise `AccountError`.

    At a wallet a mobile number in any of its forms is the account of that number.
    """
    number = compact(text, "An account", AccountError).upper()
    if len(number) > ACCOUNT_LENGTH:
        return _own_iban(institution, number)
    if institution.kind == WALLET:
        number = _as_wallet(number)
    if not institution.account_pattern.fullmatch(number):
        raise AccountError(f"{institution.name}: {institution.account_help}")
    return make_iban(institution.code, number)


def _own_iban(institution: Institution, text: str) -> str:
    try:
        iban = parse_iban(text)
    except IbanError as wrong:
        raise AccountError(f"{institution.name}: {wrong}") from wrong
    if institution_of(iban) != institution.code:
        raise AccountError(
            f"This IBAN is of {institution_of(iban)}, not of {institution.code} ({institution.name})"
        )
    return iban


def _as_wallet(number: str) -> str:
    try:
        return local_mobile(parse_mobile(number))
    except MobileError:
        return number
