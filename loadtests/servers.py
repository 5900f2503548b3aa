"""Servers of their own process, for load to be sent to."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import httpx

HOST = "127.0.0.1"
START_S = 30.0


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.create_server((HOST, 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def process(arguments: list[str], port: int, probe: str) -> Iterator[str]:
    """Run a server until the block ends; yields its address once `probe` answers anything at all."""
    url = f"http://{HOST}:{port}"
    with subprocess.Popen(arguments, stdout=subprocess.DEVNULL, env=dict(os.environ)) as server:
        try:
            _wait(server, url + probe)
            yield url
        finally:
            server.terminate()


def _wait(server: "subprocess.Popen[bytes]", url: str) -> None:
    deadline = monotonic() + START_S
    while monotonic() < deadline:
        if server.poll() is not None:
            sys.exit(f"the server ended with {server.returncode} while it was starting")
        try:
            httpx.get(url, timeout=START_S)
        except httpx.TransportError:
            continue
        return
    sys.exit("the server did not come up")


@contextmanager
def kasauti(database: Path) -> Iterator[str]:
    """Run the product itself on `database`."""
    port = free_port()
    command = [sys.executable, "-c", "from sandbox.cli import main; main()", "up"]
    with process([*command, "--port", str(port), "--database", str(database)], port, "/healthz") as url:
        yield url


@contextmanager
def floor() -> Iterator[str]:
    """Run the empty endpoint under the options of the product's server, its calm collector included."""
    port = free_port()
    with process([sys.executable, "-m", "loadtests.floor_app", str(port)], port, "/openapi.json") as url:
        yield url
