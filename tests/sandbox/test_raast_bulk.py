import csv
import io
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.identifiers.iban import make_iban
from loadtests.bulk import measure
from sandbox.accounts.models import ACCOUNTS
from sandbox.accounts.service import SEED
from sandbox.db import UnitOfWork
from sandbox.jobs import JOBS
from sandbox.raast import bulk
from sandbox.raast.bulk_file import BulkFileError, read_file
from sandbox.raast.bulk_models import CHUNK, MOST_ROWS, RowStatus
from sandbox.raast.paying import pay_iban
from sandbox.world import World, enter
from tests.startup import RICH, SETTLES_LATER, SHOP, SILENT, Startup

PATH = "/v1/raast/bulk"
HEAD = "end_to_end_id,destination_iban,amount_paisa"
WALLET = SEED["wallet"].iban


def file_of(count: int, amount: int = 100) -> str:
    return "\n".join((HEAD, *(f"salary-{number},{SHOP},{amount}" for number in range(count))))


async def send(
    startup: Startup, content: str | bytes, *, form: str = "csv", source: str = RICH, key: str | None = None
) -> httpx.Response:
    headers = {"authorization": f"Bearer {startup.secret}"}
    if key is not None:
        headers["idempotency-key"] = key
    path = f"{PATH}?source={source}&format={form}"
    return await startup.client.post(path, content=content, headers=headers)


async def upload(startup: Startup, content: str, *, form: str = "csv", source: str = RICH) -> Any:
    answer = await send(startup, content, form=form, source=source)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def another_key(startup: Startup) -> Startup:
    made = (await startup.post("/v1/keys", {"name": "checker"})).json()
    return Startup(startup.app, startup.client, startup.signed_up | {"key": made})


async def approve(startup: Startup, batch: Any) -> Any:
    answer = await (await another_key(startup)).post(f"{PATH}/{batch['id']}/approve")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def work(startup: Startup) -> int:
    ran = 0
    while done := await startup.services.worker.run_due():
        ran += done
    return ran


async def rows_of(startup: Startup, batch: Any, kind: str) -> list[dict[str, str]]:
    answer = await startup.send("GET", batch[kind])
    assert answer.headers["content-type"].startswith("text/csv")
    assert f"{batch['id']}-{kind}.csv" in answer.headers["content-disposition"]
    return list(csv.DictReader(io.StringIO(answer.text)))


async def assert_clean(startup: Startup) -> None:
    assert (await startup.get("/v1/ledger/trial-balance"))["balanced"]
    assert (await startup.balance())["held_paisa"] == 0


async def test_a_file_is_checked_approved_and_paid_in_chunks(startup: Startup) -> None:
    count = 2 * CHUNK + 1
    before = await startup.balance("shop")
    batch = await upload(startup, file_of(count))
    assert (batch["status"], batch["rows"], batch["rejected"], batch["total_paisa"], batch["covered"]) == (
        "waiting",
        count,
        0,
        count * 100,
        True,
    )
    assert await startup.balance("shop") == before
    assert (await approve(startup, batch))["status"] == "running"
    assert await work(startup) == 3
    done = await startup.get(f"{PATH}/{batch['id']}")
    assert (done["status"], done["settled"], done["refused"], done["unknown"]) == ("completed", count, 0, 0)
    assert (await startup.balance("shop"))["ledger_paisa"] == before["ledger_paisa"] + count * 100
    completions = await rows_of(startup, done, "completions")
    assert [row["end_to_end_id"] for row in completions] == [f"salary-{number}" for number in range(count)]
    payment = await startup.get(f"/v1/payments/{completions[-1]['payment']}")
    assert (payment["status"], payment["end_to_end_id"]) == ("settled", f"salary-{count - 1}")
    assert await rows_of(startup, done, "rejections") == []
    [event] = (await startup.get(f"/v1/events?subject={batch['id']}"))["data"]
    assert (event["type"], event["data"]) == ("bulk.completed", done)
    assert (await startup.get(PATH))["data"] == [done]
    await assert_clean(startup)


