"""Money that comes back: pacs.004, and recalls by camt.056 with their answer camt.029.

A return reverses the payment's own posting in the ledger, whole and once. Whoever paid finds a pacs.004 in
the inbox. What was counted against limits stays counted: the payment was made.
"""

from connectors.identifiers.iban import institution_of
from connectors.identifiers.institutions import INSTITUTIONS
from connectors.iso20022.parts import Agent, OriginalMessage, Party
from connectors.iso20022.payments import PaymentReturn, ReturnChain
from connectors.iso20022.recalls import Recall, RecallAnswer
from connectors.raast.directory import RETURNS
from connectors.raast.rail import REFUSED_BY_STATUS
from ledger.model import Kind, Transfer
from ledger.status import Status
from sandbox.accounts.models import BankAccount
from sandbox.accounts.queries import find_account
from sandbox.payments.models import Payment, PaymentStatus
from sandbox.payments.service import end_hold
from sandbox.rails.raast.answers import (
    SYSTEM,
    TRANSFER_NAME,
    Done,
    RefusedError,
    accepted,
    reason_of,
    reference_for,
)
from sandbox.rails.raast.codes import NARRATIVE, NEVER_RECEIVED, RECALL_RULES, Outcome
from sandbox.rails.raast.inbox import lay_ready
from sandbox.rails.raast.memory import RECALLS, Found, OpenRecall, find
from sandbox.rails.raast.transfers import ask_again
from sandbox.world import World

FOLLOWS_RECALL = "FOCR"
ALREADY_RETURNED = "ARDT"
WRONG_AMOUNT = "AM09"
NO_MONEY = "AM04"
GIVEN_BACK, NOT_GIVEN_BACK, WAITS = "CNCL", "RJCR", "PDCR"
OF_TRANSACTION = {GIVEN_BACK: "ACCR", NOT_GIVEN_BACK: "RJCR", WAITS: "PDCR"}
RETURN_REASONS = tuple(code for code, row in RETURNS.items() if "return" in row.use)


def give_back_by_message(world: World, message: PaymentReturn) -> Done:
    """Give a payment back as a pacs.004 of the receiver's institution says."""
    code = message.reason.code
    if code is None or code not in RETURN_REASONS:
        raise RefusedError(NARRATIVE, f"RtrRsnInf: a return has one of {', '.join(RETURN_REASONS)}")
    found = _settled(world, message)
    if message.returned_paisa != found.payment.amount_paisa:
        raise RefusedError(WRONG_AMOUNT, "a payment is given back whole")
    _give_back(world, found, code)
    RECALLS.remove(world, found.payment.id)
    return Done(accepted(message, world.now), found.payment.id)


def recall(world: World, message: Recall) -> Done:
    """Answer a camt.056: what becomes of it hangs on its reason, see the table of recalls."""
    rule = RECALL_RULES.get(message.reason.code or "")
    if rule is None:
        raise RefusedError(NARRATIVE, f"CxlRsnInf: a recall has one of {', '.join(RECALL_RULES)}")
    try:
        found = _settled(world, message)
        if message.original_paisa not in {None, found.payment.amount_paisa}:
            raise RefusedError(WRONG_AMOUNT, "the payment has another amount")  # noqa: TRY301 - told alike
        if world.book.reversal_of(_posting(found.payment)) is not None:
            raise RefusedError(ALREADY_RETURNED, "the payment was given back before")  # noqa: TRY301 - so is this
        if rule.outcome is Outcome.GIVEN_BACK:
            _give_back(world, found, FOLLOWS_RECALL)
            return Done(_resolution(world, message, GIVEN_BACK), found.payment.id)
    except RefusedError as refused:
        return Done(_resolution(world, message, NOT_GIVEN_BACK, refused.code, refused.text), keep=False)
    if rule.outcome is Outcome.REFUSED:
        return Done(_resolution(world, message, NOT_GIVEN_BACK, rule.answer), found.payment.id)
    waiting = OpenRecall(
        id=message.id, case_id=message.case_id, member=message.assigner.member, bic=message.assigner.bic
    )
    RECALLS.put(world, found.payment.id, waiting)
    return Done(_resolution(world, message, WAITS), found.payment.id)


def answer_recall(world: World, message: RecallAnswer) -> Done:
    """Take the decision of the receiver's institution (camt.029) about a recall that waits for it."""
    found = _settled(world, message)
    waiting = RECALLS.get(world, found.payment.id)
    if waiting is None:
        raise RefusedError(NEVER_RECEIVED, "no recall of this payment waits for an answer")
    if message.status not in {GIVEN_BACK, NOT_GIVEN_BACK}:
        raise RefusedError(NARRATIVE, f"Sts/Conf: a decision is {GIVEN_BACK} or {NOT_GIVEN_BACK}")
    if message.status == GIVEN_BACK:
        _give_back(world, found, FOLLOWS_RECALL)
    RECALLS.remove(world, found.payment.id)
    forwarded = message._replace(
        assigner=SYSTEM,
        assignee=Agent(waiting.member, waiting.bic),
        id=reference_for("resolution", waiting.id, "decided"),
        created_at=world.now,
    )
    lay_ready(world, forwarded)
    return Done(accepted(message, world.now), found.payment.id)


def _settled(world: World, message: PaymentReturn | Recall | RecallAnswer) -> Found:
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


def _posting(payment: Payment) -> str:
    return end_hold(payment.id, Kind.POST).id


def _give_back(world: World, found: Found, reason: str) -> None:
    """Move the money back and lay the pacs.004 ready, or refuse with the reason."""
    payment = found.payment
    payer = find_account(world, payment.source)
    if payer.status in REFUSED_BY_STATUS:
        raise RefusedError(REFUSED_BY_STATUS[payer.status], f"the payer's account is {payer.status}")
    transfer = Transfer(
        world.new_id("ret"), kind=Kind.REVERSAL, target_id=_posting(payment), reference=payment.id
    )
    result = world.book.post([transfer], now=world.now, recorded_at=world.uow.now)[0]
    if result.status is Status.ALREADY_REVERSED:
        raise RefusedError(ALREADY_RETURNED, "the payment was given back before")
    if result.status is Status.EXCEEDS_CREDITS:
        raise RefusedError(NO_MONEY, "the receiver's account does not hold that much any more")
    if result.status is not Status.CREATED:
        raise AssertionError(f"the ledger refused a return: {result.status}")
    lay_ready(world, _return_of(world, found, payer, transfer.id, reason))


def _return_of(world: World, found: Found, payer: BankAccount, return_id: str, reason: str) -> PaymentReturn:
    payment, known = found
    return PaymentReturn(
        reference_for("return", world.id, payment.id),
        world.now,
        payment.amount_paisa,
        reason_of(reason),
        return_id=return_id,
        original_message=None if known is None else OriginalMessage(known.message_id, TRANSFER_NAME),
        original_instruction_id=None if known is None else known.instruction_id,
        original_end_to_end_id=payment.end_to_end_id if known is None else known.end_to_end_id,
        original_tx_id=None if known is None else known.tx_id,
        original_uetr=None if known is None else known.uetr,
        original_paisa=payment.amount_paisa,
        instructing_agent=SYSTEM,
        instructed_agent=_agent_of(payer.institution),
        chain=ReturnChain(
            debtor=Party(payment.title),
            creditor=Party(payer.holder),
            debtor_agent=_agent_of(institution_of(payment.destination_iban)),
            creditor_agent=_agent_of(payer.institution),
        ),
    )


def _agent_of(institution: str) -> Agent:
    return Agent(member=INSTITUTIONS[institution].member_code)


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
