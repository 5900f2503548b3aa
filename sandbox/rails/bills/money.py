"""The postings of a bill's payment: payer, then 1LINK's settlement account, then the biller.

The payer's money is held for the settlement account and posted when the payment is taken; the advice that marks
the bill paid moves it on to the biller.
"""

from ledger.model import Account, AccountFlag, Kind, Transfer
from ledger.status import Status
from sandbox.accounts.models import CURRENCY
from sandbox.rails.bills.models import (
    CODE_BILLER,
    CODE_SETTLEMENT,
    SETTLEMENT,
    PaymentItem,
    biller_account,
)
from sandbox.settlement.closing import open_day
from sandbox.world import World


def hold(world: World, payment: PaymentItem, *, timeout_us: int) -> bool:
    """Hold the payer's money; False when it is not there. `timeout_us` 0 is a hold without an end."""
    opened = [
        Account(SETTLEMENT, CURRENCY, CODE_SETTLEMENT, AccountFlag.EXPECTED_ZERO),
        Account(biller_account(payment.biller), CURRENCY, CODE_BILLER),
    ]
    world.book.open_accounts(opened, now=world.now, recorded_at=world.uow.now)
    held = Transfer(
        _name(payment, "hold"),
        payment.source,
        SETTLEMENT,
        payment.amount_paisa,
        Kind.HOLD,
        timeout_us=timeout_us,
        currency=CURRENCY,
        code=CODE_BILLER,
        reference=payment.id,
    )
    return _post(world, held, Status.EXCEEDS_CREDITS)


def take(world: World, payment: PaymentItem) -> None:
    """Move the held money to the settlement account."""
    _post(world, _end(payment, Kind.POST))


def give_back(world: World, payment: PaymentItem, *, ran_out: bool) -> None:
    """Release the held money; a hold that ran out is released by the ledger itself."""
    if ran_out:
        world.book.expire(now=world.now, recorded_at=world.uow.now)
    else:
        _post(world, _end(payment, Kind.VOID))


def hand_over(world: World, payment: PaymentItem) -> None:
    """Move the money on to the biller, who marks the bill paid."""
    _post(
        world,
        Transfer(
            _name(payment, "advice"),
            SETTLEMENT,
            biller_account(payment.biller),
            payment.amount_paisa,
            currency=CURRENCY,
            code=CODE_BILLER,
            reference=payment.id,
        ),
    )


def _end(payment: PaymentItem, kind: Kind) -> Transfer:
    return Transfer(
        _name(payment, kind.name.lower()), kind=kind, target_id=_name(payment, "hold"), reference=payment.id
    )


def _name(payment: PaymentItem, what: str) -> str:
    return f"{payment.id}:{what}"


def _post(world: World, transfer: Transfer, *refusals: Status) -> bool:
    status = world.book.post([transfer], now=world.now, recorded_at=world.uow.now)[0].status
    if status is not Status.CREATED and status not in refusals:
        raise AssertionError(f"the ledger refused a bill's {transfer.id}: {status}")
    if status is Status.CREATED:
        open_day(world)
    return status is Status.CREATED
