"""Reads of days: closed ones from the shelf, the others added up from the ledger as they stand."""

from datetime import date, timedelta
from typing import Literal, NamedTuple, TypeAlias

from sandbox.commands import Page
from sandbox.limits.periods import day_of, midnight
from sandbox.problems import Problem
from sandbox.settlement.closing import EPOCH
from sandbox.settlement.models import DAYS, MEMBERS, Day, DayView, nets_of, view_day
from sandbox.settlement.movements import last_before, merge, sums
from sandbox.world import WorldView

Status: TypeAlias = Literal["open", "closing", "closed"]


class Found(NamedTuple):
    """A day and how it stands."""

    day: Day
    status: Status


def read_date(world: WorldView, text: str) -> date:
    """Read a day of this sandbox, written as `2026-11-24`, or refuse."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    today, first = day_of(world.now), day_of(world.sandbox.created_at)
    if day is None or day.isoformat() != text:
        raise Problem("invalid_field", f"{text[:40]!r} is no day such as {today}.", field="date")
    if not first <= day <= today:
        raise Problem("not_found", f"In this sandbox there are days from {first} to {today}.")
    return day


def member_named(code: str) -> str:
    """Return the member of the settlement with this code, or refuse."""
    if code not in MEMBERS:
        raise Problem("unknown_institution", f"Give one of {', '.join(MEMBERS)}.", field="institution")
    return code


def find_day(world: WorldView, text: str) -> Found:
    """Return a day, closed or as it stands so far."""
    day = read_date(world, text)
    stored = DAYS.get(world, day.isoformat())
    if stored is not None:
        return Found(stored, "closed")
    before = DAYS.page(world, after=day.isoformat(), limit=1, newest_first=True)
    last = before[0][1] if before else Day(day=EPOCH)
    opening = {member: last.opening.get(member, 0) + net for member, net in nets_of(last.flows).items()}
    shown = Day(day=day, held=last.held, opening=opening)
    for found in sums(world, last.last_seq, last_before(world, midnight(day + timedelta(days=1)))):
        shown.held += found.held
        flow = found.flow
        if EPOCH + timedelta(days=found.day) < day:
            for member, net in nets_of([] if flow is None else [flow]).items():
                shown.opening[member] += net
            continue
        shown.first_seq = min(shown.first_seq or found.first_seq, found.first_seq)
        shown.last_seq = max(shown.last_seq, found.last_seq)
        shown.flows = shown.flows if flow is None else merge(shown.flows, flow)
    if day == day_of(world.now):
        return Found(shown, "open")
    return Found(shown, "closing" if shown.flows or shown.held != last.held else "closed")


def closed_day(world: WorldView, text: str) -> Day:
    """Return a day that is closed, or say that it is not."""
    found = find_day(world, text)
    if found.status != "closed":
        raise Problem(
            "settlement_open", f"{found.day.day} is {found.status}; it is closed after its midnight."
        )
    return found.day


def show_day(world: WorldView, *, day: str) -> DayView:
    """Show a day."""
    found = find_day(world, day)
    return view_day(found.day, found.status)


def list_days(world: WorldView, *, limit: int, cursor: str | None) -> Page[DayView]:
    """List the closed days, the newest first."""
    rows = DAYS.page(world, after=cursor or "", limit=limit + 1, newest_first=True)
    shown, more = rows[:limit], len(rows) > limit
    return Page(
        data=[view_day(day, "closed") for _, day in shown],
        has_more=more,
        next_cursor=shown[-1][0] if more else None,
    )
