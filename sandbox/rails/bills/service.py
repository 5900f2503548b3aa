"""Use cases of bills: inquiry, payment, what becomes of it later, and new slips.

A payment that is refused at once moved nothing and is not kept. One that moved or holds money is kept under the
caller's own numbers: the same payment again is answered as it stands by then, and moves nothing.
"""

from typing import NamedTuple

from connectors import contract
from connectors.bills import wire
from connectors.bills.bill import Bill, issue_slip, receipt_no, settled
from connectors.bills.billers import BILLERS
from connectors.bills.rail import Bills, Facts, Subject
from connectors.contract import Declined, Unknown
from connectors.identifiers.people import Kind, Refused, decide
from sandbox import jobs
from sandbox.accounts.models import AccountStatus, BankAccount
from sandbox.accounts.queries import account_by_iban
from sandbox.events import EventType, emit
from sandbox.payments.course import POLLS, asked_enough, under_plan
from sandbox.rails.bills import money
from sandbox.rails.bills.models import (
    BILLS,
    COUNTS,
    INQUIRIES,
    PAYMENTS,
    REFERENCES,
    BillItem,
    CountItem,
    InquiryItem,
    Outcome,
    PaymentItem,
    ReferenceItem,
    view_payment,
)
from sandbox.scenarios.service import plan_of, unknown_scenario
from sandbox.world import World, WorldView

RESOLVE = "bills.resolve"
MARK = "bills.mark"
RAIL = Bills()
APPROVED, DIFFERENT, NOT_FOUND = "0000", "0299", "0411"
PAYER = {AccountStatus.FROZEN: "0407", AccountStatus.CLOSED: "0408"}
NO_PAYER, OVER_LIMIT = "0407", "0401"
FIRST_SLIP = 1_000_000
EVENT_OF = {
    Outcome.UNKNOWN: EventType.BILL_UNKNOWN,
    Outcome.SETTLED: EventType.BILL_SETTLED,
    Outcome.REFUSED: EventType.BILL_REFUSED,
}
PERSON = "payerInfo.payerCNIC"


class Answer(NamedTuple):
    """A code of the rail's, and the receipt once there is one."""

    code: str
    receipt: str | None = None


def inquire(world: World, body: wire.InquiryBody, correlation: str) -> Bill | Declined:
    """Show a bill, and remember that it was shown."""
    subject = RAIL.identify(body.which.biller_id, body.which.consumer_no)
    if isinstance(subject, Declined):
        return subject
    found = RAIL.inquire(subject, facts_of(world, subject), world.now)
    if not isinstance(found, Declined):
        shown = InquiryItem(biller=subject.biller.code, consumer_no=subject.consumer_no)
        INQUIRIES.put(world, correlation, shown)
    return found


def pay(world: World, body: wire.PaymentBody, allowed: frozenset[Kind]) -> Answer:
    """Pay a bill, whole or in part; raises `BillWireError` for a real person's number."""
    person = decide(Kind.CNIC, body.payer.cnic, allowed)
    if isinstance(person, Refused):
        raise wire.BillWireError(wire.MALFORMED, PERSON, person.explanation)
    subject = RAIL.identify(body.which.biller_id, body.which.consumer_no)
    if isinstance(subject, Declined):
        return Answer(subject.reason)
    payer = account_by_iban(world, body.payer.iban)
    key = reference(body.info)
    known = REFERENCES.get(world, key)
    if known is not None:
        return _repeat(world, known.payment, subject, payer, body.which.amount_paisa)
    if payer is None:
        return Answer(NO_PAYER)
    if payer.status != AccountStatus.ACTIVE:
        return Answer(PAYER[AccountStatus(payer.status)])
    if payer.limit_paisa is not None and body.which.amount_paisa > payer.limit_paisa:
        return Answer(OVER_LIMIT)
    return _pay(world, body, subject, payer, key)