ROWS: list[tuple[str, str]] = [
    (f",{SHOP},100", "invalid_field"),
    (f"{'x' * 36},{SHOP},100", "invalid_field"),
    (f"under_score,{SHOP},100", "invalid_field"),
    (f"a,{SHOP},0", "invalid_field"),
    (f"a,{SHOP},-5", "invalid_field"),
    (f"a,{SHOP},1.50", "invalid_field"),
    (f"a,{SHOP},1e3", "invalid_field"),
    (f"a,{SHOP},{10**15 + 1}", "invalid_field"),
    (f"a,{SHOP},\u0661\u0660\u0660", "invalid_field"),
    (f"a,{SHOP},{'9' * 5000}", "invalid_field"),
    ("a,,100", "invalid_field"),
    (f"a,{'P' * 41},100", "invalid_field"),
    (f"a,{SHOP[:-1]},100", "invalid_field"),
    (f"a,PK00{SHOP[4:]},100", "iban_check_digits"),
    ("a,PK93HABB0000000000000001,100", "invalid_field"),
    (f"a,{RICH},100", "invalid_field"),
    (f"first,{SHOP},100", "AM05"),
    (f"a,{make_iban('SBXB', '99')},100", "AC03"),
    (f"a,{SEED['closed'].iban},100", "AC04"),
    (f"a,{SEED['frozen'].iban},100", "AC06"),
    (f"a,{SEED['l0'].iban},2500001", "AM02"),
    (f"a,{SHOP}", "invalid_field"),
]


@pytest.mark.parametrize(("row", "reason"), ROWS)
async def test_a_wrong_row_is_rejected_by_its_line_and_the_others_are_paid(
    startup: Startup, row: str, reason: str
) -> None:
    batch = await upload(startup, f"{HEAD}\nfirst,{SHOP},100\n{row}\n\nlast,{WALLET},200\n")
    [error] = batch["errors"]
    assert (error["line"], error["reason"]) == (3, reason), error
    assert error["detail"]
    await approve(startup, batch)
    await work(startup)
    done = await startup.get(f"{PATH}/{batch['id']}")
    assert (done["status"], done["settled"], done["rejected"]) == ("completed", 2, 1)
    [rejected] = await rows_of(startup, done, "rejections")
    assert (rejected["line"], rejected["reason"], rejected["payment"]) == ("3", reason, "")
    await assert_clean(startup)


LINES: list[tuple[str, bool]] = [
    (f'{{"end_to_end_id":"a","destination_iban":"{SHOP}","amount_paisa":100}}', True),
    (f'{{"end_to_end_id":"a","destination_iban":"{SHOP}","amount_paisa":100,"narration":"Eid"}}', True),
    ('{"end_to_end_id":"a","alias_type":"TXT","alias":"bilal","amount_paisa":100}', True),
    ('{"end_to_end_id":"a","alias_type":"TXT","alias":"nobody","amount_paisa":100}', False),
    ('{"end_to_end_id":"a","alias":"bilal","amount_paisa":100}', False),
    (f'{{"end_to_end_id":"a","destination_iban":"{SHOP}","amount_paisa":"100"}}', False),
    (f'{{"end_to_end_id":"a","destination_iban":"{SHOP}","amount_paisa":true}}', False),
    (f'{{"end_to_end_id":1,"destination_iban":"{SHOP}","amount_paisa":100}}', False),
    (f'{{"end_to_end_id":"a","destination_iban":"{SHOP}","amount_paisa":100,"colour":"red"}}', False),
    ("{", False),
    ("[1]", False),
    ("null", False),
    ("{}", False),
]


@pytest.mark.parametrize(("line", "good"), LINES)
async def test_a_line_of_json_is_a_payment_or_says_why_not(startup: Startup, line: str, good: bool) -> None:
    customer = {
        "institution": "SBXB",
        "uid": {"type": "CNIC", "value": "9000100000021"},
        "name": "Bilal",
        "accounts": [{"account": SHOP}],
        "aliases": [{"type": "TXT", "value": "bilal"}],
    }
    assert (await startup.post("/v1/raast/customers", customer)).status_code == 201
    batch = await upload(startup, f"\n{line}\n", form="jsonl")
    if not good:
        assert (batch["status"], batch["errors"][0]["line"]) == ("rejected", 2)
        return
    await approve(startup, batch)
    await work(startup)
    assert (await startup.get(f"{PATH}/{batch['id']}"))["settled"] == 1


