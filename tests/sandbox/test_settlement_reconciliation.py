"""Reconciliation files: every kind of break, the same file for a seed, the key, the grade, hostile input."""

import csv
import io
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.settlement import statement
from sandbox.settlement.breaks import KINDS, ORDER, Break, grade, pick, rows, swapped
from sandbox.settlement.movements import Line
from tests.startup import RICH, SHOP, SignUp, Startup

START = "2026-11-24T06:00:00Z"
TODAY = "2026-11-24"
DAY = 24 * 3600
END = 1_795_546_800_000_000
AMOUNTS = (15_000, 2_500, 700, 5, 111, 98_765, 10_010, 4_000)

TRUE = Line(7, END - 1, "raast", "payment", "pay_01ABCDEFGH", "order-1", "SBXB", -15_000)


# --- the breaks, pure --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "amounts", "references", "line"),
    [
        ("missing", [], [], None),
        ("amount", [-51_000], [TRUE.reference], 2),
        ("duplicate", [-15_000, -15_000], [TRUE.reference, TRUE.reference], 3),
        ("reference", [-15_000], ["pay_01ABCDEFGU"], 2),
        ("sign", [15_000], [TRUE.reference], 2),
        ("extra", [-15_000, -15_000], [TRUE.reference, "pay_01ABCDU…"], 3),
        ("late", [-15_000, -15_000], [TRUE.reference, "pay_01ABCDU…"], 3),
    ],
)
def test_a_break_shows_in_the_file_and_in_the_key(
    kind: str, amounts: list[int], references: list[str], line: int | None
) -> None:
    made = list(rows([TRUE], {0: kind}, 1, END))
    in_file = [row.movement for row in made if row.movement is not None]
    assert [row.amount_paisa for row in in_file] == amounts
    for row, expected in zip(in_file, references, strict=True):
        assert row.reference.startswith(expected.rstrip("…"))
        assert len(row.reference) == len(TRUE.reference)
    (told,) = [row.found for row in made if row.found is not None]
    assert (told.kind, told.line) == (kind, line)
    assert told.reference == (in_file[-1].reference if in_file else TRUE.reference)
    assert [row.happened_at >= END for row in in_file] == [False] * (len(in_file) - (kind == "late")) + [
        True
    ] * (kind == "late")


def test_the_kinds_are_all_there() -> None:
    assert set(ORDER) == {"missing", "extra", "amount", "duplicate", "reference", "late", "sign"}


@pytest.mark.parametrize(
    ("paisa", "expected"),
    [
        (15_000, 51_000),
        (-15_000, -51_000),
        (100, 10),
        (12, 21),
        (1_123, 1_213),
        (5, 50),
        (111, 1_011),
        (-7, -70),
    ],
)
def test_digits_are_swapped(paisa: int, expected: int) -> None:
    assert swapped(paisa) == expected


@given(st.integers(1, 10**15), st.sampled_from((1, -1)))
def test_swapped_digits_are_the_same_digits_and_another_amount(paisa: int, sign: int) -> None:
    wrong = swapped(sign * paisa)
    assert wrong != sign * paisa
    assert wrong * sign > 0
    assert Counter(str(wrong)) - Counter(str(sign * paisa)) <= Counter("0")
    # A swap of neighbours changes a number by a multiple of nine: how accountants smell one.
    assert (wrong - sign * paisa) % 9 == 0


@given(st.integers(0, 2**53), st.integers(0, 60), st.data())
def test_breaks_hit_as_many_movements_as_asked(seed: int, among: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, among))
    chosen = pick(seed, count, among)
    assert len(chosen) == count
    assert all(0 <= place < among for place in chosen)
    taken = Counter(chosen.values())
    assert max(taken.values(), default=0) - min((taken[kind] for kind in KINDS), default=0) <= 1
    assert pick(seed, count, among) == chosen


def found(*pairs: tuple[str, str]) -> list[Break]:
    return [Break(kind, reference, 2, None, None, None) for kind, reference in pairs]


