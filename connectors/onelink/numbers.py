"""References and times of a message, made from numbers and times that are given.

The shapes are documented by the OpenConnect gateway (STAN 6 digits, RRN 12 digits, date yyyymmdd, time
hhmmss). How an RRN is made up is weak: the way common with ISO 8583, from memory.
"""

from datetime import UTC, datetime, timedelta, timezone
from typing import NamedTuple

from ledger.clock import Micros

PAKISTAN = timezone(timedelta(hours=5), "PKT")
"""Pakistan's time is five hours ahead of UTC, without summer time."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_STANS = 999_999


class Stamp(NamedTuple):
    """A moment as the messages write it: `transmitted` MMDDhhmmss in UTC, all else in Pakistan."""

    transmitted: str
    local_time: str
    local_date: str
    txndate: str
    txntime: str


def stan(count: int) -> str:
    """Return the system trace audit number of the `count`th message (from 0): 000001 to 999999, and again."""
    return f"{count % _STANS + 1:06}"


def rrn(now: Micros, trace: str) -> str:
    """Return a retrieval reference number: last digit of the year, day of the year, hour, then the STAN."""
    local = _local(now)
    return f"{local.year % 10}{local:%j%H}{trace}"


def stamp(now: Micros) -> Stamp:
    """Write a moment in all forms that the messages use; OverflowError after the year 9999."""
    local = _local(now)
    time = f"{local:%H%M%S}"
    return Stamp(f"{local.astimezone(UTC):%m%d%H%M%S}", time, f"{local:%m%d}", f"{local:%Y%m%d}", time)


def _local(now: Micros) -> datetime:
    return (_EPOCH + timedelta(microseconds=now)).astimezone(PAKISTAN)
