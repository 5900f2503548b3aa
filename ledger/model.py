"""The values of the ledger: immutable, cheap to build, in the order of their columns.

All amounts are ints in minor units (paisa for PKR); all times are microseconds since the epoch.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from enum import IntEnum, IntFlag
from typing import Final, NamedTuple

from ledger.clock import Micros
from ledger.status import AccountStatus, Status

MAX_ID_LENGTH: Final = 64
EXPIRED_SUFFIX: Final = ":expired"
"""The entry that expires a hold is named after it with this suffix."""

MAX_CODE: Final = 2**31 - 1

DEFAULT_CURRENCY: Final = "PKR"
DEFAULT_CODE: Final = 1


class AccountFlag(IntFlag):
    """What an account may and may not do."""

    DEBITS_MUST_NOT_EXCEED_CREDITS = 1
    """The owner spends what came in, and no more (a wallet, a bank account)."""
    CREDITS_MUST_NOT_EXCEED_DEBITS = 2
    """The mirror, for accounts that normally have a debit balance."""
    CLOSED = 4
    """Nothing moves, except that open holds may be voided or expire."""


class Kind(IntEnum):
    """What a transfer does."""

    TRANSFER = 1
    """Moves money at once."""
    HOLD = 2
    """Sets money aside; it counts against the payer and not yet for the receiver."""
    POST = 3
    """Ends a hold: moves all or a part of it and releases the rest."""
    VOID = 4
    """Ends a hold: releases all of it."""
    EXPIRE = 5
    """Ends a hold whose time has run out. Made by the ledger only."""


class Account(NamedTuple):
    """An account with its four totals."""

    id: str
    currency: str
    code: int
    """The caller's own type of account, 1 to `MAX_CODE`."""
    flags: int = 0
    debits_pending: int = 0
    debits_posted: int = 0
    credits_pending: int = 0
    credits_posted: int = 0
    opened_at: Micros = 0

    @property
    def balance(self) -> int:
        """Posted credits less posted debits."""
        return self.credits_posted - self.debits_posted

    @property
    def available(self) -> int:
        """What a credit-normal owner can spend: the balance less what is held."""
        return self.credits_posted - self.debits_posted - self.debits_pending


class Transfer(NamedTuple):
    """A request to move money from the debit account to the credit account.

    A POST or VOID names its hold and may leave out the rest: the accounts, currency, code and
    reference are then the hold's.
    """

    id: str
    debit_account: str = ""
    credit_account: str = ""
    amount: int | None = None
    """None: all of the hold (POST and VOID only)."""
    kind: Kind = Kind.TRANSFER
    hold_id: str = ""
    timeout_us: Micros = 0
    """A HOLD expires so long after it was made; 0 for never."""
    currency: str | None = None
    """None: PKR, or the hold's."""
    code: int | None = None
    """The caller's own type of transfer, 1 to `MAX_CODE`. None: 1, or the hold's."""
    reference: str = ""
    """The caller's own link, such as the id of a payment."""
    linked: bool = False
    """In a chain with the next transfer of the batch: both succeed or none."""


class Entry(NamedTuple):
    """A transfer as it was written, with both accounts' totals right after it."""

    seq: int
    """1, 2, 3 … in each book."""
    id: str
    kind: Kind
    debit_account: str
    credit_account: str
    amount: int
    """What was moved (TRANSFER, POST), set aside (HOLD) or released (VOID, EXPIRE)."""
    currency: str
    code: int
    hold_id: str
    """The hold that a POST, VOID or EXPIRE ended, else empty."""
    expires_at: Micros
    """When a HOLD runs out; 0 for never."""
    reference: str
    happened_at: Micros
    """By the clock of the book's owner."""
    recorded_at: Micros
    """By the clock of the system."""
    debit_debits_pending: int
    debit_debits_posted: int
    debit_credits_pending: int
    debit_credits_posted: int
    credit_debits_pending: int
    credit_debits_posted: int
    credit_credits_pending: int
    credit_credits_posted: int

    @property
    def timeout_us(self) -> Micros:
        """The timeout that the hold was made with; 0 for none."""
        return self.expires_at - self.happened_at if self.expires_at else 0


class Why(NamedTuple):
    """The rule behind a refusal in figures: the fault is in `field`; `needed` passes `limit`."""

    field: str
    account: str = ""
    """The account concerned, if one is."""
    limit: int | None = None
    current: int | None = None
    needed: int | None = None


class Result(NamedTuple):
    """The answer to one transfer of a batch."""

    id: str
    status: Status
    entry: Entry | None = None
    """What is written under this id: with `created` and `exists`, else None."""
    detail: Why | None = None


class AccountResult(NamedTuple):
    """The answer to the opening of one account."""

    id: str
    status: AccountStatus
    account: Account | None = None
    """The account as it is now: with `created` and `exists`, else None."""


class State(NamedTuple):
    """What `apply` has to know of a book to decide a batch."""

    accounts: Mapping[str, Account]
    """The accounts that the batch names, also by way of a hold."""
    entries: Mapping[str, Entry]
    """Those with an id of the batch, and the holds that it names."""
    closings: Mapping[str, Kind]
    """How the named holds ended, for those that did: POST, VOID or EXPIRE."""
    spent: AbstractSet[str]
    """Ids of the batch that were refused for a reason that may pass."""
    last_seq: int


class Outcome(NamedTuple):
    """What a batch changes; a store writes exactly this."""

    results: list[Result]
    entries: list[Entry]
    """New, with rising `seq`."""
    accounts: dict[str, Account]
    """Changed, as they are now."""
    spent: set[str]
    """Newly spent ids."""
    holds_opened: list[Entry]
    """Holds that the batch made and left open."""
    holds_ended: list[str]
    """Holds that were open before the batch and are not any more."""
    last_seq: int


class StatementLine(NamedTuple):
    """An entry as one account's owner sees it."""

    seq: int
    id: str
    kind: Kind
    counterparty: str
    """The other account."""
    debit: int
    """Posted out of the account."""
    credit: int
    """Posted into the account."""
    held: int
    """The change of the money set aside: out of the account if it is the debited one, else into."""
    balance_after: int
    available_after: int
    reference: str
    happened_at: Micros


class TrialBalance(NamedTuple):
    """The four sums over all accounts of a book."""

    accounts: int
    """How many there are."""
    debits_pending: int
    debits_posted: int
    credits_pending: int
    credits_posted: int

    @property
    def balanced(self) -> bool:
        """Whether debits equal credits, pending and posted, as they must at every commit."""
        return self.debits_pending == self.credits_pending and self.debits_posted == self.credits_posted