@pytest.mark.parametrize(
    ("key", "reported", "expected"),
    [
        ([], [], (0, 0, ())),
        ([("sign", "a")], [], (0, 1, ())),
        ([("sign", "a")], [("sign", "a")], (1, 0, ())),
        ([("sign", "a")], [("sign", "a"), ("sign", "a")], (1, 0, (("sign", "a"),))),
        ([("sign", "a")], [("amount", "a")], (0, 1, (("amount", "a"),))),
        ([("sign", "a"), ("late", "b")], [("late", "b"), ("late", "c")], (1, 1, (("late", "c"),))),
        ([], [("nonsense", "💸")], (0, 0, (("nonsense", "💸"),))),
    ],
)
def test_findings_are_graded(key: Any, reported: Any, expected: object) -> None:
    assert grade(found(*key), reported) == expected


# --- over HTTP ---------------------------------------------------------------------------------


@pytest.fixture
async def bank(sign_up: SignUp) -> Startup:
    return await a_closed_day(await sign_up(frozen_at=START, seed=7))


async def a_closed_day(bank: Startup) -> Startup:
    for amount in AMOUNTS:
        await bank.pay(SHOP, amount)
    await bank.pay(RICH, 300, source=SHOP)
    await bank.advance(DAY)
    return bank


async def make(bank: Startup, **asked: object) -> Any:
    answer = await bank.post(f"/v1/settlement/{TODAY}/reconciliation", asked)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def text(bank: Startup, path: str) -> str:
    answer = await bank.send("GET", path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/csv")
    return answer.text


def found_by_hand(true_text: str, file_text: str) -> list[dict[str, str]]:
    """Reconcile as a startup would: by reference, with the two files and nothing else."""
    true = list(csv.DictReader(io.StringIO(true_text)))
    file = list(csv.DictReader(io.StringIO(file_text)))
    by_reference = {row["reference"]: row for row in true}
    times, found = Counter(row["reference"] for row in file), []
    strangers = [row for row in file if row["reference"] not in by_reference]
    renamed = {row["end_to_end_id"]: row for row in strangers if row["end_to_end_id"]}
    for reference, row in by_reference.items():
        if times[reference] == 0 and row["end_to_end_id"] not in renamed:
            found.append({"kind": "missing", "reference": reference})
        if times[reference] > 1:
            found.append({"kind": "duplicate", "reference": reference})
    for row in file:
        same = by_reference.get(row["reference"])
        if same is None:
            late = row["happened_at"] >= "2026-11-24T19"
            kind = "reference" if row["end_to_end_id"] else "late" if late else "extra"
            found.append({"kind": kind, "reference": row["reference"]})
        elif row["amount_paisa"] != same["amount_paisa"]:
            kind = "sign" if int(row["amount_paisa"]) == -int(same["amount_paisa"]) else "amount"
            found.append({"kind": kind, "reference": row["reference"]})
    return found


@pytest.mark.parametrize("at_once", [1, 3, 1_000])
async def test_a_startup_finds_all_breaks_with_the_two_files(
    sign_up: SignUp, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(statement, "AT_ONCE", at_once)
    monkeypatch.setattr("sandbox.settlement.api.AT_ONCE", at_once)
    bank = await sign_up(frozen_at=START)
    for number, amount in enumerate(AMOUNTS):
        await bank.pay(SHOP, amount, end_to_end_id=f"order-{number}")
    await bank.advance(DAY)
    made = await make(bank, breaks=7, seed=3)
    file = await text(bank, made["file"])
    key = (await bank.get(made["key"]))["breaks"]
    assert sorted(row["kind"] for row in key) == sorted(KINDS)
    lines = file.splitlines()
    for row in key:
        assert row["line"] is None or row["reference"] in lines[row["line"] - 1]
    answers = found_by_hand(await text(bank, made["statement"]), file)
    graded = await bank.post(f"/v1/settlement/reconciliations/{made['id']}/grade", {"found": answers})
    assert graded.status_code == 200
    assert {name: graded.json()[name] for name in ("right", "missed", "wrong", "complete")} == {
        "right": 7,
        "missed": 0,
        "wrong": [],
        "complete": True,
    }


async def test_a_file_without_breaks_is_the_statement(bank: Startup) -> None:
    made = await make(bank, breaks=0)
    true = [line.partition(",")[2] for line in (await text(bank, made["statement"])).splitlines()]
    assert (await text(bank, made["file"])).splitlines() == true
    assert (await bank.get(made["key"]))["breaks"] == []
    assert made["movements"] == len(AMOUNTS) + 1


async def test_the_same_seed_makes_the_same_file_to_the_byte(bank: Startup, sign_up: SignUp) -> None:
    one, two, three = [await make(bank, seed=seed) for seed in (1, 1, 2)]
    first = await text(bank, one["file"])
    assert await text(bank, two["file"]) == first != await text(bank, three["file"])
    twin = await a_closed_day(await sign_up(frozen_at=START, seed=7))
    assert await text(twin, (await make(twin, seed=1))["file"]) == first
    await bank.pay(SHOP)
    await bank.advance(DAY)
    assert await text(bank, one["file"]) == first
    assert await bank.get(f"/v1/settlement/reconciliations/{one['id']}") == one


async def test_what_is_not_found_is_counted_and_what_is_none_is_named(bank: Startup) -> None:
    made = await make(bank, breaks=2)
    path = f"/v1/settlement/reconciliations/{made['id']}/grade"
    answer = (await bank.post(path, {"found": [{"kind": "sign", "reference": "x"}]})).json()
    assert (answer["right"], answer["missed"], answer["complete"]) == (0, 2, False)
    assert answer["wrong"] == [{"kind": "sign", "reference": "x"}]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"breaks": 10}, "breaks"),
        ({"breaks": 201}, "breaks"),
        ({"breaks": -1}, "breaks"),
        ({"breaks": "7"}, "breaks"),
        ({"breaks": 7.5}, "breaks"),
        ({"breaks": True}, "breaks"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**53 + 1}, "seed"),
        ({"seed": None}, "seed"),
        ({"institution": "HBL"}, "institution"),
        ({"institution": "A" * 41}, "institution"),
        ({"institution": "SBXW"}, "breaks"),
        ({"more": 1}, "more"),
    ],
)
async def test_a_file_that_cannot_be_made_is_refused(
    bank: Startup, body: dict[str, object], field: str
) -> None:
    before = bank.count("shelf_item")
    answer = await bank.post(f"/v1/settlement/{TODAY}/reconciliation", body)
    assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text
    assert bank.count("shelf_item") == before


