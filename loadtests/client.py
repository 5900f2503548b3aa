"""Plain HTTP load on one path: wrk where it is found, else asyncio connections in several processes.

Each prepared request is sent once. The client's own use of the processor is reported, since a client
that is full measures itself.
"""

import asyncio
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib.resources import as_file, files
from pathlib import Path
from time import perf_counter, process_time
from typing import NamedTuple
from urllib.parse import urlsplit

PROCESSES = 2


class Prepared(NamedTuple):
    """A request to send: the caller's key and the body, which has neither tabs nor line breaks."""

    key: str
    body: str


class Kind(NamedTuple):
    """What requests have in common: where they go, what they carry, and the status that is meant."""

    path: str
    content_type: str = "application/json"
    status: int = 201


class Measured(NamedTuple):
    """What a run gave; `client_busy` is the client's processor time per second of wall time."""

    client: str
    per_s: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    requests: int
    refused: int
    broken: int
    client_busy: float


def measure(
    url: str, path: str | Kind, prepared: Sequence[Prepared], *, connections: int, seconds: float
) -> Measured:
    """Send prepared requests over `connections` for `seconds`."""
    kind = Kind(path) if isinstance(path, str) else path
    wrk = shutil.which("wrk")
    if wrk is not None:
        return _by_wrk(wrk, url, kind, prepared, connections, seconds)
    return _by_processes(url, kind, prepared, connections, seconds)


def _by_wrk(
    wrk: str, url: str, kind: Kind, prepared: Sequence[Prepared], connections: int, seconds: float
) -> Measured:
    with (
        tempfile.TemporaryDirectory(prefix="kasauti-load-") as folder,
        as_file(files("loadtests") / "wrk.lua") as lua,
    ):
        requests = Path(folder) / "requests"
        requests.write_text("".join(f"{one.key}\t{one.body}\n" for one in prepared), "utf-8")
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        started = perf_counter()
        run = subprocess.run(
            [wrk, "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", str(lua), url],
            env={
                **os.environ,
                "FLOOR_REQUESTS": str(requests),
                "FLOOR_PATH": kind.path,
                "FLOOR_TYPE": kind.content_type,
                "FLOOR_STATUS": str(kind.status),
            },
            capture_output=True,
            text=True,
            check=True,
        )
        wall = perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    found = json.loads(run.stdout.strip().splitlines()[-1])
    return Measured(
        "wrk, 1 thread",
        found["requests"] / found["seconds"],
        found["p50_ms"],
        found["p95_ms"],
        found["p99_ms"],
        found["requests"],
        found["refused"],
        found["broken"],
        busy / wall,
    )


class _Share(NamedTuple):
    """What one process of the fallback client did."""

    latencies: list[float]
    refused: int
    broken: int
    busy_s: float
    elapsed_s: float


def _by_processes(
    url: str, kind: Kind, prepared: Sequence[Prepared], connections: int, seconds: float
) -> Measured:
    processes = min(PROCESSES, connections)
    with ProcessPoolExecutor(processes) as pool:
        started = perf_counter()
        shares = list(
            pool.map(
                _one_process,
                [url] * processes,
                [kind] * processes,
                [prepared[number::processes] for number in range(processes)],
                [connections // processes] * processes,
                [seconds] * processes,
            )
        )
        wall = perf_counter() - started
    latencies = sorted(latency for share in shares for latency in share.latencies)
    if not latencies:
        sys.exit("the load client got no answer at all")

    def percentile(part: float) -> float:
        return latencies[min(len(latencies) - 1, int(part * len(latencies)))] * 1_000

    return Measured(
        f"asyncio, {processes} processes",
        len(latencies) / max(share.elapsed_s for share in shares),
        percentile(0.50),
        percentile(0.95),
        percentile(0.99),
        len(latencies),
        sum(share.refused for share in shares),
        sum(share.broken for share in shares),
        sum(share.busy_s for share in shares) / wall,
    )


def _one_process(
    url: str, kind: Kind, prepared: Sequence[Prepared], connections: int, seconds: float
) -> _Share:
    return asyncio.run(_connections(url, kind, prepared, connections, seconds))


async def _connections(
    url: str, kind: Kind, prepared: Sequence[Prepared], connections: int, seconds: float
) -> _Share:
    share: list[_Share] = []
    busy, started = process_time(), perf_counter()
    deadline = started + seconds
    await asyncio.gather(
        *(
            _one_connection(url, kind, prepared[number::connections], deadline, share)
            for number in range(connections)
        )
    )
    return _Share(
        [latency for one in share for latency in one.latencies],
        sum(one.refused for one in share),
        sum(one.broken for one in share),
        process_time() - busy,
        perf_counter() - started,
    )


async def _one_connection(
    url: str, kind: Kind, prepared: Sequence[Prepared], deadline: float, shares: list[_Share]
) -> None:
    address = urlsplit(url)
    latencies: list[float] = []
    refused = broken = 0
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        for one in prepared:
            if perf_counter() >= deadline:
                break
            body = one.body.encode()
            started = perf_counter()
            writer.write(
                f"POST {kind.path} HTTP/1.1\r\nHost: {address.netloc}\r\nAuthorization: Bearer {one.key}\r\n"
                f"Content-Type: {kind.content_type}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
                + body
            )
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = head.split(b"content-length:")[1].split(b"\r\n")[0]
            await reader.readexactly(int(length))
            latencies.append(perf_counter() - started)
            refused += head.split(b" ", 2)[1] != str(kind.status).encode()
    except (OSError, EOFError):
        broken += 1
    finally:
        writer.close()
    shares.append(_Share(latencies, refused, broken, 0.0, 0.0))
