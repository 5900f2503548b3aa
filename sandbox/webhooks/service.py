"""Use cases of webhooks: endpoints, deliveries, and what becomes of an attempt."""

from collections.abc import Callable
from typing import NamedTuple

from ledger.clock import SECOND_US, from_rfc3339
from sandbox import jobs
from sandbox.db import Snapshot, UnitOfWork
from sandbox.events import EVENTS, Event, EventType, emit
from sandbox.http import Empty
from sandbox.jobs import Job
from sandbox.problems import Problem
from sandbox.webhooks.fate import Fate
from sandbox.webhooks.guard import check_url
from sandbox.webhooks.ladder import GONE, WAITS_S, Sent, next_wait_us
from sandbox.webhooks.models import (
    ALL,
    ATTEMPTS,
    DELIVERIES,
    ENDPOINTS,
    Attempt,
    CreateEndpoint,
    Delivery,
    DeliveryStatus,
    DeliveryView,
    Endpoint,
    EndpointStatus,
    EndpointView,
    NewEndpointView,
    Recover,
    RecoverView,
    view_delivery,
    view_endpoint,
)
from sandbox.webhooks.queries import find_delivery, find_endpoint
from sandbox.webhooks.sender import Message, make_secret
from sandbox.world import World, enter, look_into

ATTEMPT = "webhook.attempt"
MOST_ENDPOINTS = 20
OVERLAP_US = 24 * 3600 * SECOND_US
PATIENCE_US = sum(WAITS_S) * SECOND_US


def create_endpoint(world: World, request: CreateEndpoint, *, allow_loopback: bool) -> NewEndpointView:
    """Register where the sandbox's events go; the answer carries the signing secret."""
    check_url(request.url, allow_loopback=allow_loopback)
    if len(ENDPOINTS.select(world.uow, ENDPOINTS.c.sandbox_id == world.id)) >= MOST_ENDPOINTS:
        raise Problem(
            "webhook_endpoint_limit", f"A sandbox has at most {MOST_ENDPOINTS} endpoints. Delete one first."
        )
    endpoint = Endpoint(
        sandbox_id=world.id,
        id=world.new_id("we"),
        url=request.url,
        event_types=ALL if ALL in request.event_types else ",".join(sorted(set(request.event_types))),
        secret=make_secret(),
        status=EndpointStatus.ENABLED,
        created_at=world.now,
    )
    return _with_secret(ENDPOINTS.insert(world.uow, endpoint))


def delete_endpoint(world: World, _request: Empty, *, endpoint_id: str) -> EndpointView:
    """Stop sending there. Deliveries under way are given up."""
    endpoint = find_endpoint(world, endpoint_id)
    ENDPOINTS.delete(world.uow, world.id, endpoint.id)
    return view_endpoint(endpoint)


def rotate_secret(world: World, _request: Empty, *, endpoint_id: str) -> NewEndpointView:
    """Make a new signing secret; for a day, by the sandbox clock, deliveries are signed with both."""
    endpoint = find_endpoint(world, endpoint_id)
    changed = ENDPOINTS.update(
        world.uow,
        endpoint,
        secret=make_secret(),
        old_secret=endpoint.secret,
        old_until=world.now + OVERLAP_US,
    )
    return _with_secret(changed)


def enable_endpoint(world: World, _request: Empty, *, endpoint_id: str) -> EndpointView:
    """Send there again, after the endpoint was disabled."""
    endpoint = find_endpoint(world, endpoint_id)
    return view_endpoint(
        ENDPOINTS.update(world.uow, endpoint, status=EndpointStatus.ENABLED, failing_since=None)
    )


def send_test(world: World, _request: Empty, *, endpoint_id: str) -> EndpointView:
    """Emit a test event, which goes to this endpoint and all others that take it."""
    endpoint = find_endpoint(world, endpoint_id)
    view = view_endpoint(endpoint)
    emit(world, EventType.WEBHOOK_TEST, endpoint.id, view.model_dump_json().encode())
    return view


def resend(world: World, _request: Empty, *, delivery_id: str) -> DeliveryView:
    """Send an event to its endpoint again, now; if that fails, up the ladder again."""
    return view_delivery(_restart(world, find_delivery(world, delivery_id)))


def recover(world: World, request: Recover, *, endpoint_id: str) -> RecoverView:
    """Send again everything that failed since a time, the oldest first."""
    find_endpoint(world, endpoint_id)
    try:
        since = from_rfc3339(request.since)
    except ValueError as error:
        raise Problem("invalid_field", f"{error}.", field="since") from error
    failed = DELIVERIES.select(
        world.uow,
        DELIVERIES.c.sandbox_id == world.id,
        DELIVERIES.c.endpoint_id == endpoint_id,
        DELIVERIES.c.status == DeliveryStatus.FAILED.value,
        DELIVERIES.c.created_at >= since,
        order=(DELIVERIES.c.id,),
    )
    for delivery in failed:
        _restart(world, delivery)
    return RecoverView(rescheduled=len(failed))


def _restart(world: World, delivery: Delivery) -> Delivery:
    find_endpoint(world, delivery.endpoint_id)
    jobs.cancel(world, ATTEMPT, delivery.id, due_at=delivery.next_attempt_at)
    jobs.schedule(world, ATTEMPT, delivery.id, due_at=world.now)
    return DELIVERIES.update(
        world.uow, delivery, status=DeliveryStatus.PENDING, rung=0, next_attempt_at=world.now
    )


