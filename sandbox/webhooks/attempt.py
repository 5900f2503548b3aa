"""The job of one attempt: read what to send, send it, write down what came of it."""

from collections.abc import Callable
from functools import partial

from sandbox.executor import Executor, Readers
from sandbox.jobs import Job
from sandbox.webhooks.sender import Sender
from sandbox.webhooks.service import Bend, next_message, record_attempt
from sandbox.worker import Handler


def attempt_with(
    executor: Executor, readers: Readers, sender: Sender, now: Callable[[], int], *, bend: Bend
) -> Handler:
    """Make the handler of attempts. The message goes out between two transactions, at least once."""
    read = partial(next_message, bend=bend)

    async def attempt(job: Job) -> None:
        message = await readers.read(read, job)
        sent = None if message is None else await sender.send(message, now())
        await executor.write(record_attempt, job, sent)

    return attempt
