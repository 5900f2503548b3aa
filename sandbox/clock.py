"""The rules of a sandbox's clock: it only goes forward, and stops at every job that is due on the way."""

from enum import Enum

from sandbox import jobs
from sandbox.db import UnitOfWork
from sandbox.jobs import Job
from sandbox.world import World, enter


class Step(Enum):
    """Where an advancing clock is, when no job is to be run."""

    ARRIVED = "arrived"
    BUSY = "busy"


def freeze(world: World) -> None:
    """Stop the clock where it is."""
    _set(world, world.now, frozen=True)


def resume(world: World) -> None:
    """Let a frozen clock run on from where it stands."""
    _set(world, world.now, frozen=False)


def take_step(uow: UnitOfWork, sandbox_id: str, target: int) -> Job | Step:
    """Move the clock to the next due job and claim that job, or to `target` when none is left before it.

    BUSY: somebody else is running a job that is due; it has to end first.
    """
    world = enter(uow, sandbox_id)
    job = jobs.next_due(uow, sandbox_id)
    if job is None or job.due_at > target:
        _move_to(world, target)
        return Step.ARRIVED
    if job.claimed_until > uow.now:
        return Step.BUSY
    _move_to(world, job.due_at)
    return jobs.claim(uow, job)


def _move_to(world: World, moment: int) -> None:
    if moment > world.now:
        _set(world, moment, frozen=world.sandbox.clock_frozen_at is not None)


def _set(world: World, moment: int, *, frozen: bool) -> None:
    if frozen:
        world.set_clock(offset_us=world.sandbox.clock_offset_us, frozen_at=moment)
    else:
        world.set_clock(offset_us=moment - world.uow.now, frozen_at=None)
    jobs.rewind_wakes(world)
