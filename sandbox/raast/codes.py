"""Use cases of QR codes: make, draw, scan, pay. What a code says is checked before anything is done with it."""

from collections.abc import Callable

from connectors.identifiers.institutions import INSTITUTIONS
from connectors.qr.details import Details
from connectors.qr.p2m import P2mQr, make_p2m, payable_paisa
from connectors.qr.p2p import P2pQr, make_p2p
from connectors.qr.render import render_png, render_svg
from connectors.qr.scan import scan
from connectors.qr.tlv import QrError
from connectors.qr.values import MINUTE_US
from ledger.clock import SECOND_US, to_rfc3339
from sandbox.aliases.lookup import account_of
from sandbox.commands import Page
from sandbox.problems import Problem
from sandbox.raast.code_models import (
    CODES,
    Code,
    CodeView,
    MakeCode,
    MakeMerchantCode,
    MakePersonCode,
    PaidView,
    PayCode,
    ScanCode,
    ScannedView,
    view_code,
)
from sandbox.raast.merchants import find_merchant
from sandbox.raast.pages import page_of
from sandbox.raast.paying import pay_iban
from sandbox.raast.request_models import AskToPay, RequestToPay, request_id_of, rtp_id, view_request
from sandbox.raast.requests import find_request, make_request, pay_request
from sandbox.world import World, WorldView

DEFAULT_S = 30 * 60
DRAWN: dict[str, tuple[Callable[[str], bytes], str]] = {
    "png": (render_png, "image/png"),
    "svg": (render_svg, "image/svg+xml"),
}


def make_code(world: World, request: MakeCode) -> CodeView:
    """Make a code of either kind."""
    try:
        if isinstance(request.code, MakePersonCode):
            made = _person_code(world, request.code)
        else:
            made = _merchant_code(world, request.code)
    except QrError as wrong:
        raise _refused(wrong, "code") from wrong
    return view_code(CODES.put(world, made.id, made))


def _person_code(world: World, asked: MakePersonCode) -> Code:
    account = account_of(world, asked.account, field="code.account")
    expires = None
    if asked.amount_paisa is not None or asked.expires_in_s is not None:
        until = world.now + (asked.expires_in_s or DEFAULT_S) * SECOND_US
        expires = until // MINUTE_US * MINUTE_US
    return Code(
        id=world.new_id("qr"),
        kind="p2p",
        text=make_p2p(P2pQr(account.iban, asked.amount_paisa, expires)),
        account=account.id,
        merchant=None,
        request=None,
        amount_paisa=asked.amount_paisa,
        expires_at=expires,
        created_at=world.now,
    )


def _merchant_code(world: World, asked: MakeMerchantCode) -> Code:
    merchant = find_merchant(world, asked.merchant, field="code.merchant")
    request = _request_behind(world, asked)
    details = Details(
        bill_number=asked.bill_number,
        store=asked.store,
        reference=asked.reference,
        terminal=asked.terminal,
        purpose=asked.purpose,
        due_date=asked.due_date,
        late_amount_paisa=asked.late_amount_paisa,
    )
    code = P2mQr(
        member_code=INSTITUTIONS[merchant.institution].member_code,
        iban=merchant.iban,
        category=merchant.category,
        name=merchant.name,
        city=merchant.city,
        amount_paisa=asked.amount_paisa,
        rtp_id=None if request is None else rtp_id(request.id),
        details=details,
    )
    return Code(
        id=world.new_id("qr"),
        kind="p2m",
        text=make_p2m(code),
        account=merchant.account,
        merchant=merchant.id,
        request=None if request is None else request.id,
        amount_paisa=asked.amount_paisa,
        expires_at=None if request is None else request.expires_at,
        created_at=world.now,
    )


