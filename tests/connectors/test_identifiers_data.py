"""The data behind the identifiers: every row says how sure it is and where from, and is well formed."""

import tomllib
from importlib.resources import files
from typing import Any

import pytest

from connectors.identifiers import cnic, mobile, raast_id, uid
from connectors.identifiers.banks import BANKS, CODE_SETS, banks_of, find_bank
from connectors.identifiers.data import STANDINGS, DataError, Standing
from connectors.identifiers.iban import make_iban, parse_iban
from connectors.identifiers.institutions import INSTITUTIONS, Capabilities, institutions_of
from connectors.identifiers.synthetic import RANGES, ranges_of

FACTS: list[tuple[str, Standing]] = [
    *((f"region {digit}", region.fact) for digit, region in cnic.REGIONS.items()),
    *((f"prefix {prefix}", hint.fact) for prefix, hint in mobile.OPERATORS.items()),
    *((f"range {row.kind} {row.prefix}", row.fact) for row in RANGES),
    *((f"alias {kind}", rule.fact) for kind, rule in raast_id.RULES.items()),
    *((f"uid {kind}", rule.fact) for kind, rule in uid.RULES.items()),
    *((f"institution {code}", row.fact) for code, row in INSTITUTIONS.items()),
    *(
        (f"{key} {code_set} {code}", fact)
        for key, bank in BANKS.items()
        for code_set in CODE_SETS
        for code, fact in bank.codes(code_set)
    ),
]


@pytest.mark.parametrize(("where", "fact"), FACTS, ids=[where for where, _ in FACTS])
def test_every_fact_has_a_standing_and_a_source(where: str, fact: Standing) -> None:
    assert fact.standing in STANDINGS, where
    assert len(fact.source) > 3, where


def test_every_type_has_a_rule_and_every_rule_a_type() -> None:
    assert set(raast_id.RULES) == set(raast_id.AliasType)
    assert set(uid.RULES) == set(uid.UidType)


@pytest.mark.parametrize(
    ("code_set", "code", "key"),
    [
        ("iban", "NBPA", "nbp"),
        ("bic", "NBPAPKKA", "nbp"),
        ("raast", "NBPBPKKA", "nbp"),
        ("imd", "601492", "nbp"),
        ("imd", "220872", "telenor"),
        ("raast", "WMBLPKKA", "mobilink"),
        ("raast", "JCICPKKA", "mobilink"),
        ("raast", "MUCBPKKKRTG", "mcb"),
        ("bic", "SCBLPKKX", "standard_chartered"),
        ("raast", "SBPPPKKAIPS", "sbp"),
    ],
)
def test_a_real_institution_is_found_by_each_of_its_codes(code_set: str, code: str, key: str) -> None:
    found = find_bank(code_set, code)
    assert found is not None
    assert found.key == key


@pytest.mark.parametrize(
    ("code_set", "code"), [("iban", "SBXA"), ("bic", "NBPBPKKA"), ("raast", "NBPAPKKA"), ("x", "NBPA")]
)
def test_the_code_sets_are_not_mixed_and_hold_no_invented_member(code_set: str, code: str) -> None:
    assert find_bank(code_set, code) is None


def test_every_iban_code_makes_an_iban() -> None:
    codes = [code for bank in BANKS.values() for code, _ in bank.iban]
    assert len(codes) == len(set(codes)) == 34
    assert all(parse_iban(make_iban(code, "1")) for code in codes)


def test_every_source_of_the_bank_table_is_used() -> None:
    data = tomllib.loads(files("connectors.identifiers").joinpath("banks.toml").read_text("utf-8"))
    used = {fact.source for where, fact in FACTS if where.split(" ")[0] in BANKS}
    assert used == set(data["sources"].values())


