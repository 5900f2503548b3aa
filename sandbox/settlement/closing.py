"""Closing a day: its net positions are posted between the members' settlement accounts, once.

The first movement of a day sets a job for its end. The job goes through the ledger from where the last one
stopped, in chunks, and closes every day that is over, so a day whose job never ran is closed by the next.
"""

from datetime import date, timedelta
from itertools import chain
from typing import Final

from ledger.model import Account, Transfer
from ledger.status import AccountStatus, Status
from sandbox import jobs
from sandbox.accounts.models import CURRENCY
from sandbox.events import Event, EventType
from sandbox.limits.periods import AHEAD_US, DAY_US, day_of, midnight
from sandbox.payments.institutions import CODES, Role, institution_account
from sandbox.settlement.models import (
    CUT_OFFS,
    DAYS,
    OPERATOR,
    PROGRESS,
    THE_ONE,
    CutOff,
    Day,
    Flow,
    Progress,
    nets_of,
)
from sandbox.settlement.movements import POSTING, Sum, last_before, merge, sums
from sandbox.shelf import ITEMS
from sandbox.world import World

CLOSE: Final = "settlement.close"
CHUNK: Final = 10_000
MOVES: Final = frozenset(
    {
        EventType.PAYMENT_SETTLED.value,
        EventType.PAYMENT_UNKNOWN.value,
        EventType.PAYMENT_RETURNED.value,
        EventType.CREDIT_RECEIVED.value,
    }
)
EPOCH: Final = date(1970, 1, 1)


def open_day(world: World) -> None:
    """See that a job stands at the end of the present day. Called wherever money moves, so mostly a look-up."""
    today = (world.now + AHEAD_US) // DAY_US
    mark = ("settlement", world.id)
    if world.uow.cache.get(mark) == today:
        return
    stands = CUT_OFFS.get(world, THE_ONE)
    if stands is None or stands.day < today:
        CUT_OFFS.put(world, THE_ONE, CutOff(day=today))
        day = EPOCH + timedelta(days=today)
        jobs.schedule(world, CLOSE, day.isoformat(), due_at=midnight(day + timedelta(days=1)))
    elif not ITEMS.is_unwritten(world.uow, world.id, "settlement", "cutoff", THE_ONE):
        # Only what is committed: a use case that fails takes its job back, and would leave the mark.
        world.uow.cache[mark] = today


def follow(world: World, event: Event) -> None:
    """Open the day in which money moves or is held."""
    if event.type in MOVES:
        open_day(world)


def close(world: World, _day: str) -> None:
    """Close the days that are over, a chunk of entries at a time; what is closed stays as it is."""
    progress = PROGRESS.get(world, THE_ONE) or Progress()
    final = last_before(world, midnight(day_of(world.now)))
    upto = min(progress.after_seq + CHUNK, final)
    for found in sums(world, progress.after_seq, upto):
        today = EPOCH + timedelta(days=found.day)
        if progress.day is not None and progress.day.day != today:
            progress = _shut(world, progress, progress.day)
        progress = _add(progress, progress.day or Day(day=today, first_seq=found.first_seq), found)
    if upto == final and progress.day is not None:
        progress = _shut(world, progress, progress.day)
    PROGRESS.put(world, THE_ONE, progress.model_copy(update={"after_seq": max(progress.after_seq, upto)}))
    if upto < final:
        jobs.schedule(world, CLOSE, _day, due_at=world.now)


def _add(progress: Progress, day: Day, found: Sum) -> Progress:
    flow = found.flow
    seen = {
        "last_seq": max(day.last_seq, found.last_seq),
        "first_seq": min(day.first_seq, found.first_seq),
        "flows": day.flows if flow is None else merge(day.flows, flow),
    }
    return progress.model_copy(
        update={"day": day.model_copy(update=seen), "held": progress.held + found.held}
    )


def _shut(world: World, progress: Progress, day: Day) -> Progress:
    """Post a day's nets and keep it."""
    nets = nets_of(day.flows)
    closed = {
        "closed_at": world.now,
        "held": progress.held,
        "opening": progress.standing,
        "postings": _settle(world, day),
    }
    DAYS.put(world, day.day.isoformat(), day.model_copy(update=closed))
    standing = {member: progress.standing.get(member, 0) + net for member, net in nets.items()}
    return progress.model_copy(update={"standing": standing, "day": None})


def _settle(world: World, day: Day) -> list[str]:
    """Post from those who owe to those who are owed, rail by rail, all or nothing; return the ids."""
    rails = sorted({flow.rail for flow in day.flows})
    batch = list(chain.from_iterable(_transfers(world, day, rail) for rail in rails))
    if not batch:
        return []
    linked = [*(transfer._replace(linked=True) for transfer in batch[:-1]), batch[-1]]
    for result in world.book.post(linked, now=world.now, recorded_at=world.uow.now):
        if result.status is not Status.CREATED:
            raise AssertionError(f"the ledger refused to settle {result.id}: {result.status}")
    return [transfer.id for transfer in batch]


def _transfers(world: World, day: Day, rail: str) -> list[Transfer]:
    made = pairs([flow for flow in day.flows if flow.rail == rail])
    return [
        Transfer(
            f"{POSTING}{day.day}:{rail}:{number}",
            settlement_account(world, debtor),
            settlement_account(world, creditor),
            paisa,
            currency=CURRENCY,
            code=CODES[Role.SETTLEMENT],
            reference=f"settlement:{day.day}",
        )
        for number, (debtor, creditor, paisa) in enumerate(made, 1)
    ]


def pairs(flows: list[Flow]) -> list[tuple[str, str, int]]:
    """Return who pays whom how much, so that every net is paid: at most one less than there are members."""
    rest = nets_of(flows)
    made: list[tuple[str, str, int]] = []
    while any(rest.values()):
        debtor = next(member for member, net in rest.items() if net < 0)
        creditor = next(member for member, net in rest.items() if net > 0)
        paisa = min(-rest[debtor], rest[creditor])
        rest[debtor] += paisa
        rest[creditor] -= paisa
        made.append((debtor, creditor, paisa))
    return made


def settlement_account(world: World, member: str) -> str:
    """Return the id of a member's settlement account, such as `settlement:SBXA`, and see that it is open."""
    if member != OPERATOR:
        return institution_account(world, Role.SETTLEMENT, member)
    account = Account(f"{Role.SETTLEMENT}:{OPERATOR}", CURRENCY, CODES[Role.SETTLEMENT])
    status = world.book.open_accounts([account], now=world.now, recorded_at=world.uow.now)[0].status
    if status not in {AccountStatus.CREATED, AccountStatus.EXISTS}:
        raise AssertionError(f"the ledger refused 1LINK's account: {status}")
    return account.id
