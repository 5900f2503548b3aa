"""The lines of an export: JSON Lines, of which every book has exactly one spelling.

A file is a header, then each batch followed by its rows, then the signed head. Every line is one JSON
object without spaces, its keys in the order given here, its texts escaped no more than JSON asks for;
all is UTF-8 and each line ends in a line feed. Hashes and the signature are lower-case hex.
"""

from typing import Any, Final

import orjson

from ledger.model import AccountChange, Batch, Entry
from ledger.proof.canonical import ENTRY_WIDTH, Row
from ledger.proof.errors import ProofError
from ledger.proof.heads import SignedHead

FORMAT: Final = "kasauti-ledger-export"
VERSION: Final = 1
MAX_LINE: Final = 16 * 1024 * 1024
"""The longest line in bytes: a file of a single line must not fill the memory of who checks it."""

HEADER_KEYS: Final = ("type", "format", "version", "book", "key_id")
BATCH_KEYS: Final = ("type", *Batch._fields)
ENTRY_KEYS: Final = ("type", "leaf", *Entry._fields)
CHANGE_KEYS: Final = ("type", "leaf", *AccountChange._fields)
HEAD_KEYS: Final = ("type", "book", *SignedHead._fields[1:])

_TYPES: Final[dict[tuple[str, ...], tuple[type, ...]]] = {
    HEADER_KEYS: (str, str, int, str, str),
    BATCH_KEYS: (str, *[int] * 5, str),
    ENTRY_KEYS: (
        *(str, str, int, str, int, int, str, str),
        *(int, str, int, str, int, str),
        *[int] * 11,
    ),
    CHANGE_KEYS: (str, str, int, str, *[int] * 5),
    HEAD_KEYS: (str, str, int, str, int, str, int, str, str),
}
_KEYS: Final = {
    "header": HEADER_KEYS,
    "batch": BATCH_KEYS,
    "entry": ENTRY_KEYS,
    "account_change": CHANGE_KEYS,
    "head": HEAD_KEYS,
}


def header_line(book: str, key_id: str) -> bytes:
    """Return the first line."""
    return _line(HEADER_KEYS, ("header", FORMAT, VERSION, book, key_id))


def batch_line(batch: Batch) -> bytes:
    """Return the line that stands before the rows of a batch."""
    return _line(BATCH_KEYS, ("batch", *batch[:5], batch.digest.hex()))


def row_line(row: Row, leaf: bytes) -> bytes:
    """Return the line of an entry or an account change with its leaf hash."""
    if len(row) == ENTRY_WIDTH:
        return _line(ENTRY_KEYS, ("entry", leaf.hex(), *row))
    return _line(CHANGE_KEYS, ("account_change", leaf.hex(), *row))


def head_line(head: SignedHead) -> bytes:
    """Return the last line."""
    book, size, root, batch, digest, signed_at, key_id, signature = head
    values = ("head", book, size, root.hex(), batch, digest.hex(), signed_at, key_id, signature.hex())
    return _line(HEAD_KEYS, values)


def parsed(line: bytes) -> tuple[Any, ...]:
    """Return the values of a line, first of all its type, in the order of the keys of that type.

    Raises ProofError unless the line is exactly as an export writes it.
    """
    if len(line) > MAX_LINE:
        message = f"the line is longer than the {MAX_LINE} bytes that an export may write"
        raise ProofError(message)
    if not line.endswith(b"\n"):
        raise ProofError("the file breaks off in the middle of this line")
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        message = f"the line is not JSON in UTF-8: {error}"
        raise ProofError(message) from error
    kind = value.get("type") if isinstance(value, dict) else None
    keys = _KEYS.get(kind) if isinstance(kind, str) else None
    if keys is None:
        message = f"the line is none of {', '.join(_KEYS)}"
        raise ProofError(message)
    if tuple(value) != keys:
        message = f"a line of type {kind} has the fields {', '.join(keys)}, in this order and no others"
        raise ProofError(message)
    values = tuple(value.values())
    _check_types(keys, values)
    if orjson.dumps(value) + b"\n" != line:
        raise ProofError("the line is not spelled as an export spells it, though it says the same")
    return values


def _check_types(keys: tuple[str, ...], values: tuple[Any, ...]) -> None:
    types = _TYPES[keys]
    if tuple(map(type, values)) != types:
        key, expected = next(
            (key, expected)
            for key, value, expected in zip(keys, values, types, strict=True)
            if type(value) is not expected
        )
        message = f"{key} is not {'a text' if expected is str else 'a whole number of 64 bits'}"
        raise ProofError(message)


def _line(keys: tuple[str, ...], values: tuple[Any, ...]) -> bytes:
    line = orjson.dumps(dict(zip(keys, values, strict=True))) + b"\n"
    if len(line) > MAX_LINE:
        message = f"row {values[2]} is too long to export: its line would pass {MAX_LINE} bytes"
        raise ProofError(message)
    return line
