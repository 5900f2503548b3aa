"""Runs due jobs: those of all sandboxes as time passes, those of one as its clock is advanced.

A handler does the work of one kind of job and strikes the job off in the same transaction. Whatever
leaves the process happens between transactions, at least once.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from sandbox import jobs
from sandbox.clock import Step, take_step
from sandbox.db import UnitOfWork
from sandbox.executor import Executor
from sandbox.jobs import Job
from sandbox.world import World, enter

logger = logging.getLogger("kasauti")

BATCH = 100
AT_ONCE = 32
BUSY_WAIT_S = 0.02

Handler = Callable[[Job], Awaitable[None]]


class Fired(NamedTuple):
    """A job that an advancing clock ran."""

    due_at: int
    kind: str
    subject: str


def transactional(executor: Executor, work: Callable[[World, str], None]) -> Handler:
    """Make a handler of a use case that takes the job's subject."""

    def run(uow: UnitOfWork, job: Job) -> None:
        if not jobs.finish(uow, job):
            return
        world = enter(uow, job.sandbox_id)
        work(world, job.subject)
        world.leave()

    async def handle(job: Job) -> None:
        await executor.write(run, job)

    return handle


class Worker:
    """Runs jobs by their kind. `wake` makes it look for due ones at once."""

    def __init__(self, executor: Executor, handlers: dict[str, Handler], *, poll_s: float) -> None:
        self._executor = executor
        self._handlers = handlers
        self._poll_s = poll_s
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Look for due jobs now rather than at the next poll."""
        self._woken.set()

    async def run_forever(self) -> None:
        """Run what is due until cancelled. A sandbox's jobs run in order; sandboxes run side by side."""
        while True:
            self._woken.clear()
            try:
                ran = await self.run_due()
            except Exception:
                logger.exception("the worker could not look for due jobs")
                ran = 0
            if ran < BATCH:
                try:
                    await asyncio.wait_for(self._woken.wait(), self._poll_s)
                except TimeoutError:
                    continue

    async def run_due(self) -> int:
        """Claim and run one batch of what is due by the system's clock; return how many jobs it was."""
        due = await self._executor.write(jobs.claim_due, BATCH)
        by_sandbox: dict[str, list[Job]] = {}
        for job in due:
            by_sandbox.setdefault(job.sandbox_id, []).append(job)
        gate = asyncio.Semaphore(AT_ONCE)
        await asyncio.gather(*(self._run_in_order(gate, batch) for batch in by_sandbox.values()))
        return len(due)

    async def _run_in_order(self, gate: asyncio.Semaphore, batch: list[Job]) -> None:
        async with gate:
            for job in batch:
                await self._run(job)

    async def _run(self, job: Job) -> None:
        try:
            await self._handlers[job.kind](job)
        except Exception:
            # The claim runs out and the job is tried again; the log says why it failed.
            logger.exception("job %s (%s of %s) failed", job.id, job.kind, job.subject)

    async def advance(self, sandbox_id: str, target: int) -> list[Fired]:
        """Move a sandbox's clock to `target`, running what becomes due on the way, in order."""
        fired: list[Fired] = []
        while (step := await self._executor.write(take_step, sandbox_id, target)) is not Step.ARRIVED:
            if step is Step.BUSY:
                await asyncio.sleep(BUSY_WAIT_S)
                continue
            await self._run(step)
            fired.append(Fired(step.due_at, step.kind, step.subject))
        return fired
