"""The way of one message: read, acted on once, answered; the same message again gets the same bytes."""

import re
from collections.abc import Callable
from hashlib import sha256
from typing import Any, Final, NamedTuple

from connectors.iso20022.errors import MessageError
from connectors.iso20022.payments import CreditTransfer, PaymentReturn, StatusReport, StatusRequest
from connectors.iso20022.recalls import Recall, RecallAnswer
from connectors.iso20022.requests import RequestAnswer, RequestToPay
from connectors.iso20022.wire import Envelope, Message, name_of, write
from ledger.clock import Micros, utc_now
from sandbox.db import Snapshot, UnitOfWork
from sandbox.participants.service import authenticate
from sandbox.problems import Problem
from sandbox.rails.raast.answers import (
    NOT_PROVIDED,
    REJECTED,
    Done,
    RefusedError,
    header_for,
    id_of,
    rejection,
    unreadable,
)
from sandbox.rails.raast.asking import answer_to, ask_to_pay, decide
from sandbox.rails.raast.codes import CODE_OF_PROBLEM, DUPLICATE, NARRATIVE
from sandbox.rails.raast.memory import MESSAGES, Taken
from sandbox.rails.raast.returns import answer_recall, give_back_by_message, recall
from sandbox.rails.raast.transfers import pay, report_standing
from sandbox.wire import Wire
from sandbox.world import World, enter, look_into

HANDLERS: Final[dict[type, Callable[[World, Any], Done]]] = {
    CreditTransfer: pay,
    StatusRequest: report_standing,
    StatusReport: report_standing,
    PaymentReturn: give_back_by_message,
    Recall: recall,
    RecallAnswer: answer_recall,
    RequestToPay: ask_to_pay,
    RequestAnswer: decide,
}
"""What is done with a message; others are refused."""

_MESSAGE_ID: Final = re.compile(rb"<(?:\w+:)?MsgId>\s*([0-9A-Za-z/?:().,'+-]{1,35})\s*</")
_LOOKED_THROUGH: Final = 65_536


class Reply(NamedTuple):
    """What goes back to the caller, and from which sandbox at which of its times."""

    body: bytes
    sandbox_id: str
    time: int
    status: int = 200


class NotKeptError(Exception):
    """A message was answered and nothing of it is to be stored."""

    def __init__(self, reply: Reply) -> None:
        super().__init__("not acted on")
        self.reply = reply


def take(uow: UnitOfWork, secret: str, body: bytes, envelope: Envelope, wire: Wire) -> Reply:
    """Act on a message once. Raises `NotKeptError` with the answer when nothing of it is to be stored."""
    world = enter(uow, authenticate(uow, secret).sandbox_id)
    world.reached_by(wire)
    message = envelope.message
    message_id, digest = id_of(message), sha256(body).hexdigest()
    seen = MESSAGES.get(world, message_id)
    if seen is not None and seen.digest == digest:
        return Reply(seen.answer.encode(), world.id, world.now)
    try:
        done = _handle(world, message, repeated=seen is not None)
    except RefusedError as refused:
        done = Done(_refusal(message, world.now, refused), keep=False)
    answer = done.answer
    written = write(answer, header_for(envelope.header, answer, id_of(answer), world.now))
    reply = Reply(written, world.id, world.now)
    if not done.keep:
        raise NotKeptError(reply)
    MESSAGES.add(
        world,
        message_id,
        Taken.model_construct(
            digest=digest, answer=written.decode(), payment=done.payment, transaction=done.transaction
        ),
    )
    world.leave()
    return reply


def _handle(world: World, message: Any, *, repeated: bool) -> Done:
    if repeated:
        raise RefusedError(DUPLICATE, "another message had this id")
    handler = HANDLERS.get(type(message))
    if handler is None:
        raise RefusedError(NARRATIVE, f"{name_of(message)} is sent by the system, not to it")
    try:
        return handler(world, message)
    except Problem as problem:
        code = problem.rail_code or CODE_OF_PROBLEM.get(problem.entry.code, NARRATIVE)
        raise RefusedError(code, problem.detail) from problem


def _refusal(message: Message, now: Micros, refused: RefusedError) -> Message:
    if isinstance(message, RequestToPay):
        return answer_to(message, REJECTED, now, refused.code, refused.text)
    return rejection(message, now, refused.code, refused.text)


def refuse_unreadable(snapshot: Snapshot, secret: str, body: bytes, error: MessageError) -> Reply:
    """Answer a body that is no message; who sent it has a key, and nothing is stored."""
    world = look_into(snapshot, authenticate(snapshot, secret).sandbox_id)
    found = _MESSAGE_ID.search(body[:_LOOKED_THROUGH])
    message_id = found[1].decode() if found else NOT_PROVIDED
    return Reply(write(unreadable(message_id, world.now, str(error))), world.id, world.now, 400)


def show_in_rails_words(problem: Problem, status: int) -> bytes:
    """Tell a refusal that no message is at the root of, such as a body that is too large."""
    text = f"{problem.entry.code}: {problem.detail}"
    return write(unreadable(NOT_PROVIDED, utc_now(), f"HTTP {status}, {text}"))
