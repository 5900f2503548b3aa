"""Reports on an account, made of the ledger: camt.052 within the day, camt.053 after it, camt.054 of its entries.

A day is Pakistan's. What a camt.053 says of a day never changes, so it is the same bytes whenever it is asked
for; its balances are those of the statement over `/v1`, to the paisa.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from connectors.identifiers.institutions import INSTITUTIONS
from connectors.iso20022.parts import Agent
from connectors.iso20022.reports import (
    AccountReport,
    Balance,
    Entry,
    HeldAccount,
    IntradayReport,
    Notification,
    Period,
    Statement,
)
from connectors.iso20022.wire import Message, write
from ledger.clock import Micros
from ledger.model import Kind, StatementLine
from sandbox.accounts.models import CURRENCY, BankAccount
from sandbox.accounts.queries import account_by_iban
from sandbox.db import Snapshot
from sandbox.limits.periods import day_of, midnight
from sandbox.participants.service import authenticate
from sandbox.payments.models import PAYMENTS
from sandbox.problems import Problem
from sandbox.rails.raast.answers import reference_for
from sandbox.rails.raast.door import Reply
from sandbox.world import WorldView, look_into

MOST_ENTRIES: Final = 10_000
AT_ONCE: Final = 1_000
REPORTS: Final[dict[str, type[IntradayReport | Statement | Notification]]] = {
    "camt.052": IntradayReport,
    "camt.053": Statement,
    "camt.054": Notification,
}


def report(snapshot: Snapshot, secret: str, name: str, iban: str, day: str) -> Reply:
    """Report on one account's day, written as `2026-11-24`, or `today`."""
    world = look_into(snapshot, authenticate(snapshot, secret).sandbox_id)
    kind = REPORTS.get(name)
    account = account_by_iban(world, iban)
    if kind is None or account is None:
        raise Problem("not_found", f"There is no {name} of {iban}: reports are {', '.join(REPORTS)}.")
    asked = _day_of(day, day_of(world.now))
    return Reply(write(_report(world, kind, account, asked)), world.id, world.now)


def _day_of(text: str, today: date) -> date:
    try:
        day = today if text == "today" else date.fromisoformat(text)
    except ValueError:
        raise Problem("invalid_field", f"{text[:40]!r} is no day such as {today}.", field="day") from None
    if day > today:
        raise Problem("invalid_field", f"In this sandbox it is {today}.", field="day")
    return day


def _report(
    world: WorldView,
    kind: type[IntradayReport | Statement | Notification],
    account: BankAccount,
    day: date,
) -> Message:
    start, end = midnight(day), midnight(day + timedelta(days=1))
    over = end <= world.now
    if kind is Statement and not over:
        raise Problem("invalid_field", f"{day} is not over; camt.052 tells of it so far.", field="day")
    told_at = end if over else world.now
    reference = reference_for(kind.__name__, account.iban, day.isoformat(), str(told_at))
    found = AccountReport(
        reference,
        HeldAccount(
            iban=account.iban,
            currency=CURRENCY,
            owner=account.holder,
            servicer=Agent(member=INSTITUTIONS[account.institution].member_code),
        ),
        created_at=told_at,
        period=Period(start, told_at),
        balances=() if kind is Notification else _balances(world, account.id, start, told_at, final=over),
        entries=tuple(_entry(world, line) for line in _moved(world, account.id, start, end)),
    )
    return kind(reference, told_at, found)


def _moved(world: WorldView, account_id: str, start: Micros, end: Micros) -> Iterator[StatementLine]:
    """Yield the lines that moved money; holds stand in the available balance alone."""
    after, seen, more = 0, 0, True
    while more:
        page = world.book.statement_for(account_id, start, end, after_seq=after, limit=AT_ONCE)
        for line in page.lines:
            if line.debit or line.credit:
                seen += 1
                yield line
        if seen > MOST_ENTRIES:
            raise Problem(
                "invalid_field",
                f"The day has more than {MOST_ENTRIES} entries; /v1/accounts/…/statement lists them in pages.",
                field="day",
            )
        more = page.more
        after = page.lines[-1].seq if page.lines else 0


def _balances(
    world: WorldView, account_id: str, start: Micros, told_at: Micros, *, final: bool
) -> tuple[Balance, ...]:
    opening = world.book.statement_for(account_id, start, start, limit=1).opening
    now = world.book.balance_as_of(account_id, told_at - 1 if final else told_at)
    booked = 0 if now is None else now.credits_posted - now.debits_posted
    held = 0 if now is None else now.debits_pending
    first, kinds = day_of(start), ("CLBD", "CLAV") if final else ("ITBD", "ITAV")
    return (
        _balance("OPBD", opening, on=first),
        *(
            _balance(kind, paisa, on=first if final else None, at=None if final else told_at)
            for kind, paisa in zip(kinds, (booked, booked - held), strict=True)
        ),
    )


def _balance(kind: str, paisa: int, *, on: date | None = None, at: Micros | None = None) -> Balance:
    return Balance(kind, abs(paisa), "DBIT" if paisa < 0 else "CRDT", on=on, at=at)


def _entry(world: WorldView, line: StatementLine) -> Entry:
    payment = PAYMENTS.get(world.snapshot, world.id, line.reference)
    return Entry(
        line.debit or line.credit,
        "DBIT" if line.debit else "CRDT",
        "BOOK",
        line.kind.name,
        reference=str(line.seq),
        reversal=line.kind is Kind.REVERSAL,
        booked_at=line.happened_at,
        value_on=day_of(line.happened_at),
        servicer_reference=line.reference[:35] or None,
        end_to_end_id=None if payment is None else payment.end_to_end_id,
        text=None if payment is None else payment.narration,
    )
