"""The API's description for machines (OpenAPI 3.1): what FastAPI finds out, and which calls need a key.

Handlers authenticate inside `command` and `query`, so that a key and the sandbox it opens are looked up in one
transaction; FastAPI knows nothing of that and is told here. A route needs a key unless it is in `OPEN`.
"""

from typing import Any

from fastapi import FastAPI

OPEN = frozenset({("/v1/signup", "post"), ("/v1/triggers", "get")})
SCHEME = "key"


class DescribedApp(FastAPI):
    """A FastAPI application whose description names the key."""

    def openapi(self) -> dict[str, Any]:
        """Return the document; FastAPI makes it once and keeps it."""
        if self.openapi_schema is None:
            complete(super().openapi())
        return super().openapi()


def complete(document: dict[str, Any]) -> None:
    """Say in an OpenAPI document how a key is sent, and by which calls; list each call under one heading."""
    document["components"]["securitySchemes"] = {
        SCHEME: {
            "type": "http",
            "scheme": "bearer",
            "description": "A sandbox's secret key, `sk_test_…`. POST /v1/signup makes the first one.",
        }
    }
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            operation["tags"] = operation["tags"][-1:]
            if (path, method) not in OPEN:
                operation["security"] = [{SCHEME: []}]
                operation["responses"]["401"] = {
                    **operation["responses"]["4XX"],
                    "description": "Without a valid key nothing is done.",
                }
