"""Money that comes back: pacs.004, and recalls by camt.056 with their answer camt.029.

The returns and recalls are those of `/v1`: a return reverses the payment's own posting, whole and once. Whoever
hears of it lays a pacs.004, or the camt.029 that was waited for, into the inbox.
"""

from connectors.iso20022.payments import PaymentReturn
from connectors.iso20022.recalls import Recall, RecallAnswer
from connectors.raast.directory import RETURNS
from sandbox.http import Empty
from sandbox.payments.models import PaymentStatus
from sandbox.problems import Problem
from sandbox.raast import returns
from sandbox.raast.return_models import OPEN_RECALLS, AskBack, Keep, SendBack
from sandbox.rails.raast.answers import (
    GIVEN_BACK,
    NOT_GIVEN_BACK,
    SYSTEM,
    WAITS,
    Done,
    RefusedError,
    accepted,
    reason_of,
    reference_for,
)
from sandbox.rails.raast.codes import CODE_OF_PROBLEM, NARRATIVE, NEVER_RECEIVED, RECALL_RULES, Outcome
from sandbox.rails.raast.inbox import lay_ready
from sandbox.rails.raast.memory import IDS, RECALLS, Found, OpenRecall, Speaking, find
from sandbox.rails.raast.transfers import ask_again
from sandbox.world import World

WRONG_AMOUNT = "AM09"
CUSTOMER = "CUST"
OF_TRANSACTION = {GIVEN_BACK: "ACCR", NOT_GIVEN_BACK: "RJCR", WAITS: "PDCR"}


def give_back_by_message(world: World, message: PaymentReturn) -> Done:
    """Give a payment back as a pacs.004 of the receiver's institution says."""
    reason = _listed(message.reason.code, "return", "RtrRsnInf")
    found = _settled(world, message)
    if message.returned_paisa != found.payment.amount_paisa:
        raise RefusedError(WRONG_AMOUNT, "a payment is given back whole")
    _keep_ids(world, found)
    returns.send_back(world, SendBack(reason=reason), payment_id=found.payment.id)
    return Done(accepted(message, world.now), found.payment.id)


def recall(world: World, message: Recall) -> Done:
    """Answer a camt.056: what becomes of it hangs on its reason, see the table of recalls."""
    try:
        return _recall(world, message)
    except Problem as problem:
        code, text = problem.rail_code or CODE_OF_PROBLEM.get(problem.entry.code, NARRATIVE), problem.detail
    except RefusedError as refused:
        code, text = refused.code, refused.text
    return Done(_resolution(world, message, NOT_GIVEN_BACK, code, text), keep=False)


def _recall(world: World, message: Recall) -> Done:
    rule = RECALL_RULES[_listed(message.reason.code, "recall", "CxlRsnInf")]
    found = _settled(world, message)
    payment = found.payment
    if message.original_paisa not in {None, payment.amount_paisa}:
        raise RefusedError(WRONG_AMOUNT, "the payment has another amount")
    if OPEN_RECALLS.get(world, payment.id) is not None:
        return Done(_resolution(world, message, WAITS), payment.id)
    _keep_ids(world, found)
    waiting = OpenRecall(
        id=message.id, case_id=message.case_id, member=message.assigner.member, bic=message.assigner.bic
    )
    RECALLS.put(world, payment.id, waiting)
    asked = returns.ask_back(world, AskBack(reason=rule.reason), payment_id=payment.id)
    if rule.outcome is Outcome.WAITS:
        lay_ready(world, message._replace(id=reference_for("recall", message.id), assigner=SYSTEM))
        return Done(_resolution(world, message, WAITS), payment.id)
    RECALLS.remove(world, payment.id)
    if rule.outcome is Outcome.GIVEN_BACK:
        returns.accept_recall(world, Empty(), recall_id=asked.id)
        return Done(_resolution(world, message, GIVEN_BACK), payment.id)
    returns.refuse_recall(world, Keep(reason=rule.answer or CUSTOMER), recall_id=asked.id)
    return Done(_resolution(world, message, NOT_GIVEN_BACK, rule.answer), payment.id)


def answer_recall(world: World, message: RecallAnswer) -> Done:
    """Take the decision of the receiver's institution (camt.029) about a recall that waits for it."""
    payment = _settled(world, message).payment
    waiting = OPEN_RECALLS.get(world, payment.id)
    if waiting is None:
        raise RefusedError(NEVER_RECEIVED, "no recall of this payment waits for an answer")
    if message.status == GIVEN_BACK:
        returns.accept_recall(world, Empty(), recall_id=waiting.id)
    elif message.status == NOT_GIVEN_BACK:
        given = CUSTOMER if message.reason is None else message.reason.code
        reason = _listed(given, "answer", "CxlStsRsnInf")
        returns.refuse_recall(world, Keep(reason=reason), recall_id=waiting.id)
    else:
        raise RefusedError(NARRATIVE, f"Sts/Conf: a decision is {GIVEN_BACK} or {NOT_GIVEN_BACK}")
    return Done(accepted(message, world.now), payment.id)


def _listed(code: str | None, use: str, place: str) -> str:
    allowed = [row.code for row in RETURNS.values() if use in row.use]
    if code is None or code not in allowed:
        raise RefusedError(NARRATIVE, f"{place}: the reason is one of {', '.join(allowed)}")
    return code


def _keep_ids(world: World, found: Found) -> None:
    """Keep under which ids a payment came, for whoever tells of its return."""
    if found.transaction is not None:
        IDS.put(world, found.payment.id, found.transaction)


def _settled(world: World, message: Speaking) -> Found:
    """Return the payment that a message speaks of; it moved money."""
    found = find(world, message)
    if found is None:
        raise RefusedError(NEVER_RECEIVED, "no payment has these ids, or several have this EndToEndId")
    payment = found.payment
    if payment.status == PaymentStatus.UNKNOWN:
        payment = ask_again(world, payment)
    if payment.status == PaymentStatus.UNKNOWN:
        raise RefusedError(NARRATIVE, "the outcome of the payment is not known yet; ask with pacs.028")
    if payment.status == PaymentStatus.REFUSED:
        raise RefusedError(NEVER_RECEIVED, "the payment was refused, no money moved")
    return found._replace(payment=payment)


def _resolution(
    world: World, message: Recall, status: str, reason: str | None = None, text: str = ""
) -> RecallAnswer:
    return RecallAnswer(
        reference_for("resolution", message.id),
        world.now,
        SYSTEM,
        message.assigner,
        status,
        case_id=message.case_id,
        case_creator=message.case_creator,
        original_message=message.original_message,
        original_instruction_id=message.original_instruction_id,
        original_end_to_end_id=message.original_end_to_end_id,
        original_tx_id=message.original_tx_id,
        original_uetr=message.original_uetr,
        transaction_status=OF_TRANSACTION[status],
        reason=reason_of(reason, text) if reason else None,
        original_paisa=message.original_paisa,
    )
