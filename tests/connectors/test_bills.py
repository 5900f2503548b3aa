from datetime import date

import pytest

from connectors.bills.bill import Bill, BillStatus, due, is_expired, is_late, issue_slip, receipt_no, settled
from connectors.bills.billers import BILLERS, BY_ID, Biller, parse_consumer_no
from connectors.bills.rail import Bills, BillTrigger, Facts, Subject, known_billers
from connectors.contract import Accepted, Answer, Declined, Reason, Unknown
from connectors.identifiers.text import IdentifierError
from ledger.clock import SECOND_US, from_rfc3339

RAIL = Bills()
DAY_US = 24 * 3600 * SECOND_US
OPENED = from_rfc3339("2026-11-24T06:55:00Z")
POWER, WATER, TAX = BILLERS["power"], BILLERS["water"], BILLERS["tax"]
SUBJECT = Subject(POWER, "90000000000999")
BILL = Bill(
    biller="power",
    consumer_no="90000000000999",
    customer_name="Ayesha Test",
    status=BillStatus.UNPAID,
    due_date=date(2026, 11, 30),
    within_paisa=510_000,
    after_paisa=530_000,
)
IN_TIME = from_rfc3339("2026-11-30T18:59:59.999999Z")
LATE = from_rfc3339("2026-11-30T19:00:00Z")
TRIGGERS = pytest.mark.parametrize("row", RAIL.triggers, ids=[row.name for row in RAIL.triggers])


def known(bill: Bill | None) -> Facts:
    return Facts(consumer_known=True, bill=bill)


# --- what is due -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "now", "amount_paisa"),
    [
        ({}, OPENED, 510_000),
        ({}, IN_TIME, 510_000),
        ({}, LATE, 530_000),
        ({"status": BillStatus.PARTIAL, "paid_paisa": 200_000}, IN_TIME, 310_000),
        ({"status": BillStatus.PARTIAL, "paid_paisa": 200_000}, LATE, 330_000),
        ({"status": BillStatus.PARTIAL, "paid_paisa": 600_000}, LATE, 0),
        ({"status": BillStatus.PAID, "paid_paisa": 510_000}, LATE, 0),
        ({"status": BillStatus.BLOCKED}, IN_TIME, 510_000),
    ],
)
def test_what_is_due_changes_after_the_last_moment_of_the_due_day_in_pakistan(
    change: dict[str, object], now: int, amount_paisa: int
) -> None:
    bill = BILL._replace(**change)  # type: ignore[arg-type]  # a table of fields
    assert due(bill, now) == amount_paisa
    assert is_late(bill, now) is (now == LATE)


@pytest.mark.parametrize(
    ("paid_paisa", "status", "rest"),
    [(510_000, "P", 0), (200_000, "T", 310_000), (509_999, "T", 1)],
)
def test_a_payment_leaves_the_bill_paid_or_the_rest_due(paid_paisa: int, status: str, rest: int) -> None:
    bill = settled(BILL._replace(in_process=True), paid_paisa, IN_TIME)
    assert (bill.status.value, bill.paid_paisa, due(bill, IN_TIME)) == (status, paid_paisa, rest)
    assert not bill.in_process


@pytest.mark.parametrize(
    ("expires", "now", "expired"), [(None, LATE, False), (10, 9, False), (10, 10, True), (10, 11, True)]
)
def test_a_slip_ends_at_its_very_moment(expires: int | None, now: int, expired: bool) -> None:
    assert is_expired(BILL._replace(expires=expires), now) is expired


# --- slips and receipts ------------------------------------------------------------------------


def test_a_tax_slip_has_one_amount_and_ends_after_a_day() -> None:
    slip = issue_slip(TAX, 42, "Ayesha Test", 2_500_000, OPENED)
    assert slip.consumer_no == "90000000000000042"
    assert due(slip, OPENED) == due(slip, OPENED + DAY_US) == 2_500_000
    assert (is_expired(slip, OPENED + DAY_US - 1), is_expired(slip, OPENED + DAY_US)) == (False, True)


def test_only_a_tax_office_makes_slips() -> None:
    with pytest.raises(AssertionError, match="power makes no payment slips"):
        issue_slip(POWER, 1, "Ayesha Test", 1, OPENED)


@pytest.mark.parametrize(
    ("biller", "now", "number"),
    [
        (TAX, OPENED, "CPR-20261124-0004-0000042"),
        (POWER, LATE, "RCP-20261201-0001-0000042"),
    ],
)
def test_a_receipt_tells_the_day_in_pakistan_and_the_biller(biller: Biller, now: int, number: str) -> None:
    assert receipt_no(biller, now, 42) == number


