import pytest

from connectors.onelink.numbers import Stamp, rrn, stamp, stan
from ledger.clock import from_rfc3339


@pytest.mark.parametrize(
    ("count", "number"), [(0, "000001"), (41, "000042"), (999_998, "999999"), (999_999, "000001")]
)
def test_a_trace_number_counts_from_one_and_begins_again(count: int, number: str) -> None:
    assert stan(count) == number


@pytest.mark.parametrize(
    ("now", "reference"),
    [
        ("2026-11-24T06:55:00Z", "632811000042"),
        ("2026-12-31T18:59:59.999999Z", "636523000042"),
        ("2026-12-31T19:00:00Z", "700100000042"),
        ("2028-12-31T12:00:00Z", "836617000042"),
    ],
)
def test_a_retrieval_reference_is_the_pakistani_hour_and_the_trace_number(now: str, reference: str) -> None:
    assert rrn(from_rfc3339(now), "000042") == reference


@pytest.mark.parametrize(
    ("now", "written"),
    [
        ("2026-11-24T06:55:01Z", Stamp("1124065501", "115501", "1124", "20261124", "115501")),
        ("2026-12-31T19:00:00Z", Stamp("1231190000", "000000", "0101", "20270101", "000000")),
    ],
)
def test_a_moment_is_sent_in_utc_and_dated_in_pakistan(now: str, written: Stamp) -> None:
    assert stamp(from_rfc3339(now)) == written
