"""Every identifier: what is taken, how it is written, what is hidden, and that hostile text is refused."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.identifiers import accounts, card, cnic, iban, mobile, ntn, psid, raast_id, strn, uid
from connectors.identifiers.institutions import INSTITUTIONS
from connectors.identifiers.text import MAX_CHARACTERS, IdentifierError


class Identifier(NamedTuple):
    parse: Callable[[str], Any]
    write: Callable[[Any], str]
    mask: Callable[[Any], str]
    error: type[IdentifierError]


IDENTIFIERS = {
    "iban": Identifier(iban.parse_iban, iban.format_iban, iban.mask_iban, iban.IbanError),
    "cnic": Identifier(cnic.parse_cnic, cnic.format_cnic, cnic.mask_cnic, cnic.CnicError),
    "ntn": Identifier(ntn.parse_ntn, ntn.format_ntn, ntn.mask_ntn, ntn.NtnError),
    "strn": Identifier(strn.parse_strn, strn.format_strn, strn.mask_strn, strn.StrnError),
    "psid": Identifier(psid.parse_psid, psid.format_psid, psid.mask_psid, psid.PsidError),
    "card": Identifier(card.parse_card, card.format_card, card.mask_card, card.CardError),
    "mobile": Identifier(mobile.parse_mobile, mobile.format_mobile, mobile.mask_mobile, mobile.MobileError),
} | {
    f"raast {kind}": Identifier(
        partial(raast_id.parse_raast_id, kind),
        raast_id.format_raast_id,
        raast_id.mask_raast_id,
        raast_id.RaastIdError,
    )
    for kind in raast_id.AliasType
}
IDENTIFIERS |= {
    f"account {code}": Identifier(
        partial(accounts.parse_account, institution), iban.format_iban, iban.mask_iban, accounts.AccountError
    )
    for code, institution in INSTITUTIONS.items()
}
IDENTIFIERS |= {
    f"uid {kind}": Identifier(partial(uid.parse_uid, kind), uid.format_uid, uid.mask_uid, uid.UidError)
    for kind in uid.UidType
}

TAKEN = [
    # identifier, as it is given, as it is kept, as people read it, as logs show it
    ("iban", "pk41 sbxa 0000 0010 0000 0017", "PK41SBXA0000001000000017", "PK41 SBXA 0000 0010 0000 0017", "PK41SBXA************0017"),
    ("cnic", "90001-0000001-1", "9000100000011", "90001-0000001-1", "90001-*******-*"),
    ("cnic", " 9000100000011 ", "9000100000011", "90001-0000001-1", "90001-*******-*"),
    ("ntn", "1234567-8", "12345678", "1234567-8", "*****67-8"),
    ("ntn", "90001-0000001-1", "9000100000011", "90001-0000001-1", "90001-*******-*"),
    ("strn", "12-34-5678-901-23", "1234567890123", "12-34-5678-901-23", "**-**-****-**1-23"),
    ("psid", "12345678901234567", "12345678901234567", "1234 5678 9012 3456 7", "*************4567"),
    ("card", "4242 4242 4242 4242", "4242424242424242", "4242 4242 4242 4242", "424242******4242"),
    ("mobile", "03901234567", "+923901234567", "0390 1234567", "0390 ****567"),
    ("mobile", "0390-1234567", "+923901234567", "0390 1234567", "0390 ****567"),
    ("mobile", "3901234567", "+923901234567", "0390 1234567", "0390 ****567"),
    ("mobile", "+923901234567", "+923901234567", "0390 1234567", "0390 ****567"),
    ("mobile", "923901234567", "+923901234567", "0390 1234567", "0390 ****567"),
    ("mobile", "00923901234567", "+923901234567", "0390 1234567", "0390 ****567"),
    ("mobile", "+92-3901234567", "+923901234567", "0390 1234567", "0390 ****567"),
    ("raast MOBILE", "03901234567", ("MOBILE", "+923901234567"), "0390 1234567", "0390 ****567"),
    ("raast CNIC", "90001-0000001-1", ("CNIC", "9000100000011"), "90001-0000001-1", "90001-*******-*"),
    ("raast EMAIL", "Ayesha@Example.com", ("EMAIL", "ayesha@example.com"), "ayesha@example.com", "a*****@example.com"),
    ("raast TXT", "Chai.Wala", ("TXT", "chai.wala"), "chai.wala", "c********"),
    ("raast TILL", "000123", ("TILL", "000123"), "000123", "000123"),
    ("account SBXA", "1000000017", "PK41SBXA0000001000000017", "PK41 SBXA 0000 0010 0000 0017", "PK41SBXA************0017"),
    ("account SBXA", "pk41 sbxa 0000 0010 0000 0017", "PK41SBXA0000001000000017", "PK41 SBXA 0000 0010 0000 0017", "PK41SBXA************0017"),
    ("account SBXA", "0000001000000017", "PK41SBXA0000001000000017", "PK41 SBXA 0000 0010 0000 0017", "PK41SBXA************0017"),
    ("account SBXB", "ac03", "PK03SBXB000000000000AC03", "PK03 SBXB 0000 0000 0000 AC03", "PK03SBXB************AC03"),
    ("account SBXW", "+92-3990000007", "PK29SBXW0000003990000007", "PK29 SBXW 0000 0039 9000 0007", "PK29SBXW************0007"),
    ("account SBXW", "12", "PK59SBXW0000000000000012", "PK59 SBXW 0000 0000 0000 0012", "PK59SBXW************0012"),
    ("uid CNIC", "90001-0000001-1", ("CNIC", "9000100000011"), "90001-0000001-1", "90001-*******-*"),
    ("uid NICOP", "9000100000011", ("NICOP", "9000100000011"), "90001-0000001-1", "90001-*******-*"),
    ("uid POC", "9000100000011", ("POC", "9000100000011"), "90001-0000001-1", "90001-*******-*"),
    ("uid NTN", "1234567-8", ("NTN", "12345678"), "1234567-8", "*****67-8"),
    ("uid NTN", "9000100000011", ("NTN", "9000100000011"), "90001-0000001-1", "90001-*******-*"),
    ("uid REG_NO", "k-12 345", ("REG_NO", "K12345"), "K12345", "***345"),
    ("uid REG_NO", "123", ("REG_NO", "123"), "123", "***"),
    ("raast EMAIL", "a@example.com", ("EMAIL", "a@example.com"), "a@example.com", "*@example.com"),
    ("card", "4242 4242 4242", "424242424242", "4242 4242 4242", "424242**4242"),
    ("card", "4242424242424242428", "4242424242424242428", "4242 4242 4242 4242 428", "424242*********2428"),
    ("uid PASSPORT", "zz1234567", ("PASSPORT", "ZZ1234567"), "ZZ1234567", "******567"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "given_text", "kept", "written", "masked"), TAKEN)
def test_what_is_taken_is_kept_written_and_masked_so(
    name: str, given_text: str, kept: object, written: str, masked: str
) -> None:
    identifier = IDENTIFIERS[name]
    parsed = identifier.parse(given_text)
    assert parsed == kept
    assert identifier.write(parsed) == written
    assert identifier.mask(parsed) == masked
    assert identifier.parse(written) == parsed


REFUSED = [
    ("cnic", "90001-0000001", "has 13 digits, this has 12"),
    ("cnic", "90001-0000001-11", "has 13 digits, this has 14"),
    ("cnic", "90001/0000001/1", "nothing else but dashes or spaces"),
    ("ntn", "1234567", "has 8 or 13 digits, this has 7"),
    ("strn", "1234567", "has 13 digits, this has 7"),
    ("psid", "1234567890123456", "has 17 digits, this has 16"),
    ("card", "4242424242424241", "one of them was mistyped"),
    ("card", "42424242424", "has 12 to 19 digits, this has 11"),
    ("card", "42424242424242424242", "this has 20"),
    ("mobile", "02112345678", "03 and nine digits"),
    ("mobile", "0390123456", "03 and nine digits"),
    ("mobile", "+913901234567", "03 and nine digits"),
    ("mobile", "++923901234567", "03 and nine digits"),
    ("raast MOBILE", "0211234567", "MOBILE alias: A mobile number"),
    ("raast CNIC", "9000", "CNIC alias: A CNIC has 13 digits"),
    ("raast EMAIL", "ayesha@localhost", "EMAIL alias: An e-mail address"),
    ("raast EMAIL", "a b@example.com", "EMAIL alias"),
    ("raast EMAIL", "@example.com", "EMAIL alias"),
    ("raast EMAIL", f"{'a' * 65}@example.com", "EMAIL alias"),
    ("raast TXT", "ab", "TXT alias: 3 to 35"),
    ("raast TXT", "1abc", "beginning with a letter"),
    ("raast TILL", "123", "TILL alias: 4 to 12 digits"),
    ("account SBXA", "12/3", "Sandbox Bank A: An account has up to 16"),
    ("account SBXW", "0390+123", "Sandbox Wallet: A wallet is known by its mobile number"),
    ("account SBXA", "PK36SCBL0000001123456703", "Sandbox Bank A: The check digits"),
    ("account SBXB", "PK41SBXA0000001000000017", "This IBAN is of SBXA, not of SBXB (Sandbox Bank B)"),
    ("uid CNIC", "123", "CNIC: The 13 digits"),
    ("uid REG_NO", "K/1", "REG_NO: A company's registration number"),
    ("uid PASSPORT", "ABCDEFG", "PASSPORT: 6 to 9"),
]


@pytest.mark.parametrize(("name", "text", "says"), REFUSED)
def test_what_is_refused_says_why_and_never_repeats_the_number(name: str, text: str, says: str) -> None:
    with pytest.raises(IDENTIFIERS[name].error) as refused:
        IDENTIFIERS[name].parse(text)
    assert says in str(refused.value)
    assert text not in str(refused.value)


HOSTILE: dict[str, object] = {
    "nothing": None,
    "bytes": b"9000100000011",
    "a number": 9000100000011,
    "empty": "",
    "only spaces": "   ",
    "only dashes": "---",
    "a megabyte": "9" * 1_000_000,
    "one too long": "9" * (MAX_CHARACTERS + 1),
    "arabic digits": "\u0669\u0660\u0660\u0660\u0661\u0660\u0660\u0660\u0660\u0660\u0660\u0661\u0661",
    "fullwidth digits": "\uff19" * 13,
    "superscript digits": "\u00b2" * 13,
    "a letter that capitalises to S": "PK36\u017fCBL0000001123456702",
    "a lone surrogate": "\ud800",
    "a null character": "9000100000011\x00",
    "a line break": "9000100000011\n",
    "no-break spaces": "90001\u00a00000001\u00a01",
    "right-to-left mark": "\u200f9000100000011",
}


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=list(HOSTILE))
@pytest.mark.parametrize("name", IDENTIFIERS)
def test_hostile_input_gives_the_modules_own_error(name: str, hostile: Any) -> None:
    with pytest.raises(IDENTIFIERS[name].error):
        IDENTIFIERS[name].parse(hostile)


@pytest.mark.parametrize("name", IDENTIFIERS)
@settings(deadline=None)
@given(text=st.text(max_size=40))
def test_any_text_is_parsed_or_refused_and_nothing_else(name: str, text: str) -> None:
    identifier = IDENTIFIERS[name]
    try:
        parsed = identifier.parse(text)
    except identifier.error:
        return
    assert identifier.parse(identifier.write(parsed)) == parsed


@pytest.mark.parametrize(
    ("number", "gender", "region"),
    [
        ("9000100000011", "MALE", None),
        ("9000100000012", "FEMA", None),
        ("0000000000000", "FEMA", None),
        ("8000000000009", "MALE", None),
    ]
    + [(f"{digit}000000000001", "MALE", cnic.REGIONS[digit].name) for digit in "1234567"],
)
def test_a_cnic_tells_gender_by_parity_and_region_by_its_first_digit(
    number: str, gender: str, region: str | None
) -> None:
    found = cnic.region_of(number)
    assert cnic.gender_of(number) == gender
    assert (found and found.name) == region
    assert cnic.locality_of(number) == number[:5]
    assert cnic.is_synthetic(number) is (region is None)


def test_no_identifier_is_longer_than_an_email_address_may_be() -> None:
    domain = f"{'.'.join(['d' * 61] * 3)}.com"
    longest = f"{'a' * 63}@{domain}"
    assert len(longest) == MAX_CHARACTERS - 1
    assert raast_id.parse_raast_id("EMAIL", longest + " ").value == longest
    with pytest.raises(raast_id.RaastIdError, match="this text has 255 characters"):
        raast_id.parse_raast_id("EMAIL", longest + "  ")


def test_a_mobile_number_is_written_as_each_interface_wants_it() -> None:
    number = mobile.parse_mobile("0390 1234567")
    assert mobile.local_mobile(number) == "03901234567"
    assert mobile.bare_mobile(number) == "923901234567"
    assert mobile.iso_mobile(number) == "+92-3901234567"


@settings(deadline=None)
@given(rest=st.integers(min_value=0, max_value=10**9 - 1))
def test_every_way_to_write_a_mobile_number_is_the_same_number(rest: int) -> None:
    number = f"+923{rest:09}"
    ways = mobile.local_mobile, mobile.bare_mobile, mobile.iso_mobile, mobile.format_mobile
    assert {mobile.parse_mobile(way(number)) for way in ways} == {number}


@pytest.mark.parametrize(
    ("local", "operator", "standing", "in_use"),
    [
        ("0300", "Jazz", "documented", True),
        ("0309", "Jazz", "documented", True),
        ("0310", "Zong", "documented", True),
        ("0320", None, None, True),
        ("0321", "Jazz", "documented", True),
        ("0325", "Jazz", "documented", True),
        ("0337", "Ufone", "documented", True),
        ("0338", "Ufone", "weak", False),
        ("0345", "Telenor", "documented", True),
        ("0355", "SCO", "documented", True),
        ("0357", "SCO", "weak", False),
        ("0364", None, None, True),
        ("0390", None, None, False),
    ],
)
def test_a_prefix_hints_at_the_operator_and_at_use(
    local: str, operator: str | None, standing: str | None, in_use: bool
) -> None:
    number = mobile.parse_mobile(f"{local}0000000")
    hint = mobile.operator_hint(number)
    assert (hint and hint.operator) == operator
    assert (hint and hint.fact.standing) == standing
    assert mobile.is_in_use(number) is in_use


@pytest.mark.parametrize(
    ("text", "guessed"),
    [
        ("03901234567", "MOBILE"),
        ("90001-0000001-1", "CNIC"),
        ("a@example.com", "EMAIL"),
        ("123456", "TILL"),
        ("chaiwala", "TXT"),
    ],
)
def test_the_type_of_an_alias_can_be_guessed(text: str, guessed: str) -> None:
    assert raast_id.guess_type(text) == guessed


def test_what_is_no_alias_at_all_cannot_be_guessed() -> None:
    with pytest.raises(raast_id.RaastIdError, match="no mobile number, CNIC"):
        raast_id.guess_type("?")


def test_an_unknown_type_names_the_known_ones() -> None:
    with pytest.raises(raast_id.RaastIdError, match="MOBILE, CNIC, EMAIL, TXT, TILL"):
        raast_id.parse_raast_id("IBAN", "x")
    with pytest.raises(uid.UidError, match="CNIC, NICOP, POC, NTN, REG_NO, PASSPORT"):
        uid.parse_uid("cnic", "9000100000011")


@settings(deadline=None)
@given(st.integers(min_value=0, max_value=10**15 - 1))
def test_luhn_finds_every_single_mistyped_digit(body: int) -> None:
    head = f"{body:015}"
    number = head + card.luhn_digit(head)
    assert card.parse_card(number) == number
    for position, digit in enumerate(number):
        wrong = number[:position] + str((int(digit) + 1) % 10) + number[position + 1 :]
        with pytest.raises(card.CardError):
            card.parse_card(wrong)