@pytest.mark.parametrize(("biller", "hours"), [(TAX, 3), (POWER, 0)])
def test_a_tax_office_sends_its_receipt_within_three_hours(biller: Biller, hours: int) -> None:
    assert biller.receipt_at(OPENED) == OPENED + hours * 3600 * SECOND_US


# --- whose bill --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("biller", "text", "number"),
    [
        ("power", "9000 0000 000999", "90000000000999"),
        ("tax", "9000-0000-0000-0000-6", "90000000000000006"),
        ("invoice", " sbx-inv-0007 ", "SBX-INV-0007"),
        ("invoice", "9" * 30, "9" * 30),
    ],
)
def test_a_consumer_number_is_taken_however_it_is_written(biller: str, text: str, number: str) -> None:
    assert parse_consumer_no(BILLERS[biller], text) == number


@pytest.mark.parametrize(
    ("biller", "text"),
    [
        ("power", "9000000000099"),
        ("power", "900000000009999"),
        ("power", "9000000000099x"),
        ("power", ""),
        ("tax", "9000000000000000"),
        ("invoice", "9" * 31),
        ("invoice", "a b"),
        ("invoice", "a\x00b"),
        ("invoice", "\u0661\u0662"),
        ("power", "9" * 10_000),
    ],
)
def test_what_is_no_number_of_the_biller_is_refused_and_not_repeated(biller: str, text: str) -> None:
    with pytest.raises(IdentifierError) as refused:
        parse_consumer_no(BILLERS[biller], text)
    assert len(str(refused.value)) < 120
    assert RAIL.identify(BILLERS[biller].id, text) == Declined("0296")


@pytest.mark.parametrize(
    ("biller_id", "number", "found"),
    [
        (1, "90000000000999", SUBJECT),
        (99, "90000000000999", Declined("0291")),
        (6, "9000000011", Declined("0290")),
        (6, "x", Declined("0290")),
    ],
)
def test_the_biller_is_looked_at_before_the_number(
    biller_id: int, number: str, found: Subject | Declined
) -> None:
    assert RAIL.identify(biller_id, number) == found


# --- inquiry and payment, in order of precedence -----------------------------------------------


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        (Facts(consumer_known=False, bill=None), Declined("0288")),
        (known(None), Declined("0294")),
        (known(BILL._replace(expires=OPENED)), Declined("0294")),
        (known(BILL), BILL),
        (known(BILL._replace(status=BillStatus.BLOCKED)), BILL._replace(status=BillStatus.BLOCKED)),
    ],
)
def test_an_inquiry_shows_every_bill_that_is_there(facts: Facts, found: Bill | Declined) -> None:
    assert RAIL.inquire(SUBJECT, facts, OPENED) == found


PAID = BILL._replace(status=BillStatus.PAID, paid_paisa=510_000)
OTHER = Subject(POWER, "90000000000998")


@pytest.mark.parametrize(
    ("inquired", "facts", "amount_paisa", "now", "answer"),
    [
        (None, known(BILL), 510_000, OPENED, Declined("0413")),
        (OTHER, known(BILL), 510_000, OPENED, Declined("0413")),
        (SUBJECT, Facts(consumer_known=False, bill=None), 510_000, OPENED, Declined("0288")),
        (SUBJECT, known(None), 510_000, OPENED, Declined("0294")),
        (SUBJECT, known(PAID._replace(in_process=True)), 510_000, OPENED, Declined("0266")),
        (SUBJECT, known(PAID._replace(expires=OPENED)), 510_000, OPENED, Declined("0289")),
        (SUBJECT, known(BILL._replace(expires=OPENED)), 510_000, OPENED, Declined("0294")),
        (SUBJECT, known(BILL._replace(status=BillStatus.BLOCKED)), 510_000, OPENED, Declined("0299")),
        (SUBJECT, known(BILL), 509_999, OPENED, Declined("0299")),
        (SUBJECT, known(BILL), 510_001, OPENED, Declined("0299")),
        (SUBJECT, known(BILL), 510_000, LATE, Declined("0299")),
        (SUBJECT, known(BILL), 510_000, IN_TIME, Accepted()),
        (SUBJECT, known(BILL), 530_000, LATE, Accepted()),
    ],
    ids=[
        "no inquiry",
        "an inquiry of another bill",
        "no consumer",
        "no bill",
        "under way",
        "paid",
        "expired",
        "blocked",
        "too little",
        "too much",
        "inquired in time, paid late",
        "in time",
        "late",
    ],
)
def test_a_payment_is_refused_for_the_first_reason_that_holds(
    inquired: Subject | None, facts: Facts, amount_paisa: int, now: int, answer: Answer
) -> None:
    assert RAIL.pay(SUBJECT, amount_paisa, inquired, facts, now) == answer


