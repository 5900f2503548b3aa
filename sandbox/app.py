"""`create_app`: the only place that wires."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext, suppress
from typing import Any

import httpx
from fastapi import FastAPI

from ledger.clock import utc_now
from sandbox import http
from sandbox.accounts.api import router as accounts
from sandbox.aliases.api import router as aliases
from sandbox.commands import Services
from sandbox.db import engine_for
from sandbox.executor import Executor, Readers
from sandbox.migrations import upgrade
from sandbox.onboarding.api import router as onboarding
from sandbox.payments.api import router as payments
from sandbox.payments.late import resolve
from sandbox.payments.service import RESOLVE
from sandbox.payments.simulations_api import router as simulations
from sandbox.portal.api import describe
from sandbox.portal.api import router as portal
from sandbox.portal.openapi import DescribedApp
from sandbox.raast import bulk, requests
from sandbox.raast.api import router as raast
from sandbox.raast.bulk_api import router as raast_bulk
from sandbox.raast.return_api import router as returns
from sandbox.rails.bills import api as bills_face
from sandbox.rails.bills import service as bills
from sandbox.rails.onelink import api as onelink_face
from sandbox.rails.onelink.listener import listening
from sandbox.rails.raast import advices as raast_advices
from sandbox.rails.raast import api as raast_face
from sandbox.sandboxes.api import router as sandboxes
from sandbox.scenarios.api import router as scenarios
from sandbox.scenarios.callbacks import bend, fate_of
from sandbox.settings import Settings
from sandbox.settlement import closing
from sandbox.settlement.api import router as settlement
from sandbox.webhooks.api import router as webhooks
from sandbox.webhooks.attempt import attempt_with
from sandbox.webhooks.sender import Sender
from sandbox.webhooks.service import ATTEMPT, enqueue_with
from sandbox.worker import Worker, transactional


@asynccontextmanager
async def open_services(
    settings: Settings, *, outgoing: httpx.AsyncBaseTransport | None = None
) -> AsyncIterator[Services]:
    """Open the database (migrated if needed), the writer, the readers and the worker's handlers.

    `outgoing` replaces the network for what the sandbox sends.
    """
    upgrade(settings.database)
    write_engine, read_engine = engine_for(settings.database), engine_for(settings.database, read_only=True)
    executor = Executor(
        write_engine,
        group_size=settings.group_size,
        ahead_from=settings.ahead_from,
        subscribers=(enqueue_with(fate_of), requests.follow, raast_advices.follow, closing.follow),
    )
    readers = Readers(read_engine, settings.readers)
    sender = Sender(
        timeout_s=settings.webhook_timeout_s,
        allow_loopback=settings.allow_loopback_webhooks,
        transport=outgoing,
    )
    handlers = {
        RESOLVE: transactional(executor, resolve),
        bulk.RUN: transactional(executor, bulk.run),
        requests.EXPIRE: transactional(executor, requests.expire),
        ATTEMPT: attempt_with(executor, readers, sender, utc_now, bend=bend),
        closing.CLOSE: transactional(executor, closing.close),
        bills.RESOLVE: transactional(executor, bills.resolve),
        bills.MARK: transactional(executor, bills.mark),
    }
    worker = Worker(executor, handlers, poll_s=settings.worker_poll_s)
    executor.on_wake = worker.wake
    try:
        yield Services(settings, executor, readers, worker)
    finally:
        await sender.close()
        await executor.close()
        readers.close()
        write_engine.dispose()
        read_engine.dispose()


def create_app(
    settings: Settings,
    *,
    outgoing: httpx.AsyncBaseTransport | None = None,
    iso8583: socket.socket | None = None,
) -> FastAPI:
    """Make the application: API, portal and, unless the settings say otherwise, the worker.

    `iso8583` is a bound socket on which ISO 8583 frames are taken as well.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_services(settings, outgoing=outgoing) as shared:
            app.state.services = shared
            background = asyncio.create_task(shared.worker.run_forever()) if settings.worker else None
            async with listening(shared.executor, iso8583) if iso8583 else nullcontext():
                yield
            if background is not None:
                background.cancel()
                with suppress(asyncio.CancelledError):
                    await background

    told: Any = None if settings.telemetry else dict.fromkeys(("tracing", "metrics", "logs"), False)
    app = DescribedApp(lifespan=lifespan, telemetry=told, **describe())
    faces = {
        bills_face.START: bills_face.show,
        onelink_face.START: onelink_face.show,
        raast_face.GATEWAY_START: raast_face.show_gateway_problem,
        raast_face.START: raast_face.show_problem,
    }
    http.install(app, max_body_bytes=settings.max_body_bytes, faces=faces)
    # The busiest routes first, since routing walks the list in order; and the routes themselves, since an
    # included router is matched twice, for a tenth of a request's time.
    for router in (
        payments,
        accounts,
        webhooks,
        sandboxes,
        scenarios,
        simulations,
        aliases,
        raast,
        raast_bulk,
        returns,
        settlement,
        bills_face.router,
        onelink_face.router,
        raast_face.router,
        onboarding,
        portal,
    ):
        app.router.routes.extend(router.routes)
    return app
