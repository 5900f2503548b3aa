"""The values of the ledger: immutable, cheap to build, in the order of their columns.

All amounts are ints in minor units (paisa for PKR); all times are microseconds since the epoch.
"""

from collections.abc import Mapping, Sequence
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
    """What an account may and may not do. None asks for a history: every account keeps its own."""

    DEBITS_MUST_NOT_EXCEED_CREDITS = 1
    """The owner spends what came in, and no more (a wallet, a bank account)."""
    CREDITS_MUST_NOT_EXCEED_DEBITS = 2
    """The mirror, for accounts that normally have a debit balance."""
    CLOSED = 4
    """Nothing moves, except that open holds may be voided or expire."""
    IMPORTED = 8
    """Opened at a time of the past, taken over from another system."""
    EXPECTED_ZERO = 16
    """A clearing account: what passes through it should leave nothing behind."""


class TransferFlag(IntFlag):
    """How a transfer is to be done, beside its kind. They may be combined."""

    BALANCING_DEBIT = 1
    """Move what the debit account has left, up to the amount (TRANSFER and HOLD)."""
    BALANCING_CREDIT = 2
    """Move what the credit account still lacks, up to the amount (TRANSFER and HOLD)."""
    CLOSING_DEBIT = 4
    """Close the debit account (HOLD); the void or expiry of the hold opens it again."""
    CLOSING_CREDIT = 8
    """Close the credit account (HOLD); the void or expiry of the hold opens it again."""
    IMPORTED = 16
    """It happened in the past, in another system; `happened_at` says when."""


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
    CAPTURE = 6
    """Moves a part of a hold and leaves the rest held; the hold ends when nothing remains."""
    EXTEND = 7
    """Moves the time at which a hold runs out."""
    REVERSAL = 8
    """Moves back, whole and once, what a TRANSFER, POST or CAPTURE has moved."""


class Change(IntEnum):
    """What an account change does."""

    OPEN = 1
    """Opens the account; the value is its flags."""
    CLOSE = 2
    REOPEN = 3
    LIMIT = 4
    """Sets the credit limit; the value is the limit."""


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
    credit_limit: int = 0
    """How far debits may exceed credits if debits are limited; the mirror if credits are."""
    limit_due_at: Micros = 0
    """When the earliest change of the limit that is not yet in force is due; 0 for none."""
    opened_at: Micros = 0

    @property
    def balance(self) -> int:
        """Posted credits less posted debits."""
        return self.credits_posted - self.debits_posted

    @property
    def available(self) -> int:
        """What a credit-normal owner can spend: the balance less what is held."""
        return self.credits_posted - self.debits_posted - self.debits_pending


class AccountChange(NamedTuple):
    """What was done to an account itself, numbered in one row with the entries."""

    seq: int
    account_id: str
    change: Change
    value: int
    """The flags (OPEN) or the limit (LIMIT), else 0."""
    effective_at: Micros
    """From when it counts; later than `happened_at` only for a limit."""
    happened_at: Micros
    """By the clock of the book's owner."""
    recorded_at: Micros
    """By the clock of the system."""


class Transfer(NamedTuple):
    """A request to move money from the debit account to the credit account.

    One that acts on another names it by `target_id` and may leave out the rest: the accounts,
    currency, code and reference are then the target's (a REVERSAL's accounts are swapped).
    """

    id: str
    debit_account: str = ""
    credit_account: str = ""
    amount: int | None = None
    """None: all that remains of the hold (POST, VOID, CAPTURE), all that was moved (REVERSAL), all
    that balances (BALANCING flags), nothing (EXTEND)."""
    kind: Kind = Kind.TRANSFER
    target_id: str = ""
    """The hold that a POST, VOID, CAPTURE or EXTEND acts on, or what a REVERSAL takes back."""
    timeout_us: Micros = 0
    """A HOLD expires so long after it was made, or so long after its EXTEND; 0 for never."""
    currency: str | None = None
    """None: PKR, or the target's."""
    code: int | None = None
    """The caller's own type of transfer, 1 to `MAX_CODE`. None: 1, or the target's."""
    reference: str = ""
    """The caller's own link, such as the id of a payment."""
    linked: bool = False
    """In a chain with the next transfer of the batch: both succeed or none."""
    flags: int = 0
    """Of `TransferFlag`."""
    happened_at: Micros = 0
    """When it happened, with the flag IMPORTED only; else 0."""


