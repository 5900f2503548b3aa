"""Connections to PostgreSQL that fail where they are told to."""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, NamedTuple

from psycopg import Connection, OperationalError, Transaction
from psycopg.errors import DeadlockDetected, SerializationFailure


class Fault(NamedTuple):
    """Something that goes wrong."""

    strike: Callable[[Connection[Any]], None]
    """Breaks the connection, or raises what the server would."""
    loses: bool
    """Whether the connection is gone, so that even the answer to a COMMIT may be lost."""


class Fuse:
    """Counts the steps of all connections that have it, and blows at some of them."""

    def __init__(self, fault: Fault, *blows_at: int) -> None:
        self.fault = fault
        self.blows_at = blows_at
        self.steps: list[str] = []

    def step(self, connection: Connection[Any], name: str) -> bool:
        self.steps.append(name)
        blown = len(self.steps) in self.blows_at and (self.fault.loses or name != "answer")
        if blown:
            self.fault.strike(connection)
        return blown


class Flaky(Connection[Any]):
    """A connection whose every statement, BEGIN and COMMIT is a step of a fuse.

    A COMMIT is two: before it is sent, and when it has taken effect and its answer is on the way.
    """

    fuse: Fuse

    def execute(self, query: Any, *args: Any, **options: Any) -> Any:
        self.fuse.step(self, "statement")
        return super().execute(query, *args, **options)

    @contextmanager
    def transaction(self, *args: Any, **options: Any) -> Iterator[Transaction]:
        self.fuse.step(self, "begin")
        with super().transaction(*args, **options) as transaction:
            yield transaction
            self.fuse.step(self, "commit")
        if self.fuse.step(self, "answer"):
            raise OperationalError("the answer was lost")


class Leaving(Connection[Any]):
    """A connection that its client gives up at the COMMIT, while the server still works for it."""

    abandoned = False

    @contextmanager
    def transaction(self, *_args: Any, **_options: Any) -> Iterator[Any]:
        yield  # the first statement begins it
        self.abandoned = True
        raise OperationalError("no answer to the COMMIT")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self.abandoned:
            super().__exit__(kind, error, trace)


def cut(connection: Connection[Any]) -> None:
    """Break the socket, as a network does."""
    with socket.socket(fileno=os.dup(connection.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)


def refuse(_connection: Connection[Any]) -> None:
    raise SerializationFailure("could not serialize")


def tangle(_connection: Connection[Any]) -> None:
    raise DeadlockDetected("deadlock detected")


CUT = Fault(cut, loses=True)
REFUSED = Fault(refuse, loses=False)
TANGLED = Fault(tangle, loses=False)


def killed_by(administrator: Connection[Any]) -> Fault:
    """Have the server end the connection, and be sure that it has."""

    def kill(connection: Connection[Any]) -> None:
        administrator.execute("SELECT pg_terminate_backend(%s, 5000)", (connection.info.backend_pid,))

    return Fault(kill, loses=True)
