"""Deliberate breaks of a reconciliation file, and what finds them. Pure.

A file says what somebody else believes of a member's day. Each break hits one movement, and no movement is hit
twice. All is drawn from the seed, so the same seed makes the same file, to the byte.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from itertools import pairwise
from typing import Final, NamedTuple

from ledger.clock import SECOND_US, Micros
from sandbox.settlement.movements import Line

KINDS: Final = {
    "missing": "A movement is not in the file.",
    "extra": "A row of the file is no movement.",
    "amount": "Two digits of an amount are swapped.",
    "duplicate": "A movement is in the file twice.",
    "reference": "A movement has another reference.",
    "late": "A row belongs to the next day.",
    "sign": "A movement has the other sign.",
}
ORDER: Final = tuple(KINDS)
FOREIGN: Final = "U"
"""A letter that no id of ours contains, so that a wrong reference is never somebody else's right one."""

TAIL: Final = 4
LATE_SECONDS: Final = 3_600


class Break(NamedTuple):
    """One deliberate break: the reference is the one to report, `line` where it is in the file (1: the header)."""

    kind: str
    reference: str
    line: int | None
    true_paisa: int | None
    file_paisa: int | None
    true_reference: str | None


class Row(NamedTuple):
    """A row of the file, and the break that it shows, if it does; a missing one has no movement."""

    movement: Line | None
    found: Break | None = None


class Grade(NamedTuple):
    """How well breaks were found; `wrong` were reported and are none."""

    right: int
    missed: int
    wrong: tuple[tuple[str, str], ...]


def pick(seed: int, count: int, among: int) -> dict[int, str]:
    """Choose which of so many movements are hit, and how; kinds take turns. `count` is at most `among`."""
    moved: dict[int, int] = {}
    chosen: dict[int, str] = {}
    for turn in range(count):
        place = turn + _draw(seed, f"place:{turn}") % (among - turn)
        chosen[moved.get(place, place)] = ORDER[turn % len(ORDER)]
        moved[place] = moved.get(turn, turn)
    return chosen


def rows(
    movements: Iterable[Line],
    chosen: Mapping[int, str],
    seed: int,
    end: Micros,
    *,
    place: int = 0,
    line: int = 1,
) -> Iterator[Row]:
    """Yield the file's rows, or the next of them; `end` is when the day ends.

    `place` counts the movements before these, `line` the lines of the file so far.
    """
    for at, movement in enumerate(movements, place):
        for row in _rows_of(movement, chosen.get(at), seed, end, line + 1):
            line += row.movement is not None
            yield row


def _rows_of(true: Line, kind: str | None, seed: int, end: Micros, line: int) -> list[Row]:
    told = Break(kind or "", true.reference, line, true.amount_paisa, true.amount_paisa, true.reference)
    match kind:
        case "missing":
            return [Row(None, told._replace(line=None, file_paisa=None))]
        case "amount":
            wrong = true._replace(amount_paisa=swapped(true.amount_paisa))
        case "sign":
            wrong = true._replace(amount_paisa=-true.amount_paisa)
        case "reference":
            wrong = true._replace(reference=true.reference[:-1] + FOREIGN)
        case "duplicate":
            return [Row(true), Row(true, told._replace(line=line + 1))]
        case "extra" | "late":
            return [Row(true), _invented(true, kind, seed, end, line + 1)]
        case _:
            return [Row(true)]
    found = told._replace(reference=wrong.reference, file_paisa=wrong.amount_paisa)
    return [Row(wrong, found)]


def _invented(true: Line, kind: str, seed: int, end: Micros, line: int) -> Row:
    """Make a row that is no movement of the day, after the manner of one that is."""
    number = _draw(seed, f"{kind}:{true.seq}")
    reference = f"{true.reference[:-TAIL]}{FOREIGN}{number % 1000:03}"
    happened_at = end + number % LATE_SECONDS * SECOND_US if kind == "late" else true.happened_at
    row = true._replace(reference=reference, happened_at=happened_at, end_to_end_id="")
    return Row(row, Break(kind, reference, line, None, row.amount_paisa, None))


def swapped(paisa: int) -> int:
    """Swap the first two neighbouring digits that differ; where all are alike, with the zero before them."""
    digits, sign = str(abs(paisa)), -1 if paisa < 0 else 1
    if len(set(digits)) == 1:
        digits = f"0{digits}"
    at = next(at for at, (one, two) in enumerate(pairwise(digits)) if one != two)
    return sign * int(digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :])


def grade(key: Iterable[Break], found: Iterable[tuple[str, str]]) -> Grade:
    """Compare reported breaks, each a kind and a reference, with the key; a wrong one is not a right one less."""
    wanted = Counter((one.kind, one.reference) for one in key)
    reported = Counter(found)
    right = (wanted & reported).total()
    return Grade(right, wanted.total() - right, tuple(sorted((reported - wanted).elements())))


def _draw(seed: int, what: str) -> int:
    return int.from_bytes(blake2b(f"{seed}:{what}".encode(), digest_size=8).digest())
