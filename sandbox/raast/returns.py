"""Use cases of returns and recalls. A Raast payment is final: only its receiver can send it back, whole and once.

The ledger itself sees to the once: it reverses a posting a single time, whichever face asks for it. What was
counted against limits stays counted, for the payment was made.
"""

from connectors.raast.directory import RETURNS
from connectors.raast.rail import REFUSED_BY_STATUS
from ledger.model import Kind, Transfer
from ledger.status import Status
from sandbox.accounts.queries import find_account
from sandbox.commands import Page
from sandbox.events import EventType, emit
from sandbox.http import Empty
from sandbox.payments.models import Payment, PaymentStatus
from sandbox.payments.queries import find_payment
from sandbox.payments.service import end_hold
from sandbox.problems import Problem
from sandbox.raast.pages import page_of
from sandbox.raast.paying import RAIL
from sandbox.raast.return_models import (
    OPEN_RECALLS,
    RECALLS,
    RETURNED,
    AskBack,
    Keep,
    OpenRecall,
    Recall,
    RecallStatus,
    RecallView,
    Return,
    ReturnView,
    SendBack,
    view_recall,
    view_return,
)
from sandbox.world import World, WorldView

FOLLOWS_RECALL = "FOCR"
NO_MONEY = "AM04"


def send_back(world: World, body: SendBack, *, payment_id: str) -> ReturnView:
    """Send a settled payment back, as its receiver's institution does."""
    _check_reason(body.reason, "return")
    return _give_back(world, _settled(world, payment_id), body.reason)


def _check_reason(code: str, use: str) -> None:
    allowed = [row.code for row in RETURNS.values() if use in row.use]
    if code not in allowed:
        raise Problem("invalid_field", f"The reason is one of {', '.join(allowed)}.", field="reason")


def _settled(world: World, payment_id: str) -> Payment:
    payment = find_payment(world, payment_id)
    if payment.rail != RAIL or payment.status != PaymentStatus.SETTLED:
        raise Problem("return_state", f"Only a settled Raast payment comes back; it is {payment.status}.")
    if _reversal(world, payment) is not None:
        raise Problem("return_state", "It was sent back before; that happens once.")
    return payment


def _reversal(world: WorldView, payment: Payment) -> Return | None:
    """Find the return of a payment in the ledger, whoever made it."""
    entry = world.book.reversal_of(end_hold(payment.id, Kind.POST).id)
    if entry is None:
        return None
    plain = Return(
        id=entry.id, payment=payment.id, reason="", amount_paisa=entry.amount, returned_at=entry.happened_at
    )
    return RETURNED.get(world, payment.id) or plain


def _give_back(world: World, payment: Payment, reason: str) -> ReturnView:
    payer = find_account(world, payment.source)
    if payer.status in REFUSED_BY_STATUS:
        detail = f"The payer's account is {payer.status} and takes nothing back."
        raise Problem("return_refused", detail, rail_code=REFUSED_BY_STATUS[payer.status])
    target = end_hold(payment.id, Kind.POST).id
    transfer = Transfer(world.new_id("ret"), kind=Kind.REVERSAL, target_id=target, reference=payment.id)
    result = world.book.post([transfer], now=world.now, recorded_at=world.uow.now)[0]
    if result.status is Status.EXCEEDS_CREDITS:
        detail = "The receiver's account does not hold that much any more."
        raise Problem("return_refused", detail, rail_code=NO_MONEY)
    if result.status is not Status.CREATED:
        raise AssertionError(f"the ledger refused a return: {result.status}")
    returned = Return(
        id=transfer.id,
        payment=payment.id,
        reason=reason,
        amount_paisa=payment.amount_paisa,
        returned_at=world.now,
    )
    view = view_return(RETURNED.put(world, payment.id, returned))
    emit(world, EventType.PAYMENT_RETURNED, payment.id, view.model_dump_json().encode())
    waiting = OPEN_RECALLS.get(world, payment.id)
    if waiting is not None:
        _answer(world, find_recall(world, waiting.id), RecallStatus.RETURNED, reason)
    return view


def ask_back(world: World, body: AskBack, *, payment_id: str) -> RecallView:
    """Ask the receiver for a payment. Nothing moves until they answer."""
    _check_reason(body.reason, "recall")
    payment = _settled(world, payment_id)
    waiting = OPEN_RECALLS.get(world, payment.id)
    if waiting is not None:
        raise Problem("return_state", f"The recall {waiting.id} of this payment waits for an answer.")
    recall = Recall(
        id=world.new_id("rcl"),
        payment=payment.id,
        reason=body.reason,
        note=body.note,
        status=RecallStatus.ASKED,
        answer=None,
        asked_at=world.now,
        answered_at=None,
    )
    OPEN_RECALLS.put(world, payment.id, OpenRecall(id=recall.id))
    view = view_recall(RECALLS.put(world, recall.id, recall))
    emit(world, EventType.RECALL_ASKED, recall.id, view.model_dump_json().encode())
    return view


def accept_recall(world: World, _body: Empty, *, recall_id: str) -> RecallView:
    """Give the money back, as the receiver does who agrees."""
    recall = _waiting(world, recall_id)
    _give_back(world, _settled(world, recall.payment), FOLLOWS_RECALL)
    return view_recall(find_recall(world, recall_id))


def refuse_recall(world: World, body: Keep, *, recall_id: str) -> RecallView:
    """Keep the money, as the receiver may."""
    _check_reason(body.reason, "answer")
    return _answer(world, _waiting(world, recall_id), RecallStatus.REFUSED, body.reason)


def _waiting(world: World, recall_id: str) -> Recall:
    recall = find_recall(world, recall_id)
    if recall.status is not RecallStatus.ASKED:
        raise Problem("return_state", f"The recall is {recall.status}; it is answered once.")
    return recall


def _answer(world: World, recall: Recall, status: RecallStatus, reason: str) -> RecallView:
    recall.status, recall.answer, recall.answered_at = status, reason, world.now
    OPEN_RECALLS.remove(world, recall.payment)
    view = view_recall(RECALLS.put(world, recall.id, recall))
    emit(world, EventType.RECALL_ANSWERED, recall.id, view.model_dump_json().encode())
    return view


def get_return(world: WorldView, *, payment_id: str) -> ReturnView:
    """Show the return of a payment."""
    found = _reversal(world, find_payment(world, payment_id))
    if found is None:
        raise Problem("not_found", f"The payment {payment_id!r} was not sent back.")
    return view_return(found)


def find_recall(world: WorldView, recall_id: str) -> Recall:
    """Return the recall, or say that it is not here."""
    recall = RECALLS.get(world, recall_id)
    if recall is None:
        raise Problem("not_found", f"There is no recall {recall_id!r} in this sandbox.")
    return recall


def get_recall(world: WorldView, *, recall_id: str) -> RecallView:
    """Show one recall."""
    return view_recall(find_recall(world, recall_id))


def list_recalls(world: WorldView, *, limit: int, cursor: str | None) -> Page[RecallView]:
    """List recalls, the newest first."""
    return page_of(world, RECALLS, view_recall, limit=limit, cursor=cursor)
