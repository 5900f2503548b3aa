"""Pakistani mobile numbers, however they are written: `03...`, `3...`, `+923...`, `923...`, `00923...`, `+92-3...`.

The parsed form is E.164, `+923XXXXXXXXX`. The prefix is a hint at the operator that issued the number, no
proof of the one that serves it (numbers are portable), and neither says whose wallet it is.
Sources: the PakValidate library for the forms, libphonenumber for the prefixes in use and for portability, a
public pacs.008 sample for `+92-3...`, the form of ISO 20022 phone numbers.
"""

import re
from typing import NamedTuple

from connectors.identifiers.data import Standing, read, standing_of
from connectors.identifiers.synthetic import is_in_range
from connectors.identifiers.text import IdentifierError, compact

_SHAPE = re.compile(r"(?:\+92|0092|92|0)?(3[0-9]{9})")
_IN_USE = re.compile(r"3(?:[0-247][0-9]|3[0-79]|55|64)[0-9]{7}")


class MobileError(IdentifierError):
    """The text is no mobile number of Pakistan."""


class OperatorHint(NamedTuple):
    """The operator to which numbers with this prefix were issued first; the number may have moved since."""

    operator: str
    fact: Standing


def operators_of(rows: dict[str, dict[str, str]]) -> dict[str, OperatorHint]:
    """Turn the rows of `operators.toml` (first and last prefix of a block) into prefix -> operator."""
    found: dict[str, OperatorHint] = {}
    for block, entry in rows.items():
        row = dict(entry)
        fact = standing_of(row, f"operators.toml [{block}]")
        first, _, last = block.partition("-")
        for prefix in range(int(first), int(last or first) + 1):
            found[f"0{prefix}"] = OperatorHint(row["operator"], fact)
    return found


OPERATORS = operators_of(read("operators.toml"))


def parse_mobile(text: str) -> str:
    """Return the number as E.164, `+923XXXXXXXXX`, or raise `MobileError`."""
    found = _SHAPE.fullmatch(compact(text, "A mobile number", MobileError))
    if found is None:
        raise MobileError("A mobile number of Pakistan is 03 and nine digits, or +92 3 and nine digits")
    return f"+92{found[1]}"


def local_mobile(mobile: str) -> str:
    """Write a parsed number as merchants' interfaces want it: `03XXXXXXXXX`."""
    return f"0{mobile[3:]}"


def bare_mobile(mobile: str) -> str:
    """Write a parsed number as an MSISDN: `923XXXXXXXXX`."""
    return mobile[1:]


def iso_mobile(mobile: str) -> str:
    """Write a parsed number as ISO 20022 does in `MobNb`: `+92-3XXXXXXXXX`."""
    return f"+92-{mobile[3:]}"


def format_mobile(mobile: str) -> str:
    """Write a parsed number for people: `0390 1234567`."""
    return f"0{mobile[3:6]} {mobile[6:]}"


def mask_mobile(mobile: str) -> str:
    """Show the prefix and the last three digits: `0390 ****567`."""
    return f"0{mobile[3:6]} ****{mobile[-3:]}"


def operator_hint(mobile: str) -> OperatorHint | None:
    """Return who issued numbers with this prefix, None when it is not known. A hint: numbers are portable."""
    return OPERATORS.get(local_mobile(mobile)[:4])


def is_in_use(mobile: str) -> bool:
    """Tell whether libphonenumber holds the number's prefix to be in use."""
    return _IN_USE.fullmatch(mobile[3:]) is not None


def is_synthetic(mobile: str) -> bool:
    """Tell whether a parsed number lies in the range that this sandbox uses for nobody's numbers."""
    return is_in_range("mobile", mobile)
