"""Time is a count of microseconds since 1970-01-01T00:00:00 UTC.

Nothing in the ledger reads a clock: every operation takes its time as a parameter. `utc_now` is
here for the edge of a program, the one place that may ask.
"""

import re
import time
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final, TypeAlias

Micros: TypeAlias = int
"""Microseconds since the epoch, UTC."""

SECOND_US: Final = 1_000_000
"""A second in microseconds."""

MAX_TIME: Final = 2**63 - 1
"""The last moment that the shipped storages can hold."""

_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - naive on purpose: all arithmetic here is UTC
_EPOCH_UTC: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
_MICROSECOND: Final = timedelta(microseconds=1)
_RFC3339: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)


# Within a group of requests the same few moments are written over and over.
@lru_cache(maxsize=256)
def to_rfc3339(us: Micros) -> str:
    """Write a time as `2026-11-24T07:42:38.123456Z`: always six digits, always Z.

    Raises OverflowError outside the years 1 to 9999.
    """
    return (_EPOCH + timedelta(microseconds=us)).isoformat(timespec="microseconds") + "Z"


def from_rfc3339(text: str) -> Micros:
    """Read an RFC 3339 time; digits beyond the microsecond are dropped.

    Raises ValueError when the text is not such a time or names no offset.
    """
    if not _RFC3339.fullmatch(text):
        message = f"not an RFC 3339 time with an offset: {text!r}"
        raise ValueError(message)
    return (datetime.fromisoformat(text.upper()) - _EPOCH_UTC) // _MICROSECOND


def utc_now() -> Micros:
    """Return the time of the system clock."""
    return time.time_ns() // 1000  # noqa: TID251 - the one home of the system clock
