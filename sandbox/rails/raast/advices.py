"""What the system tells the participant by itself: it hears of events and lays messages into the inbox.

Late outcomes (pacs.002), returns (pacs.004), money from outside (pacs.008), requests to pay (pain.013) and their
ends (pain.014), recalls (camt.056) and what is decided about them (camt.029).
"""

from collections.abc import Callable
from typing import Final

import orjson

from connectors.identifiers.iban import institution_of
from connectors.identifiers.institutions import INSTITUTIONS
from connectors.iso20022.parts import Account, Agent, OriginalMessage, Party, Reason
from connectors.iso20022.payments import CreditTransfer, PaymentReturn, ReturnChain
from connectors.iso20022.recalls import Recall, RecallAnswer
from connectors.iso20022.requests import RequestAnswer, RequestToPay
from ledger.model import Kind
from sandbox.accounts.queries import find_account
from sandbox.events import Event, EventType
from sandbox.limits.periods import day_of
from sandbox.payments.models import PAYMENTS
from sandbox.payments.queries import find_payment
from sandbox.payments.service import end_hold
from sandbox.payments.simulations import InboundCreditView
from sandbox.raast.request_models import RequestView
from sandbox.raast.requests import find_request
from sandbox.raast.return_models import RETURNED, RecallStatus, RecallView
from sandbox.raast.returns import find_recall
from sandbox.rails.raast.answers import (
    GIVEN_BACK,
    NOT_GIVEN_BACK,
    NOT_PROVIDED,
    SYSTEM,
    TRANSFER_NAME,
    reason_of,
    reference_for,
    standing,
)
from sandbox.rails.raast.inbox import lay_ready
from sandbox.rails.raast.memory import ASKED, IDS, PENDING, RAIL, RECALLS
from sandbox.world import World

NO_REASON: Final = "MS03"
REQUEST_NAME: Final = "pain.013.001.07"


def follow(world: World, event: Event) -> None:
    """Hear of every event; most are none of the inbox's.

    Nearly all are of payments that were told of at once: for them it is one look at a row in memory.
    """
    if event.type in _OUTCOMES:
        _tell_outcome(world, event)
        return
    tell = _TELL.get(event.type)
    if tell is not None:
        tell(world, orjson.loads(event.body)["data"], event)


def _tell_outcome(world: World, event: Event) -> None:
    payment = PAYMENTS.get(world.uow, world.id, event.subject)
    if payment is None or payment.late_at is None:
        return
    known = PENDING.get(world, payment.id)
    if known is not None:
        PENDING.remove(world, payment.id)
        lay_ready(world, standing(payment, known, reference_for("late", world.id, payment.id), world.now))


def _tell_return(world: World, _data: object, event: Event) -> None:
    payment = find_payment(world, event.subject)
    if payment.rail != RAIL:
        return
    payer = find_account(world, payment.source)
    known, given = IDS.get(world, payment.id), RETURNED.get(world, payment.id)
    entry = world.book.reversal_of(end_hold(payment.id, Kind.POST).id)
    payer_agent = _agent_of(payer.institution)
    lay_ready(
        world,
        PaymentReturn(
            reference_for("return", world.id, payment.id),
            world.now,
            payment.amount_paisa,
            reason_of(NO_REASON if given is None else given.reason),
            return_id=None if entry is None else entry.id,
            original_message=None if known is None else OriginalMessage(known.message_id, TRANSFER_NAME),
            original_instruction_id=None if known is None else known.instruction_id,
            original_end_to_end_id=payment.end_to_end_id if known is None else known.end_to_end_id,
            original_tx_id=None if known is None else known.tx_id,
            original_uetr=None if known is None else known.uetr,
            original_paisa=payment.amount_paisa,
            instructing_agent=SYSTEM,
            instructed_agent=payer_agent,
            chain=ReturnChain(
                debtor=Party(payment.title),
                creditor=Party(payer.holder),
                debtor_agent=_agent_of(institution_of(payment.destination_iban)),
                creditor_agent=payer_agent,
            ),
        ),
    )


