"""A double-entry ledger: exact, append only, explained. See README.md."""

from ledger.book import Book
from ledger.clock import Micros
from ledger.errors import AccountNotFoundError, LedgerError, StorageError, TimeOrderError
from ledger.model import (
    Account,
    AccountChange,
    AccountFlag,
    AccountResult,
    Batch,
    Change,
    Entry,
    Head,
    HoldNow,
    Kind,
    LimitChange,
    OpenHold,
    Outcome,
    Preview,
    Result,
    State,
    StatementLine,
    Transfer,
    TransferFlag,
    TrialBalance,
    Why,
)
from ledger.money import MAX_AMOUNT, rupees
from ledger.posting import apply, apply_many
from ledger.status import ACCOUNT_STATUS_HELP, STATUS_HELP, TRANSIENT, AccountStatus, Status
from ledger.storage import SqliteStore, Store

__all__ = [
    "ACCOUNT_STATUS_HELP",
    "MAX_AMOUNT",
    "STATUS_HELP",
    "TRANSIENT",
    "Account",
    "AccountChange",
    "AccountFlag",
    "AccountNotFoundError",
    "AccountResult",
    "AccountStatus",
    "Batch",
    "Book",
    "Change",
    "Entry",
    "Head",
    "HoldNow",
    "Kind",
    "LedgerError",
    "LimitChange",
    "Micros",
    "OpenHold",
    "Outcome",
    "Preview",
    "Result",
    "SqliteStore",
    "State",
    "StatementLine",
    "Status",
    "StorageError",
    "Store",
    "TimeOrderError",
    "Transfer",
    "TransferFlag",
    "TrialBalance",
    "Why",
    "apply",
    "apply_many",
    "rupees",
]
