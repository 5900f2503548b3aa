"""How a route becomes a use case or a query: who asks, in which sandbox, once only.

`command` runs a use case in the writer: key, sandbox, idempotency, the use case itself, and the stored
answer are one piece of work, kept or forgotten as a whole. `query` does the same for reads, on a read-only connection.
"""

import asyncio
from collections.abc import Callable
from hashlib import sha256
from typing import Annotated, Any, Generic, Literal, NamedTuple, TypeVar

from fastapi import FastAPI, Query, Request, Response
from pydantic import BaseModel

from ledger.clock import to_rfc3339
from sandbox import idempotency
from sandbox.db import Snapshot, UnitOfWork
from sandbox.executor import Executor, Readers
from sandbox.http import ProblemDocument, View, body_of, header_of, read_body
from sandbox.idempotency import Guard, StoredAnswer
from sandbox.participants.service import HOW_TO, authenticate
from sandbox.problems import Problem
from sandbox.records import R, Records
from sandbox.settings import Settings
from sandbox.wire import Wire
from sandbox.worker import Worker
from sandbox.world import World, WorldView, enter, look_into

B = TypeVar("B", bound=BaseModel)
T = TypeVar("T")
V = TypeVar("V", bound=BaseModel)

BEARER = "bearer "
EMPTY_BODY = b"{}"
SCENARIO_HEADER = b"kasauti-scenario"
"""Names the row of a table that a request is to meet."""

MILLIS = 1_000
KEY_HEADER = idempotency.HEADER.lower().encode()


class Services(NamedTuple):
    """What the routes of one app share."""

    settings: Settings
    executor: Executor
    readers: Readers
    worker: Worker


class Page(BaseModel, Generic[V]):
    """One page of a list; give `next_cursor` as `cursor` to get the following one."""

    object: Literal["list"] = "list"
    data: list[V]
    has_more: bool
    next_cursor: str | None


Limit = Annotated[int, Query(ge=1, le=200, description="How many at most.")]
Cursor = Annotated[str | None, Query(max_length=64, description="`next_cursor` of the page before.")]


class Answer(NamedTuple):
    """What goes back to the caller, and from which sandbox at which of its times."""

    status: int
    body: bytes
    sandbox_id: str
    time: int
    replayed: bool = False


def services(app: FastAPI) -> Services:
    """Return what `create_app` wired."""
    found: Services = app.state.services
    return found


def secret_of(request: Request) -> str:
    """Take the key from the Authorization header."""
    header = header_of(request, b"authorization") or ""
    if header[: len(BEARER)].lower() != BEARER:
        raise Problem("unauthenticated", HOW_TO)
    return header[len(BEARER) :].strip()


class Asked(NamedTuple, Generic[B]):
    """A request that changes something, as it came: not yet authenticated."""

    secret: str
    body: B
    guard: Guard | None


async def ask(request: Request, model: type[B], read: Callable[[bytes], B] | None = None) -> Asked[B]:
    """Read and validate a request; whoever has no valid key is refused before anything else is said.

    `read` makes the model of a body that is no JSON, such as a file.
    """
    secret = secret_of(request)
    raw = await body_of(request) or EMPTY_BODY
    try:
        body = read_body(model, raw) if read is None else read(raw)
        key = header_of(request, KEY_HEADER)
        path = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
        told = raw if read is None else b'"%b"' % sha256(raw).hexdigest().encode()
        guard = None if key is None else idempotency.guard_for(key, request.method, path, told)
    except Problem:
        await services(request.app).readers.read(authenticate, secret)
        raise
    return Asked(secret, body, guard)


def wire_of(request: Request) -> Wire:
    """Return the wire over which a request came."""
    return Wire(header_of(request, SCENARIO_HEADER))


async def carry(request: Request, response: Response, wire: Wire) -> Response:
    """Carry an answer back over a wire that disturbs it; what it tells of is done and stays done.

    It may be late, come after the callbacks, or be lost.
    """
    if wire.callbacks_first is not None:
        await services(request.app).worker.advance(wire.sandbox_id, wire.callbacks_first)
    if wire.latency_ms:
        await asyncio.sleep(wire.latency_ms / MILLIS)
        response.headers["Kasauti-Fault"] = f"latency {wire.latency_ms} ms"
    if wire.lost:
        raise Problem(
            "answer_lost",
            "The request was carried out and its answer lost, as your plan of scenarios wants it. Ask again "
            "with the same Idempotency-Key, or look the object up.",
        )
    return response


