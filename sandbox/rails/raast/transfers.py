"""Payments as messages: pacs.008 in, pacs.002 out, and pacs.028 for the outcome.

The payment is made by the use cases of `/v1/payments`: a title fetch, then the payment. What the message
names wrongly is refused before anything is stored.
"""

from pydantic import TypeAdapter, ValidationError

from connectors.identifiers.iban import IbanError, institution_of, parse_iban
from connectors.identifiers.institutions import INSTITUTIONS
from connectors.iso20022.parts import Account, Agent
from connectors.iso20022.payments import CreditTransfer, GroupStatus, StatusReport, StatusRequest
from ledger.clock import Micros
from sandbox.accounts.models import MOST_PAISA
from sandbox.accounts.queries import account_by_iban
from sandbox.http import Empty
from sandbox.payments.late import inquire
from sandbox.payments.models import (
    CreatePayment,
    EndToEndId,
    FetchTitle,
    Payment,
    PaymentStatus,
)
from sandbox.payments.queries import find_payment
from sandbox.payments.service import create_payment
from sandbox.payments.titles import fetch_title
from sandbox.rails.raast.answers import (
    NOT_PROVIDED,
    STATUS_OF,
    SYSTEM,
    TRANSFER_NAME,
    Done,
    RefusedError,
    reason_of,
    reference_for,
    standing,
)
from sandbox.rails.raast.codes import DUPLICATE, NARRATIVE, NEVER_RECEIVED
from sandbox.rails.raast.memory import PENDING, TRANSACTIONS, Transaction, find, transaction_of
from sandbox.world import World

LONGEST_NARRATION = 140
_END_TO_END_ID: TypeAdapter[str] = TypeAdapter(EndToEndId)


def pay(world: World, message: CreditTransfer) -> Done:
    """Make the payment that a pacs.008 asks for, and report on it."""
    key = message.tx_id or message.instruction_id or message.message_id
    if TRANSACTIONS.get(world, key) is not None:
        raise RefusedError(DUPLICATE, f"TxId {key} was used by another message")
    _check_amount(message)
    source = _paying_iban(world, message)
    receiver = _receiving_iban(message)
    end_to_end_id = _reference_of(message)
    asked = FetchTitle.model_construct(destination_iban=receiver, amount_paisa=message.amount_paisa)
    fetch = fetch_title(world, asked)
    if fetch.reason is not None:
        TRANSACTIONS.add(world, key, _ids_of(message, None, fetch.reason.code))
        refused = _report(message, PaymentStatus.REFUSED, fetch.reason.code, None, world.now)
        return Done(refused, transaction=key)
    # All its fields are checked by now; checking them again would be a tenth of the work.
    order = CreatePayment.model_construct(
        source=source,
        destination_iban=receiver,
        amount_paisa=message.amount_paisa,
        title_fetch=fetch.id,
        end_to_end_id=end_to_end_id,
        narration=message.texts[0][:LONGEST_NARRATION] if message.texts else None,
    )
    payment = create_payment(world, order)
    transaction = _ids_of(message, payment.id)
    TRANSACTIONS.add(world, key, transaction)
    if payment.status is PaymentStatus.UNKNOWN:
        PENDING.add(world, payment.id, transaction)
    reason = None if payment.reason is None else payment.reason.code
    return Done(_report(message, payment.status, reason, payment.id, world.now), payment.id, key)


def _reference_of(message: CreditTransfer) -> str | None:
    if message.end_to_end_id == NOT_PROVIDED:
        return None
    try:
        return _END_TO_END_ID.validate_python(message.end_to_end_id)
    except ValidationError as error:
        raise RefusedError(NARRATIVE, f"EndToEndId: {error.errors()[0]['msg']}") from error


def _ids_of(message: CreditTransfer, payment_id: str | None, reason: str | None = None) -> Transaction:
    return Transaction.model_construct(
        payment=payment_id,
        reason=reason,
        message_id=message.message_id,
        created_at=message.created_at,
        end_to_end_id=message.end_to_end_id,
        instruction_id=message.instruction_id,
        tx_id=message.tx_id,
        uetr=message.uetr,
        member=message.debtor_agent.member,
    )


