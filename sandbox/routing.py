"""Routes whose handler reads the request itself are called directly.

FastAPI asks of every request what to inject, validate and close, which costs half of what it spends on
a request. A handler that takes the request and path parameters only, and answers with a `Response`,
has nothing to ask for; it is documented like any other.
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send


class DirectRoute(APIRoute):
    """A route that skips FastAPI's injection where there is nothing to inject."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        self.is_direct = _is_plain(self.dependant)
        if self.is_direct:
            self.app = _direct(endpoint, self.dependant.request_param_name or "request")


def exact_routes(routes: Iterable[BaseRoute]) -> dict[tuple[str, str], ASGIApp]:
    """Return the direct routes without path parameters, by method and path."""
    return {
        (method, route.path): route.app
        for route in routes
        if isinstance(route, DirectRoute) and route.is_direct and not route.param_convertors
        for method in route.methods or ()
    }


def _is_plain(dependant: Dependant) -> bool:
    """Whether the handler takes the request and text from the path, and nothing else."""
    asked = (
        dependant.dependencies,
        dependant.query_params,
        dependant.header_params,
        dependant.cookie_params,
        dependant.body_params,
        dependant.response_param_name,
        dependant.background_tasks_param_name,
        dependant.security_scopes_param_name,
        dependant.http_connection_param_name,
        dependant.websocket_param_name,
    )
    from_path = (parameter.field_info.annotation for parameter in dependant.path_params)
    return bool(dependant.request_param_name) and not any(asked) and all(kind is str for kind in from_path)


def _direct(
    endpoint: Callable[..., Awaitable[Response]], request_name: str
) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive, send)
        response = await endpoint(**{request_name: request}, **scope.get("path_params", {}))
        await response(scope, receive, send)

    return app
