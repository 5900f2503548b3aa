from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.onelink.fields import FIELDS, NETWORK, PROCESSING, STANDINGS, TYPES, Iso8583Error
from connectors.onelink.iso8583 import (
    Bitmap,
    Message,
    OriginalElements,
    answer_to,
    operation_of,
    pack,
    reversal_of,
    title_of,
    unpack,
)

IBFT = Message(
    "0200",
    processing_code="482000",
    amount_paisa=150_000,
    transmitted="1124065500",
    stan="000042",
    local_time="115500",
    local_date="1124",
    acquirer="999001",
    rrn="632811000042",
    terminal="ATM1",
    currency="586",
    receiver="999002",
    from_account="0000001000000017",
    to_account="0000000000012345",
    private=((48, "Rent for November"), (120, "Bilal General Store")),
)
TITLE_FETCH = IBFT._replace(processing_code="622000", from_account=None)
ECHO = Message("0800", transmitted="1124065500", stan="000001", network_code="301")
REVERSAL = reversal_of(IBFT, stan="000043", transmitted="1124065530")
ANSWER = answer_to(IBFT, "00", authorisation="123456", title="Bilal General Store")
MESSAGES = {"ibft": IBFT, "title fetch": TITLE_FETCH, "echo": ECHO, "reversal": REVERSAL, "answer": ANSWER}
BITMAPS = pytest.mark.parametrize("bitmap", ["binary", "hex"])


@BITMAPS
@pytest.mark.parametrize("message", MESSAGES.values(), ids=list(MESSAGES))
def test_what_is_written_is_read_again(message: Message, bitmap: Bitmap) -> None:
    assert unpack(pack(message, bitmap), bitmap) == message


def test_an_echo_test_byte_by_byte() -> None:
    bits = bytes.fromhex("8220000000000000 0400000000000000")
    assert pack(ECHO) == b"0800" + bits + b"1124065500" + b"000001" + b"301"


def test_a_terminal_is_filled_with_spaces_on_the_wire_only() -> None:
    assert b"ATM1    " in pack(IBFT)
    assert unpack(pack(IBFT)).terminal == "ATM1"


# --- what stands for what ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "operation"),
    [
        ("620000", "title_fetch"),
        ("482000", "ibft"),
        ("400000", "transfer"),
        ("010000", None),
        (None, None),
    ],
)
def test_the_first_two_digits_say_what_is_done(code: str | None, operation: str | None) -> None:
    assert operation_of(IBFT._replace(processing_code=code)) == operation


def test_everything_from_memory_says_so() -> None:
    assert {code.standing for code in [*PROCESSING.values(), *NETWORK.values()]} == {"weak"}
    assert {standing for standing, _ in STANDINGS.values()} == {"weak"}
    assert all(source for _, source in STANDINGS.values())


def test_every_request_has_an_answer_and_no_answer_has_one() -> None:
    pairs = {kind.mti: kind.answer for kind in TYPES.values() if kind.answer}
    assert pairs == {"0200": "0210", "0220": "0230", "0420": "0430", "0800": "0810"}


@pytest.mark.parametrize("kind", TYPES.values(), ids=list(TYPES))
def test_every_mandatory_field_is_one_that_a_message_has(kind: Any) -> None:
    assert all(FIELDS[number].name in Message._fields for number in kind.mandatory)


# --- answers and reversals ---------------------------------------------------------------------


def test_an_answer_brings_the_request_back_with_the_response_and_the_title() -> None:
    assert ANSWER.mti == "0210"
    assert (ANSWER.response, ANSWER.authorisation, title_of(ANSWER)) == (
        "00",
        "123456",
        "Bilal General Store",
    )
    assert (ANSWER.stan, ANSWER.rrn, ANSWER.amount_paisa) == (IBFT.stan, IBFT.rrn, IBFT.amount_paisa)
    assert title_of(answer_to(TITLE_FETCH, "76")) is None


def test_a_reversal_names_the_original() -> None:
    assert REVERSAL.mti == "0420"
    assert REVERSAL.original == OriginalElements("0200", "000042", "1124065500", "00000999001")
    assert answer_to(REVERSAL, "00") == REVERSAL._replace(
        mti="0430", response="00", original=None, private=()
    )


@pytest.mark.parametrize("message", [ANSWER, ECHO, REVERSAL], ids=["answer", "echo", "reversal"])
def test_only_what_moved_money_is_reversed(message: Message) -> None:
    with pytest.raises(Iso8583Error, match="field t: only a financial"):
        reversal_of(message, stan="000044", transmitted="1124065530")


