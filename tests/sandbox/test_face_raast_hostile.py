"""Raast's message face: what is no message, who has no key, and what the server itself refuses."""

from typing import Any

import httpx
import pytest

from connectors.iso20022.reports import AccountReport, HeldAccount, Notification
from connectors.iso20022.wire import read, write
from sandbox.problems import Problem
from sandbox.rails.raast.api import show_problem
from tests.raast_messages import NOW, Participant, giving_back, headed, inquiry, oracle_reads, transfer
from tests.startup import AMOUNT, Startup

PATH = "/rails/raast/messages"
SENT = write(transfer())
ONE = SENT.partition(b"?>")[2]
BOMB = b'<!DOCTYPE b [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
OUTSIDE = b'<!DOCTYPE b [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
NAMESPACE = b"urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08"
TABLES = ("payment", "title_fetch", "ledger_entry", "shelf_item", "event")

BODIES: list[tuple[str, bytes, str]] = [
    ("nothing", b"", "syntax at /"),
    ("JSON", b'{"amount_paisa": 15000}', "syntax at /"),
    ("an entity bomb", BOMB + ONE, "doctype at /"),
    ("an external entity", OUTSIDE + ONE.replace(b"rent", b"&a;"), "doctype at /"),
    ("an entity nobody declared", ONE.replace(b"rent", b"&a;"), "syntax at /"),
    ("another encoding", b'<?xml version="1.0" encoding="UTF-16"?>' + ONE, "encoding at /"),
    ("UTF-16", ONE.decode().encode("utf-16"), "encoding at /"),
    ("Latin-1", ONE.replace(b"rent", b"caf\xe9"), "encoding at /"),
    ("NUL", ONE.replace(b"rent", b"\0"), "encoding at /"),
    ("another namespace", ONE.replace(NAMESPACE, b"urn:example:payment"), "namespace at /Document"),
    ("another version", ONE.replace(NAMESPACE, NAMESPACE[:-2] + b"99"), "unknown_message at /Document"),
    ("two messages", ONE + ONE, "syntax at /"),
    (
        "two messages in one envelope",
        headed(transfer()).replace(b"</Body>", ONE + b"</Body>"),
        "duplicate at /DataPDU/Body/Document",
    ),
    ("no end", SENT[:-20], "syntax at /"),
    ("dollars", SENT.replace(b'Ccy="PKR"', b'Ccy="USD"'), "currency at /Document"),
    ("a third decimal", SENT.replace(b">150.00<", b">150.005<"), "value at /Document"),
    ("a negative amount", SENT.replace(b">150.00<", b">-150.00<"), "value at /Document"),
    ("two payments", SENT.replace(b"<NbOfTxs>1<", b"<NbOfTxs>2<"), "value at /Document"),
    ("an element nobody knows", SENT.replace(b"</GrpHdr>", b"<Tip/></GrpHdr>"), "unexpected at /Document"),
    ("depth", b"<a>" * 90_000, "syntax at /"),
    ("breadth", b"<a>" + b"<b/>" * 100_001 + b"</a>", "too_large at /"),
]


@pytest.fixture
def bank(startup: Startup) -> Participant:
    return Participant(startup)


@pytest.mark.parametrize(("body", "says"), [row[1:] for row in BODIES], ids=[row[0] for row in BODIES])
async def test_what_is_no_message_is_rejected_in_the_rails_words_and_stores_nothing(
    bank: Participant, body: bytes, says: str
) -> None:
    before = [bank.startup.count(table) for table in TABLES]
    report = await bank.ask(body, 400)
    assert (report.status, report.group.status, report.reason.code) == ("RJCT", "RJCT", "NARR")
    assert report.reason.texts[0].startswith(says)
    assert [bank.startup.count(table) for table in TABLES] == before


async def test_a_rejection_names_the_message_where_it_can_be_seen(bank: Participant) -> None:
    report = await bank.ask(SENT.replace(b"PKR", b"USD"), 400)
    assert report.group.message_id == transfer().message_id
    report = await bank.ask(SENT.replace(b"PKR", b"USD").replace(b"SBXAPKKA0", b"&#x41;"), 400)
    assert report.group.message_id == "NOTPROVIDED"


async def test_a_body_of_ten_mebibytes_is_refused_in_the_rails_words(bank: Participant) -> None:
    before = [bank.startup.count(table) for table in TABLES]
    padded = SENT.replace(b"<GrpHdr>", b"<GrpHdr>" + b" " * 10 * 1_048_576)
    report = await bank.ask(padded, 413)
    assert (report.status, report.reason.code) == ("RJCT", "NARR")
    assert "1048576 bytes" in report.reason.texts[0]
    assert [bank.startup.count(table) for table in TABLES] == before


