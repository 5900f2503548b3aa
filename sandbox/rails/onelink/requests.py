"""The merchant gateway: pre-RTP, request to pay now and later, its status, its cancellation, dynamic QR codes.

A request keeps the status that the last event gave it; what time alone changes (delivery, expiry) and what became
of its payment are looked at whenever somebody asks. Who the payer is and what the payer does is the sandbox's
side: `answer_request`.
"""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from connectors.contract import Declined, TitleQuery
from connectors.identifiers.iban import institution_of, make_wallet_iban
from connectors.identifiers.institutions import INSTITUTIONS
from connectors.identifiers.people import Kind, Refused, decide
from connectors.identifiers.raast_id import AliasType
from connectors.onelink import gateway
from connectors.onelink.body import Body, GatewayError, parse_body
from connectors.onelink.rail import UNKNOWN_ACCOUNT, UNKNOWN_MEMBER
from connectors.onelink.rtp_bodies import MerchantDetails
from connectors.qr.p2m import P2mQr, make_p2m
from connectors.qr.render import render_png
from connectors.qr.tlv import QrError
from connectors.rtp import SENT, STATUSES, RtpMoveError, expires_at, is_over, move
from sandbox.accounts.models import BankAccount
from sandbox.accounts.queries import account_by_iban
from sandbox.aliases.lookup import resolve_alias
from sandbox.payments.models import CreatePayment, PaymentStatus
from sandbox.payments.titles import party_of
from sandbox.problems import Problem
from sandbox.rails.gate import Reply
from sandbox.rails.onelink import paying
from sandbox.rails.onelink.models import MERCHANTS, REQUESTS, MerchantItem, RequestItem
from sandbox.world import World

WALLETS = "SBXW"
NO_ALIAS = "0312"
"""What the directory says of an alias that nobody has."""

NO_MERCHANT, NO_REQUEST, NOT_PERMITTED = "03", "0193", "0194"
LONGEST_NAME, LONGEST_CITY = 25, 15
ENDS = {PaymentStatus.SETTLED: "settle", PaymentStatus.REFUSED: "fail"}

PlainId = Annotated[str, StringConstraints(min_length=1, max_length=70)]


class PayerAnswer(Body):
    """What the payer says to a request; the account is needed where the request names no payer."""

    rtp_id: Annotated[PlainId, Field(validation_alias="rtpId")]
    account: Annotated[PlainId | None, Field(validation_alias="fromAccount")] = None


def handle(world: World, order: gateway.Order, allowed: frozenset[Kind]) -> Reply:
    """Do what a call of the gateway asks for; raises `GatewayError`."""
    if isinstance(order, gateway.PreRtp):
        return _prepare(world, order, allowed)
    if isinstance(order, gateway.RtpOrder):
        return _request(world, order)
    return _query(world, order) if isinstance(order, gateway.RtpQuery) else _qr(world, order)


def answer_request(world: World, raw: bytes, verdict: Literal["accept", "reject"]) -> Reply:
    """Let the payer accept or refuse a request; acceptance pays at once."""
    body = parse_body(PayerAnswer, raw)
    item = REQUESTS.get(world, body.rtp_id)
    if item is None or not item.status:
        return _refused(NO_REQUEST)
    item = _now(world, item)
    try:
        following = move(item.status, verdict)
    except RtpMoveError:
        return _refused(NOT_PERMITTED)
    if verdict == "reject":
        return _keep(world, body.rtp_id, item.model_copy(update={"status": following}))
    payer = paying.own_account(world, None, item.payer or body.account or "")
    if payer is None:
        return _refused(paying.FROM_ACCOUNT)
    paid = _pay(world, body.rtp_id, item, payer)
    if isinstance(paid, Declined):
        return _refused(paid.reason)
    accepted = item.model_copy(update={"status": following, "payment": paid, "payer": payer.iban})
    return _keep(world, body.rtp_id, _now(world, accepted))


def _prepare(world: World, order: gateway.PreRtp, allowed: frozenset[Kind]) -> Reply:
    """Say whose account it is, and give out an id for the request that is to come."""
    iban = order.iban or _iban_of(world, order.mobile, allowed)
    bank = None if iban is None else INSTITUTIONS.get(institution_of(iban))
    if iban is None:
        return _refused(UNKNOWN_ACCOUNT)
    if bank is None or (order.member and order.member.upper() not in {bank.code, bank.member_code, bank.imd}):
        return _refused(UNKNOWN_MEMBER)
    party = party_of(account_by_iban(world, iban))
    found = paying.RAIL.fetch_title(TitleQuery(iban, 0), party)
    if isinstance(found, Declined):
        return _refused(found.reason)
    rtp_id = _new_id(world)
    REQUESTS.put(world, rtp_id, RequestItem(payer=iban))
    told = gateway.title_answer(
        title=found.title, iban=iban, imd=bank.imd, rtp_id=rtp_id, raast_id=order.mobile
    )
    return Reply(200, told)


def _iban_of(world: World, mobile: str, allowed: frozenset[Kind]) -> str | None:
    """Find the account of a mobile number: by the alias directory, else the wallet that has this number."""
    person = decide(Kind.MOBILE, mobile, allowed)
    if isinstance(person, Refused):
        raise GatewayError("malformed", "alias.value", person.explanation)
    try:
        return resolve_alias(world, AliasType.MOBILE, mobile).iban
    except Problem as problem:
        if problem.rail_code != NO_ALIAS:
            return None
    for text in (make_wallet_iban(WALLETS, mobile), make_wallet_iban(WALLETS, mobile, msisdn=True)):
        if account_by_iban(world, text) is not None:
            return text
    return None


