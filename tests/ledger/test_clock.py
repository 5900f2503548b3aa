from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.clock import from_rfc3339, to_rfc3339, utc_now

LAST = 253_402_300_799_999_999  # the last microsecond of the year 9999


@pytest.mark.parametrize(
    ("us", "text"),
    [
        (0, "1970-01-01T00:00:00.000000Z"),
        (-1, "1969-12-31T23:59:59.999999Z"),
        (1_795_506_158_123_456, "2026-11-24T07:42:38.123456Z"),
        (LAST, "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_times_are_written_with_six_digits_and_z(us: int, text: str) -> None:
    assert to_rfc3339(us) == text
    assert from_rfc3339(text) == us


@given(st.integers(-62_135_596_800_000_000, LAST))
def test_what_is_written_reads_the_same(us: int) -> None:
    assert from_rfc3339(to_rfc3339(us)) == us


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-24T12:42:38+05:00",
        "2026-11-24t07:42:38z",
        "2026-11-24 07:42:38.0Z",
        "2026-11-24T07:42:38.0000009Z",
        "2026-11-24T07:42:38-00:00",
    ],
)
def test_every_form_of_rfc_3339_is_read(text: str) -> None:
    assert from_rfc3339(text) == 1_795_506_158_000_000


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-24",
        "2026-11-24T07:42:38",
        "2026-11-24T07:42Z",
        "20261124T074238Z",
        "2026-W48-2T07:42:38Z",
        "2026-11-31T07:42:38Z",
        "2026-11-24T24:00:01Z",
        "2026-11-24T07:42:38+0500",
        "2026-11-24T07:42:38Z\n",
        "٢٠٢٦-11-24T07:42:38Z",
    ],
)
def test_everything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        from_rfc3339(text)


def test_a_time_after_the_year_9999_cannot_be_written() -> None:
    with pytest.raises(OverflowError):
        to_rfc3339(LAST + 1)


def test_now_is_the_system_clock() -> None:
    wall = datetime.now(UTC).timestamp()  # noqa: TID251 - to compare with
    assert abs(utc_now() / 1_000_000 - wall) < 5