def test_an_answer_is_not_answered() -> None:
    with pytest.raises(Iso8583Error, match="field t: an answer is not answered"):
        answer_to(ANSWER, "00")


# --- values that are not written ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"mti": "0100"}, "t"),
        ({"mti": ""}, "t"),
        ({"processing_code": None}, "3"),
        ({"to_account": None}, "103"),
        ({"from_account": None}, "102"),
        ({"processing_code": "48200"}, "3"),
        ({"processing_code": "48200x"}, "3"),
        ({"processing_code": "٤٨٢٠٠٠"}, "3"),
        ({"amount_paisa": -1}, "4"),
        ({"amount_paisa": 10**12}, "4"),
        ({"transmitted": "1324065500"}, "7"),
        ({"transmitted": "0230065500"}, "7"),
        ({"transmitted": "1124245500"}, "7"),
        ({"stan": "42"}, "11"),
        ({"stan": "0000042"}, "11"),
        ({"local_time": "116000"}, "12"),
        ({"local_date": "0431"}, "13"),
        ({"local_date": "1100"}, "13"),
        ({"merchant_category": "541"}, "18"),
        ({"acquirer": "999001999001"}, "32"),
        ({"acquirer": ""}, "32"),
        ({"rrn": "63281100004"}, "37"),
        ({"authorisation": "12345"}, "38"),
        ({"authorisation": "12 456"}, "38"),
        ({"response": "0"}, "39"),
        ({"terminal": "ATM000001"}, "41"),
        ({"terminal": "ATM1 "}, "41"),
        ({"merchant": "a\nb"}, "42"),
        ({"currency": "840"}, "49"),
        ({"to_account": "x" * 29}, "103"),
        ({"to_account": "حساب"}, "103"),
        ({"private": ((48, ""),)}, "48"),
        ({"private": ((48, "x" * 1000),)}, "48"),
        ({"private": ((120, "a"), (48, "b"))}, "48"),
        ({"private": ((120, "a"), (120, "b"))}, "120"),
        ({"private": ((3, "482000"),)}, "3"),
        ({"private": ((128, "mac"),)}, "128"),
        ({"original": OriginalElements("0999", "000042", "1124065500", "00000999001")}, "90"),
        ({"original": OriginalElements("0200", "42", "1124065500", "00000999001")}, "90"),
        ({"original": OriginalElements("0200", "000042", "1324065500", "00000999001")}, "90"),
        ({"original": OriginalElements("0200", "000042", "1124065500", "999001")}, "90"),
        ({"original": OriginalElements("0200", "000042", "1124065500", "00000999001", "1")}, "90"),
        ({"original": OriginalElements("0200", "000042", "1124065500", "0000099900x")}, "90"),
    ],
)
def test_a_value_that_does_not_fit_its_field_is_named(change: dict[str, Any], field: str) -> None:
    with pytest.raises(Iso8583Error) as refused:
        pack(IBFT._replace(**change))
    assert refused.value.field == field


def test_no_error_repeats_what_the_field_holds() -> None:
    with pytest.raises(Iso8583Error) as refused:
        pack(IBFT._replace(to_account="secret\x00"))
    assert "secret" not in str(refused.value)


# --- bytes that are not read -------------------------------------------------------------------

GOOD = pack(ECHO)
GOOD_HEX = pack(ECHO, "hex")
PRIMARY, SECONDARY = GOOD[4:12], GOOD[12:20]