@pytest.mark.parametrize(
    ("amount_paisa", "answer"),
    [
        (0, Declined("0299")),
        (-1, Declined("0299")),
        (1, Accepted()),
        (510_000, Accepted()),
        (510_001, Declined("0299")),
    ],
)
def test_some_billers_take_a_part(amount_paisa: int, answer: Answer) -> None:
    subject = Subject(WATER, "9000000999")
    bill = BILL._replace(biller="water", consumer_no="9000000999")
    assert RAIL.pay(subject, amount_paisa, subject, known(bill), OPENED) == answer


# --- what is published is true -----------------------------------------------------------------


def promised(row: BillTrigger) -> Answer:
    if row.status == "settled":
        return Accepted()
    if row.status == "refused":
        return Declined(str(row.reason))
    later = Accepted() if row.later == "settled" else Declined(str(row.later_reason))
    return Unknown(str(row.reason), None if row.after_s is None else row.after_s * SECOND_US, later)


@TRIGGERS
def test_every_published_bill_does_what_it_says(row: BillTrigger) -> None:
    facts = row.facts(OPENED)
    subject = RAIL.identify(BILLERS[row.biller].id, row.consumer_no)
    if isinstance(subject, Declined):
        assert subject == promised(row)
        return
    found = RAIL.inquire(subject, facts, OPENED)
    if row.stage == "inquiry":
        assert found == (facts.bill if row.status == "found" else promised(row))
        return
    assert isinstance(found, Bill)
    amount_paisa = due(found, OPENED) // (2 if row.name == "pay_part" else 1)
    assert RAIL.pay(subject, amount_paisa, subject, facts, OPENED) == promised(row)


def test_a_published_timeout_is_asked_only_about_a_payment_that_is_right() -> None:
    row = next(row for row in RAIL.triggers if row.name == "pay_timeout_then_paid")
    subject = Subject(POWER, row.consumer_no)
    bill = row.facts(OPENED).bill
    assert bill is not None
    assert RAIL.pay(subject, 1, subject, known(bill), OPENED) == Declined("0299")
    assert RAIL.pay(subject, 510_000, subject, known(settled(bill, 510_000, OPENED)), OPENED) == Declined(
        "0289"
    )


def test_an_unpaid_bill_costs_more_when_the_clock_is_advanced() -> None:
    bill = RAIL.triggers[0].facts(OPENED).bill
    assert bill is not None
    assert [due(bill, OPENED + days * DAY_US) for days in (0, 10, 11)] == [510_000, 510_000, 530_000]


@pytest.mark.parametrize(
    ("name", "status", "amount_paisa"),
    [
        ("unpaid", "U", 510_000),
        ("paid", "P", 0),
        ("partial", "T", 310_000),
        ("blocked", "B", 510_000),
        ("overdue", "U", 530_000),
        ("slip", "U", 2_500_000),
    ],
)
def test_the_published_bills_show_every_state(name: str, status: str, amount_paisa: int) -> None:
    bill = next(row for row in RAIL.triggers if row.name == name).facts(OPENED).bill
    assert bill is not None
    assert (bill.status.value, due(bill, OPENED)) == (status, amount_paisa)


@TRIGGERS
def test_an_unknown_answer_is_not_final_and_what_follows_it_is(row: BillTrigger) -> None:
    if row.stage == "payment" and row.reason:
        assert RAIL.reasons[row.reason].final is (row.status != "unknown")
    if row.later_reason:
        assert RAIL.reasons[row.later_reason].final


def test_no_two_published_bills_share_a_number() -> None:
    assert len({(row.biller, row.consumer_no) for row in RAIL.triggers}) == len(RAIL.triggers)


# --- data --------------------------------------------------------------------------------------


def test_every_code_that_the_rail_gives_is_in_the_vocabulary() -> None:
    used = {code for row in RAIL.triggers for code in (row.reason, row.later_reason) if code}
    own = {"0291", "0290", "0296", "0288", "0294", "0413", "0266", "0289", "0299", "0468", "0000"}
    assert used | own | {RAIL.insufficient_funds, RAIL.hold_expired} <= set(RAIL.reasons)


def test_every_fact_says_how_sure_it_is_and_where_from() -> None:
    facts: list[Reason | Biller] = [*RAIL.reasons.values(), *BILLERS.values()]
    assert {fact.standing for fact in facts} <= {"documented", "weak", "invented"}
    assert all(fact.source and fact.name for fact in facts)


def test_every_biller_has_its_own_number_and_only_open_ones_are_listed() -> None:
    assert len(BY_ID) == len(BILLERS)
    assert [biller.code for biller in known_billers()] == ["power", "gas", "water", "tax", "invoice"]
