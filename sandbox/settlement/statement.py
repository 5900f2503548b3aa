"""Statements of a member's settlement account: CSV as it is read, page by page, and camt.053 of a closed day."""

import csv
from collections.abc import Iterable
from datetime import timedelta
from hashlib import blake2b
from io import StringIO
from typing import Final, NamedTuple

from connectors.iso20022.parts import Agent
from connectors.iso20022.references import make_message_id
from connectors.iso20022.reports import AccountReport, Balance, Entry, HeldAccount, Period, Statement
from connectors.iso20022.wire import write
from ledger.clock import Micros, to_rfc3339
from sandbox.accounts.models import CURRENCY
from sandbox.limits.periods import day_of, midnight
from sandbox.problems import Problem
from sandbox.settlement.models import MEMBERS, nets_of
from sandbox.settlement.movements import Line, lines
from sandbox.settlement.queries import closed_day, find_day, member_named
from sandbox.world import WorldView

AT_ONCE: Final = 1_000
MOST_ENTRIES: Final = 10_000
OPERATOR_OF_RAAST: Final = "SBPPPKKA"
COLUMNS: Final = (
    "happened_at",
    "rail",
    "kind",
    "reference",
    "end_to_end_id",
    "counterparty",
    "amount_paisa",
)
LONGEST_REFERENCE: Final = 35


def cells(line: Line) -> tuple[str, ...]:
    """Return a movement as a row of a file: money out has a minus."""
    return (
        to_rfc3339(line.happened_at),
        line.rail,
        line.kind,
        line.reference,
        line.end_to_end_id,
        line.counterparty,
        str(line.amount_paisa),
    )


def write_csv(rows: Iterable[Iterable[str]]) -> str:
    """Write rows as CSV; lines end in a line feed."""
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


class Span(NamedTuple):
    """A member's movements yet to be read: those of the entries after one number up to another."""

    member: str
    after_seq: int
    upto_seq: int


def span_of(world: WorldView, *, day: str, institution: str, closed: bool = False) -> Span:
    """Return where a member's movements of a day are; `closed` asks for a day that no longer changes."""
    member = member_named(institution)
    found = closed_day(world, day) if closed else find_day(world, day).day
    return Span(member, found.first_seq - 1, found.last_seq)


def page_of_lines(world: WorldView, *, span: Span) -> list[Line]:
    """Return the next movements of a span; a page shorter than `AT_ONCE` is the last."""
    return lines(world, span.member, span.after_seq, span.upto_seq, AT_ONCE)


def write_camt053(world: WorldView, *, day: str, institution: str) -> bytes:
    """Write a closed day as a camt.053; it is the same bytes whenever it is asked for."""
    member, found = member_named(institution), closed_day(world, day)
    moved = lines(world, member, found.first_seq - 1, found.last_seq, MOST_ENTRIES + 1)
    if len(moved) > MOST_ENTRIES:
        raise Problem(
            "invalid_field",
            f"The day has more than {MOST_ENTRIES} entries; format=csv has no end.",
            field="format",
        )
    start, end = midnight(found.day), midnight(found.day + timedelta(days=1))
    opening = found.opening.get(member, 0)
    name = _reference(world.id, member, day)
    report = AccountReport(
        name,
        HeldAccount(
            other=f"settlement:{member}",
            currency=CURRENCY,
            owner=MEMBERS[member],
            servicer=Agent(member=OPERATOR_OF_RAAST),
        ),
        created_at=end,
        period=Period(start, end),
        balances=(
            _balance("OPBD", opening, start),
            _balance("CLBD", opening + nets_of(found.flows)[member], start),
        ),
        entries=tuple(_entry(line) for line in moved),
    )
    return write(Statement(name, end, report))


def _reference(*parts: str) -> str:
    digest = blake2b("\n".join(("settlement", *parts)).encode(), digest_size=8).digest()
    return make_message_id(OPERATOR_OF_RAAST, int.from_bytes(digest) % 10**18)


def _side(paisa: int) -> str:
    return "DBIT" if paisa < 0 else "CRDT"


def _balance(kind: str, paisa: int, start: Micros) -> Balance:
    return Balance(kind, abs(paisa), _side(paisa), on=day_of(start))


def _entry(line: Line) -> Entry:
    return Entry(
        abs(line.amount_paisa),
        _side(line.amount_paisa),
        "BOOK",
        line.rail,
        reference=str(line.seq),
        reversal=line.kind == "return",
        booked_at=line.happened_at,
        value_on=day_of(line.happened_at),
        servicer_reference=line.reference[:LONGEST_REFERENCE] or None,
        end_to_end_id=line.end_to_end_id or None,
    )
