"""A sandbox is a closed world: its own time, its own ids, its own book in the ledger.

Time: a running clock shows the system's time, an offset one runs ahead of it, a frozen one stands until
it is advanced. Ids: made of the sandbox's seed, a counter and its time, so that the same seed, the same
requests and the same clock give the same ids.
"""

from enum import StrEnum
from typing import NamedTuple

from ledger.book import Book
from ledger.clock import utc_now
from ledger.ids import IdSource
from sandbox.db import Snapshot, UnitOfWork
from sandbox.records import Records
from sandbox.wire import Wire


class Sandbox(NamedTuple):
    """One startup's closed world."""

    sandbox_id: str
    participant_id: str
    name: str
    seed: int
    created_at: int
    id_counter: int = 0
    clock_offset_us: int = 0
    clock_frozen_at: int | None = None


SANDBOXES = Records(Sandbox, "sandbox", key=("sandbox_id",), cached=True)
SET_COUNTER = "UPDATE sandbox SET id_counter = ? WHERE sandbox_id = ?"


class ClockMode(StrEnum):
    """How a sandbox's clock moves."""

    RUNNING = "running"
    OFFSET = "offset"
    FROZEN = "frozen"


def clock_mode(sandbox: Sandbox) -> ClockMode:
    """Say how this sandbox's clock moves."""
    if sandbox.clock_frozen_at is not None:
        return ClockMode.FROZEN
    return ClockMode.OFFSET if sandbox.clock_offset_us else ClockMode.RUNNING


def sandbox_time(sandbox: Sandbox, system_now: int) -> int:
    """Return the sandbox's time in microseconds, given the system's."""
    if sandbox.clock_frozen_at is not None:
        return sandbox.clock_frozen_at
    return system_now + sandbox.clock_offset_us


class WorldView:
    """A sandbox as a query sees it at one moment."""

    def __init__(self, snapshot: Snapshot, sandbox: Sandbox, system_now: int) -> None:
        self.snapshot = snapshot
        self.sandbox = sandbox
        self.id = sandbox.sandbox_id
        self.now = sandbox_time(sandbox, system_now)

    @property
    def book(self) -> Book:
        """The sandbox's book in the ledger."""
        return self.snapshot.book(self.id)


class World(WorldView):
    """A sandbox as a use case may change it. `leave` keeps what ids were used; the caller must call it.

    `key_id` names the key with which somebody asked for this; it is empty when nobody did, as in a job.
    `wire` is what the request came over.
    """

    def __init__(self, uow: UnitOfWork, sandbox: Sandbox) -> None:
        super().__init__(uow, sandbox, uow.now)
        self.uow = uow
        self.key_id = ""
        self.wire = Wire()
        ids: IdSource | None = uow.counters.get(self.id)
        if ids is None:
            ids = uow.counters[self.id] = IdSource(sandbox.seed, sandbox.id_counter)
        self._ids = ids

    def reached_by(self, wire: Wire) -> None:
        """Note over which wire the request came."""
        wire.reach(self.id)
        self.wire = wire

    def new_id(self, prefix: str) -> str:
        """Make the sandbox's next id, such as `pay_01J…`; ids sort by creation."""
        return self._ids.next(prefix, self.now)

    def set_clock(self, *, offset_us: int, frozen_at: int | None) -> None:
        """Set the clock; times already given out are not looked at, see `clock.py` for the rules."""
        self.sandbox = SANDBOXES.update(
            self.uow,
            self.sandbox,
            clock_offset_us=offset_us,
            clock_frozen_at=frozen_at,
            id_counter=self._ids.counter,
        )
        self.now = sandbox_time(self.sandbox, self.uow.now)

    def leave(self) -> None:
        """Keep how far the ids have come; it is stored once, at the end of the group."""
        self.uow.before_commit[self.id] = (SET_COUNTER, (self._ids.counter, self.id))


def enter(uow: UnitOfWork, sandbox_id: str) -> World:
    """Enter a sandbox that is known to exist."""
    sandbox = SANDBOXES.get(uow, sandbox_id)
    if sandbox is None:
        raise LookupError(sandbox_id)
    return World(uow, sandbox)


def look_into(snapshot: Snapshot, sandbox_id: str) -> WorldView:
    """See a sandbox that is known to exist, as it is now."""
    sandbox = SANDBOXES.get(snapshot, sandbox_id)
    if sandbox is None:
        raise LookupError(sandbox_id)
    return WorldView(snapshot, sandbox, utc_now())