async def test_a_message_of_just_one_mebibyte_is_taken(bank: Participant) -> None:
    padded = SENT.replace(b"<GrpHdr>", b"<GrpHdr>" + b" " * (1_048_576 - len(SENT)))
    assert (await bank.ask(padded)).status == "ACSP"


async def test_what_only_the_system_sends_is_refused(bank: Participant) -> None:
    told = Notification("SBXAPKKA000000000000000001", NOW, AccountReport("1", HeldAccount(other="1")))
    report = await bank.ask(told)
    assert (report.status, report.reason.code) == ("RJCT", "NARR")
    assert report.reason.texts[0].startswith("camt.054.001.08")


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer sk_test_wrong"}, {"authorization": "x"}])
@pytest.mark.parametrize("body", [SENT, b"<"])
@pytest.mark.parametrize(("method", "path"), [("POST", PATH), ("GET", "/rails/raast/inbox")])
async def test_who_has_no_key_gets_a_line_of_text(
    client: httpx.AsyncClient, headers: dict[str, str], body: bytes, method: str, path: str
) -> None:
    answer = await client.request(method, path, content=body, headers=headers)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.headers["content-type"].startswith("text/plain")
    assert "POST /v1/signup" in answer.text
    assert "<" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", PATH, 405), ("POST", "/rails/raast/letters", 404), ("GET", "/rails/raast", 404)],
)
async def test_a_path_that_is_not_there_is_told_in_the_rails_words(
    bank: Participant, method: str, path: str, status: int
) -> None:
    answer = await bank.startup.send(method, path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/xml")
    oracle_reads(answer.content)
    report: Any = read(answer.content).message
    assert (report.status, report.group.message_id) == ("RJCT", "NOTPROVIDED")


async def test_a_defect_is_told_in_a_line_of_text_and_stores_nothing(bank: Participant) -> None:
    driver = bank.startup.services.executor._driver  # noqa: SLF001 - there is no other way to break it
    driver.execute("CREATE TEMP TRIGGER no BEFORE INSERT ON payment BEGIN SELECT RAISE(ABORT, 'no'); END")
    answer = await bank.post(SENT)
    assert (answer.status_code, answer.headers["content-type"]) == (500, "text/plain; charset=utf-8")
    assert "RJCT" not in answer.text
    driver.execute("DROP TRIGGER no")
    assert (await bank.ask(SENT)).status == "ACSP"
    assert await bank.money() == (1_000_000_000 - AMOUNT, 0)


def test_what_could_not_be_stored_may_be_sent_again() -> None:
    answer = show_problem(Problem("storage_unavailable", "Send the same request again."))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert bytes(answer.body) == b"Send the same request again."


async def test_a_lost_answer_is_no_outcome_and_the_same_message_brings_it(bank: Participant) -> None:
    plan = {"faults": [{"kind": "lost_answer", "rail": "raast"}]}
    assert (await bank.startup.send("PUT", "/v1/scenarios", plan)).status_code == 200
    lost = await bank.post(SENT)
    assert (lost.status_code, lost.headers["content-type"]) == (504, "text/plain; charset=utf-8")
    assert (await bank.ask(inquiry(transfer()))).status == "ACSP"
    assert (await bank.ask(SENT)).status == "ACSP"
    assert await bank.money() == (1_000_000_000 - AMOUNT, 0)


async def test_a_header_names_the_row_that_a_message_is_to_meet(bank: Participant) -> None:
    answer = await bank.post(SENT, scenario="pay_ms03")
    report: Any = read(answer.content).message
    assert (report.status, report.reason.code) == ("RJCT", "MS03")
    unknown: Any = read((await bank.post(write(transfer(2)), scenario="pay_nothing")).content).message
    assert (unknown.status, unknown.reason.code) == ("RJCT", "NARR")


async def test_sandboxes_are_apart(startup: Startup, other: Startup) -> None:
    mine, theirs = Participant(startup), Participant(other)
    assert (await mine.ask(transfer())).status == "ACSP"
    assert (await theirs.ask(transfer())).status == "ACSP"
    assert startup.count("payment") == 2
    await mine.ask(giving_back(transfer()))
    assert await theirs.fetch() is None
    letter = (await startup.send("GET", "/rails/raast/inbox")).headers["kasauti-message"]
    assert (await other.send("DELETE", f"/rails/raast/inbox/{letter}")).status_code == 204
    assert (await mine.fetch()).reason.code == "CUST"
