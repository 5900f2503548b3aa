"""Chance, made of a seed. Pure.

A draw depends on the plan's seed, on which rule asks, and on the object that it is about. Of an object's id the
part is taken that counts, not the part that tells the time: a run can be repeated at another hour.
"""

from hashlib import blake2b

_COUNTING = 16
_BYTES = 8


def draw(seed: int, rule: str, subject_id: str) -> float:
    """Return a number from 0 up to, but not including, 1."""
    text = f"{seed}:{rule}:{subject_id[-_COUNTING:]}"
    return (int.from_bytes(blake2b(text.encode(), digest_size=_BYTES).digest()) >> 11) / 2**53


def happens(seed: int, rule: str, subject_id: str, probability: float) -> bool:
    """Say whether something of this probability happens to the object."""
    return probability >= 1 or draw(seed, rule, subject_id) < probability
