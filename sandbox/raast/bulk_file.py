"""Reads bulk files: CSV with a header, or one JSON object a line. Pure; a wrong row is an answer, not an error.

Columns: `end_to_end_id`, `amount_paisa`, and `destination_iban` or `alias_type` with `alias`; `narration` may
be there. Nothing public says what Raast's own bulk files look like, so this layout is ours.
"""

import csv
import re
from collections.abc import Iterator
from io import StringIO
from typing import Any

import orjson

from connectors.identifiers.iban import IbanError, institution_of, parse_iban
from connectors.identifiers.institutions import INSTITUTIONS
from sandbox.accounts.models import MOST_PAISA
from sandbox.raast.bulk_models import MOST_ROWS, Row, RowStatus

COLUMNS = frozenset({"end_to_end_id", "amount_paisa", "destination_iban", "alias_type", "alias", "narration"})
NEEDED = frozenset({"end_to_end_id", "amount_paisa"})
WRONG = "invalid_field"
TWICE = "AM05"
_REFERENCE = re.compile(r"[0-9A-Za-z/?:().,'+ -]{1,35}", re.ASCII)
_AMOUNT = re.compile(r"[0-9]{1,16}", re.ASCII)
_LONGEST = {"narration": 140, "alias": 330, "alias_type": 10, "destination_iban": 40}


class BulkFileError(ValueError):
    """The file as a whole cannot be read; the message says what to mend."""


def read_file(form: str, raw: bytes) -> list[Row]:
    """Return the rows of a file of the form `csv` or `jsonl`; raises `BulkFileError`."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise BulkFileError("The file must be in UTF-8.") from wrong
    if form not in _FORMS:
        raise BulkFileError(f"The format is one of {', '.join(_FORMS)}.")
    rows: list[Row] = []
    seen: set[str] = set()
    for line, values in _FORMS[form](text):
        if len(rows) == MOST_ROWS:
            raise BulkFileError(f"A file has at most {MOST_ROWS} payments. Split it.")
        row = read_row(line, values) if isinstance(values, dict) else _reject(Row(line=line), WRONG, values)
        if row.status is RowStatus.WAITING and row.end_to_end_id in seen:
            _reject(row, TWICE, "An earlier row of this file has the same end_to_end_id.")
        seen.add(row.end_to_end_id)
        rows.append(row)
    if not rows:
        raise BulkFileError("The file has no payments.")
    return rows


def _csv_rows(text: str) -> Iterator[tuple[int, dict[str, Any] | str]]:
    lines = csv.reader(StringIO(text, newline=""), strict=True)
    try:
        header = next(lines, [])
        names = set(header)
        if len(names) != len(header) or not names <= COLUMNS or not names >= NEEDED:
            raise BulkFileError(
                f"The first line names the columns, each once: {', '.join(sorted(COLUMNS))}; "
                f"{' and '.join(sorted(NEEDED))} must be there."
            )
        for values in lines:
            if not values:
                continue
            if len(values) == len(header):
                yield lines.line_num, dict(zip(header, values, strict=True))
            else:
                yield lines.line_num, f"The row has {len(values)} values, the header {len(header)}."
    except csv.Error as wrong:
        raise BulkFileError(f"The file is no CSV at line {lines.line_num}: {wrong}.") from wrong


def _json_rows(text: str) -> Iterator[tuple[int, dict[str, Any] | str]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            values = orjson.loads(line)
        except orjson.JSONDecodeError as wrong:
            yield number, f"The line is no JSON: {wrong}."
            continue
        yield number, _object(values)


def _object(values: object) -> dict[str, Any] | str:
    if not isinstance(values, dict):
        return "The line is no JSON object."
    if not values.keys() <= COLUMNS:
        return f"An object has the members {', '.join(sorted(COLUMNS))} and no others."
    amount = values.get("amount_paisa")
    if isinstance(amount, bool) or not isinstance(amount, int):
        return "amount_paisa is a whole number of paisa."
    if not all(isinstance(value, str) for name, value in values.items() if name != "amount_paisa"):
        return "All members but amount_paisa are text."
    return values | {"amount_paisa": str(amount)}


_FORMS = {"csv": _csv_rows, "jsonl": _json_rows}


def read_row(line: int, values: dict[str, Any]) -> Row:
    """Read one row, whose values are text; a rejected one says why."""
    row = Row(line=line)
    reference, amount = values.get("end_to_end_id", ""), values.get("amount_paisa", "")
    if not _REFERENCE.fullmatch(reference):
        return _reject(
            row, WRONG, "end_to_end_id is 1 to 35 letters, digits and / ? : ( ) . , ' + - or spaces."
        )
    row.end_to_end_id = reference
    if not _AMOUNT.fullmatch(amount) or not 0 < int(amount) <= MOST_PAISA:
        return _reject(row, WRONG, "amount_paisa is a whole number of paisa: 1 to 10^15.")
    row.amount_paisa = int(amount)
    for name, most in _LONGEST.items():
        if len(values.get(name, "")) > most:
            return _reject(row, WRONG, f"{name} has at most {most} characters.")
    row.narration = values.get("narration") or None
    row.alias_type, row.alias = values.get("alias_type", ""), values.get("alias", "")
    iban = values.get("destination_iban", "")
    if bool(iban) == bool(row.alias) or bool(row.alias) != bool(row.alias_type):
        return _reject(row, WRONG, "Give destination_iban, or alias_type and alias.")
    return _read_iban(row, iban) if iban else row


def _read_iban(row: Row, iban: str) -> Row:
    try:
        row.iban = parse_iban(iban)
    except IbanError as wrong:
        return _reject(row, "iban_check_digits" if wrong.check_digits else WRONG, f"{wrong}.")
    code = institution_of(row.iban)
    if code not in INSTITUTIONS:
        return _reject(
            row, WRONG, f"{code} is not an institution of the sandbox ({', '.join(INSTITUTIONS)})."
        )
    return row


def _reject(row: Row, reason: str, detail: str) -> Row:
    row.status, row.reason, row.detail = RowStatus.REJECTED, reason, detail
    return row