def _tell_credit(world: World, data: object, _event: Event) -> None:
    view = InboundCreditView.model_validate(data)
    if view.rail != RAIL:
        return
    account = find_account(world, view.destination)
    lay_ready(
        world,
        CreditTransfer(
            reference_for("credit", world.id, view.id),
            world.now,
            view.end_to_end_id or NOT_PROVIDED,
            view.amount_paisa,
            "DEBT",
            Party(view.sender),
            _agent_of(view.institution),
            _agent_of(account.institution),
            Party(account.holder),
            creditor_account=Account(iban=account.iban),
            tx_id=view.id,
            settled_on=day_of(world.now),
            instructing_agent=SYSTEM,
            instructed_agent=_agent_of(account.institution),
        ),
    )


def _tell_request(world: World, data: object, _event: Event) -> None:
    view = RequestView.model_validate(data)
    if view.payer is None:
        return
    request = find_request(world, view.id)
    payer, payee = find_account(world, view.payer), find_account(world, view.payee)
    lay_ready(
        world,
        RequestToPay(
            reference_for("request", world.id, view.id),
            world.now,
            Party(payee.holder),
            view.reference or NOT_PROVIDED,
            view.amount_paisa,
            "SLEV",
            Party(payer.holder),
            _agent_of(payer.institution),
            _agent_of(payee.institution),
            Party(payee.holder),
            debtor_account=Account(iban=payer.iban),
            creditor_account=Account(iban=payee.iban),
            request_id=view.rtp_id,
            execute_at=world.now,
            expires_at=request.expires_at,
            texts=(view.note,) if view.note else (),
        ),
    )


def _tell_end(world: World, data: object, event: Event) -> None:
    asked = ASKED.get(world, event.subject)
    if asked is None:
        return
    view = RequestView.model_validate(data)
    lay_ready(
        world,
        RequestAnswer(
            reference_for("end", world.id, view.id),
            world.now,
            Party(asked.initiator),
            asked.message_id,
            REQUEST_NAME,
            asked.request_id,
            view.status,
            original_end_to_end_id=asked.end_to_end_id,
            reason=None if view.reason is None else reason_of(view.reason),
        ),
    )


def _tell_recall(world: World, data: object, _event: Event) -> None:
    view = RecallView.model_validate(data)
    if RECALLS.get(world, view.payment) is not None:
        return  # It came as a message, and who took that tells of it.
    payment = find_payment(world, view.payment)
    payer = find_account(world, payment.source)
    lay_ready(
        world,
        Recall(
            reference_for("recall", world.id, view.id),
            world.now,
            SYSTEM,
            _agent_of(institution_of(payment.destination_iban)),
            Reason(code=find_recall(world, view.id).reason),
            case_id=view.id,
            case_creator=_agent_of(payer.institution),
            original_end_to_end_id=payment.end_to_end_id or NOT_PROVIDED,
            original_paisa=payment.amount_paisa,
        ),
    )


def _tell_decision(world: World, data: object, _event: Event) -> None:
    view = RecallView.model_validate(data)
    waiting, known = RECALLS.get(world, view.payment), IDS.get(world, view.payment)
    if waiting is None:
        return
    RECALLS.remove(world, view.payment)
    payment = find_payment(world, view.payment)
    back = view.status is RecallStatus.RETURNED
    lay_ready(
        world,
        RecallAnswer(
            reference_for("decision", waiting.id),
            world.now,
            SYSTEM,
            Agent(waiting.member, waiting.bic),
            GIVEN_BACK if back else NOT_GIVEN_BACK,
            original_end_to_end_id=payment.end_to_end_id,
            original_tx_id=None if known is None else known.tx_id,
            transaction_status="ACCR" if back else "RJCR",
            reason=None if back or view.answer is None else reason_of(view.answer.code),
            original_paisa=payment.amount_paisa,
        ),
    )


def _agent_of(institution: str) -> Agent:
    return Agent(member=INSTITUTIONS[institution].member_code)


_OUTCOMES: Final = {EventType.PAYMENT_SETTLED.value, EventType.PAYMENT_REFUSED.value}
_TELL: Final[dict[str, Callable[[World, object, Event], None]]] = {
    EventType.PAYMENT_RETURNED: _tell_return,
    EventType.RECALL_ASKED: _tell_recall,
    EventType.RECALL_ANSWERED: _tell_decision,
    EventType.CREDIT_RECEIVED: _tell_credit,
    EventType.REQUEST_SENT: _tell_request,
    EventType.REQUEST_SETTLED: _tell_end,
    EventType.REQUEST_REJECTED: _tell_end,
    EventType.REQUEST_CANCELLED: _tell_end,
    EventType.REQUEST_EXPIRED: _tell_end,
}