def swap(old: bytes, new: bytes, message: Message = IBFT) -> bytes:
    data = pack(message)
    assert data.count(old) == 1
    return data.replace(old, new)


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (b"", "t"),
        (b"080", "t"),
        (b"\xff\xff\xff\xff" + GOOD[4:], "t"),
        (b"0100" + GOOD[4:], "t"),
        (GOOD[:8], "p"),
        (GOOD[:15], "1"),
        (GOOD[:-1], "70"),
        (GOOD + b"0", "70"),
        (GOOD.replace(b"301", b"3x1"), "70"),
        (GOOD.replace(b"1124065500", b"9924065500"), "7"),
        # A bit says that field 2 is there, which this rail does not use.
        (GOOD.replace(PRIMARY, b"\xc2" + PRIMARY[1:]), "2"),
        # A bit promises field 3: its bytes are those of field 7, and field 11 runs out of them.
        (GOOD.replace(PRIMARY, b"\xa2" + PRIMARY[1:]), "11"),
        # The first bit promises a second bitmap that holds nothing.
        (b"0810" + bytes.fromhex("8220000002000000") + bytes(8) + b"112406550000000100", "p"),
        # A third bitmap, empty, and one that holds a field.
        (b"0800" + PRIMARY + b"\x84" + SECONDARY[1:] + bytes(8) + GOOD[20:], "1"),
        (b"0800" + PRIMARY + b"\x84" + SECONDARY[1:] + b"\x80" + bytes(7) + GOOD[20:] + b"x", "129"),
        (swap(b"06999001", b"+6999001"), "32"),
        (swap(b"06999001", b"6 999001"), "32"),
        (swap(b"06999001", b"-1999001"), "32"),
        (swap(b"06999001", b"12999001"), "32"),
        (swap(b"06999001", b"00"), "32"),
        (swap(b"06999001", b"xx999001"), "32"),
        (swap(b"019Bilal General Store", b"1_9Bilal General Store"), "120"),
        (swap(b"019Bilal General Store", b"019Bilal General Stor\xe9"), "120"),
        (swap(b"ATM1    ", b"        "), "41"),
        (pack(IBFT)[:-3], "120"),
        (swap(b"0200000042", b"0999000042", REVERSAL), "90"),
    ],
)
def test_bytes_that_lie_are_refused_by_the_field_that_lies(data: bytes, field: str) -> None:
    with pytest.raises(Iso8583Error) as refused:
        unpack(data)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (GOOD_HEX.replace(b"8220", b"82zz"), "p"),
        (b"0800" + bytes.fromhex("00"), "p"),
        (pack(IBFT, "hex").replace(b"B238", b"b238"), "p"),
    ],
    ids=["not hexadecimal", "cut short", "lower case"],
)
def test_a_hexadecimal_bitmap_is_written_in_one_way(data: bytes, field: str) -> None:
    with pytest.raises(Iso8583Error) as refused:
        unpack(data, "hex")
    assert refused.value.field == field


@given(st.binary(max_size=200))
def test_whatever_comes_there_is_a_message_or_the_error(data: bytes) -> None:
    for bitmap in ("binary", "hex"):
        try:
            message = unpack(data, bitmap)
        except Iso8583Error:
            continue
        assert pack(message, bitmap) == data


@given(st.integers(0, len(pack(IBFT)) - 1), st.integers(0, 255))
def test_one_wrong_byte_makes_another_message_or_the_error(at: int, byte: int) -> None:
    data = bytearray(pack(IBFT))
    data[at] = byte
    try:
        message = unpack(bytes(data))
    except Iso8583Error:
        return
    assert pack(message) == bytes(data)


DIGITS = "0123456789"
ANS = st.characters(min_codepoint=0x20, max_codepoint=0x7E)
TIMES = st.sampled_from(["0101000000", "0229235959", "0430120000", "1231235959"])


def digits(length: int, most: int | None = None) -> st.SearchStrategy[str]:
    return st.text(DIGITS, min_size=length, max_size=most or length)


def trimmed(most: int) -> st.SearchStrategy[str]:
    return st.text(ANS, min_size=1, max_size=most).map(
        lambda text: f"{text[:-1]}." if text[-1] == " " else text
    )


@BITMAPS
@given(
    st.builds(
        Message,
        mti=st.just("0420"),
        processing_code=digits(6).map(lambda text: f"62{text[2:]}"),
        amount_paisa=st.integers(0, 10**12 - 1),
        transmitted=TIMES,
        stan=digits(6),
        local_time=TIMES.map(lambda text: text[4:]),
        local_date=TIMES.map(lambda text: text[:4]),
        merchant_category=st.none() | digits(4),
        acquirer=digits(1, 11),
        rrn=digits(12),
        authorisation=st.none() | digits(6),
        response=st.none() | digits(2),
        terminal=st.none() | trimmed(8),
        merchant=st.none() | trimmed(15),
        currency=st.just("586"),
        network_code=st.none() | digits(3),
        original=st.builds(
            OriginalElements, st.sampled_from(list(TYPES)), digits(6), TIMES, digits(11), digits(11)
        ),
        receiver=st.none() | digits(1, 11),
        from_account=st.none() | trimmed(28),
        to_account=st.none() | trimmed(28),
        private=st.dictionaries(st.sampled_from([48, *range(120, 128)]), trimmed(999)).map(
            lambda found: tuple(sorted(found.items()))
        ),
    )
)
def test_every_message_survives_the_wire(bitmap: Bitmap, message: Message) -> None:
    assert unpack(pack(message, bitmap), bitmap) == message
