"""Reads of accounts, balances and statements."""

from ledger.clock import to_rfc3339
from ledger.model import Account, StatementLine
from sandbox.accounts.models import (
    ACCOUNTS,
    AccountStatus,
    AccountView,
    BalanceView,
    BankAccount,
    HolderView,
    StatementLineView,
    TrialBalanceView,
)
from sandbox.commands import Page
from sandbox.limits import service as limits
from sandbox.limits.models import AccountLimitsView
from sandbox.problems import Problem
from sandbox.world import WorldView

HIDDEN = 9


def mask_cnic(cnic: str) -> str:
    """Show the last four digits only."""
    return "*" * HIDDEN + cnic[HIDDEN:]


def find_account(world: WorldView, account_id: str) -> BankAccount:
    """Return the account, or say that it is not here."""
    account = ACCOUNTS.get(world.snapshot, world.id, account_id)
    if account is None:
        raise Problem("not_found", f"There is no account {account_id!r} in this sandbox.")
    return account


def account_by_iban(world: WorldView, iban: str) -> BankAccount | None:
    """Return the account with this IBAN, if the sandbox has it."""
    return ACCOUNTS.get_by(world.snapshot, world.id, "iban", iban)


def view_balance(account: Account) -> BalanceView:
    """Show a ledger account's totals as its holder reads them."""
    return BalanceView(
        available_paisa=account.available, ledger_paisa=account.balance, held_paisa=account.debits_pending
    )


def view_account(world: WorldView, account: BankAccount) -> AccountView:
    """Show an account with its balance."""
    return _show(account, world.book.accounts([account.id])[account.id])


def _show(account: BankAccount, money: Account) -> AccountView:
    return AccountView(
        id=account.id,
        nickname=account.nickname,
        institution=account.institution,
        iban=account.iban,
        holder=HolderView(name=account.holder, cnic_masked=mask_cnic(account.cnic)),
        status=AccountStatus(account.status),
        tier=account.tier,
        limit_paisa=account.limit_paisa,
        balance=view_balance(money),
        created_at=to_rfc3339(account.created_at),
    )


def get_account(world: WorldView, account_id: str) -> AccountView:
    """Show one account."""
    return view_account(world, find_account(world, account_id))


def get_limits(world: WorldView, account_id: str) -> AccountLimitsView:
    """Show the limits of an account's tier and how much of each is used."""
    account = find_account(world, account_id)
    return limits.show(world, world.book.accounts([account.id])[account.id], account.tier)


def list_accounts(world: WorldView, *, limit: int, cursor: str | None) -> Page[AccountView]:
    """List accounts in the order in which they were opened."""
    where = [ACCOUNTS.c.sandbox_id == world.id]
    if cursor is not None:
        where.append(ACCOUNTS.c.id > cursor)
    rows = ACCOUNTS.select(world.snapshot, *where, order=(ACCOUNTS.c.id,), limit=limit + 1)
    shown, more = rows[:limit], len(rows) > limit
    money = world.book.accounts([account.id for account in shown])
    data = [_show(account, money[account.id]) for account in shown]
    return Page(data=data, has_more=more, next_cursor=shown[-1].id if more else None)


def statement(
    world: WorldView, account_id: str, *, limit: int, cursor: str | None
) -> Page[StatementLineView]:
    """List an account's postings, the oldest first, each with the balance after it."""
    find_account(world, account_id)
    lines = world.book.statement(account_id, after_seq=_position(cursor), limit=limit + 1)
    shown, more = lines[:limit], len(lines) > limit
    data = [_show_line(line) for line in shown]
    return Page(data=data, has_more=more, next_cursor=str(shown[-1].seq) if more else None)


def _position(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):  # noqa: PLR2004 - digits of 2^63
        raise Problem("invalid_field", "Give the next_cursor of the page before, as it was.", field="cursor")
    return int(cursor)


def _show_line(line: StatementLine) -> StatementLineView:
    return StatementLineView(
        id=line.id,
        sequence=line.seq,
        kind=line.kind.name.lower(),
        counterparty=line.counterparty,
        debit_paisa=line.debit,
        credit_paisa=line.credit,
        held_change_paisa=line.held,
        balance_paisa=line.balance_after,
        available_paisa=line.available_after,
        reference=line.reference,
        happened_at=to_rfc3339(line.happened_at),
    )


def trial_balance(world: WorldView) -> TrialBalanceView:
    """Add up the sandbox's whole ledger."""
    sums = world.book.trial_balance()
    return TrialBalanceView(
        accounts=sums.accounts,
        debits_posted_paisa=sums.debits_posted,
        credits_posted_paisa=sums.credits_posted,
        debits_pending_paisa=sums.debits_pending,
        credits_pending_paisa=sums.credits_pending,
        balanced=sums.balanced,
    )
