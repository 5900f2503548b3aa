import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.identifiers.iban import (
    IbanError,
    account_of,
    bare_account_of,
    institution_of,
    make_iban,
    make_wallet_iban,
    mobile_in,
    parse_iban,
    shaped_iban,
)
from connectors.identifiers.mobile import MobileError

GOOD = [
    "PK41SBXA0000001000000017",
    "PK33SBXA0000000000000001",
    "PK40ZZZA0000000000000001",
    "PK93HABB0000000000000001",
    "PK34UNIL0000000000000001",
    "PK23MEZN0000000000000001",
    "PK51TMFB0000000000000001",
    "PK15JCMA0000000000000001",
    "PK36SCBL0000001123456702",
]


@pytest.mark.parametrize("iban", GOOD)
def test_a_good_iban_is_taken_and_made_again(iban: str) -> None:
    assert parse_iban(iban) == iban
    assert make_iban(iban[4:8], iban[8:]) == iban


def test_lower_case_spaces_and_dashes_are_taken() -> None:
    assert parse_iban(" pk36 scbl 0000-0011 2345 6702 ") == "PK36SCBL0000001123456702"


def test_wrong_check_digits_are_told_apart() -> None:
    with pytest.raises(
        IbanError, match="check digits 37 do not match the rest of the IBAN, which would need 36: "
    ) as refused:
        parse_iban("PK37SCBL0000001123456702")
    assert refused.value.check_digits
    assert shaped_iban("PK37SCBL0000001123456702") == "PK37SCBL0000001123456702"


@pytest.mark.parametrize(("made", "alias"), [("97", "00"), ("98", "01"), ("02", "99")])
def test_check_digits_that_leave_the_same_remainder_but_are_never_made_are_refused(
    made: str, alias: str
) -> None:
    iban = next(
        iban for number in range(1000) if (iban := make_iban("SBXA", str(number))).startswith(f"PK{made}")
    )
    with pytest.raises(IbanError, match=f"would need {made}"):
        parse_iban(f"PK{alias}{iban[4:]}")


@pytest.mark.parametrize(
    "text",
    [
        "PK36SCBL000000112345670",
        "",
        "GB36SCBL0000001123456702",
        "PK36SC1L0000001123456702",
        "PK36SCBL00000011234567_2",
        "PK\u0663\u0666SCBL0000001123456702",
    ],
)
def test_what_has_not_the_shape_is_refused(text: str) -> None:
    with pytest.raises(IbanError) as refused:
        parse_iban(text)
    assert not refused.value.check_digits


@pytest.mark.parametrize(
    ("institution", "account"),
    [("SBX", "1"), ("sbxa", "1"), ("SBXA", "1" * 17), ("SBXA", "12-3"), ("SBX\u0391", "1")],
)
def test_an_iban_is_made_of_capitals_and_digits_only(institution: str, account: str) -> None:
    with pytest.raises(IbanError):
        make_iban(institution, account)


def test_the_parts_of_an_iban() -> None:
    iban = "PK41SBXA0000001000000017"
    assert institution_of(iban) == "SBXA"
    assert account_of(iban) == "0000001000000017"
    assert bare_account_of(iban) == "1000000017"
    assert bare_account_of(make_iban("SBXA", "0")) == "0"


@pytest.mark.parametrize(("msisdn", "account"), [(False, "0000003901234567"), (True, "3003923901234567")])
def test_a_wallets_iban_holds_its_mobile_number(msisdn: bool, account: str) -> None:
    iban = make_wallet_iban("SBXW", "0390-1234567", msisdn=msisdn)
    assert account_of(iban) == account
    assert mobile_in(iban) == "+923901234567"


@pytest.mark.parametrize("account", ["1000000017", "13901234567", "103901234567", "3004923901234567"])
def test_most_accounts_hold_no_mobile_number(account: str) -> None:
    assert mobile_in(make_iban("SBXA", account)) is None


def test_a_wallet_is_numbered_by_a_mobile_number() -> None:
    with pytest.raises(MobileError):
        make_wallet_iban("SBXW", "02112345678")


@settings(deadline=None)
@given(
    institution=st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=4, max_size=4),
    account=st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", max_size=16),
)
def test_what_is_made_is_taken(institution: str, account: str) -> None:
    iban = make_iban(institution, account)
    assert parse_iban(iban) == iban
    assert account_of(iban).endswith(account)
