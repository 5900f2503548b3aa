"""Reads of payments, and the published triggers."""

from typing import Literal

from pydantic import BaseModel
from sqlalchemy import ColumnElement

from connectors.contract import Rail, Trigger
from connectors.identifiers.accounts import WALLET
from connectors.identifiers.institutions import INSTITUTIONS
from connectors.registry import RAILS
from connectors.scenarios import iban_of
from sandbox.accounts.service import SEED
from sandbox.commands import Page, page
from sandbox.payments.models import (
    PAYMENTS,
    TITLE_FETCHES,
    Payment,
    PaymentStatus,
    PaymentView,
    TitleFetchView,
    view_payment,
    view_title,
)
from sandbox.problems import Problem
from sandbox.world import WorldView


def find_payment(world: WorldView, payment_id: str) -> Payment:
    """Return the payment, or say that it is not here."""
    payment = PAYMENTS.get(world.snapshot, world.id, payment_id)
    if payment is None:
        raise Problem("not_found", f"There is no payment {payment_id!r} in this sandbox.")
    return payment


def _show(payment: Payment) -> PaymentView:
    reasons = RAILS[payment.rail].reasons
    return view_payment(payment, reasons[payment.reason] if payment.reason else None)


def get_payment(world: WorldView, payment_id: str) -> PaymentView:
    """Show one payment."""
    return _show(find_payment(world, payment_id))


def list_payments(
    world: WorldView, *, limit: int, cursor: str | None, status: PaymentStatus | None
) -> Page[PaymentView]:
    """List payments, the newest first."""
    where: list[ColumnElement[bool]] = [] if status is None else [PAYMENTS.c.status == status.value]
    return page(PAYMENTS, world, _show, *where, limit=limit, cursor=cursor)


def get_title_fetch(world: WorldView, fetch_id: str) -> TitleFetchView:
    """Show one title fetch."""
    fetch = TITLE_FETCHES.get(world.snapshot, world.id, fetch_id)
    if fetch is None:
        raise Problem("not_found", f"There is no title fetch {fetch_id!r} in this sandbox.")
    return view_title(fetch, RAILS[fetch.rail].reasons[fetch.reason] if fetch.reason else None)


class TriggerView(BaseModel):
    """A published trigger: send `source`, `destination_iban` and `amount_paisa`, get `status` and `reason`."""

    object: Literal["trigger"] = "trigger"
    rail: str
    name: str
    stage: Literal["title_fetch", "payment"]
    help: str
    standing: str
    origin: str
    pulled_by: Literal["account", "amount", "number", "state"]
    source_iban: str
    destination_iban: str
    amount_paisa: int
    status: str
    reason: str | None
    later_status: str | None
    later_reason: str | None
    later_after_s: int | None


class TriggersView(BaseModel):
    """All published triggers of all rails."""

    object: Literal["list"] = "list"
    data: list[TriggerView]


def list_triggers() -> TriggersView:
    """Read the table that drives the simulator."""
    return TriggersView(data=[_show_trigger(rail, row) for rail in RAILS.values() for row in rail.triggers])


def _show_trigger(rail: Rail, row: Trigger) -> TriggerView:
    after_s = row.after_s
    if row.later and after_s is None:
        after_s = rail.hold_us // 1_000_000
    return TriggerView(
        rail=rail.code,
        name=row.name,
        stage="title_fetch" if row.stage == "title_fetch" else "payment",
        help=row.help,
        standing=row.standing,
        origin=row.origin,
        pulled_by=_pulled_by(row),
        source_iban=SEED[row.source].iban,
        destination_iban=iban_of(row) or SEED[row.destination].iban,
        amount_paisa=row.amount_paisa,
        status=row.status,
        reason=row.reason,
        later_status=row.later,
        later_reason=row.later_reason,
        later_after_s=after_s,
    )


def _pulled_by(row: Trigger) -> Literal["account", "amount", "number", "state"]:
    """Say what has to be sent: a published account, amount or wallet's number, or accounts in that state."""
    if row.pulled_by == "amount":
        return "amount"
    if not row.account:
        return "state"
    return "number" if INSTITUTIONS[row.institution].kind == WALLET else "account"
