"""A real person's number is never taken silently."""

import pytest

from connectors.identifiers.card import CardError, luhn_digit, parse_card
from connectors.identifiers.cnic import CnicError
from connectors.identifiers.mobile import MobileError, is_in_use
from connectors.identifiers.people import REFUSED, Kind, Refused, Taken, decide, personal_kind
from connectors.identifiers.raast_id import parse_raast_id
from connectors.identifiers.synthetic import RANGES, is_in_range
from connectors.identifiers.uid import parse_uid

SYNTHETIC = [
    (Kind.CNIC, "00001-0000001-1"),
    (Kind.CNIC, "80001-0000001-2"),
    (Kind.CNIC, "90001-0000001-1"),
    (Kind.MOBILE, "0390 0000000"),
    (Kind.MOBILE, "+92-3999999999"),
    (Kind.CARD, "4242 4242 4242 4242"),
    (Kind.CARD, "4000 0000 0000 0002"),
    (Kind.CARD, "5555 5555 5555 4444"),
]
# Of the right form and in use: written here as patterns that nobody was asked for.
REAL_LOOKING = [
    (Kind.CNIC, "10000-0000000-0", "starts with 0, 8, 9, for example 90001-0000001-1"),
    (Kind.CNIC, "70000-0000000-0", "starts with 0, 8, 9, for example 90001-0000001-1"),
    (Kind.MOBILE, "0300 0000000", "starts with +9239, for example 0390 1234567"),
    (Kind.MOBILE, "0389 9999999", "starts with +9239, for example 0390 1234567"),
    (Kind.CARD, "4999 9999 9999 9996", "starts with 42424242, 40000000, for example 4242 4242 4242 4242"),
]


@pytest.mark.parametrize(("kind", "text"), SYNTHETIC)
def test_a_synthetic_number_is_taken(kind: Kind, text: str) -> None:
    verdict = decide(kind, text)
    assert isinstance(verdict, Taken)
    assert verdict.synthetic


@pytest.mark.parametrize(("kind", "text", "says"), REAL_LOOKING)
def test_any_other_is_refused_with_an_explanation_that_does_not_repeat_it(
    kind: Kind, text: str, says: str
) -> None:
    verdict = decide(kind, text)
    assert isinstance(verdict, Refused)
    assert verdict.code == REFUSED
    assert says in verdict.explanation
    assert "ask the operator" in verdict.explanation
    assert "*" in verdict.masked
    assert not {text, text.replace(" ", "").replace("-", "")} & set(verdict.explanation.split())


@pytest.mark.parametrize(("kind", "text", "says"), REAL_LOOKING)
def test_the_operator_allows_real_numbers_kind_by_kind(kind: Kind, text: str, says: str) -> None:
    assert says
    allowed = decide(kind, text, frozenset({kind}))
    assert isinstance(allowed, Taken)
    assert not allowed.synthetic
    assert isinstance(decide(kind, text, frozenset(Kind) - {kind}), Refused)


@pytest.mark.parametrize(
    ("kind", "error"), [(Kind.CNIC, CnicError), (Kind.MOBILE, MobileError), (Kind.CARD, CardError)]
)
def test_what_is_no_number_at_all_is_the_kinds_own_error(kind: Kind, error: type[Exception]) -> None:
    with pytest.raises(error):
        decide(kind, "hello", frozenset(Kind))


@pytest.mark.parametrize(
    ("alias", "text", "kind"),
    [
        ("MOBILE", "03901234567", Kind.MOBILE),
        ("CNIC", "9000100000011", Kind.CNIC),
        ("EMAIL", "a@example.com", None),
        ("TXT", "chaiwala", None),
        ("TILL", "123456", None),
    ],
)
def test_an_alias_says_as_what_it_must_be_looked_at(alias: str, text: str, kind: Kind | None) -> None:
    assert personal_kind(parse_raast_id(alias, text)) is kind


@pytest.mark.parametrize(
    ("uid", "text", "kind"),
    [
        ("CNIC", "9000100000011", Kind.CNIC),
        ("NICOP", "9000100000011", Kind.CNIC),
        ("POC", "9000100000011", Kind.CNIC),
        ("NTN", "9000100000011", Kind.CNIC),
        ("NTN", "12345678", None),
        ("REG_NO", "12345", None),
        ("PASSPORT", "ZZ1234567", None),
    ],
)
def test_a_uid_says_as_what_it_must_be_looked_at(uid: str, text: str, kind: Kind | None) -> None:
    assert personal_kind(parse_uid(uid, text)) is kind


def test_every_kind_has_a_range() -> None:
    assert {row.kind for row in RANGES} == set(Kind)


def test_no_synthetic_mobile_number_is_in_use_as_far_as_is_known() -> None:
    assert not [prefix for prefix in range(100) if is_in_use(f"+9239{prefix:02}123456")]


def test_every_exact_card_number_is_well_formed_and_stands_alone() -> None:
    exact = [row.prefix for row in RANGES if row.exact]
    assert [parse_card(number) for number in exact] == exact
    assert not any(is_in_range("card", number + "0") for number in exact)


def test_the_refused_card_of_this_file_is_well_formed() -> None:
    assert luhn_digit("499999999999999") == "6"