class Entry(NamedTuple):
    """A transfer as it was written, with both accounts' totals right after it."""

    seq: int
    """1, 2, 3 … in each book, in one row with the account changes."""
    id: str
    kind: Kind
    flags: int
    """Those of the request."""
    debit_account: str
    credit_account: str
    amount: int
    """What was moved (TRANSFER, POST, CAPTURE, REVERSAL), set aside (HOLD) or released (VOID, EXPIRE)."""
    currency: str
    code: int
    target_id: str
    """The hold that this ends or changes, or the entry that a REVERSAL takes back, else empty."""
    expires_at: Micros
    """When a HOLD runs out, by itself or by this EXTEND; 0 for never."""
    reference: str
    chain: int
    """The `seq` of the first entry of its chain; 0 outside of chains."""
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
        """The timeout that was asked for; 0 for none."""
        return self.expires_at - self.happened_at if self.expires_at else 0


class OpenHold(NamedTuple):
    """A hold that nothing has ended, as it is now."""

    hold_id: str
    seq: int
    """That of the hold's entry."""
    remaining: int
    """What is still set aside."""
    expires_at: Micros
    """When it runs out; 0 for never."""


class HoldNow(NamedTuple):
    """How a hold stands, open or ended."""

    remaining: int
    """What is set aside; for one that has ended, what its POST, VOID or EXPIRE found."""
    expires_at: Micros
    """When it runs out; 0 for never."""
    ended_by: Kind | None = None
    """POST (also by captures of all of it), VOID or EXPIRE; None while it is open."""
    ending_id: str = ""
    """The id of the entry that ended it; empty while it is open."""


class Head(NamedTuple):
    """The newest end of a book's log."""

    last_seq: int = 0
    last_batch: int = 0
    """The number of the newest batch."""
    happened_at: Micros = 0
    recorded_at: Micros = 0
    digest: bytes = bytes(32)
    """That of the newest batch."""


class Batch(NamedTuple):
    """What one save has added to a book's log, sealed."""

    number: int
    """1, 2, 3 … in each book."""
    first_seq: int
    last_seq: int
    happened_at: Micros
    recorded_at: Micros
    digest: bytes
    """32 bytes over the previous digest, this header and the rows: see `ledger.proof`."""


class LimitChange(NamedTuple):
    """A credit limit and from when it counts."""

    effective_at: Micros
    limit: int


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
    detail: Why | None = None


class State(NamedTuple):
    """What `apply` has to know of a book to decide a batch."""

    accounts: Mapping[str, Account]
    """The accounts that the batch names, also by way of a target."""
    entries: Mapping[str, Entry]
    """Those with an id of the batch, and the targets that it names."""
    holds: Mapping[str, HoldNow]
    """How the holds among the entries stand."""
    spent: AbstractSet[str]
    """Ids of the batch that were refused for a reason that may pass."""
    head: Head
    reversals: Mapping[str, str] = {}
    """The id of the REVERSAL of each entry that the batch wants to take back, if there is one."""
    limits: Mapping[str, Sequence[LimitChange]] = {}
    """For accounts with a `limit_due_at`: the changes from then on, by time and then by `seq`."""


class Outcome(NamedTuple):
    """What a batch changes; a store writes exactly this."""

    results: list[Result]
    head: Head
    """The end of the log that this follows on; a book that has moved on since must refuse it."""
    entries: list[Entry]
    """New, with rising `seq`."""
    accounts: dict[str, Account]
    """Changed, as they are now."""
    spent: set[str]
    """Newly spent ids."""
    holds_opened: list[OpenHold]
    """Holds that the batch made and left open."""
    holds_changed: list[OpenHold]
    """Holds that were open before the batch, still are, and have another rest or expiry."""
    holds_ended: list[str]
    """Holds that were open before the batch and are not any more."""
    opened: Sequence[Account] = ()
    """New accounts."""
    changes: Sequence[AccountChange] = ()
    """New, with rising `seq`. An outcome has entries or changes, never both."""


class Preview(NamedTuple):
    """What a batch would do; nothing of it is written."""

    results: list[Result]
    """As `post` would give them; the entries in them have their numbers and times of now."""
    accounts: dict[str, Account]
    """The accounts that the batch names, by id, as they would be."""


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
