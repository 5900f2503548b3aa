"""A checked file is what was signed; of a changed one the first thing that was changed is named."""

import json
import re
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import StorageError
from ledger.model import Change
from ledger.proof import lines
from ledger.proof.errors import ProofError
from ledger.proof.export import export
from ledger.proof.replay import Sums
from ledger.proof.verify import verify
from tests.ledger.scribe import KEY, SANDBOX, Scribe, check, fault, resealed, with_a_new_past, written

PUBLIC = KEY.public_key()
FILE = list(export(written(), SANDBOX, KEY, 9_000))
PLACES = {
    "header": 1,
    "batch 1": 2,
    "opening": 3,
    "limit": 8,
    "batch 2": 9,
    "gift": 10,
    "pay": 11,
    "dollars": 12,
    "batch 3": 13,
    "h1": 14,
    "p1": 17,
    "batch 4": 26,
    "closing": 27,
    "reopening": 28,
    "head": 29,
}
"""The lines of the file, numbered from 1, that the tests speak of."""


def with_fields(place: str, **changes: Any) -> list[bytes]:
    """Return the file with some fields of a line changed."""
    file = FILE.copy()
    value = orjson.loads(file[PLACES[place] - 1])
    file[PLACES[place] - 1] = orjson.dumps({**value, **changes}) + b"\n"
    return file


def moved(order: Callable[[list[bytes]], list[bytes]]) -> list[bytes]:
    """Return the lines of the file in another order, or with some dropped or added."""
    return order(FILE.copy())


def test_the_file_holds() -> None:
    summary = check(FILE)
    assert (summary.head.sandbox_id, summary.head.size, summary.head.batch) == (SANDBOX, 23, 4)
    assert summary[1:5] == (15, 8, 5, 1)
    assert summary.sums == {"PKR": Sums(4, 181, 4, 181), "USD": Sums(0, 5, 0, 5)}


def test_the_lines_are_where_the_tests_think() -> None:
    assert len(FILE) == PLACES["head"]
    assert [orjson.loads(FILE[PLACES[name] - 1])["id"] for name in ("gift", "pay", "dollars", "h1", "p1")] == [
        "gift", "pay", "dollars", "h1", "p1",
    ]  # fmt: skip


def test_the_lines_are_plain_json() -> None:
    for line in FILE:
        plain = json.dumps(json.loads(line), ensure_ascii=False, separators=(",", ":"))
        assert plain.encode() + b"\n" == line


def test_an_empty_book_can_be_exported() -> None:
    scribe = Scribe()
    scribe.head = (0, 0, 0, 0, bytes(32))
    summary = check(list(export(scribe, SANDBOX, KEY, 9_000)))
    assert summary[1:] == (0, 0, 0, 0, {})


def test_a_book_with_a_lost_row_has_no_export() -> None:
    scribe = written()
    del scribe.rows[8]
    with pytest.raises(StorageError, match="lacks a row between 7 and 9"):
        list(export(scribe, SANDBOX, KEY, 9_000))


def test_what_is_written_meanwhile_is_left_out() -> None:
    scribe = written()
    head = scribe.head
    scribe.change("cash", Change.CLOSE)
    scribe.seal()
    scribe.head = head
    assert list(export(scribe, SANDBOX, KEY, 9_000)) == FILE


def test_a_row_that_no_line_can_hold_is_not_exported() -> None:
    scribe = written()
    scribe.rows[7] = scribe.rows[7]._replace(reference="x" * lines.MAX_LINE)  # type: ignore[call-arg]  # an entry
    with pytest.raises(ProofError, match="row 8 is too long to export"):
        resealed(scribe)


def other(value: Any) -> Any:
    """Return a value that is one digit or letter away."""
    if isinstance(value, int):
        return value + 1
    return f"{value[:-1]}{'1' if value[-1:] == '0' else '0'}"


CHANGED_ROW = "row {} .* was changed: its values do not give its leaf hash"