def look_up(world: World, key: str) -> Answer:
    """Say what became of the payment that came under these numbers; a plan may want to be asked more often."""
    known = REFERENCES.get(world, key)
    if known is None:
        return Answer(NOT_FOUND)
    payment = _payment(world, known.payment)
    if payment.outcome is Outcome.UNKNOWN and asked_enough(world, payment.id):
        resolve(world, payment.id)
        jobs.cancel(world, RESOLVE, payment.id, due_at=payment.late_at)
        payment = _payment(world, payment.id)
    return _told(payment)


def reference(info: wire.Info) -> str:
    """Return the caller's own numbers of a call, as one text."""
    return f"{info.txndate}{info.txntime}-{info.rrn}-{info.stan}"


def resolve(world: World, payment_id: str) -> None:
    """Take in the late answer about a payment."""
    payment = _payment(world, payment_id)
    POLLS.remove(world, payment_id)
    if payment.late_reason is None:
        money.take(world, payment)
        _taken(world, payment)
        return
    money.give_back(world, payment, ran_out=payment.late_at == payment.created_at + RAIL.hold_us)
    bill = _bill(world, payment)
    BILLS.put(world, _key(bill.biller, bill.consumer_no), BillItem(bill=bill._replace(in_process=False)))
    changed = {"outcome": Outcome.REFUSED, "reason": payment.late_reason}
    _keep(world, payment.model_copy(update=changed))


def mark(world: World, payment_id: str) -> None:
    """Let the biller mark the bill paid: the money arrives and the receipt is written."""
    payment = _payment(world, payment_id)
    money.hand_over(world, payment)
    bill = settled(_bill(world, payment), payment.amount_paisa, payment.created_at)
    BILLS.put(world, _key(bill.biller, bill.consumer_no), BillItem(bill=bill))
    receipt = receipt_no(BILLERS[bill.biller], world.now, _count(world, "receipts"))
    changed = {"outcome": Outcome.SETTLED, "reason": None, "receipt": receipt}
    _keep(world, payment.model_copy(update=changed))


def make_slip(world: World, customer_name: str, amount_paisa: int) -> Bill:
    """Make a payment slip of the tax office, as its own portal would."""
    number = FIRST_SLIP + _count(world, "slips")
    bill = issue_slip(BILLERS["tax"], number, customer_name, amount_paisa, world.now)
    BILLS.put(world, _key(bill.biller, bill.consumer_no), BillItem(bill=bill))
    return bill


def facts_of(world: WorldView, subject: Subject) -> Facts:
    """Return what the biller knows: what has happened here, else what the table publishes."""
    item = BILLS.get(world, _key(subject.biller.code, subject.consumer_no))
    if item is not None:
        return Facts(consumer_known=True, bill=item.bill)
    row = _PUBLISHED.get((subject.biller.code, subject.consumer_no))
    return Facts(consumer_known=False, bill=None) if row is None else row.facts(world.sandbox.created_at)


_PUBLISHED = {(row.biller, row.consumer_no): row for row in RAIL.triggers}


def _pay(world: World, body: wire.PaymentBody, subject: Subject, payer: BankAccount, key: str) -> Answer:
    """Ask the rail, hold the money, and do what the answer asks for."""
    facts = facts_of(world, subject)
    shown = None if body.info.inquiry is None else INQUIRIES.get(world, body.info.inquiry)
    inquired = None if shown is None else Subject(BILLERS[shown.biller], shown.consumer_no)
    answer = RAIL.pay(subject, body.which.amount_paisa, inquired, facts, world.now)
    if isinstance(answer, Declined):
        return Answer(answer.reason)
    payment_id = world.new_id("bp")
    answer = _met(world, subject, payment_id, answer)
    if isinstance(answer, Declined):
        return Answer(answer.reason)
    payment = PaymentItem(
        id=payment_id,
        biller=subject.biller.code,
        consumer_no=subject.consumer_no,
        source=payer.id,
        amount_paisa=body.which.amount_paisa,
        outcome=Outcome.UNKNOWN,
        created_at=world.now,
    )
    never = isinstance(answer, Unknown) and answer.after_us is None
    if not money.hold(world, payment, timeout_us=RAIL.hold_us if never else 0):
        return Answer(RAIL.insufficient_funds)
    REFERENCES.put(world, key, ReferenceItem(payment=payment.id))
    bill = _known(facts.bill)._replace(in_process=True)
    BILLS.put(world, _key(bill.biller, bill.consumer_no), BillItem(bill=bill))
    if isinstance(answer, Unknown):
        return _told(_wait(world, payment, answer))
    money.take(world, payment)
    return _told(_taken(world, payment))


