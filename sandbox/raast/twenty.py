"""The 20-second rule, measured: how long after the credit advice the receiver was credited, by the sandbox clock.

The advice reaches the receiver's institution when the payment is made; its completion is the credit. A payment
whose outcome is not known yet is open, and overdue once the time is up.
"""

from typing import Literal

from pydantic import BaseModel

from connectors.raast.directory import CREDITED_WITHIN_US
from ledger.clock import SECOND_US, to_rfc3339
from sandbox.payments.models import Payment, PaymentStatus
from sandbox.payments.queries import find_payment
from sandbox.problems import Problem
from sandbox.raast.paying import RAIL
from sandbox.world import WorldView

SHOWN = 50
PARTS = {"p50_s": 50, "p90_s": 90, "p99_s": 99, "max_s": 100}
TOOK = """
SELECT completed_at - created_at AS took, count(*) FROM payment
WHERE sandbox_id = ? AND rail = ? AND status = ? GROUP BY took ORDER BY took
"""
OPEN = """
SELECT count(*), coalesce(sum(? - created_at > ?), 0) FROM payment
WHERE sandbox_id = ? AND rail = ? AND status = ?
"""
LATE = """
SELECT id FROM payment WHERE sandbox_id = ? AND rail = ? AND status = ? AND completed_at - created_at > ?
ORDER BY id DESC LIMIT ?
"""


class CreditTimeView(BaseModel):
    """How long one payment took. Without a credit `took_s` is how long it has been waited for."""

    object: Literal["credit_time"] = "credit_time"
    payment: str
    advised_at: str
    credited_at: str | None
    took_s: float
    within: bool


class TwentySecondsView(BaseModel):
    """The rule over all Raast payments of the sandbox. Percentiles are seconds, none without a credit."""

    object: Literal["twenty_seconds"] = "twenty_seconds"
    most_s: int
    credited: int
    within: int
    breaches: int
    open: int
    overdue: int
    p50_s: float | None
    p90_s: float | None
    p99_s: float | None
    max_s: float | None
    late: list[CreditTimeView]


def twenty_seconds(world: WorldView) -> TwentySecondsView:
    """Measure all payments; `late` shows the newest fifty breaches."""
    ask, settled = world.snapshot.ask, PaymentStatus.SETTLED.value
    counts = [(int(took), int(count)) for took, count in ask(TOOK, (world.id, RAIL, settled))]
    credited = sum(count for _, count in counts)
    within = sum(count for took, count in counts if took <= CREDITED_WITHIN_US)
    waiting = (world.now, CREDITED_WITHIN_US, world.id, RAIL, PaymentStatus.UNKNOWN.value)
    still_open, overdue = ask(OPEN, waiting).fetchone()
    late = ask(LATE, (world.id, RAIL, settled, CREDITED_WITHIN_US, SHOWN)).fetchall()
    return TwentySecondsView(
        most_s=CREDITED_WITHIN_US // SECOND_US,
        credited=credited,
        within=within,
        breaches=credited - within,
        open=still_open,
        overdue=overdue,
        **{name: percentile(counts, part) for name, part in PARTS.items()},
        late=[_view(world, find_payment(world, payment_id)) for (payment_id,) in late],
    )


def percentile(counts: list[tuple[int, int]], part: int) -> float | None:
    """Return the time that `part` per cent of all payments did not exceed, in seconds (nearest rank).

    `counts` are times in microseconds, rising, and how many payments took each.
    """
    rank = -(-sum(count for _, count in counts) * part // 100)
    for took, count in counts:
        rank -= count
        if rank <= 0:
            return took / SECOND_US
    return None


def credit_time(world: WorldView, *, payment_id: str) -> CreditTimeView:
    """Measure one payment."""
    payment = find_payment(world, payment_id)
    if payment.rail != RAIL or payment.status == PaymentStatus.REFUSED:
        raise Problem("not_found", f"The payment {payment_id!r} was not to be credited by Raast.")
    return _view(world, payment)


def _view(world: WorldView, payment: Payment) -> CreditTimeView:
    took = (payment.completed_at or world.now) - payment.created_at
    return CreditTimeView(
        payment=payment.id,
        advised_at=to_rfc3339(payment.created_at),
        credited_at=None if payment.completed_at is None else to_rfc3339(payment.completed_at),
        took_s=took / SECOND_US,
        within=took <= CREDITED_WITHIN_US,
    )
