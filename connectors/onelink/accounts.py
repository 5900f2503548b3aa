"""Which account a member's IMD and an account number mean."""

from connectors.identifiers.iban import IbanError, institution_of, make_iban, parse_iban
from connectors.identifiers.institutions import INSTITUTIONS

BY_IMD = {bank.imd: bank for bank in INSTITUTIONS.values()}


def iban_for(code: str, account: str) -> str:
    """Return the IBAN of a bank's account number, or the IBAN itself when it is that bank's.

    `code` is the bank's four letters. Raises `IbanError` when the account is neither.
    """
    if not account.startswith("PK"):
        return make_iban(code, account)
    iban = parse_iban(account)
    if institution_of(iban) != code:
        raise IbanError("the IBAN is another bank's")
    return iban
