"""Accounts at the sandbox's institutions. Their money is in the ledger, under the same id."""

from enum import StrEnum
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, Field, StringConstraints
from sqlalchemy import Index

from sandbox.limits.rules import FULL
from sandbox.records import Records

CODE_CUSTOMER = 100
CODE_OUTSIDE = 200
CODE_FUNDING = 900
FUNDING = "funding"
CURRENCY = "PKR"
MOST_PAISA = 10**15


class AccountStatus(StrEnum):
    """What an account may do: only an active one pays and is paid."""

    ACTIVE = "active"
    FROZEN = "frozen"
    CLOSED = "closed"


class BankAccount(NamedTuple):
    """An account of a synthetic holder; `limit_paisa` is the most it may send at once.

    `tier` names the kind of account whose limits bind it, `full` has none.
    """

    sandbox_id: str
    id: str
    iban: str
    nickname: str
    institution: str
    holder: str
    cnic: str
    status: str
    limit_paisa: int | None
    created_at: int
    tier: str = FULL


ACCOUNTS = Records(
    BankAccount, "bank_account", Index("bank_account_iban", "sandbox_id", "iban", unique=True), cached=True
)

Paisa = Annotated[int, Field(strict=True, ge=1, le=MOST_PAISA, description="Whole paisa: 1 to 10^15.")]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]


class BalanceView(BaseModel):
    """`ledger_paisa` is booked, `held_paisa` waits on holds, `available_paisa` can be spent."""

    available_paisa: int
    ledger_paisa: int
    held_paisa: int


class HolderView(BaseModel):
    """A synthetic person; the CNIC is shown masked."""

    name: str
    cnic_masked: str


class AccountView(BaseModel):
    """An account as the API shows it."""

    id: str
    object: Literal["account"] = "account"
    nickname: str
    institution: str
    iban: str
    holder: HolderView
    status: AccountStatus
    tier: str
    currency: str = CURRENCY
    limit_paisa: int | None
    balance: BalanceView
    created_at: str


class StatementLineView(BaseModel):
    """One posting as the holder sees it; balances are those right after it."""

    id: str
    object: Literal["statement_line"] = "statement_line"
    sequence: int
    kind: str
    counterparty: str
    debit_paisa: int
    credit_paisa: int
    held_change_paisa: int
    balance_paisa: int
    available_paisa: int
    reference: str
    happened_at: str


class OpenAccount(BaseModel):
    """An account to open, for an invented holder."""

    model_config = {"extra": "forbid"}

    institution: Annotated[str, Field(description="SBXA, SBXB or SBXW.")]
    holder: Name
    nickname: Annotated[str, Field(max_length=40)] = ""
    balance_paisa: Annotated[int, Field(strict=True, ge=0, le=MOST_PAISA, description="Opening balance.")] = 0
    limit_paisa: Annotated[Paisa | None, Field(description="The most it may send at once.")] = None
    tier: Annotated[
        str, Field(max_length=40, description="Whose limits bind it; see the guide to limits.")
    ] = FULL


class TrialBalanceView(BaseModel):
    """Sums over all accounts of the sandbox; debits and credits must agree."""

    object: Literal["trial_balance"] = "trial_balance"
    accounts: int
    debits_posted_paisa: int
    credits_posted_paisa: int
    debits_pending_paisa: int
    credits_pending_paisa: int
    balanced: bool
