"""The JSON gateway before Raast: title fetch, transfer, inquiry, and the list of credit advices.

It imitates the flow of a public gateway vendor's documents: the title is fetched with the amount, the
transfer quotes its `tfcorrelationId`, an outcome that did not come is asked for by `msgId`. Names of fields
and paths are ours. The payments are those of `/v1`, and those of the messages: one `msgId` stands once.
"""

from collections.abc import Callable
from hashlib import sha256
from typing import Annotated, Literal, TypeVar

import orjson
from pydantic import BaseModel, Field, StringConstraints, ValidationError
from pydantic.alias_generators import to_camel

from connectors.identifiers.iban import institution_of
from connectors.identifiers.institutions import INSTITUTIONS
from connectors.registry import RAILS
from ledger.clock import to_rfc3339
from ledger.model import Kind, StatementLine
from sandbox.accounts.queries import account_by_iban
from sandbox.payments.models import (
    PAYMENTS,
    TITLE_FETCHES,
    CreatePayment,
    EndToEndId,
    FetchTitle,
    Iban,
    Payment,
    TitleFetchView,
)
from sandbox.payments.queries import find_payment
from sandbox.payments.service import create_payment
from sandbox.payments.titles import fetch_title
from sandbox.problems import Problem
from sandbox.rails.gate import Reply
from sandbox.rails.raast.codes import (
    CODE_OF_PROBLEM,
    DUPLICATE,
    GATEWAY,
    GATEWAY_OF_REASON,
    NARRATIVE,
    NEVER_RECEIVED,
)
from sandbox.rails.raast.memory import MESSAGES, TRANSACTIONS, Taken, Transaction
from sandbox.rails.raast.transfers import ask_again
from sandbox.world import World

M = TypeVar("M", bound=BaseModel)
V = TypeVar("V")

DONE, FAILED, NO_TITLE_FETCH, NO_RESPONSE = "00", "0412", "0431", "0499"
RAIL_OF_FLAG = {"01": "raast", "02": "onelink"}
FLAG_OF_RAIL = {code: flag for flag, code in RAIL_OF_FLAG.items()}
ADVICES_AT_ONCE = 100
RETURNED = "03"
ADVICE_OF_RAIL = {"raast": "01", "onelink": "02"}
"""Types of credit advice. 04, a payment of a Raast bulk file, is told as 01: a payment does not know its file."""

Rupees = Annotated[
    str, StringConstraints(pattern=r"^(0|[1-9][0-9]{0,12})(\.[0-9]{1,2})?$", min_length=1, max_length=16)
]
Flag = Literal["01", "02"]


class _Body(BaseModel):
    """What is not known is passed over, as gateways do."""

    model_config = {"alias_generator": to_camel, "extra": "ignore"}


class AskTitle(_Body):
    """Whose account it is, and whether it takes this much; by which rail, and by which if that is down."""

    iban: Iban
    amount: Rupees
    priority_flag: Flag = "01"
    fallback_flag: Flag | None = None


class SendTransfer(_Body):
    """A transfer; it quotes the title fetch, whose account and amount it has."""

    msg_id: Annotated[str, StringConstraints(min_length=1, max_length=35, pattern=r"^[!-~]+$")]
    tfcorrelation_id: Annotated[str, StringConstraints(max_length=40)]
    debtor_iban: Iban
    amount: Rupees
    end_to_end_id: EndToEndId | None = None
    narration: Annotated[str | None, StringConstraints(max_length=140)] = None


class AskOutcome(_Body):
    """Which transfer is meant, by its message."""

    msg_id: Annotated[str, StringConstraints(min_length=1, max_length=35)]


class AskAdvices(_Body):
    """Whose credits, after which sequence number."""

    iban: Iban
    after: Annotated[int, Field(strict=True, ge=0, le=2**62)] = 0


class NotDoneError(Exception):
    """A call that came to nothing and stores nothing; carries the answer."""

    def __init__(self, reply: Reply) -> None:
        super().__init__("not done")
        self.reply = reply


def answer_of(code: str, detail: str = "", **more: object) -> dict[str, object]:
    """Make an answer: the code, what it means, and whatever belongs to it."""
    text = GATEWAY[code].text if code in GATEWAY else RAILS["onelink"].reasons[code].meaning
    return {"responseCode": code, "responseDescription": f"{text}: {detail}" if detail else text, **more}


def code_of(reason: str) -> str:
    """Tell a reason as the gateway does: Raast's in its own codes, 1LINK's (01xx) as they are."""
    return reason if reason in RAILS["onelink"].reasons else GATEWAY_OF_REASON[reason]


def ask_title(world: World, raw: bytes) -> Reply:
    """Fetch a title over the rail of priority, and over the other one when that is offline."""
    asked = _read(AskTitle, raw)
    amount = _paisa(asked.amount)
    found = _title(world, asked.iban, amount, RAIL_OF_FLAG[asked.priority_flag])
    offline = RAILS[found.rail].offline
    if asked.fallback_flag is not None and found.reason is not None and found.reason.code == offline:
        found = _title(world, asked.iban, amount, RAIL_OF_FLAG[asked.fallback_flag])
    if found.reason is not None:
        return Reply(200, answer_of(code_of(found.reason.code), railUsed=FLAG_OF_RAIL[found.rail]))
    institution = INSTITUTIONS[institution_of(found.destination_iban)]
    return Reply(
        200,
        answer_of(
            DONE,
            title=found.title,
            iban=found.destination_iban,
            bic=institution.member_code,
            imd=institution.imd,
            railUsed=FLAG_OF_RAIL[found.rail],
            amount=asked.amount,
            correlationId=found.id,
        ),
    )


