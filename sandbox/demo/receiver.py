"""A startup's own webhook receiver: takes deliveries and verifies them as any startup would."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from threading import Thread
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError


class Receiver:
    """Listens on a port of its own and keeps what arrives."""

    def __init__(self) -> None:
        self.deliveries: Queue[tuple[dict[str, str], bytes]] = Queue()
        deliveries = self.deliveries

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", "0")))
                deliveries.put(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhooks"
        self._thread = Thread(target=self._server.serve_forever, daemon=True)

    def next(self, wait_s: float = 10.0) -> tuple[dict[str, str], bytes] | None:
        """Return the next delivery, or None when none comes in time."""
        try:
            return self.deliveries.get(timeout=wait_s)
        except Empty:
            return None

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Run a receiver for as long as the block lasts."""
    receiver = Receiver()
    receiver.start()
    try:
        yield receiver
    finally:
        receiver.stop()


def verified(secret: str, headers: dict[str, str], body: bytes) -> dict[str, Any] | None:
    """Return the event if its signature holds, else None."""
    try:
        event: dict[str, Any] = Webhook(secret).verify(body.decode(), headers)
    except WebhookVerificationError:
        return None
    return event
