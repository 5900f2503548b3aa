import pytest

from connectors.identifiers.iban import IbanError, make_iban, parse_iban

GOOD = [
    "PK41SBXA0000001000000017",
    "PK33SBXA0000000000000001",
    "PK40ZZZA0000000000000001",
    "PK36SCBL0000001123456702",
]


@pytest.mark.parametrize("iban", GOOD)
def test_a_good_iban_is_taken_and_made_again(iban: str) -> None:
    assert parse_iban(iban) == iban
    assert make_iban(iban[4:8], iban[8:]) == iban


def test_lower_case_and_spaces_are_taken() -> None:
    assert parse_iban("pk36 scbl 0000 0011 2345 6702") == "PK36SCBL0000001123456702"


def test_wrong_check_digits_are_told_apart() -> None:
    with pytest.raises(IbanError) as refused:
        parse_iban("PK36SCBL0000001123456703")
    assert refused.value.check_digits


@pytest.mark.parametrize(
    "text", ["PK36SCBL000000112345670", "", "GB36SCBL0000001123456702", "PK36SC1L0000001123456702"]
)
def test_what_has_not_the_shape_is_refused(text: str) -> None:
    with pytest.raises(IbanError) as refused:
        parse_iban(text)
    assert not refused.value.check_digits
