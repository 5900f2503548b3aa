"""Codes of Pakistan's real institutions, for validation only: sandboxes have invented members (`institutions`).

Four code sets exist and none may be derived from another: `iban` (four letters), `bic` (SWIFT), `raast` (member
code) and `imd` (1LINK, six digits). Each code carries how sure it is and its source; where sources contradict
one another an institution has several codes of a set.
"""

import re
from typing import Any, NamedTuple

from connectors.identifiers.data import DataError, Standing, read, standing_of

_SHAPES = {
    "iban": re.compile(r"[A-Z]{4}"),
    "bic": re.compile(r"[A-Z]{4}PK[A-Z0-9]{2}(?:[A-Z0-9]{3})?"),
    "raast": re.compile(r"[A-Z0-9]{7,12}"),
    "imd": re.compile(r"[0-9]{6}"),
}
CODE_SETS = tuple(_SHAPES)


class BankCode(NamedTuple):
    """One code of one set, and how sure it is."""

    code: str
    fact: Standing


class Bank(NamedTuple):
    """A real institution; each tuple holds its codes of one set, empty when none was published."""

    key: str
    name: str
    iban: tuple[BankCode, ...] = ()
    bic: tuple[BankCode, ...] = ()
    raast: tuple[BankCode, ...] = ()
    imd: tuple[BankCode, ...] = ()

    def codes(self, code_set: str) -> tuple[BankCode, ...]:
        """Return the codes of a set, one of `CODE_SETS`."""
        return {"iban": self.iban, "bic": self.bic, "raast": self.raast, "imd": self.imd}[code_set]


def banks_of(data: dict[str, Any]) -> dict[str, Bank]:
    """Turn the tables of `banks.toml` into banks; raises `DataError` naming the row that is wrong.

    Every code has the shape of its set and belongs to one bank; every source is a key of `sources`.
    """
    sources, seen, banks = data["sources"], set[tuple[str, str]](), {}
    for key, entry in data["banks"].items():
        row = dict(entry)
        name = row.pop("name", None)
        if not isinstance(name, str) or not name:
            raise DataError(f"banks.toml [{key}]: every bank has a name")
        if unknown := row.keys() - _SHAPES:
            raise DataError(f"banks.toml [{key}]: unknown fields {', '.join(sorted(unknown))}")
        codes = {
            code_set: tuple(
                _code_of(dict(code), code_set, f"banks.toml [{key}] {code_set}", sources) for code in of
            )
            for code_set, of in row.items()
        }
        for code_set, found in codes.items():
            for code, _ in found:
                if (code_set, code) in seen:
                    raise DataError(f"banks.toml [{key}] {code_set}: {code} is there twice")
                seen.add((code_set, code))
        banks[key] = Bank(key, name, **codes)
    return banks


def _code_of(row: dict[str, Any], code_set: str, where: str, sources: dict[str, str]) -> BankCode:
    code = row.pop("code", None)
    if not isinstance(code, str) or not _SHAPES[code_set].fullmatch(code):
        raise DataError(f"{where}: {code!r} has not the shape of this set's codes")
    standing, source = standing_of(row, where)
    if source not in sources:
        raise DataError(f"{where}: {source!r} is none of the file's sources")
    return BankCode(code, Standing(standing, sources[source]))


BANKS = banks_of(read("banks.toml"))
_BY_CODE = {
    (code_set, code): bank
    for bank in BANKS.values()
    for code_set in CODE_SETS
    for code, _ in bank.codes(code_set)
}


def find_bank(code_set: str, code: str) -> Bank | None:
    """Return the real institution with this code of this set, None when the table knows none."""
    return _BY_CODE.get((code_set, code))
