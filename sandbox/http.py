"""The edge: request ids, the limit on bodies, JSON answers, and problems as RFC 9457 documents."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException as RoutingError
from starlette.requests import ClientDisconnect
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ledger.clock import utc_now
from ledger.ids import RandomIds
from sandbox.problems import CATALOGUE, Kind, Problem
from sandbox.routing import exact_routes

M = TypeVar("M", bound=BaseModel)

logger = logging.getLogger("kasauti")

STATUS = {
    Kind.MALFORMED: 400,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.METHOD: 405,
    Kind.CONFLICT: 409,
    Kind.TOO_LARGE: 413,
    Kind.INVALID: 422,
    Kind.INTERNAL: 500,
    Kind.UNAVAILABLE: 503,
    Kind.LOST: 504,
}
PROBLEM_JSON = "application/problem+json"
REQUEST_ID = b"kasauti-request-id"
DEFECT = "A defect of the sandbox; nothing was stored. Send the request again, or report its request id."


Show: TypeAlias = Callable[[Problem], Response]
"""How a part of the server shows a problem to its callers."""


class Empty(BaseModel):
    """A request body without fields."""

    model_config = {"extra": "forbid"}


class View(BaseModel):
    """What is both answered and told to others, in the same bytes."""

    def json_bytes(self) -> bytes:
        """Return the JSON text, which is made once."""
        text: bytes | None = self.__dict__.get("json_text")
        if text is None:
            text = self.__dict__["json_text"] = self.model_dump_json().encode()
        return text


class ProblemDocument(BaseModel):
    """The body of every refusal (RFC 9457)."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    field: str | None = None
    rail_code: str | None = None


def problem_response(problem: Problem, headers: dict[str, str] | None = None) -> Response:
    """Show a problem; `type` is the address of its documentation."""
    entry = problem.entry
    document = ProblemDocument(
        type=f"/docs/problems#{entry.code}",
        title=entry.title,
        status=STATUS[entry.kind],
        code=entry.code,
        detail=problem.detail,
        field=problem.field,
        rail_code=problem.rail_code,
    )
    headers = dict(headers or {})
    if entry.kind is Kind.UNAUTHENTICATED:
        headers["WWW-Authenticate"] = "Bearer"
    if entry.kind is Kind.UNAVAILABLE:
        headers["Retry-After"] = "1"
    return Response(
        document.model_dump_json(exclude_none=True),
        status_code=document.status,
        headers=headers,
        media_type=PROBLEM_JSON,
    )


