"""Days of settlement: what is kept of them on the shelf, and how they are shown.

A day is Pakistan's and ends at its midnight. A position is what an institution's customers received less what
they sent over one rail: above zero the institution is owed, below it owes. Payments within one institution
leave no position. Bills are paid to 1LINK, which is a member here as the institutions are.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final, Literal, NamedTuple

from pydantic import BaseModel

from connectors.identifiers.institutions import INSTITUTIONS
from ledger.clock import to_rfc3339
from sandbox.limits.periods import midnight
from sandbox.shelf import Shelf

OPERATOR: Final = "1LINK"
"""Who is paid for bills, as a member of the settlement."""

MEMBERS: Final = {**{code: row.name for code, row in INSTITUTIONS.items()}, OPERATOR: "1LINK, for billers"}


class Flow(BaseModel):
    """What moved over one rail from one member's customers to another's; returns are a part of `paisa`."""

    rail: str
    sender: str
    receiver: str
    payments: int
    returns: int
    paisa: int

    @property
    def on_us(self) -> bool:
        """Whether it stayed within one institution."""
        return self.sender == self.receiver


class Day(BaseModel):
    """A day: entries of the ledger from `first_seq` to `last_seq`, holds still open when it ended (`held`).

    `opening` is what each member's settlement account stood at before the day's own posting.
    """

    day: date
    closed_at: int | None = None
    first_seq: int = 0
    last_seq: int = 0
    held: int = 0
    flows: list[Flow] = []
    opening: dict[str, int] = {}
    postings: list[str] = []


class Progress(BaseModel):
    """How far the closing has come: all entries up to `after_seq`, and the day it is in the middle of."""

    after_seq: int = 0
    held: int = 0
    standing: dict[str, int] = {}
    day: Day | None = None


class CutOff(BaseModel):
    """The newest day, as days since 1970, at whose end a job stands."""

    day: int


DAYS: Final = Shelf("settlement", "day", Day)
PROGRESS: Final = Shelf("settlement", "progress", Progress)
CUT_OFFS: Final = Shelf("settlement", "cutoff", CutOff)
THE_ONE: Final = "now"


class PositionView(BaseModel):
    """One institution's day on one rail; `net_paisa` is credits less debits."""

    institution: str
    rail: str
    sent: int
    received: int
    debit_paisa: int
    credit_paisa: int
    net_paisa: int


class NetView(BaseModel):
    """One institution's day over all rails, and its settlement account before and after."""

    institution: str
    opening_paisa: int
    net_paisa: int
    closing_paisa: int


class RailTotalView(BaseModel):
    """What a rail carried; `on_us` of the payments stayed within one institution."""

    rail: str
    payments: int
    on_us: int
    returns: int
    moved_paisa: int


class DayView(BaseModel):
    """A day as the API shows it. `carried_over` counts payments whose outcome was unknown when it ended."""

    object: Literal["settlement_day"] = "settlement_day"
    date: str
    status: Literal["open", "closing", "closed"]
    closes_at: str
    closed_at: str | None
    payments: int
    returns: int
    carried_over: int
    rails: list[RailTotalView]
    positions: list[PositionView]
    nets: list[NetView]
    postings: list[str]


class _Side(NamedTuple):
    sent: int = 0
    received: int = 0
    debit: int = 0
    credit: int = 0

    @property
    def net(self) -> int:
        return self.credit - self.debit


def positions_of(flows: Iterable[Flow]) -> list[PositionView]:
    """Add up flows to positions by institution and rail; those of each rail add up to zero."""
    sides: dict[tuple[str, str], _Side] = {}
    for flow in flows:
        if flow.on_us:
            continue
        count = flow.payments + flow.returns
        for member, change in (
            (flow.sender, _Side(sent=count, debit=flow.paisa)),
            (flow.receiver, _Side(received=count, credit=flow.paisa)),
        ):
            had = sides.get((member, flow.rail), _Side())
            sides[member, flow.rail] = _Side(*(a + b for a, b in zip(had, change, strict=True)))
    return [
        PositionView(
            institution=member,
            rail=rail,
            sent=side.sent,
            received=side.received,
            debit_paisa=side.debit,
            credit_paisa=side.credit,
            net_paisa=side.net,
        )
        for (member, rail), side in sorted(sides.items())
    ]


def nets_of(flows: Iterable[Flow]) -> dict[str, int]:
    """Return every member's net over all rails; they add up to zero."""
    nets = dict.fromkeys(MEMBERS, 0)
    for position in positions_of(flows):
        nets[position.institution] += position.net_paisa
    return nets


def view_day(day: Day, status: Literal["open", "closing", "closed"]) -> DayView:
    """Show a day."""
    nets = nets_of(day.flows)
    return DayView(
        date=day.day.isoformat(),
        status=status,
        closes_at=to_rfc3339(midnight(day.day + timedelta(days=1))),
        closed_at=None if day.closed_at is None else to_rfc3339(day.closed_at),
        payments=sum(flow.payments for flow in day.flows),
        returns=sum(flow.returns for flow in day.flows),
        carried_over=day.held,
        rails=[_total(rail, day.flows) for rail in sorted({flow.rail for flow in day.flows})],
        positions=positions_of(day.flows),
        nets=[
            NetView(
                institution=member,
                opening_paisa=day.opening.get(member, 0),
                net_paisa=net,
                closing_paisa=day.opening.get(member, 0) + net,
            )
            for member, net in nets.items()
        ],
        postings=day.postings,
    )


def _total(rail: str, flows: Iterable[Flow]) -> RailTotalView:
    own = [flow for flow in flows if flow.rail == rail]
    return RailTotalView(
        rail=rail,
        payments=sum(flow.payments for flow in own),
        on_us=sum(flow.payments for flow in own if flow.on_us),
        returns=sum(flow.returns for flow in own),
        moved_paisa=sum(flow.paisa for flow in own),
    )
