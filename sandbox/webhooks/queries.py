"""Reads of endpoints, deliveries and events."""

from typing import Any, Literal

import orjson
from pydantic import BaseModel
from sqlalchemy import ColumnElement

from ledger.clock import to_rfc3339
from sandbox.commands import Page, page
from sandbox.events import EVENTS, Event
from sandbox.problems import Problem
from sandbox.webhooks.models import (
    ATTEMPTS,
    DELIVERIES,
    ENDPOINTS,
    Delivery,
    DeliveryDetailView,
    DeliveryStatus,
    DeliveryView,
    Endpoint,
    EndpointView,
    view_attempt,
    view_delivery,
    view_endpoint,
)
from sandbox.world import WorldView

JsonObject = dict[str, Any]


class EventView(BaseModel):
    """An event as the API shows it; webhooks carry its `type`, `timestamp` and `data`."""

    id: str
    object: Literal["event"] = "event"
    type: str
    subject: str
    timestamp: str
    data: JsonObject


def find_endpoint(world: WorldView, endpoint_id: str) -> Endpoint:
    """Return the endpoint, or say that it is not here."""
    endpoint = ENDPOINTS.get(world.snapshot, world.id, endpoint_id)
    if endpoint is None:
        raise Problem("not_found", f"There is no webhook endpoint {endpoint_id!r} in this sandbox.")
    return endpoint


def find_delivery(world: WorldView, delivery_id: str) -> Delivery:
    """Return the delivery, or say that it is not here."""
    delivery = DELIVERIES.get(world.snapshot, world.id, delivery_id)
    if delivery is None:
        raise Problem("not_found", f"There is no webhook delivery {delivery_id!r} in this sandbox.")
    return delivery


def get_endpoint(world: WorldView, endpoint_id: str) -> EndpointView:
    """Show one endpoint."""
    return view_endpoint(find_endpoint(world, endpoint_id))


def list_endpoints(world: WorldView, *, limit: int, cursor: str | None) -> Page[EndpointView]:
    """List endpoints, the newest first."""
    return page(ENDPOINTS, world, view_endpoint, limit=limit, cursor=cursor)


def get_delivery(world: WorldView, delivery_id: str) -> DeliveryDetailView:
    """Show one delivery with its attempts."""
    delivery = find_delivery(world, delivery_id)
    attempts = ATTEMPTS.select(
        world.snapshot,
        ATTEMPTS.c.sandbox_id == world.id,
        ATTEMPTS.c.delivery_id == delivery_id,
        order=(ATTEMPTS.c.number,),
    )
    return DeliveryDetailView(
        **view_delivery(delivery).model_dump(), attempts=[view_attempt(attempt) for attempt in attempts]
    )


def list_deliveries(
    world: WorldView, *, limit: int, cursor: str | None, endpoint: str | None, status: DeliveryStatus | None
) -> Page[DeliveryView]:
    """List deliveries, the newest first."""
    where: list[ColumnElement[bool]] = []
    if endpoint is not None:
        where.append(DELIVERIES.c.endpoint_id == endpoint)
    if status is not None:
        where.append(DELIVERIES.c.status == status.value)
    return page(DELIVERIES, world, view_delivery, *where, limit=limit, cursor=cursor)


def _show_event(event: Event) -> EventView:
    return EventView(
        id=event.id,
        type=event.type,
        subject=event.subject,
        timestamp=to_rfc3339(event.created_at),
        data=orjson.loads(event.body)["data"],
    )


def get_event(world: WorldView, event_id: str) -> EventView:
    """Show one event."""
    event = EVENTS.get(world.snapshot, world.id, event_id)
    if event is None:
        raise Problem("not_found", f"There is no event {event_id!r} in this sandbox.")
    return _show_event(event)


def list_events(
    world: WorldView, *, limit: int, cursor: str | None, kind: str | None, subject: str | None
) -> Page[EventView]:
    """List events, the newest first."""
    where: list[ColumnElement[bool]] = []
    if kind is not None:
        where.append(EVENTS.c.type == kind)
    if subject is not None:
        where.append(EVENTS.c.subject == subject)
    return page(EVENTS, world, _show_event, *where, limit=limit, cursor=cursor)
