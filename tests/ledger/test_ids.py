import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.ids import IdSource, RandomIds, random_ulid, ulid

NOW = 1_795_506_158_123_456
LAST_MILLISECOND = 2**48 - 1
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def decode(text: str) -> int:
    value = 0
    for character in text:
        value = value * 32 + ALPHABET.index(character)
    return value


@given(st.integers(0, LAST_MILLISECOND), st.integers(0, 2**80 - 1))
def test_a_ulid_is_milliseconds_and_80_bits_in_base_32(millis: int, low80: int) -> None:
    text = ulid(millis * 1000 + 999, low80)
    assert len(text) == 26
    assert decode(text) == millis << 80 | low80


@pytest.mark.parametrize(
    ("time_us", "low80"), [(-1, 0), ((LAST_MILLISECOND + 1) * 1000, 0), (0, -1), (0, 2**80)]
)
def test_what_does_not_fit_is_refused(time_us: int, low80: int) -> None:
    with pytest.raises(ValueError, match=r".+"):
        ulid(time_us, low80)


def test_the_same_seed_counter_and_clock_give_the_same_ids() -> None:
    first = IdSource(7)
    made = [first.next("pay", NOW + step) for step in range(5)]
    again = IdSource(7, counter=3)
    assert [again.next("pay", NOW + step) for step in (3, 4)] == made[3:]
    assert again.counter == first.counter == 5


def test_another_seed_gives_other_ids() -> None:
    assert IdSource(1).next("pay", NOW) != IdSource(-1).next("pay", NOW)


def test_ids_rise_on_a_frozen_and_on_a_running_clock() -> None:
    source = IdSource(7)
    ids = [source.next("pay", NOW + step // 100 * 1000) for step in range(1500)]
    assert ids == sorted(set(ids))


def test_an_id_is_its_prefix_and_a_ulid_of_counter_and_hash() -> None:
    made = IdSource(7, counter=41).next("pay", NOW)
    assert re.fullmatch(rf"pay_01[{ALPHABET}]{{24}}", made)
    assert decode(made[4:14]) == NOW // 1000
    assert decode(made[14:22]) == 42


def test_forty_bits_of_ids_are_the_end() -> None:
    source = IdSource(7, counter=2**40 - 2)
    assert source.next("pay", NOW)
    with pytest.raises(OverflowError):
        source.next("pay", NOW)


def test_a_seed_has_64_bits() -> None:
    assert IdSource(-(2**63)).next("a", NOW)
    with pytest.raises(OverflowError):
        IdSource(2**63)


def test_random_ids_differ() -> None:
    ids = {random_ulid("key", NOW) for _ in range(100)}
    assert len(ids) == 100
    assert all(each.startswith("key_01") and len(each) == 30 for each in ids)


def test_random_ids_differ_across_blocks_and_carry_their_time() -> None:
    source = RandomIds("req")
    made = [source.next(NOW) for _ in range(200)]
    assert len(set(made)) == 200
    assert {decode(name.removeprefix("req_")) >> 80 for name in made} == {NOW // 1000}