@pytest.mark.parametrize("field", lines.ENTRY_KEYS[3:])
def test_every_field_of_an_entry_is_proved(field: str) -> None:
    value = orjson.loads(FILE[PLACES["pay"] - 1])[field]
    says = fault(with_fields("pay", **{field: other(value)}))
    assert re.match(f"line 11: {CHANGED_ROW.format(8)}", says)


@pytest.mark.parametrize("field", lines.CHANGE_KEYS[3:])
@pytest.mark.parametrize(
    ("place", "line", "seq"), [("limit", 8, 6), ("closing", 27, 22), ("reopening", 28, 23)]
)
def test_every_field_of_an_account_change_is_proved(place: str, line: int, seq: int, field: str) -> None:
    value = orjson.loads(FILE[line - 1])[field]
    says = fault(with_fields(place, **{field: other(value)}))
    assert re.match(f"line {line}: {CHANGED_ROW.format(seq)}", says)


@pytest.mark.parametrize(
    ("file", "says"),
    [
        # The header.
        (with_fields("header", format="other"), "line 1: this is other of version 1, but only"),
        (with_fields("header", version=2), "line 1: this is kasauti-ledger-export of version 2, but only"),
        (with_fields("header", key_id="0" * 16), "line 1: the header says .* key 0{16}, but .* 56475aa75463474c"),
        (with_fields("header", book="sbx_2"), r"line 9: batch 1 \(rows 1 to 6\) does .* or the book in the header"),
        # A row.
        (with_fields("pay", leaf="0" * 64), "line 11: row 8 .pay. was changed: .* leaf hash"),
        (with_fields("pay", leaf="x"), "line 11: row 8 .pay. was changed: .* leaf hash"),
        (with_fields("pay", seq=9), "line 11: row 9 .pay. stands where row 8 must be: .* dropped, added or moved"),
        (with_fields("pay", amount=2**63), "line 11: row 8 has a value that canonical bytes cannot carry"),
        # A batch.
        (with_fields("batch 2", number=3), "line 9: batch 2 is missing: batch 3 follows on batch 1"),
        (with_fields("batch 2", number=1), "line 9: batch 1 has been and cannot come again: batch 1 follows on"),
        (with_fields("batch 2", number=2**63), "line 9: batch 2 is missing"),
        (with_fields("batch 2", first_seq=8), "line 9: batch 2 claims rows 8 to 9, but must begin with row 7"),
        (with_fields("batch 2", last_seq=6), "line 9: batch 2 claims rows 7 to 6, but must begin with row 7"),
        (with_fields("batch 2", last_seq=10), "line 13: batch 3 begins, but row 10 of batch 2 is missing"),
        (with_fields("batch 2", last_seq=8), r"line 12: row 9 \(dollars\) stands after the last row of batch 2"),
        (with_fields("batch 2", last_seq=2**63), "line 9: the header of batch 2 has a value that cannot be hashed"),
        (with_fields("batch 2", happened_at=1), "line 9: the times of batch 2 are before those of batch 1"),
        (with_fields("batch 2", recorded_at=1), "line 9: the times of batch 2 are before those of batch 1"),
        (with_fields("batch 2", happened_at=2003), r"line 13: batch 2 \(rows 7 to 9\) does not .* the times or .* changed$"),
        (with_fields("batch 2", recorded_at=3003), "line 13: batch 2 .* does not give its digest"),
        (with_fields("batch 2", digest="0" * 64), "line 13: batch 2 .* does not give its digest"),
        (with_fields("batch 2", digest="0" * 63), "line 9: the digest is not hex"),
        (with_fields("batch 2", digest="A" * 64), "line 9: the digest is not in plain lower-case hex"),
        (with_fields("batch 4", digest="0" * 64), "line 29: batch 4 .* does not give its digest"),
        # The head.
        *(
            (with_fields("head", **{field: value}), "line 29: the signature of the head is not the key's own")
            for field, value in (
                ("book", "sbx_2"),
                ("size", 24),
                ("size", 2**63),
                ("root", "0" * 64),
                ("root", "00"),
                ("batch", 5),
                ("digest", "0" * 64),
                ("signed_at", 9_001),
                ("signature", "0" * 128),
                ("signature", ""),
            )
        ),
        (with_fields("head", key_id="0" * 16), "line 29: the head was signed by key 0{16}, but the key given is"),
        (with_fields("head", root="x" * 64), "line 29: the root is not hex"),
        (with_fields("head", signature="x" * 64), "line 29: the signature is not hex"),
        # The order of lines.
        (moved(lambda file: file[1:]), "line 1: the header must be the first line, and only the first"),
        (moved(lambda file: [file[0], *file]), "line 2: the header must be the first line, and only the first"),
        (moved(lambda file: file[:10] + file[11:]), r"line 11: row 9 \(dollars\) stands where row 8 must be"),
        (moved(lambda file: file[:11] + file[10:]), r"line 12: row 8 \(pay\) stands where row 9 must be"),
        (moved(lambda file: file[:9] + file[10:8:-1] + file[11:]), r"line 10: row 8 \(pay\) stands where row 7 must be"),
        (moved(lambda file: file[:11] + file[12:]), "line 12: batch 3 begins, but row 9 of batch 2 is missing"),
        (moved(lambda file: [file[0], *file[2:]]), r"line 2: row 1 \(bank\) stands after the last row of batch 0"),
        (moved(lambda file: file[:8] + file[12:]), "line 9: batch 2 is missing: batch 3 follows on batch 1"),
        (moved(lambda file: file[:12] + file[25:28] + file[12:25] + file[28:]), "line 13: batch 3 is missing: batch 4"),
        (moved(lambda file: file[:12] + file[8:]), "line 13: batch 2 has been and cannot come again"),
        (moved(lambda file: file[:25] + file[28:]), "line 26: the signed head covers 4 batches with 23 rows, but .* 3 with 21"),
        (moved(lambda file: [*file[:27], file[28]]), "line 28: the file ends, but row 23 of batch 4 is missing"),
        (moved(lambda file: [*file, file[-1]]), "line 30: the signed head must be the last line, but this follows"),
        (moved(lambda file: [*file, b"\n"]), "line 30: the signed head must be the last line, but this follows"),
        (moved(lambda file: file[:-1]), "the file ends after line 28, without its signed head"),
        (moved(lambda file: file[:0]), "the file ends after line 0, without its signed head"),
        # Lines that no export writes.
        (moved(lambda file: [*file[:-1], file[-1][:-1]]), "line 29: the file breaks off in the middle of this line"),
        (moved(lambda file: [*file[:10], file[10][:20]]), "line 11: the file breaks off in the middle of this line"),
        (moved(lambda file: [*file[:10], b"\n", *file[10:]]), "line 11: the line is not JSON in UTF-8"),
        (moved(lambda file: [file[0], b"\xff\xfe\n"]), "line 2: the line is not JSON in UTF-8"),
        (moved(lambda file: [file[0], b'{"type":"\\ud800"}\n']), "line 2: the line is not JSON in UTF-8"),
        (moved(lambda file: [file[0], b"[" * 100_000 + b"\n"]), "line 2: the line is not JSON in UTF-8"),
        (moved(lambda file: [file[0], b"[" * lines.MAX_LINE + b"\n"]), "line 2: the line is longer than"),
        (moved(lambda file: [file[0], b"[]\n"]), "line 2: the line is none of header, batch, entry"),
        (moved(lambda file: [file[0], b'{"type":[]}\n']), "line 2: the line is none of header, batch, entry"),
        (moved(lambda file: [file[0], b'{"type":"row"}\n']), "line 2: the line is none of header, batch, entry"),
        (moved(lambda file: [file[0], b'{"type":"batch"}\n']), "line 2: a line of type batch has the fields type, number"),
        (with_fields("pay", more=1), "line 11: a line of type entry has the fields type, leaf, seq"),
        (with_fields("pay", type="account_change"), "line 11: a line of type account_change has the fields"),
        (with_fields("pay", amount="30"), "line 11: amount is not a whole number of 64 bits"),
        (with_fields("pay", amount=30.0), "line 11: amount is not a whole number of 64 bits"),
        (with_fields("pay", amount=None), "line 11: amount is not a whole number of 64 bits"),
        (with_fields("pay", seq=True), "line 11: seq is not a whole number of 64 bits"),
        (with_fields("pay", reference=7), "line 11: reference is not a text"),
        (moved(lambda file: [*file[:10], file[10].replace(b":30,", b":3" + b"0" * 99 + b",")]), "line 11: amount is not a"),
        (moved(lambda file: [*file[:10], file[10].replace(b",", b", ")]), "line 11: .* not spelled as an export"),
        (moved(lambda file: [*file[:10], file[10].replace(b"PKR", b"\\u0050KR")]), "line 11: .* not spelled as an export"),
        (moved(lambda file: [*file[:10], file[10].replace(b'"code":1', b'"code":1,"code":1')]), "line 11: .* not spelled"),
        (moved(lambda file: [*file[:10], file[10].replace(b":30,", b":-0,")]), "line 11: .* not spelled as an export"),
    ],
)  # fmt: skip
def test_what_was_changed_is_named(file: list[bytes], says: str) -> None:
    assert re.match(says, fault(file))