def _request(world: World, order: gateway.RtpOrder) -> Reply:
    """Ask the payer for money."""
    item = REQUESTS.get(world, order.rtp_id)
    declined = gateway.check_order(order, world.now, quoted=item is not None and not item.status)
    if declined is not None or item is None:
        return _refused(NO_REQUEST if declined is None else declined.reason)
    merchant = _merchant(world, order.merchant)
    if isinstance(merchant, Declined):
        return _refused(merchant.reason)
    begins_at = world.now if order.executes is None else order.executes
    asked = item.model_copy(
        update={
            "status": SENT,
            "merchant_id": order.merchant.merchant_id,
            "merchant_iban": merchant.iban,
            "amount_paisa": order.amount_paisa,
            "bill_no": order.bill_no,
            "begins_at": begins_at,
            "expires_at": expires_at(order.mode, order.expires, max(begins_at, world.now)),
        }
    )
    return _keep(world, order.rtp_id, asked)


def _query(world: World, order: gateway.RtpQuery) -> Reply:
    """Tell the status of a merchant's own request, or take it back."""
    item = REQUESTS.get(world, order.rtp_id)
    if item is None or not item.status or item.merchant_id != order.merchant_id:
        return _refused(NO_REQUEST)
    item = _now(world, item)
    if order.what == "cancel":
        try:
            item = item.model_copy(update={"status": move(item.status, "cancel")})
        except RtpMoveError:
            return _refused(NOT_PERMITTED)
    return _keep(world, order.rtp_id, item)


def _qr(world: World, order: gateway.QrOrder) -> Reply:
    """Make a dynamic code, and the request to pay behind it, which any payer may accept."""
    declined = gateway.check_order(order, world.now)
    if declined is not None:
        return _refused(declined.reason)
    merchant = _merchant(world, order.merchant)
    if isinstance(merchant, Declined):
        return _refused(merchant.reason)
    rtp_id = _new_id(world)
    try:
        code = P2mQr(
            member_code=INSTITUTIONS[institution_of(merchant.iban)].member_code,
            iban=merchant.iban,
            category=merchant.category,
            name=merchant.name[:LONGEST_NAME].strip(),
            city=merchant.city[:LONGEST_CITY].strip(),
            amount_paisa=order.amount_paisa,
            rtp_id=rtp_id,
        )
        text = make_p2m(code)
    except QrError as error:
        raise GatewayError("malformed", "merchantDetails", f"tag {error}") from None
    begins_at = world.now if order.executes is None else order.executes
    asked = RequestItem(
        status=SENT,
        merchant_id=order.merchant.merchant_id,
        merchant_iban=merchant.iban,
        amount_paisa=order.amount_paisa,
        begins_at=begins_at,
        expires_at=expires_at("now", order.expires, max(begins_at, world.now)),
    )
    REQUESTS.put(world, rtp_id, asked)
    return Reply(200, gateway.qr_answer(render_png(text), text) | {"rtpId": rtp_id})


def _merchant(world: World, details: MerchantDetails) -> MerchantItem | Declined:
    """Return the merchant as told now, else as told before under the same id."""
    if details.iban is None:
        return MERCHANTS.get(world, details.merchant_id) or Declined(NO_MERCHANT)
    found = paying.RAIL.fetch_title(
        TitleQuery(details.iban, 0), party_of(account_by_iban(world, details.iban))
    )
    if isinstance(found, Declined):
        return found
    told = MerchantItem(
        iban=details.iban,
        name=details.dbaName or details.merchantName or found.title,
        city=details.postalAddress.townName if details.postalAddress else "",
        category=details.merchantCategoryCode or "",
    )
    return MERCHANTS.put(world, details.merchant_id, told)


def _pay(world: World, rtp_id: str, item: RequestItem, payer: BankAccount) -> str | Declined:
    """Pay the merchant and return the payment's id."""
    found = paying.title(world, item.merchant_iban, item.amount_paisa)
    if isinstance(found, Declined):
        return found
    order = CreatePayment(
        source=payer.id,
        destination_iban=item.merchant_iban,
        amount_paisa=item.amount_paisa,
        title_fetch=found.id,
        rail=paying.RAIL.code,
        end_to_end_id=rtp_id,
        narration=item.bill_no or None,
    )
    paid = paying.pay(world, order)
    return paid if isinstance(paid, Declined) else paid.id


def _now(world: World, item: RequestItem) -> RequestItem:
    """Return a request as it stands by now: delivered, expired, or paid."""
    status = item.status
    if status == SENT and world.now >= item.begins_at:
        status = move(status, "deliver")
    moves = STATUSES[status].moves
    if "expire" in moves and is_over(item.expires_at, world.now):
        status = moves["expire"]
    elif item.payment is not None and "settle" in moves:
        event = ENDS.get(paying.ask(world, item.payment).status)
        status = status if event is None else moves[event]
    return item.model_copy(update={"status": status})


def _keep(world: World, rtp_id: str, item: RequestItem) -> Reply:
    """Keep a request as it stands, and tell that."""
    REQUESTS.put(world, rtp_id, item)
    return Reply(200, gateway.status_answer(rtp_id, item.status))


def _refused(code: str) -> Reply:
    return Reply(200, gateway.refused(paying.RAIL.reasons[code]))


def _new_id(world: World) -> str:
    """Make an rtpId: letters, digits and dashes, as QR codes need it."""
    return world.new_id("rtp").replace("_", "-")