def send_transfer(world: World, raw: bytes) -> Reply:
    """Make the payment, once for each `msgId`."""
    asked = _read(SendTransfer, raw)
    digest = sha256(raw).hexdigest()
    seen = MESSAGES.get(world, asked.msg_id)
    if seen is not None and seen.digest == digest:
        return Reply(200, orjson.loads(seen.answer))
    if seen is not None or TRANSACTIONS.get(world, asked.msg_id) is not None:
        raise _not_done(code_of(DUPLICATE), "the msgId was used for something else")
    fetch = TITLE_FETCHES.get(world.uow, world.id, asked.tfcorrelation_id)
    if fetch is None:
        raise _not_done(NO_TITLE_FETCH)
    order = CreatePayment(
        source=asked.debtor_iban,
        destination_iban=fetch.iban,
        amount_paisa=_paisa(asked.amount),
        title_fetch=fetch.id,
        rail=fetch.rail,
        end_to_end_id=asked.end_to_end_id,
        narration=asked.narration,
    )
    payment = _told(lambda: create_payment(world, order))
    transaction = Transaction(
        payment=payment.id,
        message_id=asked.msg_id,
        created_at=world.now,
        end_to_end_id=asked.end_to_end_id or "NOTPROVIDED",
        instruction_id=None,
        tx_id=None,
        uetr=None,
        member=None,
    )
    TRANSACTIONS.add(world, asked.msg_id, transaction)
    body = _outcome(None if payment.reason is None else payment.reason.code, payment.id, payment.completed_at)
    MESSAGES.add(
        world,
        asked.msg_id,
        Taken(
            digest=digest, answer=orjson.dumps(body).decode(), payment=payment.id, transaction=asked.msg_id
        ),
    )
    return Reply(200, body)


def ask_outcome(world: World, raw: bytes) -> Reply:
    """Ask what became of a transfer: made here, or by message."""
    asked = _read(AskOutcome, raw)
    seen = MESSAGES.get(world, asked.msg_id)
    if seen is None or seen.payment is None:
        known = (
            None if seen is None or seen.transaction is None else TRANSACTIONS.get(world, seen.transaction)
        )
        reason = NEVER_RECEIVED if known is None or known.reason is None else known.reason
        return Reply(200, answer_of(code_of(reason)))
    payment = ask_again(world, find_payment(world, seen.payment))
    done_at = None if payment.completed_at is None else to_rfc3339(payment.completed_at)
    return Reply(200, _outcome(payment.reason, payment.id, done_at))


def ask_advices(world: World, raw: bytes) -> Reply:
    """List the credits of an account, the oldest first; give `next` as `after` for more."""
    asked = _read(AskAdvices, raw)
    account = account_by_iban(world, asked.iban)
    if account is None:
        raise _not_done(code_of("AC02"))
    lines = world.book.statement(account.id, after_seq=asked.after, limit=ADVICES_AT_ONCE)
    advices = [found for line in lines if line.credit and (found := _advice(world, line)) is not None]
    following = lines[-1].seq if len(lines) == ADVICES_AT_ONCE else None
    return Reply(200, answer_of(DONE, advices=advices, next=following))


def _advice(world: World, line: StatementLine) -> dict[str, object] | None:
    payment: Payment | None = PAYMENTS.get(world.uow, world.id, line.reference)
    if payment is None:
        return None
    returned = line.kind is Kind.REVERSAL
    return {
        "type": RETURNED if returned else ADVICE_OF_RAIL.get(payment.rail, "01"),
        "sequence": line.seq,
        "amount": _rupees(line.credit),
        "endToEndId": payment.end_to_end_id,
        "narration": payment.narration,
        "transactionId": payment.id,
        "creditedAt": to_rfc3339(line.happened_at),
    }


def _outcome(reason: str | None, payment_id: str, completed_at: str | None) -> dict[str, object]:
    more: dict[str, object] = {"transactionId": payment_id, "completedAt": completed_at}
    if reason is None:
        return answer_of(DONE, "", **more)
    return answer_of(code_of(reason), "", **more, reason=reason)


def _title(world: World, iban: str, amount: int, rail: str) -> TitleFetchView:
    order = FetchTitle(destination_iban=iban, amount_paisa=amount, rail=rail)
    return _told(lambda: fetch_title(world, order))


def _told(act: Callable[[], V]) -> V:
    """Do something; a refusal of the sandbox's own is told in the gateway's codes, and nothing is stored."""
    try:
        return act()
    except Problem as problem:
        if problem.entry.code.startswith("title_fetch"):
            raise _not_done(NO_TITLE_FETCH, problem.detail) from problem
        code = CODE_OF_PROBLEM.get(problem.entry.code, NARRATIVE)
        raise _not_done(code_of(code), problem.detail) from problem


def _not_done(code: str, detail: str = "", status: int = 200) -> NotDoneError:
    return NotDoneError(Reply(status, answer_of(code, detail)))


def _read(model: type[M], raw: bytes) -> M:
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(map(str, first["loc"]))
        raise _not_done(FAILED, f"{field or 'body'}: {first['msg']}", 400) from error


def _paisa(rupees: str) -> int:
    whole, _, rest = rupees.partition(".")
    paisa = int(whole) * 100 + int(rest.ljust(2, "0"))
    if paisa == 0:
        raise _not_done(code_of("AM12"), "the amount is zero")
    return paisa


def _rupees(paisa: int) -> str:
    return f"{paisa // 100}.{paisa % 100:02}"
