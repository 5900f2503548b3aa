"""Webhook endpoints, deliveries and attempts: rows, requests and views."""

from enum import StrEnum
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, Field
from sqlalchemy import Index

from ledger.clock import to_rfc3339
from sandbox.events import EventType
from sandbox.records import Records

ALL = "*"


class EndpointStatus(StrEnum):
    """Only an enabled endpoint is sent to."""

    ENABLED = "enabled"
    DISABLED = "disabled"


class DeliveryStatus(StrEnum):
    """Where a delivery stands; a `failed` one can be sent again."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


class Endpoint(NamedTuple):
    """Where a startup listens. `event_types` are joined by commas; the old secret signs along until `old_until`."""

    sandbox_id: str
    id: str
    url: str
    event_types: str
    secret: str
    status: str
    created_at: int
    old_secret: str | None = None
    old_until: int | None = None
    failing_since: int | None = None


class Delivery(NamedTuple):
    """One event on its way to one endpoint; `rung` is its place on the retry ladder."""

    sandbox_id: str
    id: str
    endpoint_id: str
    event_id: str
    event_type: str
    status: str
    next_attempt_at: int | None
    created_at: int
    rung: int = 0
    attempts: int = 0


class Attempt(NamedTuple):
    """One try to deliver; `status_code` is None when no answer came, `error` then says why."""

    sandbox_id: str
    delivery_id: str
    number: int
    at: int
    status_code: int | None
    error: str | None
    duration_ms: int
    response: str


ENDPOINTS = Records(Endpoint, "webhook_endpoint", cached=True)
DELIVERIES = Records(
    Delivery, "webhook_delivery", Index("webhook_delivery_endpoint", "sandbox_id", "endpoint_id", "id")
)
ATTEMPTS = Records(Attempt, "webhook_attempt", key=("sandbox_id", "delivery_id", "number"))


class CreateEndpoint(BaseModel):
    """Where to send, and which events."""

    model_config = {"extra": "forbid"}

    url: Annotated[str, Field(min_length=1, max_length=2000, description="http or https, public.")]
    event_types: Annotated[
        list[EventType | Literal["*"]], Field(min_length=1, max_length=20, description="`*` for all.")
    ] = ["*"]


class Recover(BaseModel):
    """From when on failed deliveries are to be sent again, by the sandbox clock."""

    model_config = {"extra": "forbid"}

    since: Annotated[str, Field(max_length=40, description="RFC 3339, such as 2026-01-31T09:00:00Z.")]


class EndpointView(BaseModel):
    """An endpoint as the API lists it: never with its secret."""

    id: str
    object: Literal["webhook_endpoint"] = "webhook_endpoint"
    url: str
    event_types: list[str]
    status: EndpointStatus
    failing_since: str | None
    created_at: str


class NewEndpointView(EndpointView):
    """An endpoint with its signing secret, shown when it is made or rotated."""

    secret: str


class AttemptView(BaseModel):
    """One try to deliver."""

    number: int
    at: str
    status_code: int | None
    error: str | None
    duration_ms: int
    response: str


class DeliveryView(BaseModel):
    """One event on its way to one endpoint."""

    id: str
    object: Literal["webhook_delivery"] = "webhook_delivery"
    endpoint: str
    event: str
    event_type: str
    status: DeliveryStatus
    attempt_count: int
    next_attempt_at: str | None
    created_at: str


class DeliveryDetailView(DeliveryView):
    """A delivery with its attempts, the first one first."""

    attempts: list[AttemptView]


class RecoverView(BaseModel):
    """How many failed deliveries were put back on the ladder."""

    object: Literal["recovery"] = "recovery"
    rescheduled: int


def when(micros: int | None) -> str | None:
    """Show a time that may be missing."""
    return None if micros is None else to_rfc3339(micros)


def view_endpoint(endpoint: Endpoint) -> EndpointView:
    """Show an endpoint without its secret."""
    return EndpointView(
        id=endpoint.id,
        url=endpoint.url,
        event_types=endpoint.event_types.split(","),
        status=EndpointStatus(endpoint.status),
        failing_since=when(endpoint.failing_since),
        created_at=to_rfc3339(endpoint.created_at),
    )


def view_delivery(delivery: Delivery) -> DeliveryView:
    """Show a delivery."""
    return DeliveryView(
        id=delivery.id,
        endpoint=delivery.endpoint_id,
        event=delivery.event_id,
        event_type=delivery.event_type,
        status=DeliveryStatus(delivery.status),
        attempt_count=delivery.attempts,
        next_attempt_at=when(delivery.next_attempt_at),
        created_at=to_rfc3339(delivery.created_at),
    )


def view_attempt(attempt: Attempt) -> AttemptView:
    """Show an attempt."""
    return AttemptView(
        number=attempt.number,
        at=to_rfc3339(attempt.at),
        status_code=attempt.status_code,
        error=attempt.error,
        duration_ms=attempt.duration_ms,
        response=attempt.response,
    )
