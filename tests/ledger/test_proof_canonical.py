"""The canonical bytes of rows and the chain over batches: fixed for ever, and without two readings."""

from hashlib import sha256
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.model import AccountChange, Change, Entry, Kind
from ledger.proof import GENESIS, BatchHeader, canonical, canonical_rows, extend
from ledger.proof.canonical import ENTRY_WIDTH
from ledger.proof.chain import BatchDigest

ENTRY = Entry(
    2, "pay_1", Kind.TRANSFER, 0, "ali", "sara", 30, "PKR", 1, "", 0, "چائے", 0, 5, 6, 0, 30, 0, 100, 0, 0, 0, 30
)  # fmt: skip
CHANGE = AccountChange(1, "ali", Change.OPEN, 1, 4, 4, 5)
HEADER = BatchHeader("sbx_1", 1, 1, 2, 5, 6)


T = TypeVar("T", bound=Entry | AccountChange | BatchHeader)


def but(row: T, **changes: Any) -> T:
    """Return the row with other values, also of types that it should not have."""
    return type(row)(**{**row._asdict(), **changes})


def number(value: int) -> bytes:
    return value.to_bytes(8, signed=True)


def length(value: int) -> bytes:
    return value.to_bytes(4)


def by_hand(row: Entry | AccountChange) -> bytes:
    """The layout of `canonical`, written down a second time."""
    numbers = b"".join(number(value) for value in row if isinstance(value, int))
    texts = [value.encode() for value in row if isinstance(value, str)]
    tag = b"KLE1" if isinstance(row, Entry) else b"KLA1"
    rest = tag + numbers + b"".join(length(len(text)) for text in texts) + b"".join(texts)
    return length(len(rest)) + rest


def test_the_bytes_of_a_row_are_these_for_ever() -> None:
    assert canonical(CHANGE).hex() == (
        "0000003b4b4c4131" + "0000000000000001" + "0000000000000001" + "0000000000000001"
        "0000000000000004" + "0000000000000004" + "0000000000000005" + "00000003" + b"ali".hex()
    )  # fmt: skip
    assert (
        sha256(canonical(ENTRY)).hexdigest()
        == "5c2ae6fc3a1042907127c6b32a8d4d7486f80366ab9fe971dafc93a18cb6c94d"
    )


def test_the_digest_of_a_batch_is_this_for_ever() -> None:
    assert (
        extend(GENESIS, HEADER, [CHANGE, ENTRY]).hex()
        == "20e79477fd4c719d41cc6a8adc01551a4da56030f3fb564bb68098794b8a20c9"
    )


@pytest.mark.parametrize(
    "row", [ENTRY, CHANGE, ENTRY._replace(reference="", target_id="h\0"), CHANGE._replace(value=-1)]
)
def test_the_layout_by_hand(row: Entry | AccountChange) -> None:
    assert canonical(row) == by_hand(row)


def test_a_batch_by_hand() -> None:
    head = length(5) + b"".join(map(number, HEADER[1:])) + b"sbx_1"
    domain = b"kasauti.ledger.batch.v1\0"
    assert extend(GENESIS, HEADER, [CHANGE, ENTRY]) == (
        sha256(domain + bytes(32) + head + by_hand(CHANGE) + by_hand(ENTRY)).digest()
    )


texts = st.text(st.characters(codec="utf-8"), max_size=4)
numbers = st.integers(-(2**63), 2**63 - 1)
entries = st.builds(
    Entry, numbers, texts, st.sampled_from(Kind), numbers, texts, texts, numbers, texts, numbers, texts, numbers,
    texts, *[numbers] * 11,
)  # fmt: skip
changes = st.builds(AccountChange, numbers, texts, st.sampled_from(Change), *[numbers] * 4)
rows = entries | changes


@given(st.lists(rows, max_size=4), st.lists(rows, max_size=4))
def test_two_lists_of_rows_have_the_same_bytes_only_if_they_are_the_same(
    one: list[Entry | AccountChange], other: list[Entry | AccountChange]
) -> None:
    assert (canonical_rows(one) == canonical_rows(other)) == (one == other)


@given(rows)
def test_any_row_has_the_bytes_made_by_hand(row: Entry | AccountChange) -> None:
    assert canonical(row) == by_hand(row)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ENTRY._replace(id="a", debit_account="bc"), ENTRY._replace(id="ab", debit_account="c")),
        (ENTRY._replace(target_id="x", reference=""), ENTRY._replace(target_id="", reference="x")),
        (ENTRY._replace(id="é"), ENTRY._replace(id="e\u0301")),
        (ENTRY._replace(id="a\0", debit_account="b"), ENTRY._replace(id="a", debit_account="\0b")),
        (CHANGE._replace(account_id="a"), CHANGE._replace(account_id="a\0")),
    ],
)
def test_texts_cannot_flow_into_each_other(one: Entry, other: Entry) -> None:
    assert canonical(one) != canonical(other)


@pytest.mark.parametrize("field", Entry._fields)
def test_every_field_of_an_entry_counts(field: str) -> None:
    value = getattr(ENTRY, field)
    changed = but(ENTRY, **{field: f"{value}x" if isinstance(value, str) else value + 1})
    assert extend(GENESIS, HEADER, [changed]) != extend(GENESIS, HEADER, [ENTRY])


@pytest.mark.parametrize("field", BatchHeader._fields)
def test_every_field_of_the_header_counts(field: str) -> None:
    value = getattr(HEADER, field)
    changed = but(HEADER, **{field: f"{value}x" if isinstance(value, str) else value + 1})
    assert extend(GENESIS, changed, [ENTRY]) != extend(GENESIS, HEADER, [ENTRY])


def test_the_digest_before_and_the_order_of_rows_count() -> None:
    plain = extend(GENESIS, HEADER, [CHANGE, ENTRY])
    assert plain != extend(plain, HEADER, [CHANGE, ENTRY])
    assert plain != extend(GENESIS, HEADER, [ENTRY, CHANGE])


def test_a_batch_row_by_row_has_the_same_digest() -> None:
    digest = BatchDigest(GENESIS, HEADER)
    for row in (CHANGE, ENTRY):
        digest.add(canonical(row))
    assert digest.digest() == extend(GENESIS, HEADER, [CHANGE, ENTRY])


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (ENTRY._replace(amount=2**63), "row 2 "),
        (ENTRY._replace(amount=2**128 - 1), "row 2 "),
        (ENTRY._replace(reference="\ud800"), "surrogates"),
        (but(ENTRY, code="1"), "integer"),
        (but(ENTRY, id=7), "row 2 "),
        (CHANGE._replace(value=2**63), "row 1 "),
        (CHANGE._replace(account_id="\udfff"), "surrogates"),
        (but(CHANGE, account_id=7), "row 1 "),
        (ENTRY[: ENTRY_WIDTH - 1], "row 2 "),
    ],
)
def test_what_no_storage_can_keep_is_refused(row: Entry, says: str) -> None:
    with pytest.raises(ValueError, match="cannot carry") as refused:
        canonical(row)
    assert says in str(refused.value)


@pytest.mark.parametrize("header", [HEADER._replace(number=2**63), HEADER._replace(sandbox_id="\ud800")])
def test_a_header_that_no_storage_can_keep_is_refused(header: BatchHeader) -> None:
    with pytest.raises(ValueError, match="header of batch"):
        extend(GENESIS, header, [])


def test_a_digest_before_has_32_bytes() -> None:
    with pytest.raises(ValueError, match="32 bytes, not 31"):
        extend(bytes(31), HEADER, [])
