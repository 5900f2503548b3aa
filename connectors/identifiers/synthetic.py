"""Ranges of numbers that belong to nobody, as data: a number is synthetic when it starts like one of them."""

from typing import NamedTuple

from connectors.identifiers.data import DataError, Standing, read, standing_of


class Range(NamedTuple):
    """Numbers of a kind (`cnic`, `mobile` or `card`) that start with `prefix` are synthetic.

    `exact` says that the prefix is the whole number. `prefix` is written in the parsed form of its kind.
    """

    kind: str
    prefix: str
    why: str
    fact: Standing
    exact: bool = False


def ranges_of(rows: dict[str, list[dict[str, object]]]) -> tuple[Range, ...]:
    """Turn the tables of `synthetic.toml` into ranges; raises `DataError` naming a row that is wrong."""
    found: dict[tuple[str, str], Range] = {}
    for kind, entries in rows.items():
        for number, entry in enumerate(entries):
            row, where = dict(entry), f"synthetic.toml [[{kind}]] {number}"
            fact = standing_of(row, where)
            prefix, why, exact = row.get("prefix"), row.get("why"), row.get("exact", False)
            if not isinstance(prefix, str) or not isinstance(why, str) or not isinstance(exact, bool):
                raise DataError(f"{where}: prefix and why are text, exact is true or false")
            if found.setdefault((kind, prefix), Range(kind, prefix, why, fact, exact)).fact is not fact:
                raise DataError(f"{where}: {prefix} is there twice")
    return tuple(found.values())


RANGES = ranges_of(read("synthetic.toml"))


def is_in_range(kind: str, number: str) -> bool:
    """Tell whether a parsed number lies in one of the synthetic ranges of its kind."""
    return any(
        number == row.prefix if row.exact else number.startswith(row.prefix)
        for row in RANGES
        if row.kind == kind
    )
