"""The bytes that stand for one row of a book, whatever storage it lies in.

A row is its own length, a tag of its kind and version, its numbers, the lengths of its texts, then the
texts one after another:

    u32 length of what follows | tag, 4 bytes | numbers, i64 each | text lengths, u32 each | texts, UTF-8

All numbers are big endian. Numbers and texts stand in the order of the columns, each kind by itself. As
the counts are fixed by the tag and every text has its length, no two rows share their bytes, whatever
characters are in them.

Eight bytes per number are what the shipped storages can keep. The pure core can reckon with more, but
nothing larger can ever lie in a book, so a larger number is refused here instead of being made room for.
"""

import struct
from collections.abc import Iterable, Sequence
from typing import Any, Final

Row = Sequence[Any]
"""An entry or an account change, its values in the order of its columns."""

ENTRY_WIDTH: Final = 23
"""How many values an entry has; a row of any other width is an account change."""

_ENTRY: Final = struct.Struct(">I4s17q6I")
_CHANGE: Final = struct.Struct(">I4s6qI")
_ENTRY_TAG: Final = b"KLE1"
_CHANGE_TAG: Final = b"KLA1"
_ENTRY_REST: Final = _ENTRY.size - 4
_CHANGE_REST: Final = _CHANGE.size - 4
"""The bytes of a row that its length counts, without its texts: all but the length itself."""


def canonical(row: Row) -> bytes:
    """Return the bytes of one row. Raises ValueError as `canonical_rows` does."""
    return canonical_rows((row,))


def canonical_rows(rows: Iterable[Row]) -> bytes:
    """Return the bytes of many rows, one after another.

    Raises ValueError for a number beyond 64 bits, for a text with a lone surrogate, which UTF-8 cannot
    write, and for a value of the wrong type.
    """
    parts: list[bytes] = []
    add, entry, change = parts.append, _ENTRY.pack, _CHANGE.pack
    row: Row = ()
    try:
        for row in rows:
            if len(row) != ENTRY_WIDTH:
                seq, name, *numbers = row
                text = name.encode()
                add(change(_CHANGE_REST + len(text), _CHANGE_TAG, seq, *numbers, len(text)))
                add(text)
                continue
            # Unpacked at once and packed at once: this loop runs for every row that is ever written.
            (
                seq, name, kind, flags, debit, credit, amount, currency, code, target, expires_at,
                reference, chain, happened_at, recorded_at, a, b, c, d, e, f, g, h,
            ) = row  # fmt: skip
            text = f"{name}{debit}{credit}{currency}{target}{reference}"
            if not text.isascii():
                # Lengths are in bytes; for ASCII, as nearly all are, that is the number of characters.
                name, debit, credit = name.encode(), debit.encode(), credit.encode()
                currency, target, reference = currency.encode(), target.encode(), reference.encode()
            raw = text.encode()
            add(
                entry(
                    _ENTRY_REST + len(raw), _ENTRY_TAG,
                    seq, kind, flags, amount, code, expires_at, chain, happened_at, recorded_at,
                    a, b, c, d, e, f, g, h,
                    len(name), len(debit), len(credit), len(currency), len(target), len(reference),
                )
            )  # fmt: skip
            add(raw)
    except (struct.error, TypeError, AttributeError, UnicodeEncodeError) as error:
        message = f"row {row[0]!r} has a value that canonical bytes cannot carry: {error}"
        raise ValueError(message) from error
    return b"".join(parts)
