import pytest

from ledger import rupees


@pytest.mark.parametrize(
    ("paisa", "text"),
    [
        (0, "PKR 0.00"),
        (5, "PKR 0.05"),
        (-5, "-PKR 0.05"),
        (99_999, "PKR 999.99"),
        (1_000_00, "PKR 1,000.00"),
        (99_999_00, "PKR 99,999.00"),
        (1_00_000_00, "PKR 1,00,000.00"),
        (1_23_456_78, "PKR 1,23,456.78"),
        (-1_23_456_78, "-PKR 1,23,456.78"),
        (1_00_00_000_00, "PKR 1,00,00,000.00"),
        (2**63 - 1, "PKR 92,23,37,20,36,85,47,758.07"),
    ],
)
def test_rupees_are_grouped_in_thousand_lakh_and_crore(paisa: int, text: str) -> None:
    assert rupees(paisa) == text
