"""The trial balance by the codes and classes of a book's chart."""

from typing import Final, NamedTuple

from ledger.chart import NORMAL_SIDE, AccountClass, ChartRow, Side
from ledger.errors import StorageError
from ledger.storage.store import Store

_CODES: Final = "SELECT DISTINCT code FROM ledger_account WHERE sandbox_id = :sandbox_id ORDER BY code"
# Both halves of a total are summed by themselves: the sum of large totals may pass 64 bits.
_HALVES: Final = ", ".join(
    f"coalesce(sum({total} >> 32), 0), coalesce(sum({total} & 4294967295), 0)"
    for total in ("debits_posted", "credits_posted")
)
_SUMS: Final = f"""\
SELECT currency, code, count(*), {_HALVES} FROM ledger_account WHERE sandbox_id = :sandbox_id
GROUP BY currency, code ORDER BY currency, code"""


class CodeBalance(NamedTuple):
    """The accounts of one code and currency together."""

    currency: str
    code: int
    name: str
    account_class: AccountClass
    normal_side: Side
    accounts: int
    """How many there are."""
    debits: int
    """Posted."""
    credits: int
    """Posted."""

    @property
    def balance(self) -> int:
        """The balance on the code's normal side; below 0 if it is on the other one."""
        return _on(self.normal_side, self.debits, self.credits)


class ClassBalances(NamedTuple):
    """The balances of the five classes in one currency, each on the normal side of its class."""

    currency: str
    assets: int
    expenses: int
    liabilities: int
    equity: int
    income: int

    @property
    def balanced(self) -> bool:
        """Whether assets + expenses = liabilities + equity + income, as they must at every commit."""
        return self.assets + self.expenses == self.liabilities + self.equity + self.income


class ChartBalance(NamedTuple):
    """A trial balance: one row per currency and code that has accounts, and the classes of each currency."""

    codes: list[CodeBalance]
    classes: list[ClassBalances]

    @property
    def balanced(self) -> bool:
        """Whether the classes balance in every currency."""
        return all(each.balanced for each in self.classes)


def codes_in_use(store: Store, sandbox_id: str) -> list[int]:
    """Return the codes of a book's accounts, in order."""
    return [code for (code,) in store.query(_CODES, {"sandbox_id": sandbox_id})]


def by_chart(store: Store, sandbox_id: str) -> ChartBalance:
    """Return the trial balance by code and class, exact however large the sums are.

    Raises ValueError where the book has no chart, and StorageError where an account's code is not in it.
    """
    rows = {row.code: row for row in store.chart(sandbox_id)}
    if not rows:
        message = f"the book of {sandbox_id} has no chart of accounts"
        raise ValueError(message)
    codes = [
        CodeBalance(currency, *_row(rows, sandbox_id, code), count, (d << 32) + d_low, (c << 32) + c_low)
        for currency, code, count, d, d_low, c, c_low in (
            (currency, code, *map(int, sums))
            for currency, code, *sums in store.query(_SUMS, {"sandbox_id": sandbox_id})
        )
    ]
    classes = [
        ClassBalances(
            currency,
            *(
                sum(
                    _on(NORMAL_SIDE[wanted], each.debits, each.credits)
                    for each in codes
                    if each.currency == currency and each.account_class == wanted
                )
                for wanted in (
                    AccountClass.ASSET,
                    AccountClass.EXPENSE,
                    AccountClass.LIABILITY,
                    AccountClass.EQUITY,
                    AccountClass.INCOME,
                )
            ),
        )
        for currency in dict.fromkeys(each.currency for each in codes)
    ]
    return ChartBalance(codes, classes)


def _row(rows: dict[int, ChartRow], sandbox_id: str, code: int) -> ChartRow:
    if code not in rows:
        message = f"the book of {sandbox_id} has accounts with code {code}, which its chart leaves out"
        raise StorageError(message)
    return rows[code]


def _on(side: Side, debits: int, credits_: int) -> int:
    return debits - credits_ if side == Side.DEBIT else credits_ - debits
