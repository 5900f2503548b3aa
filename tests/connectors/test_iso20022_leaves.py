"""What stands in a leaf: amounts, times, days, numbers, texts."""

from typing import Any
from xml.etree.ElementTree import Element

import pytest

from connectors.iso20022 import leaves
from connectors.iso20022.errors import RefusedError
from connectors.iso20022.leaves import AMOUNT, COUNT, DAY, FLAG, MAX_35, MAX_PAISA, TIME, Leaf
from ledger.clock import from_rfc3339


def amount(text: str, currency: str | None = "PKR") -> Any:
    element = Element("Amt") if currency is None else Element("Amt", Ccy=currency)
    return AMOUNT.read(text, element)


@pytest.mark.parametrize(
    ("text", "paisa"),
    [
        ("0", 0),
        ("0.00", 0),
        ("1", 100),
        ("1.5", 150),
        ("1.50", 150),
        ("1.50000", 150),
        ("+1.05", 105),
        (".05", 5),
        ("5.", 500),
        ("0000000000000000000007.01", 701),
        (" \n1500.00\t", 150_000),
        ("9999999999999999.99", MAX_PAISA),
    ],
)
def test_rupees_become_paisa_exactly(text: str, paisa: int) -> None:
    assert amount(text) == paisa


@pytest.mark.parametrize(
    "text",
    ["", ".", "-1", "-0", "1.001", "1.005", "1e3", "1,000", "1 000", "NaN", "INF", "0x10", "\uff11", "\u0663", "1_0", "--1", "1\u00a0", "1\n1",
     "10000000000000000", "1.5.0", "PKR 5"],
)  # fmt: skip
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(RefusedError) as refused:
        amount(text)
    assert refused.value.code == "value"


@pytest.mark.parametrize(
    ("currency", "code"), [(None, "missing"), ("USD", "currency"), ("pkr", "currency"), ("", "currency")]
)
def test_amounts_are_in_pakistani_rupees(currency: str | None, code: str) -> None:
    with pytest.raises(RefusedError) as refused:
        amount("1.00", currency)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2026-11-24T12:42:38.123+05:00", "2026-11-24T07:42:38.123Z"),
        ("2026-11-24T07:42:38Z", "2026-11-24T07:42:38Z"),
        (" 2026-11-24T07:42:38.1Z\n", "2026-11-24T07:42:38.1Z"),
        ("2026-11-24T07:42:38.1234567Z", "2026-11-24T07:42:38.123456Z"),
        ("2026-11-23T22:42:38-09:00", "2026-11-24T07:42:38Z"),
        ("2026-11-24T21:42:38+14:00", "2026-11-24T07:42:38Z"),
    ],
)
def test_a_time_is_a_moment(text: str, same: str) -> None:
    assert TIME.read(text, Element("T")) == from_rfc3339(same)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        ("2026-11-24T07:42:38.123456Z", "2026-11-24T12:42:38.123456+05:00"),
        ("2026-11-24T19:00:00Z", "2026-11-25T00:00:00.000+05:00"),
        ("1970-01-01T00:00:00Z", "1970-01-01T05:00:00.000+05:00"),
    ],
)
def test_times_are_written_as_in_pakistan(moment: str, text: str) -> None:
    assert TIME.write(from_rfc3339(moment)) == text


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (TIME, ""),
        (TIME, "2026-11-24"),
        (TIME, "2026-11-24T07:42:38"),
        (TIME, "2026-11-24 07:42:38Z"),
        (TIME, "2026-11-24t07:42:38z"),
        (TIME, "2026-02-30T07:42:38Z"),
        (TIME, "2026-11-24T24:00:00Z"),
        (TIME, "2026-11-24T07:42:60Z"),
        (TIME, "2026-11-24T07:42:38+14:30"),
        (TIME, "2026-11-24T07:42:38.1234567890Z"),
        (TIME, "\u0662\u0660\u0662\u0666-11-24T07:42:38Z"),
        (TIME, "0000-11-24T07:42:38Z"),
        (TIME, "1969-12-31T23:59:59Z"),
        (TIME, "9999-12-31T00:00:00Z"),
        (TIME, "yesterday"),
        (DAY, ""),
        (DAY, "2026-13-01"),
        (DAY, "20261124"),
        (DAY, "2026-11-24Z"),
        (DAY, "24-11-2026"),
        (FLAG, ""),
        (FLAG, "TRUE"),
        (FLAG, "yes"),
        (COUNT, ""),
        (COUNT, "-1"),
        (COUNT, "one"),
        (COUNT, "1234567890123456"),
        (COUNT, "\u0661"),
        (leaves.UETR, "0FFB1F6E-2A5B-4C1D-9A3E-1234567890AB"),
        (leaves.UETR, "0ffb1f6e-2a5b-1c1d-9a3e-1234567890ab"),
        (leaves.IBAN, "PK33 SBXA 0000 0000 0000 0001"),
        (leaves.BIC, "SBXAPKK"),
        (leaves.COUNTRY, "pk"),
        (leaves.MAX_4, "RJCTX"),
        (leaves.MAX_35, ""),
        (leaves.SIDE, "CRED"),
    ],
)
def test_what_is_not_of_the_type_is_refused(kind: Leaf, text: str) -> None:
    with pytest.raises(RefusedError) as refused:
        kind.read(text, Element("T"))
    assert refused.value.code == "value"


@pytest.mark.parametrize(("text", "flag"), [("true", True), ("1", True), ("false", False), (" 0 ", False)])
def test_a_flag_has_two_words_for_each(text: str, flag: bool) -> None:
    assert FLAG.read(text, Element("T")) is flag
    assert FLAG.write(flag) == str(flag).lower()


@pytest.mark.parametrize(("length", "fits"), [(1, True), (35, True), (36, False)])
@pytest.mark.parametrize("character", ["a", "\u06cc", "\U0001d49c"])
def test_lengths_count_characters_and_not_bytes(character: str, length: int, fits: bool) -> None:
    if fits:
        assert MAX_35.write(character * length) == character * length
    else:
        with pytest.raises(RefusedError):
            MAX_35.write(character * length)


def test_a_detail_quotes_only_the_beginning() -> None:
    with pytest.raises(RefusedError) as refused:
        DAY.read("x" * 100_000, Element("T"))
    assert len(refused.value.detail) < 100