def report_standing(world: World, message: StatusRequest | StatusReport) -> Done:
    """Answer a question (pacs.028) with how the payment stands by now.

    A pacs.002 from outside is answered alike and changes nothing: an outcome is the system's to tell.
    """
    reference = reference_for("answer", message.message_id)
    found = find(world, message)
    if found is None:
        known = transaction_of(world, message)
        if known is None or known.payment is not None:
            raise RefusedError(NEVER_RECEIVED, "no payment has these ids, or several have this EndToEndId")
        return Done(standing(None, known, reference, world.now))
    payment = found.payment
    if isinstance(message, StatusRequest):
        payment = ask_again(world, payment)
    return Done(standing(payment, found.transaction, reference, world.now), payment.id)


def ask_again(world: World, payment: Payment) -> Payment:
    """Ask the rail about a payment; who asked and got the outcome is not told of it by the inbox too."""
    waiting = PENDING.get(world, payment.id)
    PENDING.remove(world, payment.id)
    inquire(world, Empty(), payment_id=payment.id)
    payment = find_payment(world, payment.id)
    if waiting is not None and payment.status == PaymentStatus.UNKNOWN:
        PENDING.put(world, payment.id, waiting)
    return payment


def _check_amount(message: CreditTransfer) -> None:
    if not 1 <= message.amount_paisa <= MOST_PAISA:
        raise RefusedError("AM12", "the amount is 0.01 to 10000000000000.00 PKR")
    if message.instructed_paisa not in {None, message.amount_paisa}:
        raise RefusedError("AM09", "InstdAmt is another amount than IntrBkSttlmAmt, and there are no charges")


def _paying_iban(world: World, message: CreditTransfer) -> str:
    iban = iban_of(message.debtor_account, "DbtrAcct", missing="AC02")
    account = account_by_iban(world, iban)
    if account is None:
        raise RefusedError("AC02", "DbtrAcct is no account of this sandbox")
    if not names(message.debtor_agent, account.institution):
        raise RefusedError("RC01", f"DbtrAgt does not keep DbtrAcct, {account.institution} does")
    return iban


def _receiving_iban(message: CreditTransfer) -> str:
    iban = iban_of(message.creditor_account, "CdtrAcct", missing="AC03")
    institution = institution_of(iban)
    if institution not in INSTITUTIONS:
        raise RefusedError(
            "RC04", f"{institution} is no institution of the sandbox: {', '.join(INSTITUTIONS)}"
        )
    if not names(message.creditor_agent, institution):
        raise RefusedError("RC04", f"CdtrAgt does not keep CdtrAcct, {institution} does")
    return iban


def iban_of(account: Account | None, place: str, *, missing: str) -> str:
    """Return an account's IBAN, or refuse naming the place."""
    if account is None:
        raise RefusedError(missing, f"{place} is missing")
    if account.iban is None:
        raise RefusedError("AC01", f"{place}: accounts are named by their IBAN")
    try:
        return parse_iban(account.iban)
    except IbanError as error:
        raise RefusedError("AC01", f"{place}: {error}") from error


def names(agent: Agent, institution: str) -> bool:
    """Tell whether an agent is this institution of the sandbox."""
    known = INSTITUTIONS[institution]
    return agent.member in {None, known.member_code} and agent.bic in {None, known.member_code}


def _report(
    message: CreditTransfer, status: PaymentStatus, reason: str | None, payment_id: str | None, now: Micros
) -> StatusReport:
    code = STATUS_OF[status]
    return StatusReport(
        reference_for("answer", message.message_id),
        now,
        code,
        group=GroupStatus(message.message_id, TRANSFER_NAME, status=code),
        original_instruction_id=message.instruction_id,
        original_end_to_end_id=message.end_to_end_id,
        original_tx_id=message.tx_id,
        original_uetr=message.uetr,
        reason=reason_of(reason) if reason else None,
        accepted_at=now if status is PaymentStatus.SETTLED else None,
        servicer_reference=payment_id,
        instructing_agent=SYSTEM,
        instructed_agent=message.debtor_agent,
    )
