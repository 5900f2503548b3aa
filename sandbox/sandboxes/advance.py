"""Advancing a clock: several commits, one effect.

The target is fixed in the first commit, under the request's Idempotency-Key if it has one. A repeat, even
of a request whose process died half-way, goes on to the same target and so advances once.
"""

from typing import NamedTuple

from fastapi import Request, Response

from ledger.clock import to_rfc3339
from sandbox import idempotency
from sandbox.commands import Answer, Asked, ask, replayed, respond, services
from sandbox.db import UnitOfWork
from sandbox.participants.service import authenticate
from sandbox.sandboxes.models import AdvanceClock, AdvanceView, FiredView, view_clock
from sandbox.sandboxes.service import advance_target
from sandbox.worker import Fired
from sandbox.world import enter


class _Course(NamedTuple):
    sandbox_id: str
    target: int


async def advance(request: Request) -> Response:
    """Advance the caller's clock and tell what became due on the way."""
    asked = await ask(request, AdvanceClock)
    shared = services(request.app)
    course = await shared.executor.write(_set_out, asked)
    if isinstance(course, Answer):
        return respond(course)
    fired = await shared.worker.advance(course.sandbox_id, course.target)
    return respond(await shared.executor.write(_arrive, asked, course, fired))


def _set_out(uow: UnitOfWork, asked: Asked[AdvanceClock]) -> _Course | Answer:
    world = enter(uow, authenticate(uow, asked.secret).sandbox_id)
    stored = None if asked.guard is None else idempotency.replay(world, asked.guard)
    if stored is not None:
        return (
            _Course(world.id, int(stored.body))
            if stored.status == idempotency.UNDER_WAY
            else replayed(world, stored)
        )
    target = advance_target(world, asked.body)
    if asked.guard is not None:
        idempotency.keep(world, asked.guard, idempotency.UNDER_WAY, str(target).encode())
    return _Course(world.id, target)


def _arrive(uow: UnitOfWork, asked: Asked[AdvanceClock], course: _Course, fired: list[Fired]) -> Answer:
    world = enter(uow, course.sandbox_id)
    view = AdvanceView(
        clock=view_clock(world, uow.now),
        fired=[FiredView(due_at=to_rfc3339(job.due_at), kind=job.kind, subject=job.subject) for job in fired],
    )
    answer = Answer(200, view.model_dump_json().encode(), world.id, world.now)
    if asked.guard is not None:
        idempotency.complete(world, asked.guard, answer.status, answer.body)
    return answer
