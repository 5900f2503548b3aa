"""Identifiers that sort by creation: ULIDs of 26 Crockford base32 characters.

A ULID is 48 bits of milliseconds, then 80 free bits. Inside a sandbox the free bits are a counter
and a keyed hash of it, so ids rise on a frozen clock too, a replay with the same seed makes the
same ids, and an id tells nothing about its neighbours.
"""

import os
from hashlib import blake2b
from itertools import product
from typing import Final

from ledger.clock import Micros

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS: Final = ["".join(pair) for pair in product(_ALPHABET, repeat=2)]
_COUNTER_BYTES: Final = 5
_RANDOM_BYTES: Final = 10
_RANDOM_BLOCK: Final = 64
_MAX_MILLIS: Final = 2**48 - 1


def ulid(time_us: Micros, low80: int) -> str:
    """Make a ULID of a time in microseconds and 80 bits, given as an int.

    Raises ValueError when the time (years 1970 to 10889) or the bits are out of range.
    """
    if not 0 <= low80 < 2**80:
        message = f"not 80 bits: {low80}"
        raise ValueError(message)
    return _time_part(time_us // 1000) + _encoded(low80 >> 40) + _encoded(low80 & (2**40 - 1))


def random_ulid(prefix: str, now_us: Micros) -> str:
    """Make an id such as `key_01J…` from the system's random source, for what is in no sandbox."""
    return f"{prefix}_{ulid(now_us, int.from_bytes(os.urandom(_RANDOM_BYTES)))}"


class RandomIds:
    """Makes many random ids such as `req_01J…`; the system's random source is asked for a block at a time."""

    __slots__ = ("_left", "_prefix")

    def __init__(self, prefix: str) -> None:
        """Make ids that begin with `prefix` and an underscore."""
        self._prefix = prefix
        self._left = b""

    def next(self, now_us: Micros) -> str:
        """Return the next id."""
        if not self._left:
            self._left = os.urandom(_RANDOM_BYTES * _RANDOM_BLOCK)
        bits, self._left = self._left[:_RANDOM_BYTES], self._left[_RANDOM_BYTES:]
        return f"{self._prefix}_{ulid(now_us, int.from_bytes(bits))}"


class IdSource:
    """Makes the ids of one sandbox; the same seed, counter and clock give the same ids.

    `counter` is the number of ids made so far (40 bits): store it and hand it in again to go on.
    `seed` is a signed 64-bit integer.
    """

    __slots__ = ("_hash", "_millis", "_time", "counter")

    def __init__(self, seed: int, counter: int = 0) -> None:
        """Go on after the `counter`-th id. Raises OverflowError when the seed is too large."""
        key = seed.to_bytes(8, signed=True)
        self._hash = blake2b(key=key, digest_size=_COUNTER_BYTES)
        self._millis = -1
        self._time = ""
        self.counter = counter

    def next(self, prefix: str, now_us: Micros) -> str:
        """Return the next id, such as `pay_01J…`. Raises OverflowError after 2**40 ids."""
        self.counter += 1
        millis = now_us // 1000
        if millis != self._millis:
            self._time = _time_part(millis)
            self._millis = millis
        digest = self._hash.copy()
        digest.update(self.counter.to_bytes(_COUNTER_BYTES))
        return f"{prefix}_{self._time}{_encoded(self.counter)}{_encoded(int.from_bytes(digest.digest()))}"


def _time_part(millis: int) -> str:
    if not 0 <= millis <= _MAX_MILLIS:
        message = f"no ULID can name this time: {millis} ms since the epoch"
        raise ValueError(message)
    return _PAIRS[millis >> 40] + _encoded(millis & (2**40 - 1))


def _encoded(bits: int) -> str:
    """Write 40 bits as eight characters."""
    return _PAIRS[bits >> 30] + _PAIRS[bits >> 20 & 1023] + _PAIRS[bits >> 10 & 1023] + _PAIRS[bits & 1023]
