"""A double-entry ledger: exact, append only, explained. See README.md."""

from ledger.asof import BalanceAsOf
from ledger.book import Book
from ledger.chart import AccountClass, ChartRow, Side, chart_row
from ledger.clearing import ClearingAccount
from ledger.clock import Micros
from ledger.errors import AccountNotFoundError, LedgerError, StorageError, TimeOrderError
from ledger.history import AccountFilter, Balance, Event, QueryFilter
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
from ledger.postings import Leg, gather, multi_leg
from ledger.statements import PeriodStatement
from ledger.status import ACCOUNT_STATUS_HELP, STATUS_HELP, TRANSIENT, AccountStatus, Status
from ledger.storage import SqliteStore, Store

__all__ = [
    "ACCOUNT_STATUS_HELP",
    "MAX_AMOUNT",
    "STATUS_HELP",
    "TRANSIENT",
    "Account",
    "AccountChange",
    "AccountClass",
    "AccountFilter",
    "AccountFlag",
    "AccountNotFoundError",
    "AccountResult",
    "AccountStatus",
    "Balance",
    "BalanceAsOf",
    "Batch",
    "Book",
    "Change",
    "ChartRow",
    "ClearingAccount",
    "Entry",
    "Event",
    "Head",
    "HoldNow",
    "Kind",
    "LedgerError",
    "Leg",
    "LimitChange",
    "Micros",
    "OpenHold",
    "Outcome",
    "PeriodStatement",
    "Preview",
    "QueryFilter",
    "Result",
    "Side",
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
    "chart_row",
    "gather",
    "multi_leg",
    "rupees",
]