async def command(
    request: Request,
    model: type[B],
    use_case: Callable[[World, B], BaseModel],
    *,
    status: int = 201,
    once: frozenset[str] = frozenset(),
    read: Callable[[bytes], B] | None = None,
) -> Response:
    """Run a use case that changes the caller's sandbox and answer with the view that it returns.

    Fields named in `once` are left out of what is stored for repeats: a secret is shown once. `read` is as
    in `ask`.
    """
    asked, wire = await ask(request, model, read), wire_of(request)
    answer = await services(request.app).executor.write(_run, asked, use_case, status, once, wire)
    return respond(answer) if not wire.disturbed else await carry(request, respond(answer), wire)


def _run(
    uow: UnitOfWork,
    asked: Asked[B],
    use_case: Callable[[World, B], BaseModel],
    status: int,
    once: frozenset[str],
    wire: Wire,
) -> Answer:
    key = authenticate(uow, asked.secret)
    world = enter(uow, key.sandbox_id)
    world.key_id = key.id
    world.reached_by(wire)
    if asked.guard is not None and (stored := idempotency.replay(world, asked.guard)) is not None:
        return replayed(world, stored)
    view = use_case(world, asked.body)
    body = view.json_bytes() if isinstance(view, View) else view.model_dump_json().encode()
    if asked.guard is not None:
        kept = view.model_dump_json(exclude=set(once)).encode() if once else body
        idempotency.keep(world, asked.guard, status, kept)
    world.leave()
    return Answer(status, body, world.id, world.now)


def replayed(world: World, stored: StoredAnswer) -> Answer:
    """Answer a repeat with what was stored the first time."""
    return Answer(stored.status, stored.body.encode(), world.id, world.now, replayed=True)


async def query(request: Request, find: Callable[[WorldView], BaseModel]) -> Response:
    """Answer with what a query finds in the caller's sandbox."""
    secret = secret_of(request)
    return respond(await services(request.app).readers.read(_look, secret, find))


def look(snapshot: Snapshot, secret: str, find: Callable[[WorldView], T]) -> T:
    """Return what a query finds in the sandbox of this key, for answers that are no JSON."""
    return find(look_into(snapshot, authenticate(snapshot, secret).sandbox_id))


def _look(snapshot: Snapshot, secret: str, find: Callable[[WorldView], BaseModel]) -> Answer:
    world = look_into(snapshot, authenticate(snapshot, secret).sandbox_id)
    return Answer(200, find(world).model_dump_json().encode(), world.id, world.now)


def respond(answer: Answer) -> Response:
    """Make the HTTP answer."""
    headers = {"Kasauti-Sandbox": answer.sandbox_id, "Kasauti-Time": to_rfc3339(answer.time)}
    if answer.replayed:
        headers["Idempotent-Replayed"] = "true"
    return Response(answer.body, answer.status, headers, media_type="application/json")


def page(
    records: Records[R],
    world: WorldView,
    show: Callable[[R], V],
    *where: Any,
    limit: int,
    cursor: str | None,
) -> Page[V]:
    """List a sandbox's records, the newest first; ids sort by creation, so the last id is the cursor."""
    conditions = [records.c.sandbox_id == world.id, *where]
    if cursor is not None:
        conditions.append(records.c.id < cursor)
    rows = records.select(world.snapshot, *conditions, order=(records.c.id.desc(),), limit=limit + 1)
    more = len(rows) > limit
    return Page(
        data=[show(row) for row in rows[:limit]],
        has_more=more,
        next_cursor=records.last_key(rows[limit - 1]) if more else None,
    )


def takes(model: type[BaseModel], **examples: dict[str, Any]) -> dict[str, Any]:
    """Describe a body that `command` reads itself, for OpenAPI."""
    schema = model.model_json_schema()
    schema = _inlined(schema, schema.pop("$defs", {}))
    content: dict[str, Any] = {"schema": schema}
    if examples:
        content["examples"] = {name: {"value": value} for name, value in examples.items()}
    header = {
        "name": idempotency.HEADER,
        "in": "header",
        "required": False,
        "description": "Makes a repeat of this request safe: the same key and request get the same answer.",
        "schema": {"type": "string", "maxLength": idempotency.LONGEST_KEY},
    }
    return {
        "requestBody": {"required": True, "content": {"application/json": content}},
        "parameters": [header],
    }


def _inlined(part: Any, defined: dict[str, Any]) -> Any:
    """Put the models inside a model in the places where it refers to them."""
    if isinstance(part, list):
        return [_inlined(one, defined) for one in part]
    if not isinstance(part, dict):
        return part
    name = str(part.get("$ref", "")).rpartition("/")[2]
    return {key: _inlined(one, defined) for key, one in (defined[name] if name else part).items()}


PROBLEMS: dict[int | str, dict[str, Any]] = {
    "4XX": {
        "description": "A problem document: `code`, what to do next, and the field it is about.",
        "content": {"application/problem+json": {"schema": ProblemDocument.model_json_schema()}},
    }
}