async def test_a_day_that_is_not_closed_has_no_file(bank: Startup) -> None:
    answer = await bank.post("/v1/settlement/2026-11-25/reconciliation", {"breaks": 0})
    assert (answer.status_code, answer.json()["code"]) == (409, "settlement_open")


@pytest.mark.parametrize("rest", ["", "/file", "/key", "/grade"])
async def test_files_of_another_sandbox_are_not_there(bank: Startup, other: Startup, rest: str) -> None:
    made = await make(bank)
    for file_id in (made["id"], "rcn_x", "%00", "%F0%9F%92%B8", "a" * 500):
        path = f"/v1/settlement/reconciliations/{file_id}{rest}"
        method = "POST" if rest == "/grade" else "GET"
        answer = await other.send(method, path, {"found": []} if rest == "/grade" else None)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{", b"\xff\xfe", b'{"found": 1}', b'{"found": [{"kind": "sign"}]}', b'{"found": [1]}'],
)
async def test_findings_that_cannot_be_read_are_refused(bank: Startup, content: bytes) -> None:
    made = await make(bank)
    answer = await bank.client.post(
        f"/v1/settlement/reconciliations/{made['id']}/grade",
        content=content,
        headers={"authorization": f"Bearer {bank.secret}"},
    )
    assert answer.status_code in {400, 422}


async def test_too_many_findings_are_refused(bank: Startup) -> None:
    made = await make(bank)
    many = {"found": [{"kind": "sign", "reference": "x"}] * 1_001}
    answer = await bank.post(f"/v1/settlement/reconciliations/{made['id']}/grade", many)
    assert (answer.status_code, answer.json()["field"]) == (422, "found")
