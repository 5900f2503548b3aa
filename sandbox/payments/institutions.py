"""The ledger accounts that an institution has of its own, opened when one is first needed.

A payment over a rail moves between the customers' accounts (decision 0002). What belongs to no customer yet, or
no more, stands here: money that waits for its owner, what institutions owe each other, and what they earn.
"""

from enum import StrEnum

from connectors.identifiers.institutions import INSTITUTIONS
from ledger.model import Account
from ledger.status import AccountStatus
from sandbox.accounts.models import CURRENCY
from sandbox.world import World


class Role(StrEnum):
    """What an institution's account is for: money without an owner yet, debts between institutions, fees."""

    SUSPENSE = "suspense"
    SETTLEMENT = "settlement"
    FEES = "fees"


CODES = {Role.SUSPENSE: 210, Role.SETTLEMENT: 220, Role.FEES: 230}


def institution_account(world: World, role: Role, institution: str) -> str:
    """Return the id of the account, such as `suspense:SBXA`, and see that it is open."""
    if institution not in INSTITUTIONS:
        raise LookupError(institution)
    account = Account(f"{role}:{institution}", CURRENCY, CODES[role])
    result = world.book.open_accounts([account], now=world.now, recorded_at=world.uow.now)[0]
    if result.status not in {AccountStatus.CREATED, AccountStatus.EXISTS}:
        raise AssertionError(f"the ledger refused an institution's account: {result.status}")
    return account.id