def batch_of(line: int) -> int:
    """Return the number of the batch that a line stands in."""
    return sum(PLACES[f"batch {number}"] <= line for number in (1, 2, 3, 4))


@given(st.data())
def test_a_bit_that_was_flipped_is_found_in_its_line_or_batch(data: st.DataObject) -> None:
    number = data.draw(st.integers(0, len(FILE) - 1))
    at = data.draw(st.integers(0, len(FILE[number]) - 1))
    bit = data.draw(st.integers(0, 7))
    line = bytearray(FILE[number])
    line[at] ^= 1 << bit
    says = fault([*FILE[:number], bytes(line), *FILE[number + 1 :]])
    assert says.startswith(f"line {number + 1}:") or f"batch {batch_of(max(number + 1, 2))}" in says


@given(st.binary(max_size=60), st.integers(0, len(FILE)))
def test_any_bytes_are_answered(more: bytes, at: int) -> None:
    file = [*FILE[:at], more, *FILE[at:]]
    if more:
        assert fault(file).startswith((f"line {at + 1}:", f"line {at + 2}:"))


def test_another_key_has_not_signed_this() -> None:
    other_key = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key()
    with pytest.raises(
        ProofError, match="line 1: the header says the book is signed by key 56475aa75463474c"
    ):
        verify(FILE, other_key)


def test_who_changes_all_hashes_too_is_stopped_by_the_signature() -> None:
    forged = list(export(with_a_new_past(), SANDBOX, KEY, 9_000))
    check(forged)
    says = fault([*forged[:-1], FILE[-1]])
    assert says.startswith("line 29: the rows are not those that were signed")


def test_a_forger_has_not_the_key() -> None:
    thief = Ed25519PrivateKey.from_private_bytes(bytes(32))
    forged = resealed(written(), thief)
    assert "signed by key" in fault(forged)
    assert "line 29: the head was signed by key" in fault([FILE[0], *forged[1:]])
    renamed = forged[-1].replace(orjson.loads(forged[-1])["key_id"].encode(), b"56475aa75463474c")
    assert "line 29: the signature of the head" in fault([FILE[0], *forged[1:-1], renamed])


def test_a_head_of_another_book_does_not_fit() -> None:
    header = FILE[0].replace(b"sbx_1", b"sbx_2")
    scribe = Scribe()
    scribe.head = (0, 0, 0, 0, bytes(32))
    empty = list(export(scribe, SANDBOX, KEY, 9_000))
    assert (
        fault([header, empty[-1]]) == "line 2: the header is of book sbx_2, but the signed head of book sbx_1"
    )