@pytest.mark.parametrize(
    ("content", "form"),
    [
        (b"", "csv"),
        (b"\xff\xfe", "csv"),
        (HEAD.encode(), "csv"),
        (b"a,b\n1,2\n", "csv"),
        (b"end_to_end_id,amount_paisa,amount_paisa\n", "csv"),
        (b"amount_paisa\n1\n", "csv"),
        (f'{HEAD}\n"a,{SHOP},1'.encode(), "csv"),
        (f"{HEAD}\n{'x' * 140_000},{SHOP},1".encode(), "csv"),
        (b"{}", "xml"),
        (b"\n\n", "jsonl"),
        (b"{}\n" * (MOST_ROWS + 1), "jsonl"),
    ],
)
async def test_a_file_that_cannot_be_read_stores_nothing(startup: Startup, content: bytes, form: str) -> None:
    answer = await send(startup, content, form=form)
    assert (answer.status_code, answer.json()["code"]) == (400, "bulk_file"), answer.text
    assert startup.count("shelf_item") == 0


async def test_a_file_needs_an_account_that_pays(startup: Startup) -> None:
    for source in ("acc_x", WALLET):
        answer = await send(startup, file_of(1), source=source)
        assert (answer.status_code, answer.json()["field"]) == (422, "source")


async def test_whoever_made_a_file_does_not_approve_it(startup: Startup) -> None:
    batch = await upload(startup, file_of(1))
    own = await startup.post(f"{PATH}/{batch['id']}/approve")
    assert (own.status_code, own.json()["code"]) == (403, "bulk_same_key")
    approved = await approve(startup, batch)
    assert approved["maker"] != approved["checker"]
    again = await (await another_key(startup)).post(f"{PATH}/{batch['id']}/approve")
    assert (again.status_code, again.json()["code"]) == (409, "bulk_state")


async def test_a_cancelled_file_is_never_paid(startup: Startup) -> None:
    batch = await upload(startup, file_of(1))
    assert (await startup.post(f"{PATH}/{batch['id']}/cancel")).json()["status"] == "cancelled"
    answer = await (await another_key(startup)).post(f"{PATH}/{batch['id']}/approve")
    assert answer.json()["code"] == "bulk_state"
    assert startup.count("payment") == 0


async def test_a_file_of_another_sandbox_is_not_there(startup: Startup, other: Startup) -> None:
    batch = await upload(startup, file_of(1))
    for path in ("", "/rejections", "/completions"):
        assert (await other.send("GET", f"{PATH}/{batch['id']}{path}")).status_code == 404
    assert (await other.post(f"{PATH}/{batch['id']}/approve")).status_code == 404


async def free_jobs(startup: Startup) -> None:
    """Let the claim of a worker that died run out."""

    def free(uow: UnitOfWork) -> None:
        for job in JOBS.select(uow):
            JOBS.update(uow, job, claimed_until=0)

    await startup.services.executor.write(free)


async def test_a_worker_that_dies_inside_a_chunk_repeats_it_and_pays_nothing_twice(
    startup: Startup, monkeypatch: pytest.MonkeyPatch
) -> None:
    count, paid = 2 * CHUNK, pay_iban
    died = 0

    def die_once(world: World, source: str, iban: str, amount: int, **more: Any) -> Any:
        nonlocal died
        if more["end_to_end_id"] == f"salary-{CHUNK + 50}" and not died:
            died += 1
            raise RuntimeError("the power went")
        return paid(world, source, iban, amount, **more)

    monkeypatch.setattr(bulk, "pay_iban", die_once)
    before = await startup.balance("shop")
    batch = await upload(startup, file_of(count))
    await approve(startup, batch)
    await work(startup)
    half = await startup.get(f"{PATH}/{batch['id']}")
    assert (died, half["status"], half["settled"]) == (1, "running", CHUNK)
    assert startup.count("payment") == CHUNK
    await free_jobs(startup)
    await work(startup)
    assert (await startup.get(f"{PATH}/{batch['id']}"))["settled"] == count
    assert (await startup.balance("shop"))["ledger_paisa"] == before["ledger_paisa"] + count * 100
    assert startup.count("payment") == count
    await assert_clean(startup)


async def test_running_a_finished_file_again_does_nothing(startup: Startup) -> None:
    batch = await upload(startup, file_of(1))
    await approve(startup, batch)
    await work(startup)

    def run(uow: UnitOfWork) -> None:
        bulk.run(enter(uow, startup.sandbox_id), batch["id"])

    await startup.services.executor.write(run)
    assert startup.count("payment") == 1


