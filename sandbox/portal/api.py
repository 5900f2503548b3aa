"""The web pages: what this is, the guides, and the reference of the API."""

from importlib.resources import files
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from sandbox.http import STATUS
from sandbox.payments.queries import list_triggers
from sandbox.portal.pages import PAGES, TITLES, address_of, inline, show_page
from sandbox.problems import CATALOGUE, Problem

router = APIRouter(include_in_schema=False)

STATIC = {"kasauti.css": "text/css", "reference.js": "text/javascript"}
SWAGGER = {"swagger-ui.css": "text/css", "swagger-ui-bundle.js": "text/javascript"}

PULLED_BY = {
    "account": "the account",
    "amount": "the amount, whoever is paid",
    "number": "the wallet's mobile number",
    "state": "the state of both accounts",
}

_HERE = files("sandbox.portal")
_STATIC = {name: _HERE.joinpath("static", name).read_bytes() for name in STATIC}
_VIEWER = {name: files("fastapi_offline").joinpath("static", name).read_bytes() for name in SWAGGER}
_TEMPLATES = Environment(
    loader=PackageLoader("sandbox.portal"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
_TEMPLATES.filters["inline"] = inline


def describe() -> dict[str, Any]:
    """Return how the API presents itself: title, version, and where its reference lives."""
    return {"title": "Kasauti", "version": "0.1.0", "docs_url": None, "redoc_url": None}


@router.get("/healthz")
async def get_health() -> dict[str, str]:
    """Say that the server answers."""
    return {"status": "ok"}


@router.get("/")
async def get_landing(request: Request) -> Response:
    """Say what this is and how to make a first payment."""
    return _show("landing.html", "Kasauti", address=address_of(request))


@router.get("/docs")
async def get_guides() -> Response:
    """List the guides and the decisions."""
    return _show("guides.html", "Guides", pages=TITLES)


@router.get("/docs/api")
async def get_reference() -> Response:
    """Show the reference of the API."""
    return _show("reference.html", "API reference")


@router.get("/docs/problems")
async def get_problems() -> Response:
    """Show every code of a refusal; each is an anchor."""
    return _show("problems.html", "Problems", entries=CATALOGUE.values(), status=STATUS)


@router.get("/docs/triggers")
async def get_triggers() -> Response:
    """Show the values that make a rail answer in a known way."""
    return _show("triggers.html", "Triggers", triggers=list_triggers().data, pulled_by=PULLED_BY)


@router.get("/docs/{page:path}")
async def get_page(request: Request, page: str) -> Response:
    """Show one guide or decision."""
    if page not in PAGES:
        raise Problem("not_found", f"There is no guide {page!r}; /docs lists all of them.")
    return _show("page.html", TITLES[page], body=show_page(page, address_of(request)))


@router.get("/static/swagger/{file}")
async def get_swagger(file: str) -> Response:
    """Serve the viewer of the reference."""
    if file not in SWAGGER:
        raise Problem("not_found", f"There is no file {file!r}.")
    return Response(_VIEWER[file], media_type=SWAGGER[file])


@router.get("/static/{file}")
async def get_static(file: str) -> Response:
    """Serve the pages' own style and script."""
    if file not in STATIC:
        raise Problem("not_found", f"There is no file {file!r}.")
    return Response(_STATIC[file], media_type=STATIC[file])


def _show(template: str, title: str, **values: object) -> Response:
    return HTMLResponse(_TEMPLATES.get_template(template).render(title=title, **values))
