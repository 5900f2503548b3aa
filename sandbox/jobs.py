"""Delayed work: rows with a due time on the sandbox's clock.

`wake_at` is the same moment on the system's clock, so that the worker finds what is due in all
sandboxes by one index; it is None while a frozen clock stands before the due time, and is set anew when
a clock is set. A job is claimed for a while before it runs: a worker that dies half-way loses nothing.
"""

from typing import NamedTuple

from sqlalchemy import Index, update

from sandbox.db import Snapshot, UnitOfWork
from sandbox.records import Records
from sandbox.world import Sandbox, World

LEASE_US = 60_000_000
CANCEL = "DELETE FROM job INDEXED BY job_due WHERE sandbox_id = ? AND due_at = ? AND kind = ? AND subject = ?"


class Job(NamedTuple):
    """Something to do at `due_at`; ordered by due time, then by id."""

    sandbox_id: str
    id: str
    kind: str
    subject: str
    due_at: int
    wake_at: int | None
    claimed_until: int = 0


JOBS = Records(Job, "job", Index("job_wake", "wake_at"), Index("job_due", "sandbox_id", "due_at", "id"))


def wake_time(sandbox: Sandbox, due_at: int) -> int | None:
    """Translate a due time into the system's time, or None while a frozen clock holds it back."""
    frozen_at = sandbox.clock_frozen_at
    if frozen_at is None:
        return due_at - sandbox.clock_offset_us
    return 0 if due_at <= frozen_at else None


def schedule(world: World, kind: str, subject: str, *, due_at: int) -> Job:
    """Ask for `kind` to be done about the object `subject` at `due_at` (sandbox time)."""
    job = Job(
        sandbox_id=world.id,
        id=world.new_id("job"),
        kind=kind,
        subject=subject,
        due_at=due_at,
        wake_at=wake_time(world.sandbox, due_at),
    )
    world.uow.wake = world.uow.wake or due_at <= world.now
    return JOBS.insert(world.uow, job)


def finish(uow: UnitOfWork, job: Job) -> bool:
    """Strike a job off in the transaction that did its work. False: somebody else did it first."""
    gone = JOBS.get(uow, job.sandbox_id, job.id) is None
    JOBS.delete(uow, job.sandbox_id, job.id)
    return not gone


def cancel(world: World, kind: str, subject: str, *, due_at: int | None) -> None:
    """Strike off the job of this kind about this object; who scheduled it knows for when, None for no job.

    The due time finds it by an index that SQLite has to be told of: it would walk all jobs of the sandbox.
    """
    world.uow.driver.execute(CANCEL, (world.id, due_at, kind, subject))


def claim_due(uow: UnitOfWork, limit: int) -> list[Job]:
    """Take up to `limit` jobs that are due by the system's clock, oldest first, for `LEASE_US`."""
    due = JOBS.select(
        uow,
        JOBS.c.wake_at <= uow.now,
        JOBS.c.claimed_until <= uow.now,
        order=(JOBS.c.wake_at, JOBS.c.due_at, JOBS.c.id),
        limit=limit,
    )
    return [claim(uow, job) for job in due]


def claim(uow: UnitOfWork, job: Job) -> Job:
    """Take one job for `LEASE_US`."""
    return JOBS.update(uow, job, claimed_until=uow.now + LEASE_US)


def next_due(snapshot: Snapshot, sandbox_id: str) -> Job | None:
    """Return the sandbox's next job by its own clock."""
    found = JOBS.select(snapshot, JOBS.c.sandbox_id == sandbox_id, order=(JOBS.c.due_at, JOBS.c.id), limit=1)
    return found[0] if found else None


def rewind_wakes(world: World) -> None:
    """Set `wake_at` of all the sandbox's jobs anew, after its clock was set."""
    frozen_at = world.sandbox.clock_frozen_at
    jobs = update(JOBS.table).where(JOBS.c.sandbox_id == world.id)
    if frozen_at is None:
        world.uow.connection.execute(jobs.values(wake_at=JOBS.c.due_at - world.sandbox.clock_offset_us))
    else:
        world.uow.connection.execute(jobs.where(JOBS.c.due_at <= frozen_at).values(wake_at=0))
        world.uow.connection.execute(jobs.where(JOBS.c.due_at > frozen_at).values(wake_at=None))
