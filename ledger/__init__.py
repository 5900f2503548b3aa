"""A double-entry ledger: exact, append only, explained. See README.md."""

from ledger.book import Book
from ledger.clock import Micros
from ledger.errors import AccountNotFoundError, LedgerError, StorageError
from ledger.model import (
    Account,
    AccountFlag,
    AccountResult,
    Entry,
    Kind,
    Outcome,
    Result,
    State,
    StatementLine,
    Transfer,
    TrialBalance,
    Why,
)
from ledger.money import MAX_AMOUNT, rupees
from ledger.posting import apply
from ledger.status import ACCOUNT_STATUS_HELP, STATUS_HELP, TRANSIENT, AccountStatus, Status
from ledger.storage import SqliteStore, Store

__all__ = [
    "ACCOUNT_STATUS_HELP",
    "MAX_AMOUNT",
    "STATUS_HELP",
    "TRANSIENT",
    "Account",
    "AccountFlag",
    "AccountNotFoundError",
    "AccountResult",
    "AccountStatus",
    "Book",
    "Entry",
    "Kind",
    "LedgerError",
    "Micros",
    "Outcome",
    "Result",
    "SqliteStore",
    "State",
    "StatementLine",
    "Status",
    "StorageError",
    "Store",
    "Transfer",
    "TrialBalance",
    "Why",
    "apply",
    "rupees",
]
