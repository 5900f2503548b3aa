"""How an answer goes out when a plan disturbs its way: later, after the callbacks, or not at all."""

import asyncio

from fastapi import Request, Response

from sandbox.commands import services
from sandbox.problems import Problem
from sandbox.scenarios.faults import Wire

HEADER = b"kasauti-scenario"
"""Names the row of a table that a request is to meet."""

MILLIS = 1_000


async def carry(request: Request, response: Response, wire: Wire) -> Response:
    """Carry an answer over a wire; what it tells of is done and stays done, however it arrives."""
    if not wire.disturbed:
        return response
    if wire.callbacks_first:
        await services(request.app).worker.advance(response.headers["kasauti-sandbox"], wire.now)
    if wire.latency_ms:
        await asyncio.sleep(wire.latency_ms / MILLIS)
        response.headers["Kasauti-Fault"] = f"latency {wire.latency_ms} ms"
    if wire.lost:
        raise Problem(
            "answer_lost",
            "The request was carried out and its answer lost, as your plan of scenarios wants it. Ask again "
            "with the same Idempotency-Key.",
        )
    return response