def _request_behind(world: World, asked: MakeMerchantCode) -> RequestToPay | None:
    """Make the request to pay of a dynamic code."""
    if not asked.dynamic:
        if asked.expires_in_s is not None:
            raise Problem("invalid_field", "Only a dynamic code expires.", field="code.expires_in_s")
        return None
    if asked.amount_paisa is None:
        raise Problem("invalid_field", "A dynamic code asks for an amount.", field="code.amount_paisa")
    if asked.due_date is not None or asked.late_amount_paisa is not None:
        detail = "A dynamic code ends with its request to pay; due dates are for static ones."
        raise Problem("invalid_field", detail, field="code.due_date")
    ask = AskToPay(
        merchant=asked.merchant,
        amount_paisa=asked.amount_paisa,
        expires_in_s=asked.expires_in_s,
        reference=asked.bill_number,
    )
    return make_request(world, ask)


def _refused(wrong: QrError, field: str) -> Problem:
    """Show why a code is refused; `rail_code` is the reader's own word for it."""
    return Problem("qr_refused", f"{wrong}.", field=field, rail_code=wrong.code)


def _read(world: WorldView, text: str) -> P2pQr | P2mQr:
    try:
        return scan(text, world.now)
    except QrError as wrong:
        raise _refused(wrong, "text") from wrong


def _request_of(world: WorldView, code: P2mQr) -> RequestToPay | None:
    """Return the request that a dynamic code names; one that says something else is refused."""
    if code.rtp_id is None:
        return None
    request = find_request(world, request_id_of(code.rtp_id))
    if (request.payee_iban, request.amount_paisa) != (code.iban, code.amount_paisa):
        raise Problem("qr_refused", "The code does not say what its request to pay says.", field="text")
    return request


def scan_code(world: World, asked: ScanCode) -> ScannedView:
    """Say what a code means, if it may be paid now."""
    code = _read(world, asked.text)
    if isinstance(code, P2pQr):
        expires = None if code.expires_us is None else to_rfc3339(code.expires_us)
        return ScannedView(
            kind="p2p",
            dynamic=code.amount_paisa is not None,
            iban=code.iban,
            amount_paisa=code.amount_paisa,
            expires_at=expires,
        )
    request = _request_of(world, code)
    return ScannedView(
        kind="p2m",
        dynamic=request is not None,
        iban=code.iban,
        name=code.name,
        city=code.city,
        category=code.category,
        bill_number=code.details.bill_number,
        amount_paisa=payable_paisa(code, world.now),
        expires_at=None if request is None else to_rfc3339(request.expires_at),
        request_to_pay=None if request is None else view_request(request),
    )


def pay_code(world: World, asked: PayCode) -> PaidView:
    """Pay a code: its request to pay, once, or its account."""
    code = _read(world, asked.text)
    request = None if isinstance(code, P2pQr) else _request_of(world, code)
    named = code.amount_paisa if isinstance(code, P2pQr) else payable_paisa(code, world.now)
    amount = _amount(named, asked.amount_paisa)
    if request is not None:
        paid = pay_request(world, request, asked.source)
    else:
        paid = pay_iban(world, asked.source, code.iban, amount, end_to_end_id=asked.end_to_end_id)
    return PaidView(
        title_fetch=paid.title,
        payment=paid.payment,
        request_to_pay=None if request is None else view_request(request),
    )


def _amount(named: int | None, given: int | None) -> int:
    if named is not None and given is not None and named != given:
        raise Problem("invalid_field", f"The code asks for {named} paisa.", field="amount_paisa")
    amount = given if named is None else named
    if amount is None:
        raise Problem("invalid_field", "The code names no amount: say how much.", field="amount_paisa")
    return amount


def find_code(world: WorldView, code_id: str) -> Code:
    """Return the code, or say that it is not here."""
    code = CODES.get(world, code_id)
    if code is None:
        raise Problem("not_found", f"There is no QR code {code_id!r} in this sandbox.")
    return code


def get_code(world: WorldView, *, code_id: str) -> CodeView:
    """Show one code."""
    return view_code(find_code(world, code_id))


def list_codes(world: WorldView, *, limit: int, cursor: str | None) -> Page[CodeView]:
    """List codes, the newest first."""
    return page_of(world, CODES, view_code, limit=limit, cursor=cursor)


def draw(world: WorldView, *, code_id: str, kind: str) -> bytes:
    """Draw a code."""
    picture, _ = DRAWN[kind]
    return picture(find_code(world, code_id).text)
