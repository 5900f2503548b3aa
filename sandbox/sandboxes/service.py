"""Use cases of a sandbox and its clock."""

import os

from ledger.clock import SECOND_US, from_rfc3339, utc_now
from ledger.ids import random_ulid
from sandbox import clock, jobs
from sandbox.db import UnitOfWork
from sandbox.http import Empty
from sandbox.problems import Problem
from sandbox.sandboxes.models import AdvanceClock, ClockView, SandboxView, view_clock, view_sandbox
from sandbox.world import SANDBOXES, Sandbox, World, WorldView

SEED_BYTES = 6
FARTHEST_US = 3_652 * 24 * 3600 * SECOND_US
LAST_US = from_rfc3339("9000-01-01T00:00:00Z")


def create_sandbox(
    uow: UnitOfWork, participant_id: str, name: str, *, seed: int | None, frozen_at: str | None
) -> World:
    """Make an empty world; without a seed it gets a random one, without a time its clock runs."""
    start = None if frozen_at is None else _start(frozen_at)
    sandbox = Sandbox(
        sandbox_id=random_ulid("sbx", uow.now),
        participant_id=participant_id,
        name=name,
        seed=int.from_bytes(os.urandom(SEED_BYTES), "big") if seed is None else seed,
        clock_frozen_at=start,
        created_at=uow.now if start is None else start,
    )
    return World(uow, SANDBOXES.insert(uow, sandbox))


def _start(frozen_at: str) -> int:
    """Read the time at which a clock is to start, or refuse."""
    start = _moment(frozen_at, "frozen_at")
    if not 0 <= start <= LAST_US:
        raise Problem(
            "invalid_field", "Give a time from 1970-01-01 to the end of the year 8999.", field="frozen_at"
        )
    return start


def _moment(text: str, field: str) -> int:
    """Read a time in RFC 3339, or refuse naming its field."""
    try:
        return from_rfc3339(text)
    except ValueError as error:
        raise Problem("invalid_field", f"{error}.", field=field) from error


def show_sandbox(world: WorldView) -> SandboxView:
    """Show the caller's sandbox."""
    return view_sandbox(world.sandbox)


def show_clock(world: WorldView) -> ClockView:
    """Show the sandbox's clock."""
    return view_clock(world, utc_now())


def freeze_clock(world: World, _request: Empty) -> ClockView:
    """Stop the clock where it is."""
    clock.freeze(world)
    return view_clock(world, world.uow.now)


def resume_clock(world: World, _request: Empty) -> ClockView:
    """Let the clock run on from where it stands."""
    clock.resume(world)
    return view_clock(world, world.uow.now)


def advance_target(world: WorldView, request: AdvanceClock) -> int:
    """Return the time that an advance asks for, or refuse."""
    asked = [request.by_seconds is not None, request.to is not None, request.to_next_event]
    if sum(asked) != 1:
        raise Problem(
            "invalid_field", "Give exactly one of by_seconds, to, to_next_event.", field="by_seconds"
        )
    if request.by_seconds is not None:
        return _reachable(world, world.now + request.by_seconds * SECOND_US, "by_seconds")
    if request.to is None:
        job = jobs.next_due(world.snapshot, world.id)
        return world.now if job is None else max(job.due_at, world.now)
    target = _moment(request.to, "to")
    if target <= world.now:
        raise Problem("clock_backwards", "Give a time after the sandbox's present one.", field="to")
    return _reachable(world, target, "to")


def _reachable(world: WorldView, target: int, field: str) -> int:
    """Refuse what is too far, and what comes near the last year that can be written."""
    if target - world.now > FARTHEST_US:
        raise Problem("clock_too_far", "Advance by at most 10 years at once.", field=field)
    if target > LAST_US:
        raise Problem(
            "clock_too_far", "A sandbox's clock ends with the year 8999; sign up for a new one.", field=field
        )
    return target
