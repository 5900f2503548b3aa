"""References and codes: data with a source, and the functions that make them."""

import tomllib
from importlib.resources import files
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.iso20022.header import HEADERS
from connectors.iso20022.references import (
    CODES,
    FORMATS,
    Code,
    Format,
    make_end_to_end_id,
    make_instruction_id,
    make_message_id,
    uuid_of,
)
from connectors.iso20022.wire import MESSAGES
from ledger.clock import from_rfc3339

ROWS: list[Format | Code] = [*FORMATS.values(), *CODES.values()]
MAX_35 = 35


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_every_row_says_how_sure_it_is_and_where_from(row: Format | Code) -> None:
    assert row.standing in {"documented", "weak", "invented"}
    assert row.source
    assert row.meaning


@pytest.mark.parametrize("row", FORMATS.values(), ids=list(FORMATS))
def test_every_example_fits_its_format_and_its_element(row: Format) -> None:
    assert row.fits(row.example)
    assert len(row.example) <= MAX_35 + (row.name == "uetr")
    assert not row.fits(row.example + "0")


def test_a_message_id_is_a_member_code_and_18_digits() -> None:
    assert make_message_id("SBXAPKKA", 261124120000000001) == FORMATS["message_id"].example
    assert make_message_id("SBXAPKKA", 7) == "SBXAPKKA000000000000000007"


def test_an_instruction_id_has_the_time_in_pakistan() -> None:
    assert (
        make_instruction_id("SBXA", from_rfc3339("2026-11-24T07:00:00Z"), 1)
        == FORMATS["instruction_id"].example
    )
    assert (
        make_instruction_id("SBXB", from_rfc3339("2026-12-31T20:00:00Z"), 999_999) == "SBXB270101010000999999"
    )


@pytest.mark.parametrize(
    ("member", "serial"), [("SBXA", 1), ("sbxapkka", 1), ("SBXAPKKA", 10**18), ("SBXAPKKA", -1)]
)
def test_no_message_id_is_made_of_what_does_not_fit(member: str, serial: int) -> None:
    with pytest.raises(ValueError, match="is no message_id"):
        make_message_id(member, serial)


@pytest.mark.parametrize(("institution", "serial"), [("SBX", 1), ("SBXA", 10**6), ("SBXA", -1)])
def test_no_instruction_id_is_made_of_what_does_not_fit(institution: str, serial: int) -> None:
    with pytest.raises(ValueError, match="is no instruction_id"):
        make_instruction_id(institution, 0, serial)


@given(st.uuids())
def test_an_end_to_end_id_is_a_uuid_that_fits(uuid: UUID) -> None:
    reference = make_end_to_end_id(uuid)
    assert len(reference) == MAX_35
    assert FORMATS["end_to_end_id"].fits(reference)
    assert uuid_of(reference) == uuid


@pytest.mark.parametrize(
    "text", ["", "NOTPROVIDED", "0ffb1f6e-2a5b-4c1d-9a3e-1234567890ab", "0ffb1f6e2a5b4c1d9a3e1234567890ab"]
)
def test_an_end_to_end_id_made_otherwise_has_no_uuid(text: str) -> None:
    assert uuid_of(text) is None


def test_the_readme_names_every_message_and_every_code() -> None:
    readme = files("connectors.iso20022").joinpath("README.md").read_text("utf-8")
    for codec in (*MESSAGES.values(), *HEADERS):
        assert f"| {codec.name} |" in readme
    for code in CODES.values():
        assert f"`{code.code}`" in readme


def test_the_types_say_where_they_come_from() -> None:
    text = files("connectors.iso20022").joinpath("types.toml").read_text("utf-8")
    assert "standing: documented. source:" in text
    assert tomllib.loads(text)["types"].keys() >= set(MESSAGES)
