import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from sandbox.portal.openapi import SCHEME
from tests.startup import Startup

METHODS = {"get", "post", "put", "patch", "delete"}


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        assert item.keys() <= METHODS
        for method, operation in item.items():
            yield path, method, operation


@pytest.fixture
async def document(client: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get("/openapi.json")).raise_for_status().json()
    return found


async def test_every_call_that_answers_401_says_that_it_needs_a_key(
    client: httpx.AsyncClient, document: dict[str, Any]
) -> None:
    refused, declared = set(), set()
    for path, method, operation in operations(document):
        answer = await client.request(method, re.sub(r"\{\w+\}", "x", path))
        if answer.status_code == 401:
            refused.add((path, method))
        if operation.get("security") == [{SCHEME: []}] and "401" in operation["responses"]:
            declared.add((path, method))
    assert refused == declared
    assert {(path, method) for path, method, _ in operations(document)} - declared == {
        ("/v1/signup", "post"),
        ("/v1/triggers", "get"),
    }


async def test_the_key_is_sent_as_the_description_says(startup: Startup, document: dict[str, Any]) -> None:
    scheme = document["components"]["securitySchemes"][SCHEME]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    assert (await startup.send("GET", "/v1/sandbox")).status_code == 200


async def test_the_description_is_openapi_3_1_and_each_reference_in_it_leads_somewhere(
    document: dict[str, Any],
) -> None:
    assert document["openapi"].startswith("3.1.")
    references = re.findall(r"'\$ref': '#/components/schemas/(\w+)'", str(document))
    assert references
    assert set(references) <= document["components"]["schemas"].keys()


async def test_the_description_is_the_same_whenever_it_is_asked_for(
    client: httpx.AsyncClient, document: dict[str, Any]
) -> None:
    assert (await client.get("/openapi.json")).json() == document


async def test_a_call_is_listed_under_one_heading(document: dict[str, Any]) -> None:
    assert {len(operation["tags"]) for _, _, operation in operations(document)} == {1}


async def test_every_route_of_the_api_is_described(app: FastAPI, document: dict[str, Any]) -> None:
    served = {
        (route.path, method.lower())  # type: ignore[attr-defined]
        for route in app.routes
        if route.path.startswith("/v1/")  # type: ignore[attr-defined]
        for method in route.methods  # type: ignore[attr-defined]
    }
    assert served == {(path, method) for path, method, _ in operations(document)}


async def test_the_viewer_of_the_reference_comes_from_this_server_alone(client: httpx.AsyncClient) -> None:
    page = (await client.get("/docs/api")).text
    sources = re.findall(r'(?:src|<link rel="stylesheet" href)="([^"]+)"', page)
    assert len(sources) == 4
    for source in sources:
        assert source.startswith("/static/")
        assert (await client.get(source)).status_code == 200
    assert "OpenAPI" in (await client.get("/static/swagger/swagger-ui-bundle.js")).text
