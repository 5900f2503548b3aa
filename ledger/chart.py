"""A chart of accounts: what the codes of a book's accounts mean in bookkeeping. Pure values."""

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from ledger.model import MAX_CODE


class AccountClass(StrEnum):
    """The five classes of bookkeeping."""

    ASSET = "asset"
    LIABILITY = "liability"
    EQUITY = "equity"
    INCOME = "income"
    EXPENSE = "expense"


class Side(StrEnum):
    """The side on which an account normally has its balance."""

    DEBIT = "debit"
    CREDIT = "credit"


NORMAL_SIDE: Final = {
    AccountClass.ASSET: Side.DEBIT,
    AccountClass.EXPENSE: Side.DEBIT,
    AccountClass.LIABILITY: Side.CREDIT,
    AccountClass.EQUITY: Side.CREDIT,
    AccountClass.INCOME: Side.CREDIT,
}
"""The normal side of each class. A contra account, such as an asset's depreciation, has the other one."""


class ChartRow(NamedTuple):
    """What one code stands for."""

    code: int
    name: str
    account_class: AccountClass
    normal_side: Side


def chart_row(code: int, name: str, account_class: AccountClass) -> ChartRow:
    """Return a row with the normal side of its class."""
    return ChartRow(code, name, account_class, NORMAL_SIDE[account_class])


def check(rows: Sequence[ChartRow], codes_in_use: Sequence[int]) -> None:
    """Raise ValueError for a chart that says one code twice, has a wrong one, or leaves one in use out."""
    for each in rows:
        if not 0 < each.code <= MAX_CODE:
            message = f"a code is 1 to {MAX_CODE}, not {each.code}"
            raise ValueError(message)
        if not each.name:
            message = f"code {each.code} has no name"
            raise ValueError(message)
    codes = Counter(each.code for each in rows)
    twice = [str(code) for code, count in codes.items() if count > 1]
    if twice:
        message = f"the chart has more than one row for code {', '.join(twice)}"
        raise ValueError(message)
    missing = [str(code) for code in codes_in_use if code not in codes]
    if rows and missing:
        message = f"the book has accounts with code {', '.join(missing)}, which the chart leaves out"
        raise ValueError(message)
