"""A bill: what is due when, and what a payment makes of it. Pure: the day is taken from `now`.

Days are Pakistan's. A bill is late from the day after its due date.
"""

from datetime import date, datetime, timedelta, timezone
from enum import StrEnum
from typing import NamedTuple

from connectors.bills.billers import Biller, parse_consumer_no
from ledger.clock import SECOND_US, Micros

PAKISTAN = timezone(timedelta(hours=5), "PKT")

_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
_SEQUENCE = 10**7


class BillStatus(StrEnum):
    """The gateway's letters (OpenConnect)."""

    UNPAID = "U"
    PAID = "P"
    PARTIAL = "T"
    BLOCKED = "B"


class Bill(NamedTuple):
    """A bill of a biller's customer; amounts are paisa, `paid_paisa` what was paid of it so far.

    `expires` is when a payment slip ends, None when the bill has no end; `in_process` says that the outcome
    of a payment is not known yet.
    """

    biller: str
    consumer_no: str
    customer_name: str
    status: BillStatus
    due_date: date
    within_paisa: int
    after_paisa: int
    paid_paisa: int = 0
    expires: Micros | None = None
    in_process: bool = False


def local_day(now: Micros) -> date:
    """Return the day in Pakistan."""
    return (_EPOCH + timedelta(microseconds=now)).astimezone(PAKISTAN).date()


def is_late(bill: Bill, now: Micros) -> bool:
    """Tell whether the due date has passed."""
    return local_day(now) > bill.due_date


def is_expired(bill: Bill, now: Micros) -> bool:
    """Tell whether the slip has ended: at its very moment it has."""
    return bill.expires is not None and now >= bill.expires


def due(bill: Bill, now: Micros) -> int:
    """Return what is still to be paid, in paisa: the amount of the day, less what was paid.

    A blocked bill is owed too.
    """
    if bill.status is BillStatus.PAID:
        return 0
    amount = bill.after_paisa if is_late(bill, now) else bill.within_paisa
    return max(amount - bill.paid_paisa, 0)


def settled(bill: Bill, amount_paisa: int, now: Micros) -> Bill:
    """Return the bill after a payment of this much went through; what was under way is over."""
    rest = due(bill, now) - amount_paisa
    return bill._replace(
        status=BillStatus.PARTIAL if rest > 0 else BillStatus.PAID,
        paid_paisa=bill.paid_paisa + amount_paisa,
        in_process=False,
    )


def issue_slip(biller: Biller, number: int, customer_name: str, amount_paisa: int, now: Micros) -> Bill:
    """Make the `number`th payment slip of a tax office: one amount, final, with an end.

    The PSID is a 9 and sixteen digits (invented). AssertionError for a biller whose bills are no slips.
    """
    if biller.valid_for_hours is None:
        raise AssertionError(f"{biller.code} makes no payment slips")
    return Bill(
        biller=biller.code,
        consumer_no=parse_consumer_no(biller, f"9{number:016}"),
        customer_name=customer_name,
        status=BillStatus.UNPAID,
        due_date=local_day(now),
        within_paisa=amount_paisa,
        after_paisa=amount_paisa,
        expires=now + biller.valid_for_hours * 3600 * SECOND_US,
    )


def receipt_no(biller: Biller, now: Micros, sequence: int) -> str:
    """Write the number of the receipt of a sandbox's `sequence`th payment, `CPR-20261124-0004-0000042`.

    Invented: real CPR numbers tell the tax head and the day too, but their form is not public.
    """
    return f"{biller.receipt}-{local_day(now):%Y%m%d}-{biller.id:04}-{sequence % _SEQUENCE:07}"