def _met(world: World, subject: Subject, payment_id: str, answer: contract.Answer) -> contract.Answer:
    """Return what a named scenario or the sandbox's plan makes of the answer about a bill that can be paid."""
    name, plan = world.wire.scenario, plan_of(world)
    if name is not None:
        named = RAIL.named(name)
        if named is None:
            raise unknown_scenario(RAIL.code, name)
        return named
    if plan is None or RAIL.pulled(subject) is not None:
        return answer
    return under_plan(world, plan, RAIL, subject.biller.code, payment_id, answer)


def _wait(world: World, payment: PaymentItem, answer: Unknown) -> PaymentItem:
    """Keep the hold until the outcome comes."""
    late_at = world.now + (RAIL.hold_us if answer.after_us is None else answer.after_us)
    jobs.schedule(world, RESOLVE, payment.id, due_at=late_at)
    later = answer.later.reason if isinstance(answer.later, Declined) else None
    changed = {"reason": answer.reason, "late_at": late_at, "late_reason": later}
    return _keep(world, payment.model_copy(update=changed))


def _taken(world: World, payment: PaymentItem) -> PaymentItem:
    """The money is with 1LINK: the biller marks the bill at once, or in its own time."""
    changed = {"outcome": Outcome.TAKEN, "reason": None}
    payment = _keep(world, payment.model_copy(update=changed))
    marked_at = BILLERS[payment.biller].receipt_at(world.now)
    if marked_at > world.now:
        jobs.schedule(world, MARK, payment.id, due_at=marked_at)
        return payment
    mark(world, payment.id)
    return _payment(world, payment.id)


def _repeat(
    world: World, payment_id: str, subject: Subject, payer: BankAccount | None, amount_paisa: int
) -> Answer:
    """Answer the same payment again; another one under its numbers is refused."""
    payment = _payment(world, payment_id)
    same = (payment.biller, payment.consumer_no, payment.amount_paisa, payment.source) == (
        subject.biller.code,
        subject.consumer_no,
        amount_paisa,
        None if payer is None else payer.id,
    )
    return _told(payment) if same else Answer(DIFFERENT)


def _keep(world: World, payment: PaymentItem) -> PaymentItem:
    """Keep how a payment stands now, and tell it to the sandbox's subscribers."""
    event = EVENT_OF.get(payment.outcome)
    if event is not None:
        emit(world, event, payment.id, view_payment(payment).json_bytes())
    return PAYMENTS.put(world, payment.id, payment)


def _told(payment: PaymentItem) -> Answer:
    return Answer(payment.reason or APPROVED, payment.receipt)


def _payment(world: WorldView, payment_id: str) -> PaymentItem:
    payment = PAYMENTS.get(world, payment_id)
    if payment is None:
        raise AssertionError(f"there is no payment {payment_id}")
    return payment


def _bill(world: WorldView, payment: PaymentItem) -> Bill:
    item = BILLS.get(world, _key(payment.biller, payment.consumer_no))
    return _known(None if item is None else item.bill)


def _known(bill: Bill | None) -> Bill:
    if bill is None:
        raise AssertionError("a payment was taken for a bill that is not there")
    return bill


def _key(biller: str, consumer_no: str) -> str:
    return f"{biller}:{consumer_no}"


def _count(world: World, what: str) -> int:
    item = COUNTS.get(world, what) or CountItem()
    COUNTS.put(world, what, CountItem(count=item.count + 1))
    return item.count + 1