def enqueue_with(fate_of: Callable[[World, Event], Fate]) -> Callable[[World, Event], None]:
    """Make the subscriber that puts an event on its way to every endpoint that takes it.

    It runs in the event's own transaction; `fate_of` says what becomes of the callbacks.
    """

    def enqueue(world: World, event: Event) -> None:
        taking = [
            endpoint
            for endpoint in _listening(world)
            if endpoint.event_types == ALL or event.type in endpoint.event_types.split(",")
        ]
        if taking:
            _send_off(world, event, taking, fate_of(world, event))

    return enqueue


def _send_off(world: World, event: Event, endpoints: list[Endpoint], fate: Fate) -> None:
    due_at = None if fate.dropped else world.now + fate.wait_us
    for endpoint in endpoints * fate.copies:
        delivery = Delivery(
            sandbox_id=world.id,
            id=world.new_id("del"),
            endpoint_id=endpoint.id,
            event_id=event.id,
            event_type=event.type,
            status=DeliveryStatus.FAILED if due_at is None else DeliveryStatus.PENDING,
            next_attempt_at=due_at,
            created_at=world.now,
        )
        DELIVERIES.insert(world.uow, delivery)
        if due_at is not None:
            jobs.schedule(world, ATTEMPT, delivery.id, due_at=due_at)


def _listening(world: World) -> list[Endpoint]:
    """Return the enabled endpoints; asked at every event, so it is cached."""
    key = ("listening", world.id)
    found: list[Endpoint] | None = world.uow.cache.get(key)
    if found is None:
        enabled = ENDPOINTS.c.status == EndpointStatus.ENABLED.value
        found = ENDPOINTS.select(
            world.uow, ENDPOINTS.c.sandbox_id == world.id, enabled, order=(ENDPOINTS.c.id,)
        )
        world.uow.cache[key] = found
    return found


Bend = Callable[[Snapshot, str, str, Message], Message]
"""Changes what is sent of a sandbox's event of a type on the first attempt; later ones are as they should be."""


def next_message(snapshot: Snapshot, job: Job, *, bend: Bend) -> Message | None:
    """Return what an attempt sends, or None when there is nothing to send any more."""
    delivery = DELIVERIES.get(snapshot, job.sandbox_id, job.subject)
    if delivery is None or delivery.status != DeliveryStatus.PENDING:
        return None
    endpoint = ENDPOINTS.get(snapshot, job.sandbox_id, delivery.endpoint_id)
    event = EVENTS.get(snapshot, job.sandbox_id, delivery.event_id)
    if endpoint is None or event is None or endpoint.status != EndpointStatus.ENABLED:
        return None
    secrets = [endpoint.secret]
    world = look_into(snapshot, job.sandbox_id)
    if endpoint.old_secret and endpoint.old_until is not None and endpoint.old_until > world.now:
        secrets.append(endpoint.old_secret)
    message = Message(event.id, endpoint.url, event.body.encode(), secrets)
    return message if delivery.attempts else bend(snapshot, world.id, event.type, message)


class _Verdict(NamedTuple):
    status: DeliveryStatus
    next_attempt_at: int | None


def record_attempt(uow: UnitOfWork, job: Job, sent: Sent | None) -> None:
    """Write down what came of an attempt and what follows; None when nothing was sent."""
    if not jobs.finish(uow, job):
        return
    world = enter(uow, job.sandbox_id)
    delivery = DELIVERIES.get(uow, world.id, job.subject)
    if delivery is None or delivery.status != DeliveryStatus.PENDING:
        return
    if sent is None:
        DELIVERIES.update(uow, delivery, status=DeliveryStatus.FAILED, next_attempt_at=None)
        return
    number = delivery.attempts + 1
    ATTEMPTS.insert(
        uow,
        Attempt(
            sandbox_id=world.id,
            delivery_id=delivery.id,
            number=number,
            at=world.now,
            status_code=sent.status_code,
            error=sent.error,
            duration_ms=sent.duration_ms,
            response=sent.response,
        ),
    )
    verdict = _judge(world, delivery, sent)
    DELIVERIES.update(
        uow,
        delivery,
        attempts=number,
        rung=delivery.rung + 1,
        status=verdict.status,
        next_attempt_at=verdict.next_attempt_at,
    )
    if verdict.next_attempt_at is not None:
        jobs.schedule(world, ATTEMPT, delivery.id, due_at=verdict.next_attempt_at)
    _note_health(world, delivery, sent, verdict)
    world.leave()


def _judge(world: World, delivery: Delivery, sent: Sent) -> _Verdict:
    if sent.delivered:
        return _Verdict(DeliveryStatus.DELIVERED, None)
    wait_us = next_wait_us(delivery.id, delivery.rung + 1, sent)
    if wait_us is None:
        return _Verdict(DeliveryStatus.FAILED, None)
    return _Verdict(DeliveryStatus.PENDING, world.now + wait_us)


def _note_health(world: World, delivery: Delivery, sent: Sent, verdict: _Verdict) -> None:
    """Disable an endpoint that says it is gone, or that has failed for as long as the ladder lasts."""
    endpoint = ENDPOINTS.get(world.uow, world.id, delivery.endpoint_id)
    if endpoint is None:
        return
    if sent.delivered:
        if endpoint.failing_since is not None:
            ENDPOINTS.update(world.uow, endpoint, failing_since=None)
        return
    failing_since = endpoint.failing_since if endpoint.failing_since is not None else world.now
    worn_out = verdict.status is DeliveryStatus.FAILED and world.now - failing_since >= PATIENCE_US
    gone = sent.status_code == GONE
    status = EndpointStatus.DISABLED if worn_out or gone else EndpointStatus(endpoint.status)
    ENDPOINTS.update(world.uow, endpoint, failing_since=failing_since, status=status)


def _with_secret(endpoint: Endpoint) -> NewEndpointView:
    return NewEndpointView(**view_endpoint(endpoint).model_dump(), secret=endpoint.secret)