GOOD_CODE = {"code": "ABCD", "standing": "weak", "source": "s"}
BAD_BANKS: list[tuple[dict[str, Any], str]] = [
    ({"iban": [GOOD_CODE]}, r"\[x\]: every bank has a name"),
    ({"name": ""}, r"\[x\]: every bank has a name"),
    ({"name": "X", "swift": []}, r"\[x\]: unknown fields swift"),
    ({"name": "X", "iban": [GOOD_CODE | {"code": "ABC1"}]}, r"\[x\] iban: 'ABC1' has not the shape"),
    ({"name": "X", "iban": [{"standing": "weak", "source": "s"}]}, r"\[x\] iban: None has not the shape"),
    ({"name": "X", "imd": [GOOD_CODE | {"code": "12345"}]}, r"\[x\] imd: '12345' has not the shape"),
    ({"name": "X", "bic": [GOOD_CODE | {"code": "ABCDGBKA"}]}, r"\[x\] bic: 'ABCDGBKA' has not"),
    (
        {"name": "X", "iban": [GOOD_CODE | {"standing": "sure"}]},
        "standing is one of documented, weak, invented",
    ),
    ({"name": "X", "iban": [GOOD_CODE | {"source": ""}]}, "every fact names its source"),
    ({"name": "X", "iban": [GOOD_CODE | {"source": "t"}]}, "'t' is none of the file's sources"),
    ({"name": "X", "iban": [GOOD_CODE, GOOD_CODE]}, "ABCD is there twice"),
]


@pytest.mark.parametrize(("row", "says"), BAD_BANKS)
def test_a_bank_row_that_is_wrong_is_named(row: dict[str, Any], says: str) -> None:
    with pytest.raises(DataError, match=says):
        banks_of({"sources": {"s": "somewhere"}, "banks": {"x": row}})


def test_the_invented_members_have_capabilities() -> None:
    everything = Capabilities(*[True] * 7)
    assert {code: row.capabilities for code, row in INSTITUTIONS.items()} == {
        "SBXA": everything,
        "SBXB": everything._replace(raast_pisp=False),
        "SBXW": everything._replace(raast_bulk=False, raast_pisp=False),
    }


def test_the_invented_members_share_no_code_with_a_real_institution() -> None:
    for row in INSTITUTIONS.values():
        codes = [("iban", row.code), ("bic", row.member_code), ("raast", row.member_code), ("imd", row.imd)]
        assert [find_bank(*code) for code in codes] == [None] * 4


def institution(**changes: object) -> dict[str, dict[str, Any]]:
    row: dict[str, object] = {
        "name": "X",
        "kind": "bank",
        "member_code": "SBXXPKKA",
        "imd": "999009",
        "account_pattern": "[0-9]{1,16}",
        "account_help": "Digits.",
        "standing": "invented",
        "source": "a test",
        "capabilities": dict.fromkeys(Capabilities._fields, True),
    }
    return {"SBXX": {name: value for name, value in (row | changes).items() if value is not None}}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"standing": None}, "standing is one of"),
        ({"source": None}, "names its source"),
        ({"capabilities": None}, "capabilities are ibft, raast_p2p"),
        ({"capabilities": {"ibft": True}}, "capabilities are ibft, raast_p2p"),
        ({"capabilities": dict.fromkeys(Capabilities._fields, "Y")}, "a capability is true or false"),
        ({"imd": None}, "imd, kind, member_code, name are text"),
        ({"imd": 999009}, "imd, kind, member_code, name are text"),
        ({"account_pattern": "["}, "account_pattern is no pattern"),
        ({"colour": "green"}, "nothing else is there"),
    ],
)
def test_an_institution_row_that_is_wrong_is_named(changes: dict[str, object], says: str) -> None:
    with pytest.raises(DataError, match=says):
        institutions_of(institution(**changes))


def test_a_good_institution_row_is_read() -> None:
    assert institutions_of(institution())["SBXX"].imd == "999009"


GOOD_RANGE: dict[str, object] = {"prefix": "9", "why": "w", "standing": "invented", "source": "s"}


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([GOOD_RANGE | {"prefix": 9}], r"\[\[cnic\]\] 0: prefix and why are text"),
        ([GOOD_RANGE | {"exact": "yes"}], "exact is true or false"),
        ([GOOD_RANGE | {"why": None}], "prefix and why are text"),
        ([GOOD_RANGE, GOOD_RANGE], r"\[\[cnic\]\] 1: 9 is there twice"),
        ([GOOD_RANGE | {"standing": "known"}], "standing is one of"),
    ],
)
def test_a_synthetic_range_that_is_wrong_is_named(rows: list[dict[str, object]], says: str) -> None:
    with pytest.raises(DataError, match=says):
        ranges_of({"cnic": rows})
