"""Routes of webhook endpoints, deliveries and events."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from sandbox.commands import PROBLEMS, Cursor, Limit, Page, command, query, services, takes
from sandbox.events import EventType
from sandbox.http import Empty
from sandbox.routing import DirectRoute
from sandbox.webhooks import queries
from sandbox.webhooks.models import (
    CreateEndpoint,
    DeliveryDetailView,
    DeliveryStatus,
    DeliveryView,
    EndpointView,
    NewEndpointView,
    Recover,
    RecoverView,
)
from sandbox.webhooks.queries import EventView
from sandbox.webhooks.service import (
    create_endpoint,
    delete_endpoint,
    enable_endpoint,
    recover,
    resend,
    rotate_secret,
    send_test,
)

SECRET = frozenset({"secret"})

router = APIRouter(route_class=DirectRoute, prefix="/v1", tags=["Webhooks"], responses=PROBLEMS)


@router.post(
    "/webhook-endpoints",
    status_code=201,
    response_model=NewEndpointView,
    summary="Register an endpoint",
    openapi_extra=takes(CreateEndpoint, all={"url": "https://example.com/kasauti", "event_types": ["*"]}),
)
async def post_endpoint(request: Request) -> Response:
    """The answer carries the signing secret (`whsec_…`), which is not shown again."""
    allow = services(request.app).settings.allow_loopback_webhooks
    return await command(request, CreateEndpoint, partial(create_endpoint, allow_loopback=allow), once=SECRET)


@router.get("/webhook-endpoints", response_model=Page[EndpointView], summary="List endpoints")
async def get_endpoints(request: Request, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """The newest first."""
    return await query(request, partial(queries.list_endpoints, limit=limit, cursor=cursor))


@router.get("/webhook-endpoints/{endpoint_id}", response_model=EndpointView, summary="Show an endpoint")
async def get_endpoint(request: Request, endpoint_id: str) -> Response:
    """Without its secret."""
    return await query(request, partial(queries.get_endpoint, endpoint_id=endpoint_id))


@router.delete("/webhook-endpoints/{endpoint_id}", response_model=EndpointView, summary="Delete an endpoint")
async def remove_endpoint(request: Request, endpoint_id: str) -> Response:
    """Deliveries under way are given up."""
    return await command(request, Empty, partial(delete_endpoint, endpoint_id=endpoint_id), status=200)


@router.post(
    "/webhook-endpoints/{endpoint_id}/rotate-secret",
    response_model=NewEndpointView,
    summary="Make a new signing secret",
    openapi_extra=takes(Empty),
)
async def post_rotation(request: Request, endpoint_id: str) -> Response:
    """For 24 hours by the sandbox clock, deliveries are signed with the old and the new one."""
    return await command(
        request, Empty, partial(rotate_secret, endpoint_id=endpoint_id), status=200, once=SECRET
    )


@router.post(
    "/webhook-endpoints/{endpoint_id}/enable",
    response_model=EndpointView,
    summary="Enable a disabled endpoint",
    openapi_extra=takes(Empty),
)
async def post_enabling(request: Request, endpoint_id: str) -> Response:
    """An endpoint is disabled when it answers 410, or fails for as long as the retry ladder lasts."""
    return await command(request, Empty, partial(enable_endpoint, endpoint_id=endpoint_id), status=200)


@router.post(
    "/webhook-endpoints/{endpoint_id}/test",
    response_model=EndpointView,
    summary="Send a test event",
    openapi_extra=takes(Empty),
)
async def post_test(request: Request, endpoint_id: str) -> Response:
    """Emits `webhook.test`."""
    return await command(request, Empty, partial(send_test, endpoint_id=endpoint_id), status=200)


@router.post(
    "/webhook-endpoints/{endpoint_id}/recover",
    response_model=RecoverView,
    summary="Send failed deliveries again",
    openapi_extra=takes(Recover, morning={"since": "2026-01-31T09:00:00Z"}),
)
async def post_recovery(request: Request, endpoint_id: str) -> Response:
    """All that were made since a time, by the sandbox clock, the oldest first."""
    return await command(request, Recover, partial(recover, endpoint_id=endpoint_id), status=200)


@router.get("/webhook-deliveries", response_model=Page[DeliveryView], summary="List deliveries")
async def get_deliveries(
    request: Request,
    limit: Limit = 50,
    cursor: Cursor = None,
    endpoint: Annotated[str | None, Query(max_length=40, description="Only those to this endpoint.")] = None,
    status: Annotated[DeliveryStatus | None, Query(description="Only those that stand so.")] = None,
) -> Response:
    """The newest first."""
    found = partial(queries.list_deliveries, limit=limit, cursor=cursor, endpoint=endpoint, status=status)
    return await query(request, found)


@router.get("/webhook-deliveries/{delivery_id}", response_model=DeliveryDetailView, summary="Show a delivery")
async def get_delivery(request: Request, delivery_id: str) -> Response:
    """With all its attempts."""
    return await query(request, partial(queries.get_delivery, delivery_id=delivery_id))


@router.post(
    "/webhook-deliveries/{delivery_id}/resend",
    response_model=DeliveryView,
    summary="Send a delivery again",
    openapi_extra=takes(Empty),
)
async def post_resend(request: Request, delivery_id: str) -> Response:
    """At once, with the same id and the same bytes, whatever became of it before."""
    return await command(request, Empty, partial(resend, delivery_id=delivery_id), status=200)


@router.get("/events", response_model=Page[EventView], tags=["Events"], summary="List events")
async def get_events(
    request: Request,
    limit: Limit = 50,
    cursor: Cursor = None,
    type: Annotated[EventType | None, Query(description="Only these.")] = None,  # noqa: A002 - the query's name
    subject: Annotated[str | None, Query(max_length=40, description="Only those about this object.")] = None,
) -> Response:
    """Everything that happened in the sandbox, the newest first."""
    return await query(
        request, partial(queries.list_events, limit=limit, cursor=cursor, kind=type, subject=subject)
    )


@router.get("/events/{event_id}", response_model=EventView, tags=["Events"], summary="Show an event")
async def get_event(request: Request, event_id: str) -> Response:
    """As webhooks carried it."""
    return await query(request, partial(queries.get_event, event_id=event_id))
