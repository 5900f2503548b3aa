"""Requests to pay as messages: pain.013 in, pain.014 out and in. The requests are those of `/v1`."""

from datetime import timedelta

from connectors.iso20022.parts import Agent
from connectors.iso20022.requests import RequestAnswer, RequestToPay
from connectors.iso20022.wire import name_of
from ledger.clock import SECOND_US, Micros
from sandbox.accounts.models import MOST_PAISA
from sandbox.accounts.queries import account_by_iban
from sandbox.http import Empty
from sandbox.limits.periods import day_of, midnight
from sandbox.raast import requests
from sandbox.raast.request_models import MOST_S, REQUESTS, Accept, AskToPay, request_id_of
from sandbox.rails.raast.answers import NOT_PROVIDED, Done, RefusedError, reason_of, reference_for
from sandbox.rails.raast.codes import NARRATIVE, NEVER_RECEIVED
from sandbox.rails.raast.memory import ASKED, Asked
from sandbox.rails.raast.transfers import iban_of, names
from sandbox.world import World

EXPIRED = "DS24"
ACCEPT, REJECT, CANCEL = "ACCP", "RJCT", "CANC"


def ask_to_pay(world: World, message: RequestToPay) -> Done:
    """Make the request that a pain.013 asks for. Its payer is told, and its payee of every end of it."""
    if not 1 <= message.amount_paisa <= MOST_PAISA:
        raise RefusedError("AM12", "the amount is 0.01 to 10000000000000.00 PKR")
    payee = iban_of(message.creditor_account, "CdtrAcct", missing="AC03")
    _require(world, payee, message.creditor_agent, "Cdtr", "AC03", "RC04")
    payer = None
    if message.debtor_account is not None:
        payer = iban_of(message.debtor_account, "DbtrAcct", missing="AC02")
        _require(world, payer, message.debtor_agent, "Dbtr", "AC02", "RC01")
    order = AskToPay(
        payee=payee,
        payer=payer,
        amount_paisa=message.amount_paisa,
        mode="later" if _starts_at(message) > world.now else "now",
        expires_in_s=_expires_in_s(message, world.now),
        reference=message.end_to_end_id,
        note=message.texts[0] if message.texts else None,
    )
    view = requests.ask_to_pay(world, order)
    asked = Asked(
        request=view.id,
        message_id=message.message_id,
        request_id=message.request_id or NOT_PROVIDED,
        end_to_end_id=message.end_to_end_id,
        initiator=message.initiator.name,
    )
    ASKED.put(world, view.id, asked)
    ASKED.put(world, message.message_id, asked)
    return Done(answer_to(message, view.status, world.now))


def decide(world: World, message: RequestAnswer) -> Done:
    """Take the payer's answer (ACCP pays at once, RJCT) or the payee's withdrawal (CANC)."""
    request_id = _request_of(world, message)
    if message.status == ACCEPT:
        view = requests.accept(world, Accept(), request_id=request_id)
    elif message.status == REJECT:
        view = requests.reject(world, Empty(), request_id=request_id)
    elif message.status == CANCEL:
        view = requests.cancel(world, Empty(), request_id=request_id)
    else:
        raise RefusedError(NARRATIVE, f"TxSts: an answer is {ACCEPT}, {REJECT} or {CANCEL}")
    told = message._replace(
        message_id=reference_for("answer", message.message_id),
        created_at=world.now,
        status=view.status,
        group_status=None,
        reason=None if view.reason is None else reason_of(view.reason),
        decided_at=None,
        accepted_at=None,
    )
    return Done(told, view.payment)


def answer_to(
    message: RequestToPay, status: str, now: Micros, code: str = "", text: str = ""
) -> RequestAnswer:
    """Say how a request stands; with a code, why it was not taken."""
    return RequestAnswer(
        reference_for("answer" if not code else "rejection", message.message_id),
        now,
        message.initiator,
        message.message_id,
        name_of(message),
        message.request_id or NOT_PROVIDED,
        status,
        original_instruction_id=message.instruction_id,
        original_end_to_end_id=message.end_to_end_id,
        original_uetr=message.uetr,
        reason=reason_of(code, text) if code else None,
    )


def _require(world: World, iban: str, agent: Agent, who: str, unknown: str, misrouted: str) -> None:
    account = account_by_iban(world, iban)
    if account is None:
        raise RefusedError(unknown, f"{who}Acct is no account of this sandbox")
    if not names(agent, account.institution):
        raise RefusedError(misrouted, f"{who}Agt does not keep {who}Acct, {account.institution} does")


def _starts_at(message: RequestToPay) -> Micros:
    return midnight(message.execute_on) if message.execute_on else message.execute_at or 0


def _expires_in_s(message: RequestToPay, now: Micros) -> int | None:
    end = message.expires_at
    if message.expires_on is not None:
        end = midnight(message.expires_on + timedelta(days=1))
    if end is None:
        return None
    left = (end - now) // SECOND_US
    if left < 1:
        raise RefusedError(EXPIRED, f"XpryDt has passed: in this sandbox it is {day_of(now)}")
    if left > MOST_S:
        raise RefusedError(NARRATIVE, f"XpryDt is more than {MOST_S // 86_400} days away")
    return left


def _request_of(world: World, message: RequestAnswer) -> str:
    asked = ASKED.get(world, message.original_message_id)
    if asked is not None:
        return asked.request
    request_id = request_id_of(message.original_request_id)
    if REQUESTS.get(world, request_id) is None:
        raise RefusedError(NEVER_RECEIVED, "no request to pay has these ids")
    return request_id