class Envelope:
    """ASGI middleware: gives each answer a request id, refuses bodies over the limit, reports defects.

    A body without a Content-Length is counted as it arrives. A request for one of the `exact` routes is
    handed straight to it: what routing and its layers would add is an eighth of a payment's time.

    Paths that begin as one of `faces` says show their problems in a way of their own.
    """

    def __init__(
        self, app: ASGIApp, *, max_body_bytes: int, routes: Sequence[BaseRoute], faces: Mapping[str, Show]
    ) -> None:
        self._app = app
        self._max = max_body_bytes
        self._faces = faces
        self._exact = exact_routes(routes)
        self._ids = RandomIds("req")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass HTTP requests on within the limit; everything else as it is."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = self._ids.next(utc_now()).encode()
        started = False

        async def send_with_id(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"].append((REQUEST_ID, request_id))
            await send(message)

        declared = next((value for name, value in scope["headers"] if name == b"content-length"), None)
        if declared is not None and declared.isdigit() and int(declared) > self._max:
            await self._too_large(scope)(scope, receive, send_with_id)
            return
        app = self._exact.get((scope["method"], scope["path"]), self._app)
        try:
            await app(scope, receive if declared else self._counted(receive), send_with_id)
        except ClientDisconnect:
            # Nobody is there to be answered, and nothing was stored.
            return
        except Problem as problem:
            await _shown(problem, self._faces, scope)(scope, receive, send_with_id)
        except Exception:
            logger.exception("%s: %s %s broke", request_id.decode(), scope["method"], scope["path"])
            if started:
                raise
            await _shown(Problem("internal", DEFECT), self._faces, scope)(scope, receive, send_with_id)

    def _counted(self, receive: Receive) -> Receive:
        """Count a body that came without a Content-Length; the server itself holds the others to theirs."""
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._max:
                raise Problem("body_too_large", self._limit_text())
            return message

        return counted

    def _limit_text(self) -> str:
        return f"Send at most {self._max} bytes in one request."

    def _too_large(self, scope: Scope) -> Response:
        response = _shown(Problem("body_too_large", self._limit_text()), self._faces, scope)
        response.headers["Connection"] = "close"
        return response


def header_of(request: Request, name: bytes) -> str | None:
    """Return a header's first value; `name` is in lower case, as ASGI has them."""
    for given, value in request.scope["headers"]:
        if given == name:
            return str(value, "latin-1")
    return None


async def body_of(request: Request) -> bytes:
    """Receive the whole body, which most often comes in one message."""
    body = b""
    while True:
        message: Message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += bytes(message.get("body", b""))
        if not message.get("more_body", False):
            return body


def read_body(model: type[M], raw: bytes) -> M:
    """Validate a request body: one pass from bytes to a model, or a problem that names the field."""
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        raise problem_of(error.errors(include_url=False)) from error


def problem_of(errors: Sequence[Any]) -> Problem:
    """Make one problem of Pydantic's findings: about the first, mentioning how many there are."""
    first = errors[0]
    field = ".".join(str(part) for part in first["loc"])
    if first["type"] in {"json_invalid", "model_type"} and not field:
        reason = first.get("ctx", {}).get("error", first["msg"])
        return Problem("malformed_json", f"The body must be one JSON object in UTF-8: {reason}.")
    code = first["type"] if first["type"] in CATALOGUE else "invalid_field"
    more = f" ({len(errors) - 1} more to mend.)" if len(errors) > 1 else ""
    return Problem(code, f"{first['msg']}.{more}", field=field)


def _shown(problem: Problem, faces: Mapping[str, Show], scope: Scope) -> Response:
    if problem.__cause__ is not None and problem.entry.kind is Kind.UNAVAILABLE:
        logger.error("not stored", exc_info=problem.__cause__)
    for start, show in faces.items():
        if scope["path"].startswith(start):
            return show(problem)
    return problem_response(problem)


def _show_routing(error: RoutingError, faces: Mapping[str, Show], scope: Scope) -> Response:
    path = scope["path"]
    if error.status_code == STATUS[Kind.METHOD]:
        problem = Problem("method_not_allowed", f"{path} does not take {scope['method']}.")
    else:
        problem = Problem("not_found", f"There is nothing at {path}. See /docs.")
    response = _shown(problem, faces, scope)
    response.headers.update(error.headers or {})
    return response


def install(app: FastAPI, *, max_body_bytes: int, faces: Mapping[str, Show] | None = None) -> None:
    """Put the envelope and the problem documents around an app.

    `faces` says how problems are shown under paths that begin so; the first that fits speaks.
    """
    others = faces or {}

    async def show_problem(request: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)  # noqa: S101 - registered for this class only
        return _shown(error, others, request.scope)

    async def show_invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class only
        errors = [{**found, "loc": found["loc"][1:]} for found in error.errors()]
        return _shown(problem_of(errors), others, request.scope)

    async def show_routing(request: Request, error: Exception) -> Response:
        assert isinstance(error, RoutingError)  # noqa: S101 - registered for this class only
        return _show_routing(error, others, request.scope)

    app.add_middleware(Envelope, max_body_bytes=max_body_bytes, routes=app.router.routes, faces=others)
    app.add_exception_handler(Problem, show_problem)
    app.add_exception_handler(RequestValidationError, show_invalid)
    app.add_exception_handler(RoutingError, show_routing)
