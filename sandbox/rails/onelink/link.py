"""What the switch answers to an ISO 8583 message, in the sandbox of whoever signed on.

A transfer is known by its acquirer and its retrieval reference number (field 37), and by what field 90 of a
reversal says about it. It is answered once: the same transfer as another 0200 is a duplicate (94), while a 0220,
which is repeated until it is answered, gets the same answer each time. While the outcome is unknown nothing is
answered to either. A 0420 takes the transfer back, once; one that overtakes its transfer keeps it from being made.
"""

from connectors.contract import Declined, TitleFound
from connectors.onelink.accounts import BY_IMD
from connectors.onelink.codes import FIELD_39
from connectors.onelink.fields import NETWORK
from connectors.onelink.iso8583 import Message, OriginalElements, answer_to
from connectors.onelink.rail import DUPLICATE
from connectors.onelink.switch import APPROVED, Request, request_of, title_answer
from sandbox.payments.models import CreatePayment
from sandbox.rails.onelink import paying
from sandbox.rails.onelink.models import MESSAGES, ORIGINALS, MessageItem, OriginalItem
from sandbox.world import World

BAD_AMOUNT, SPENT, NOT_SIGNED_ON = "13", "51", "63"
NO_PAYER = "77"
"""Field 39 for a payer's account that is not there; the gateway's 0102 would say 78, which is the payee's too."""

SIGN_ON, SIGN_OFF, ECHO = (NETWORK[name].code for name in ("sign_on", "sign_off", "echo_test"))
KEY_FIELD = 48
"""The private field in which a sign-on carries a key of the sandbox (ours: nothing is known of 1LINK's)."""

AUTHORISATION = 6


def key_in(message: Message) -> str:
    """Return the key that a sign-on carries, empty when there is none."""
    return dict(message.private).get(KEY_FIELD, "")


def handle(world: World, message: Message) -> Message | None:
    """Answer a 0200, 0220 or 0420; None while the outcome is unknown."""
    if message.mti == "0420":
        return _reverse(world, message)
    asked = request_of(message)
    if isinstance(asked, Message):
        return asked
    if asked.operation == "title_fetch":
        found = paying.title(world, asked.iban, asked.amount_paisa)
        told = found if isinstance(found, Declined) else TitleFound(found.title or "")
        return title_answer(message, told)
    name, original = _name(message), _original(message)
    known, twin = MESSAGES.get(world, name), ORIGINALS.get(world, original)
    if known is None and twin is None:
        known = _transfer(world, message, asked, name, original)
    elif known is None or message.mti == "0200":
        return answer_to(message, FIELD_39[DUPLICATE])
    elif twin is None:
        ORIGINALS.put(world, original, OriginalItem(message=name))
    return _told(world, message, name, known)


def _transfer(world: World, message: Message, asked: Request, name: str, original: str) -> MessageItem:
    """Make the transfer. One that cannot even be tried is not kept: it may be sent again."""
    payer = _payer(world, message)
    if payer is None:
        return MessageItem(response=NO_PAYER)
    found = paying.title(world, asked.iban, asked.amount_paisa)
    if isinstance(found, Declined):
        return MessageItem(response=FIELD_39[found.reason])
    order = CreatePayment(
        source=payer,
        destination_iban=asked.iban,
        amount_paisa=asked.amount_paisa,
        title_fetch=found.id,
        rail=paying.RAIL.code,
        end_to_end_id=name,
    )
    paid = paying.pay(world, order)
    if isinstance(paid, Declined):
        return MessageItem(response=FIELD_39[paid.reason])
    item = MessageItem(payment=paid.id, amount_paisa=asked.amount_paisa)
    ORIGINALS.put(world, original, OriginalItem(message=name))
    return MESSAGES.put(world, name, item)


def _told(world: World, message: Message, name: str, item: MessageItem) -> Message | None:
    """Answer with how the transfer stands now."""
    if item.reversed:
        return answer_to(message, FIELD_39[paying.REVERSED])
    if item.payment is not None and item.response is None:
        view = paying.ask(world, item.payment)
        code = paying.code_of(view)
        if not paying.RAIL.reasons[code].final:
            return None
        settled = code == paying.APPROVED
        authorisation = view.id[-AUTHORISATION:] if settled else None
        changed = {"response": FIELD_39.get(code, code), "authorisation": authorisation}
        item = MESSAGES.put(world, name, item.model_copy(update=changed))
    return answer_to(message, item.response or "", authorisation=item.authorisation)


def _reverse(world: World, message: Message) -> Message:
    """Take a transfer back, once; a repeat is answered alike."""
    key = _key(message.original)
    twin = ORIGINALS.get(world, key)
    if twin is None:
        ORIGINALS.put(world, key, OriginalItem())
        return answer_to(message, APPROVED)
    item = MESSAGES.get(world, twin.message) if twin.message else None
    if item is None or item.payment is None or item.reversed:
        return answer_to(message, APPROVED)
    if item.amount_paisa != message.amount_paisa:
        return answer_to(message, BAD_AMOUNT)
    if not paying.take_back(world, item.payment):
        return answer_to(message, SPENT)
    MESSAGES.put(world, twin.message, item.model_copy(update={"reversed": True}))
    return answer_to(message, APPROVED)


def _payer(world: World, message: Message) -> str | None:
    """Return the id of the payer's account at the acquirer."""
    bank = BY_IMD.get((message.acquirer or "").lstrip("0"))
    found = None if bank is None else paying.own_account(world, bank.code, message.from_account or "")
    return None if found is None else found.id


def _name(message: Message) -> str:
    """Return what a transfer is known by."""
    return f"{(message.acquirer or '').lstrip('0')}-{message.rrn}"


def _original(message: Message) -> str:
    """Return what field 90 of a reversal would say of this message. A 0220 may tell of a 0200 that went before."""
    return f"{message.transmitted}-{message.stan}-{(message.acquirer or '').lstrip('0')}"


def _key(original: OriginalElements | None) -> str:
    if original is None:
        raise AssertionError("a reversal without field 90 was let through")
    return f"{original.transmitted}-{original.stan}-{original.acquirer.lstrip('0')}"
