"""Days, months and years as limits count them: those of Pakistan, whatever the server's own zone is.

Pakistan is five hours ahead of UTC all year (no daylight saving: weak, from memory). That a year is the
calendar's and not the fiscal one, and that a month is the calendar's, is ours: no source says.
"""

from datetime import date
from enum import StrEnum
from typing import NamedTuple

from ledger.clock import SECOND_US, Micros

AHEAD_US = 5 * 3600 * SECOND_US
DAY_US = 24 * 3600 * SECOND_US
_EPOCH = date(1970, 1, 1).toordinal()


class Per(StrEnum):
    """What a limit is for: one payment, what a period adds up to, or what an account holds."""

    TRANSACTION = "transaction"
    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    BALANCE = "balance"


PERIODS = (Per.DAY, Per.MONTH, Per.YEAR)


class Period(NamedTuple):
    """A day, month or year: its first day as `2026-11-24`, and the moment at which the next one begins."""

    start: str
    ends_at: Micros


def day_of(now: Micros) -> date:
    """Return the day that it is in Pakistan."""
    return date.fromordinal((now + AHEAD_US) // DAY_US + _EPOCH)


def midnight(day: date) -> Micros:
    """Return the moment at which a day begins in Pakistan."""
    return (day.toordinal() - _EPOCH) * DAY_US - AHEAD_US


def period_of(per: Per, now: Micros) -> Period:
    """Return the day, month or year that it is in Pakistan; ValueError for what is no period."""
    today = day_of(now)
    match per:
        case Per.DAY:
            first, following = today, date.fromordinal(today.toordinal() + 1)
        case Per.MONTH:
            first = today.replace(day=1)
            following = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
        case Per.YEAR:
            first = today.replace(month=1, day=1)
            following = first.replace(year=first.year + 1)
        case _:
            raise ValueError(f"a {per} limit has no period")
    return Period(first.isoformat(), midnight(following))
