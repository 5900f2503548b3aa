"""IBFT over JSON: title fetch, transfer, and what became of it.

A transfer is known by the caller's own numbers (date, RRN, STAN): a second one under them is a duplicate, 0110,
whatever became of the first; the inquiry tells that.
"""

from connectors.contract import Declined
from connectors.identifiers.iban import institution_of
from connectors.identifiers.institutions import INSTITUTIONS
from connectors.identifiers.people import Kind, Refused, decide
from connectors.onelink import ibft
from connectors.onelink.body import GatewayError
from connectors.onelink.rail import DUPLICATE
from sandbox.payments.models import CreatePayment
from sandbox.rails.gate import Reply
from sandbox.rails.onelink import paying
from sandbox.rails.onelink.models import TITLES, TRANSFERS, TitleItem, TransferItem
from sandbox.world import World


def fetch_title(world: World, raw: bytes, correlation: str) -> Reply:
    """Say whose account it is; the transfer quotes the correlation id."""
    body, iban = ibft.read_title_fetch(raw)
    found = paying.title(world, iban, body.options.amount_paisa)
    if isinstance(found, Declined):
        return _told(found.reason, body.info, correlation)
    kept = TitleItem(title_fetch=found.id, iban=iban, amount_paisa=body.options.amount_paisa)
    TITLES.put(world, correlation, kept)
    answer = ibft.title_answer(
        paying.RAIL.reasons[paying.APPROVED],
        body,
        correlation,
        title=found.title or "",
        iban=iban,
        bank=INSTITUTIONS[institution_of(iban)],
    )
    return Reply(200, answer)


def transfer(world: World, raw: bytes, correlation: str, allowed: frozenset[Kind]) -> Reply:
    """Send a transfer; raises `GatewayError` for a real person's number."""
    body, iban = ibft.read_transfer(raw)
    person = decide(Kind.CNIC, body.sender.cnic, allowed)
    if isinstance(person, Refused):
        raise GatewayError("malformed", "senderinfo.fromAccountCnic", person.explanation)
    return _told(_send(world, body, iban), body.info, correlation)


def inquire(world: World, raw: bytes, correlation: str) -> Reply:
    """Say what became of a transfer."""
    body = ibft.read_inquiry(raw)
    one = body.original
    known = TRANSFERS.get(world, _key(one)) if one.system == ibft.ONELINK else None
    if known is None:
        return _told(ibft.NOT_FOUND, body.info, correlation)
    view = paying.ask(world, known.payment)
    code = paying.code_of(view)
    return _told(code if paying.RAIL.reasons[code].final else ibft.PENDING, body.info, correlation)


def _send(world: World, body: ibft.TransferBody, iban: str) -> str:
    key = _key(body.info)
    if TRANSFERS.get(world, key) is not None:
        return DUPLICATE
    source = paying.own_account(world, None, body.sender.account)
    if source is None:
        return paying.FROM_ACCOUNT
    kept = None if body.info.title_fetch is None else TITLES.get(world, body.info.title_fetch)
    fetched = None if kept is None else ibft.Fetched(kept.iban, kept.amount_paisa)
    declined = ibft.check_title_fetch(body, iban, fetched)
    if declined is not None or kept is None:
        return ibft.NO_TITLE_FETCH
    order = CreatePayment(
        source=source.id,
        destination_iban=iban,
        amount_paisa=body.payment.amount_paisa,
        title_fetch=kept.title_fetch,
        rail=paying.RAIL.code,
        end_to_end_id=key,
        narration=body.payment.narration,
    )
    paid = paying.pay(world, order)
    if isinstance(paid, Declined):
        return paid.reason
    TRANSFERS.put(world, key, TransferItem(payment=paid.id))
    return paying.code_of(paid)


def _key(numbers: ibft.Info | ibft.Original) -> str:
    """Return the caller's own numbers as one text, which is the payment's end-to-end id too."""
    return f"{numbers.txndate}-{numbers.rrn}-{numbers.stan}"


def _told(code: str, info: ibft.Info, correlation: str) -> Reply:
    return Reply(200, ibft.answer(paying.RAIL.reasons[code], info, correlation))
