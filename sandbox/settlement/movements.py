"""Movements between institutions, read from the ledger's entries.

An entry moves money between institutions when both of its accounts belong to one: a customer's account to the
customer's bank, `outside:` accounts to the institution they name, and the account through which bills are
paid to 1LINK. Opening balances come from no institution, and what 1LINK hands on to billers leaves them.
"""

from typing import Final, NamedTuple

from ledger.clock import Micros
from ledger.history import QueryFilter
from ledger.model import Kind
from sandbox.limits.periods import AHEAD_US, DAY_US
from sandbox.settlement.models import OPERATOR, Flow
from sandbox.world import WorldView

BILLS_ACCOUNT: Final = "settlement:1link-bills"
OUTSIDE: Final = "outside:"
POSTING: Final = "settle:"
"""How the ids of a settlement's own postings begin; they are no movements of the day on which they are made."""

MOVED: Final = f"kind IN ({Kind.TRANSFER:d}, {Kind.POST:d}, {Kind.CAPTURE:d}, {Kind.REVERSAL:d})"
ENDED: Final = f"kind IN ({Kind.POST:d}, {Kind.VOID:d}, {Kind.EXPIRE:d})"


def _owner(side: str) -> str:
    account = f"e.{side}_account"
    return (
        f"CASE WHEN {account} = '{BILLS_ACCOUNT}' THEN '{OPERATOR}' "
        f"WHEN {account} LIKE '{OUTSIDE}%' THEN substr({account}, {len(OUTSIDE) + 1}) "
        f"ELSE {side}_side.institution END"
    )


_ENTRIES: Final = f"""\
SELECT e.seq, e.kind, e.amount, e.reference, e.happened_at,
  {_owner("debit")} AS sender, {_owner("credit")} AS receiver,
  coalesce(payment.rail, json_extract(inbound.body, '$.rail'),
    CASE WHEN '{BILLS_ACCOUNT}' IN (e.debit_account, e.credit_account) THEN 'bills' ELSE 'other' END) AS rail,
  coalesce(payment.end_to_end_id, json_extract(inbound.body, '$.end_to_end_id'), '') AS end_to_end_id
FROM ledger_entry e
LEFT JOIN bank_account debit_side
  ON debit_side.sandbox_id = e.sandbox_id AND debit_side.id = e.debit_account
LEFT JOIN bank_account credit_side
  ON credit_side.sandbox_id = e.sandbox_id AND credit_side.id = e.credit_account
LEFT JOIN payment ON payment.sandbox_id = e.sandbox_id AND payment.id = e.reference
LEFT JOIN shelf_item inbound
  ON inbound.sandbox_id = e.sandbox_id AND inbound.rail = 'simulations' AND inbound.kind = 'inbound'
  AND inbound.key = e.reference
WHERE e.sandbox_id = ? AND e.seq > ? AND e.seq <= ? AND e.id NOT LIKE '{POSTING}%'"""

_SUMS: Final = f"""\
SELECT (happened_at + {AHEAD_US}) / {DAY_US} AS day, rail, sender, receiver,
  sum({MOVED} AND kind <> {Kind.REVERSAL:d}), sum(kind = {Kind.REVERSAL:d}),
  sum(CASE WHEN {MOVED} THEN amount ELSE 0 END),
  sum(kind = {Kind.HOLD:d}) - sum({ENDED}), min(seq), max(seq)
FROM ({_ENTRIES}) GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"""

_LINES: Final = f"""\
SELECT seq, happened_at, rail, CASE WHEN kind = {Kind.REVERSAL:d} THEN 'return' ELSE 'payment' END,
  reference, end_to_end_id, CASE WHEN sender = ? THEN receiver ELSE sender END,
  CASE WHEN sender = ? THEN -amount ELSE amount END
FROM ({_ENTRIES}) WHERE {MOVED} AND sender <> receiver AND ? IN (sender, receiver) ORDER BY seq LIMIT ?"""


class Sum(NamedTuple):
    """What entries of one day, rail and pair of members add up to; `day` counts from 1970.

    `held` is how many holds were made less how many ended. Where one side belongs to no member nothing
    moved between members.
    """

    day: int
    rail: str
    sender: str | None
    receiver: str | None
    payments: int
    returns: int
    paisa: int
    held: int
    first_seq: int
    last_seq: int

    @property
    def flow(self) -> Flow | None:
        """What moved between members, if anything did."""
        if self.sender is None or self.receiver is None or not self.payments + self.returns:
            return None
        return Flow(
            rail=self.rail,
            sender=self.sender,
            receiver=self.receiver,
            payments=self.payments,
            returns=self.returns,
            paisa=self.paisa,
        )


class Line(NamedTuple):
    """One movement as one member sees it; `amount_paisa` is above zero for money that came in."""

    seq: int
    happened_at: Micros
    rail: str
    kind: str
    reference: str
    end_to_end_id: str
    counterparty: str
    amount_paisa: int


def last_before(world: WorldView, moment: Micros) -> int:
    """Return the number of the last entry that happened before this moment, 0 for none."""
    found = world.book.transfers(QueryFilter(happened_max=moment - 1, limit=1, reversed=True))
    return found[0].seq if found else 0


def sums(world: WorldView, after_seq: int, upto_seq: int) -> list[Sum]:
    """Add up the entries after one number up to another, in the order of days."""
    rows = world.snapshot.driver.execute(_SUMS, (world.id, after_seq, upto_seq))
    return [Sum._make(row) for row in rows]


def lines(world: WorldView, member: str, after_seq: int, upto_seq: int, limit: int) -> list[Line]:
    """Return the next movements of one member, in the order of the ledger."""
    values = (member, member, world.id, after_seq, upto_seq, member, limit)
    return [Line._make(row) for row in world.snapshot.driver.execute(_LINES, values)]


def merge(flows: list[Flow], flow: Flow) -> list[Flow]:
    """Add a flow to flows, of which each rail and pair of members has one."""
    same = [
        had
        for had in flows
        if (had.rail, had.sender, had.receiver) == (flow.rail, flow.sender, flow.receiver)
    ]
    if not same:
        return [*flows, flow]
    had = same[0]
    total = had.model_copy(
        update={
            "payments": had.payments + flow.payments,
            "returns": had.returns + flow.returns,
            "paisa": had.paisa + flow.paisa,
        }
    )
    return [total if one is had else one for one in flows]
