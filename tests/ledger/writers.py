"""Processes that write batch after batch and tell what was acknowledged, until they are killed or done.

What they write follows from a seed. They are forked, so that each starts within milliseconds.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe
from multiprocessing.process import BaseProcess
from random import Random
from threading import Event
from typing import Any, NamedTuple, TypeVar

import psycopg

from ledger import Book, Kind, SqliteStore, Status, Store, Transfer
from ledger.proof.log import sealed
from ledger.proof.merkle import Tree
from ledger.storage.postgres import PostgresStore
from ledger.storage.retry import DELAYS, run_in_transaction
from tests.ledger.town import NOW

T = TypeVar("T")
FORK = get_context("fork")
PATIENT = (*DELAYS, *[0.5] * 120)
"""On a busy machine a server may take long to recover."""


class Acknowledged(NamedTuple):
    """A batch whose transaction was committed, as its writer was told."""

    sandbox_id: str
    written: list[str]
    """The ids that were answered with `created`."""
    repeated: list[str]
    """The ids that were answered with `exists`."""


class Transactions:
    """Runs work on a store in transactions of their own."""

    def run(self, work: Callable[[Store], T]) -> T:
        raise NotImplementedError


class OnSqlite(Transactions):
    def __init__(self, path: str) -> None:
        self.store = SqliteStore.open(path)
        self.store.query("PRAGMA busy_timeout = 10000", {})

    def run(self, work: Callable[[Store], T]) -> T:
        with self.store.transaction():
            return work(self.store)


class OnPostgres(Transactions):
    def __init__(self, uri: str) -> None:
        self.connect = partial(psycopg.connect, uri)

    def run(self, work: Callable[[Store], T]) -> T:
        return run_in_transaction(self.connect, work, sleep=Event().wait, delays=PATIENT)


class OneConnection(Transactions):
    """As `OnPostgres`, but with one connection and without repeats: the quickest."""

    def __init__(self, uri: str) -> None:
        self.store = PostgresStore.open(uri)

    def run(self, work: Callable[[Store], T]) -> T:
        with self.store.transaction():
            return work(self.store)


def batch_of(random: Random, name: str, shared: list[str]) -> list[Transfer]:
    """Draw a batch of payments, holds and what ends them, some in chains, some ids those of others too."""
    batch: list[Transfer] = []
    holds: list[str] = []
    for number in range(random.randint(1, 12)):
        own = f"{name}-{number}"
        linked, amount = random.random() < 0.2, random.randint(1, 9)
        drawn = random.random()
        if shared and drawn < 0.3:
            shared_id = random.choice(shared)
            batch.append(Transfer(shared_id, "bank", "ali", len(shared_id)))
        elif holds and drawn < 0.5:
            kind = random.choice([Kind.POST, Kind.VOID, Kind.CAPTURE])
            amount_of = {Kind.CAPTURE: 1}
            batch.append(
                Transfer(own, amount=amount_of.get(kind), kind=kind, target_id=holds.pop(), linked=linked)
            )
        elif drawn < 0.7:
            batch.append(Transfer(own, "bank", "sara", amount, Kind.HOLD, linked=linked))
            holds.append(own)
        else:
            batch.append(Transfer(own, "bank", random.choice(["ali", "sara"]), amount, linked=linked))
    batch[-1] = batch[-1]._replace(linked=False)
    return batch


def write(
    on: Callable[[], Transactions],
    sandbox_ids: list[str],
    name: str,
    acks: Pipe,
    *,
    batches: int,
    shared: list[str],
) -> None:
    """Write `batches` batches, each to one of the books, and tell of each when it is committed."""
    random = Random(name)  # noqa: S311 - repeatable, nothing secret
    transactions = on()
    for number in range(batches):
        sandbox_id = random.choice(sandbox_ids)
        batch = batch_of(random, f"{name}-{number}", shared)

        def post(store: Store, sandbox_id: str = sandbox_id, batch: list[Transfer] = batch) -> Acknowledged:
            results = Book(store, sandbox_id).post(batch, now=NOW, recorded_at=NOW)
            return Acknowledged(
                sandbox_id,
                [each.id for each in results if each.status is Status.CREATED],
                [each.id for each in results if each.status is Status.EXISTS],
            )

        acks.send(transactions.run(post))
    acks.close()


@contextmanager
def writing(
    on: Callable[[], Transactions],
    sandbox_ids: list[str],
    name: str,
    *,
    batches: int = 10**6,
    shared: list[str] | None = None,
) -> Iterator[tuple[BaseProcess, Pipe]]:
    """Run a writer, and kill it with SIGKILL at the end of the block if it is not done."""
    ours, theirs = FORK.Pipe(duplex=False)
    options: dict[str, Any] = {"batches": batches, "shared": shared or []}
    process = FORK.Process(target=write, args=(on, sandbox_ids, name, theirs), kwargs=options)
    process.start()
    theirs.close()
    try:
        yield process, ours
    finally:
        process.kill()
        process.join()
        ours.close()


def told(acks: Pipe) -> Iterator[Acknowledged]:
    """Read what a writer has told until it ended."""
    while True:
        try:
            yield acks.recv()
        except EOFError:
            return


def check_seals(store: Store, sandbox_id: str) -> int:
    """Check each batch against its digest, and that their rows follow one another; return how many."""
    tree = Tree()
    for _ in sealed(store, sandbox_id, tree):
        pass
    return tree.size
