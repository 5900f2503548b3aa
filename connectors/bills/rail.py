"""Bills over an aggregator such as 1BILL: inquiry, then payment. Pure: facts in, answer out.

The payer's bank asks for the bill, shows it, and pays quoting the inquiry. The first reason that holds is
given, in the order of the checks below; the order is ours.
"""

import tomllib
from datetime import timedelta
from importlib.resources import files
from typing import Any, NamedTuple

from connectors.bills.bill import Bill, BillStatus, due, is_expired, local_day
from connectors.bills.billers import BILLERS, BY_ID, Biller, parse_consumer_no
from connectors.contract import Accepted, Answer, Declined, Trigger
from connectors.identifiers.text import IdentifierError
from connectors.scenarios import answer_of, read_reasons
from ledger.clock import SECOND_US, Micros

APPROVED = "0000"
NO_BILLER = "0291"
NOT_SUPPORTED = "0290"
MALFORMED = "0296"
NO_CONSUMER = "0288"
NO_BILL = "0294"
NO_INQUIRY = "0413"
IN_PROCESS = "0266"
PAID = "0289"
UNABLE = "0299"
TIMEOUT = "0225"

_HOUR_US = 3600 * SECOND_US


class Subject(NamedTuple):
    """Whose bill is meant: a biller and a consumer number of its form."""

    biller: Biller
    consumer_no: str


class Facts(NamedTuple):
    """What the biller knows: whether there is such a consumer, and the bill, if there is one."""

    consumer_known: bool
    bill: Bill | None


class BillTrigger(NamedTuple):
    """A published bill or consumer, as `triggers.toml` has it; `bill` is how the bill is made, {} without one."""

    name: str
    stage: str
    status: str
    help: str
    biller: str
    consumer_no: str
    reason: str | None = None
    later: str | None = None
    later_reason: str | None = None
    after_s: int | None = None
    known: bool = False
    answers: bool = False
    bill: dict[str, Any] = {}  # noqa: RUF012 - read from the data file, never written to

    def facts(self, opened: Micros) -> Facts:
        """Return what the biller knows in a sandbox that began at `opened`."""
        if not self.bill:
            return Facts(self.known, None)
        row = dict(self.bill)
        valid = row.pop("valid_for_hours", None)
        return Facts(
            consumer_known=True,
            bill=Bill(
                biller=self.biller,
                consumer_no=self.consumer_no,
                customer_name=f"TRIGGER {self.name.upper()}",
                status=BillStatus(row.pop("status")),
                due_date=local_day(opened) + timedelta(days=row.pop("due_in_days")),
                expires=None if valid is None else opened + valid * _HOUR_US,
                **row,
            ),
        )


def _read_triggers() -> tuple[BillTrigger, ...]:
    rows = tomllib.loads(files("connectors.bills").joinpath("triggers.toml").read_text("utf-8"))
    return tuple(BillTrigger(name=name, **row) for name, row in rows.items())


class Bills:
    """The rail. Money stands on hold while the outcome of a payment is unknown, as on every rail."""

    code = "bills"
    name = "Bill payment"
    insufficient_funds = "0404"
    hold_expired = UNABLE
    no_answer = TIMEOUT
    offline = UNABLE
    hold_us = 24 * _HOUR_US

    def __init__(self) -> None:
        self.reasons = read_reasons("connectors.bills")
        self.triggers = _read_triggers()
        self._answering = {(row.biller, row.consumer_no): row for row in self.triggers if row.answers}

    def pulled(self, subject: Subject) -> BillTrigger | None:
        """Return the published row that answers for this bill by itself, if any."""
        return self._answering.get((subject.biller.code, subject.consumer_no))

    def named(self, name: str) -> Answer | None:
        """Return the answer to a payment under this name: of a published row, or a final reason's code."""
        row = next((row for row in self._answering.values() if row.name == name), None)
        if row is not None:
            return _answer_of(row) if row.stage == "payment" else None
        reason = self.reasons.get(name)
        if name == APPROVED:
            return Accepted()
        return Declined(name) if reason is not None and reason.final else None

    def identify(self, biller_id: int, consumer_no: str) -> Subject | Declined:
        """Say whose bill is meant, so that the facts can be looked up."""
        biller = BY_ID.get(biller_id)
        if biller is None:
            return Declined(NO_BILLER)
        if not biller.enabled:
            return Declined(NOT_SUPPORTED)
        try:
            return Subject(biller, parse_consumer_no(biller, consumer_no))
        except IdentifierError:
            return Declined(MALFORMED)

    def inquire(self, subject: Subject, facts: Facts, now: Micros) -> Bill | Declined:
        """Show the bill, whatever its status; refuse when there is none to show. A slip that is paid stays one."""
        row = self._answering.get((subject.biller.code, subject.consumer_no))
        if row is not None and row.stage == "inquiry":
            return Declined(row.reason or UNABLE)
        if facts.bill is None:
            return Declined(NO_BILL if facts.consumer_known else NO_CONSUMER)
        gone = is_expired(facts.bill, now) and facts.bill.status is not BillStatus.PAID
        return Declined(NO_BILL) if gone else facts.bill

    def pay(
        self, subject: Subject, amount_paisa: int, inquired: Subject | None, facts: Facts, now: Micros
    ) -> Answer:
        """Answer a payment; `inquired` is the subject of the inquiry that it quotes, None when there was none."""
        if inquired != subject:
            return Declined(NO_INQUIRY)
        bill = facts.bill
        if bill is None:
            return Declined(NO_BILL if facts.consumer_known else NO_CONSUMER)
        refusal = _state_refusal(bill, now) or _amount_refusal(subject.biller, bill, amount_paisa, now)
        if refusal is not None:
            return Declined(refusal)
        row = self._answering.get((subject.biller.code, subject.consumer_no))
        return Accepted() if row is None or row.stage != "payment" else _answer_of(row)


def _state_refusal(bill: Bill, now: Micros) -> str | None:
    """Say why a bill in this state cannot be paid. A payment under way comes first: it may end either way."""
    if bill.in_process:
        return IN_PROCESS
    if bill.status is BillStatus.PAID:
        return PAID
    if is_expired(bill, now):
        return NO_BILL
    return UNABLE if bill.status is BillStatus.BLOCKED else None


def _amount_refusal(biller: Biller, bill: Bill, amount_paisa: int, now: Micros) -> str | None:
    """Take what is due today, or a part of it where the biller takes parts."""
    owed = due(bill, now)
    fits = 0 < amount_paisa <= owed if biller.partial else amount_paisa == owed
    return None if fits else UNABLE


def _answer_of(row: BillTrigger) -> Answer:
    return answer_of(
        Trigger(
            row.name,
            row.stage,
            row.status,
            row.help,
            reason=row.reason,
            later=row.later,
            later_reason=row.later_reason,
            after_s=row.after_s,
        )
    )


def known_billers() -> tuple[Biller, ...]:
    """List the billers that are open for payments, by their numbers."""
    return tuple(sorted((biller for biller in BILLERS.values() if biller.enabled), key=lambda one: one.id))
