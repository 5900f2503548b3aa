"""The running totals, reckoned anew from the rows alone.

It knows what each kind of entry moves and nothing of limits or precedence: it tells whether the totals on
each entry follow from those before, not whether the ledger should have taken the transfer.
"""

from typing import Final, NamedTuple

from ledger.model import AccountChange, Change, Entry, Kind
from ledger.proof.errors import ProofError

_TOTALS: Final = Entry._fields[-8:]
_ON_HOLDS: Final = frozenset({Kind.POST, Kind.VOID, Kind.EXPIRE, Kind.CAPTURE, Kind.EXTEND})
_KINDS: Final = frozenset(Kind)
_CHANGES: Final = frozenset(Change)


class _Hold(NamedTuple):
    debit_account: str
    credit_account: str
    remaining: int


class Sums(NamedTuple):
    """The totals of all accounts of a currency."""

    debits_pending: int = 0
    debits_posted: int = 0
    credits_pending: int = 0
    credits_posted: int = 0


class Replay:
    """The accounts and open holds of a book as its rows make them; it remembers no more than these."""

    __slots__ = ("accounts", "currencies", "holds", "times")

    def __init__(self) -> None:
        """Begin with an empty book."""
        self.accounts: dict[str, tuple[int, int, int, int]] = {}
        self.currencies: dict[str, str] = {}
        self.holds: dict[str, _Hold] = {}
        self.times = (0, 0)

    def change(self, row: AccountChange) -> None:
        """Take an account change. Raises ProofError when it cannot follow on the rows before."""
        self._pass_time(row.happened_at, row.recorded_at)
        if row.change not in _CHANGES:
            message = f"there is no account change {row.change}"
            raise ProofError(message)
        known = row.account_id in self.accounts
        if (row.change == Change.OPEN) == known:
            message = f"account {row.account_id} is {'already' if known else 'not yet'} open"
            raise ProofError(message)
        self.accounts.setdefault(row.account_id, (0, 0, 0, 0))

    def entry(self, row: Entry) -> None:
        """Take an entry. Raises ProofError when its totals cannot follow on the rows before."""
        self._pass_time(row.happened_at, row.recorded_at)
        if row.kind not in _KINDS or row.amount < 0 or row.debit_account == row.credit_account:
            raise ProofError(
                "it is of no known kind, or moves less than nothing, or from an account to itself"
            )
        for account in (row.debit_account, row.credit_account):
            if account not in self.accounts:
                message = f"account {account} was never opened"
                raise ProofError(message)
            if self.currencies.setdefault(account, row.currency) != row.currency:
                message = f"account {account} is in {self.currencies[account]}, not in {row.currency}"
                raise ProofError(message)
        pending, posted = self._moved(row)
        a, b, c, d = self.accounts[row.debit_account]
        e, f, g, h = self.accounts[row.credit_account]
        due = (a + pending, b + posted, c, d, e, f, g + pending, h + posted)
        if due != row[-8:]:
            raise ProofError(_difference(row, due))
        self.accounts[row.debit_account] = due[:4]
        self.accounts[row.credit_account] = due[4:]

    def sums(self) -> dict[str, Sums]:
        """Return the sums of each currency. Raises ProofError unless its debits equal its credits."""
        sums: dict[str, Sums] = {}
        for account, currency in self.currencies.items():
            pairs = zip(sums.get(currency, Sums()), self.accounts[account], strict=True)
            sums[currency] = Sums(*(so_far + more for so_far, more in pairs))
        for currency, each in sums.items():
            if each[:2] != each[2:]:
                message = f"debits and credits in {currency} differ: {each}"
                raise ProofError(message)
        return dict(sorted(sums.items()))

    def _pass_time(self, happened_at: int, recorded_at: int) -> None:
        if happened_at < self.times[0] or recorded_at < self.times[1]:
            raise ProofError("its time is before that of the row before it")
        self.times = happened_at, recorded_at

    def _moved(self, row: Entry) -> tuple[int, int]:
        """Return how much an entry adds to pending and to posted, and keep track of holds."""
        if row.kind == Kind.HOLD:
            self.holds[row.id] = _Hold(row.debit_account, row.credit_account, row.amount)
            return row.amount, 0
        if row.kind not in _ON_HOLDS:
            return 0, row.amount
        hold = self.holds.get(row.target_id)
        if hold is None:
            message = f"there is no open hold {row.target_id!r}"
            raise ProofError(message)
        if (row.debit_account, row.credit_account) != hold[:2] or row.amount > hold.remaining:
            message = f"it does not fit hold {row.target_id}, of which {hold.remaining} are left"
            raise ProofError(message)
        if row.kind == Kind.EXTEND:
            return 0, 0
        if row.kind == Kind.CAPTURE and row.amount < hold.remaining:
            self.holds[row.target_id] = hold._replace(remaining=hold.remaining - row.amount)
            return -row.amount, row.amount
        del self.holds[row.target_id]
        return -hold.remaining, 0 if row.kind in (Kind.VOID, Kind.EXPIRE) else row.amount


def _difference(row: Entry, due: tuple[int, ...]) -> str:
    """Say which total is not what follows from the rows before."""
    return next(
        f"{field} is {has}, but {follows} follows from the rows before"
        for field, has, follows in zip(_TOTALS, row[-8:], due, strict=True)
        if has != follows
    )