async def test_the_same_file_again_is_refused_row_by_row(startup: Startup) -> None:
    for settled in (3, 0):
        batch = await upload(startup, file_of(3))
        await approve(startup, batch)
        await work(startup)
        done = await startup.get(f"{PATH}/{batch['id']}")
        assert (done["settled"], done["refused"]) == (settled, 3 - settled)
    assert {row["reason"] for row in await rows_of(startup, done, "completions")} == {"AM05"}


async def test_a_repeated_upload_with_the_same_key_is_one_file(startup: Startup) -> None:
    first, second = [await send(startup, file_of(2), key="k") for _ in range(2)]
    assert first.json() == second.json()
    other = await send(startup, file_of(2), key="k", source=SEED["poor"].iban)
    assert other.json()["code"] == "idempotency_key_reused"


async def test_money_that_runs_out_refuses_the_rest(startup: Startup) -> None:
    batch = await upload(startup, file_of(3, amount=400), source=SEED["poor"].iban)
    assert not batch["covered"]
    await approve(startup, batch)
    await work(startup)
    done = await startup.get(f"{PATH}/{batch['id']}")
    assert (done["settled"], done["refused"]) == (2, 1)
    assert (await rows_of(startup, done, "completions"))[2]["reason"] == "AM04"
    await assert_clean(startup)


@pytest.mark.parametrize(("who", "reason"), [("rich", "account_frozen"), ("shop", "AC06")])
async def test_an_account_that_was_frozen_since_refuses_the_row_only(
    startup: Startup, who: str, reason: str
) -> None:
    batch = await upload(startup, file_of(2))
    await approve(startup, batch)

    def freeze(uow: UnitOfWork) -> None:
        account = ACCOUNTS.get(uow, startup.sandbox_id, startup.accounts[who])
        assert account is not None
        ACCOUNTS.update(uow, account, status="frozen")

    await startup.services.executor.write(freeze)
    await work(startup)
    done = await startup.get(f"{PATH}/{batch['id']}")
    assert (done["status"], done["refused"]) == ("completed", 2)
    assert {row["reason"] for row in await rows_of(startup, done, "completions")} == {reason}
    await assert_clean(startup)


@pytest.mark.parametrize(
    ("account", "after_s", "status", "reason"),
    [(SETTLES_LATER, 90, "settled", ""), (SILENT, 86_400, "refused", "DS24")],
)
async def test_an_unknown_row_is_shown_as_it_is_by_now(
    startup: Startup, account: str, after_s: int, status: str, reason: str
) -> None:
    await startup.freeze()
    batch = await upload(startup, f"{HEAD}\na,{make_iban('SBXB', account)},100")
    await approve(startup, batch)
    await work(startup)
    done = await startup.get(f"{PATH}/{batch['id']}")
    assert (done["status"], done["unknown"]) == ("completed", 1)
    assert [row["status"] for row in await rows_of(startup, done, "completions")] == ["unknown"]
    await startup.advance(after_s)
    assert [(row["status"], row["reason"]) for row in await rows_of(startup, done, "completions")] == [
        (status, reason)
    ]
    await assert_clean(startup)


async def test_the_command_that_measures_a_file_checks_the_money(tmp_path: Path) -> None:
    found = await measure(tmp_path / "kasauti.db", CHUNK + 1)
    assert (found["payments"], found["right"]) == (CHUNK + 1, True)


@given(st.binary(max_size=200), st.sampled_from(["csv", "jsonl"]))
def test_whatever_bytes_come_are_rows_or_the_files_own_error(raw: bytes, form: str) -> None:
    try:
        rows = read_file(form, raw)
    except BulkFileError:
        return
    assert all(row.status in {RowStatus.WAITING, RowStatus.REJECTED} for row in rows)


@given(st.text(max_size=120))
def test_whatever_text_stands_in_a_row_is_read_or_rejected(text: str) -> None:
    rows = []
    with suppress(BulkFileError):
        rows = read_file("csv", f"{HEAD}\n{text}".encode(errors="surrogatepass"))
    assert all(row.status in {RowStatus.WAITING, RowStatus.REJECTED} for row in rows)
