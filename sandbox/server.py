"""Runs the app under uvicorn: one process, one socket that is bound before it starts."""

import gc
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import httpx
import uvicorn

from sandbox.app import create_app
from sandbox.settings import Settings

START_TRIES = 300
START_WAIT_S = 0.1
BACKLOG = 2_048
GC_THRESHOLD = (50_000, 20, 50)


class Server:
    """A server on its own sockets. `url` is right from the start, also with port 0.

    `iso8583` is the address at which ISO 8583 frames are taken, None where they are not.
    """

    def __init__(self, settings: Settings) -> None:
        self._socket = socket.create_server((settings.host, settings.port), backlog=BACKLOG)
        host, port = self._socket.getsockname()[:2]
        self.url = f"http://{host}:{port}"
        iso8583 = self._bind_iso8583(settings)
        self.iso8583 = None if iso8583 is None else "{}:{}".format(*iso8583.getsockname()[:2])
        self._uvicorn = uvicorn.Server(
            uvicorn.Config(
                create_app(settings, iso8583=iso8583),
                http="httptools",
                log_level="warning",
                access_log=False,
                lifespan="on",
                timeout_graceful_shutdown=5,
            )
        )

    def _bind_iso8583(self, settings: Settings) -> socket.socket | None:
        if settings.iso8583_port is None:
            return None
        try:
            return socket.create_server((settings.iso8583_host, settings.iso8583_port))
        except OSError:
            self._socket.close()
            raise

    def own_process(self) -> None:
        """Serve as all that this process does."""
        calm_collector()
        self.serve_forever()

    def serve_forever(self) -> None:
        """Serve until told to stop by a signal or by `stop`."""
        self._uvicorn.run(sockets=[self._socket])

    def stop(self) -> None:
        """End serving, after what is under way."""
        self._uvicorn.should_exit = True


def calm_collector() -> None:
    """Tell the garbage collector that what was made while starting is never garbage again.

    Without this it walks the whole application every few hundred requests, for a tenth of a second each
    time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLD)


@contextmanager
def running(settings: Settings) -> Iterator[Server]:
    """Run a server in a thread of this process and yield it once it answers."""
    server = Server(settings)
    thread = Thread(target=server.serve_forever, name="kasauti-server", daemon=True)
    thread.start()
    try:
        wait_until_ready(server.url, thread)
        yield server
    finally:
        server.stop()
        thread.join()


@contextmanager
def serving(settings: Settings) -> Iterator[str]:
    """Run a server in a thread of this process and yield its address."""
    with running(settings) as server:
        yield server.url


def wait_until_ready(url: str, thread: Thread | None = None) -> None:
    """Return when the server at `url` answers; raise when it does not come up."""
    with httpx.Client(transport=httpx.HTTPTransport(retries=3), timeout=START_WAIT_S * START_TRIES) as client:
        client.get(f"{url}/healthz").raise_for_status()
    if thread is not None and not thread.is_alive():
        raise RuntimeError("the server stopped while it was starting")
