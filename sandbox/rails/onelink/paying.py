"""What both faces of 1LINK do with money: the same title fetches and payments as over `/v1`, in 1LINK's words."""

from connectors.contract import Declined
from connectors.identifiers.iban import IbanError
from connectors.identifiers.institutions import INSTITUTIONS
from connectors.onelink.accounts import iban_for
from connectors.registry import RAILS
from ledger.model import Kind, Transfer
from ledger.status import Status
from sandbox import jobs
from sandbox.accounts.models import BankAccount
from sandbox.accounts.queries import account_by_iban
from sandbox.events import EventType, emit
from sandbox.http import Empty
from sandbox.payments.counting import release_payment
from sandbox.payments.late import inquire, resolve
from sandbox.payments.models import (
    PAYMENTS,
    CreatePayment,
    FetchTitle,
    PaymentStatus,
    PaymentView,
    TitleFetchView,
)
from sandbox.payments.queries import find_payment
from sandbox.payments.service import RESOLVE, create_payment
from sandbox.payments.titles import fetch_title
from sandbox.problems import Problem
from sandbox.raast.return_models import Return, view_return
from sandbox.world import World

RAIL = RAILS["onelink"]
APPROVED, PENDING, REVERSED = "0000", "0151", "0191"
NO_TITLE, NOT_PERMITTED, BAD_AMOUNT, MALFORMED = "0431", "0194", "0148", "0180"
FROM_ACCOUNT = "0102"
MOST_PAISA = 10**15

CODES = {
    "unknown_account": FROM_ACCOUNT,
    "account_frozen": "0192",
    "account_closed": "0103",
    "same_account": NOT_PERMITTED,
    "not_listed": "0163",
    "title_fetch_unknown": NO_TITLE,
    "title_fetch_refused": NO_TITLE,
    "title_fetch_used": NO_TITLE,
    "title_fetch_expired": NO_TITLE,
    "title_fetch_mismatch": NO_TITLE,
}
"""What `/v1` would call a problem, in 1LINK's words; every other one is a malformed message."""


def own_account(world: World, code: str | None, account: str) -> BankAccount | None:
    """Find the payer's account by its IBAN, or by its number at a bank (`code`), at any bank when that is None."""
    if not account.isascii():
        return None
    for bank in INSTITUTIONS if code is None else (code,):
        try:
            found = account_by_iban(world, iban_for(bank, account.upper()))
        except IbanError:
            continue
        if found is not None:
            return found
    return None


def title(world: World, iban: str, amount_paisa: int) -> TitleFetchView | Declined:
    """Fetch a title; problems as in `pay`."""
    if not 0 < amount_paisa <= MOST_PAISA:
        return Declined(BAD_AMOUNT)
    try:
        view = fetch_title(
            world, FetchTitle(destination_iban=iban, amount_paisa=amount_paisa, rail=RAIL.code)
        )
    except Problem as problem:
        return _declined(problem)
    return view if view.reason is None else Declined(view.reason.code)


def pay(world: World, request: CreatePayment) -> PaymentView | Declined:
    """Make a payment; what `/v1` would refuse as a problem is declined in 1LINK's words, and nothing is kept."""
    try:
        return create_payment(world, request)
    except Problem as problem:
        return _declined(problem)


def _declined(problem: Problem) -> Declined:
    return Declined(CODES.get(problem.entry.code, MALFORMED))


def ask(world: World, payment_id: str) -> PaymentView:
    """Ask what became of a payment; what 1LINK knows by now becomes its outcome."""
    return inquire(world, Empty(), payment_id=payment_id).payment


def code_of(view: PaymentView) -> str:
    """Return the four digits that say how a payment stands."""
    return APPROVED if view.reason is None else view.reason.code


def take_back(world: World, payment_id: str) -> bool:
    """Undo a payment, once: a hold is released, money that has moved comes back. False when it is spent already.

    A payment that came to nothing, or was given back before, is left as it is.
    """
    status = ask(world, payment_id).status
    if status is PaymentStatus.UNKNOWN:
        payment = find_payment(world, payment_id)
        PAYMENTS.update(world.uow, payment, late_at=world.now, late_reason=REVERSED)
        resolve(world, payment_id)
        jobs.cancel(world, RESOLVE, payment_id, due_at=payment.late_at)
    return status is not PaymentStatus.SETTLED or _move_back(world, payment_id)


def _move_back(world: World, payment_id: str) -> bool:
    posted = f"{payment_id}:post"
    if world.book.reversal_of(posted) is not None:
        return True
    # A new id each time: the ledger spends the id of what it refuses.
    back = Transfer(world.new_id("rev"), kind=Kind.REVERSAL, target_id=posted, reference=payment_id)
    status = world.book.post([back], now=world.now, recorded_at=world.uow.now)[0].status
    if status is Status.EXCEEDS_CREDITS:
        return False
    if status is not Status.CREATED:
        raise AssertionError(f"the ledger refused to take a payment back: {status}")
    payment = find_payment(world, payment_id)
    release_payment(world, payment)
    told = Return(
        id=back.id,
        payment=payment_id,
        reason="",
        amount_paisa=payment.amount_paisa,
        returned_at=world.now,
    )
    emit(world, EventType.PAYMENT_RETURNED, payment_id, view_return(told).model_dump_json().encode())
    return True
