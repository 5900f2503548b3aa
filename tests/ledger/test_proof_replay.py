"""The running totals are reckoned anew: what cannot follow is told, though every hash agrees."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from ledger.model import Change, Entry, Kind
from ledger.proof.errors import ProofError
from ledger.proof.replay import Replay
from tests.ledger.scribe import Scribe, fault, resealed, written


def wrong(row: int, **changes: Any) -> Callable[[Scribe], None]:
    """Change a row of the log, whose seq is given."""

    def change(scribe: Scribe) -> None:
        scribe.rows[row - 1] = scribe.rows[row - 1]._replace(**changes)

    return change


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            wrong(8, debit_debits_posted=31),
            r"row 8 \(pay\) cannot be: debit_debits_posted is 31, but 30 follows",
        ),
        (
            wrong(8, credit_credits_posted=0),
            "credit_credits_posted is 0, but 30 follows from the rows before",
        ),
        (wrong(8, amount=31), "debit_debits_posted is 30, but 31 follows"),
        (wrong(8, amount=-1), "moves less than nothing"),
        (wrong(8, kind=9), "of no known kind"),
        (wrong(8, credit_account="ali"), "from an account to itself"),
        (wrong(8, kind=Kind.HOLD), "debit_debits_pending is 0, but 30 follows"),
        (wrong(8, debit_account="thief"), "account thief was never opened"),
        (wrong(8, currency="USD"), "account ali is in PKR, not in USD"),
        (wrong(8, happened_at=1), "its time is before that of the row before it"),
        (wrong(8, recorded_at=1), "its time is before that of the row before it"),
        (wrong(10, amount=21), "row 10 .h1. cannot be: debit_debits_pending is 20, but 21 follows"),
        (wrong(11, target_id="h9"), "there is no open hold 'h9'"),
        (wrong(11, target_id="pay"), "there is no open hold 'pay'"),
        (wrong(11, debit_account="bank"), "it does not fit hold h1, of which 20 are left"),
        (wrong(11, amount=21), "it does not fit hold h1, of which 20 are left"),
        (wrong(13, amount=16), "it does not fit hold h1, of which 15 are left"),
        (wrong(15, target_id="h1"), "there is no open hold 'h1'"),
        (wrong(15, kind=Kind.POST), "debit_debits_posted is 45, but 53 follows"),
        (wrong(20, amount=29), "debit_debits_posted is 30, but 29 follows"),
        (wrong(1, change=9), "there is no account change 9"),
        (wrong(2, account_id="bank"), r"row 2 \(bank\) cannot be: account bank is already open"),
        (wrong(2, change=Change.CLOSE), "account ali is not yet open"),
        (wrong(22, change=Change.OPEN), "account cash is already open"),
        (wrong(22, happened_at=1), "its time is before that of the row before it"),
    ],
)
def test_totals_are_reckoned_anew(change: Callable[[Scribe], None], says: str) -> None:
    scribe = written()
    change(scribe)
    assert re.search(says, fault(resealed(scribe)))


def test_sums_that_differ_are_told() -> None:
    replay = Replay()
    for row in written().rows:
        replay.entry(row) if isinstance(row, Entry) else replay.change(row)
    replay.accounts["ali"] = (0, 0, 0, 0)
    with pytest.raises(ProofError, match="debits and credits in PKR differ: Sums"):
        replay.sums()
