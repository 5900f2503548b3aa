"""The web pages: what this is, the guides, and the reference of the API."""

from importlib.resources import files
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse, HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup
from swagger_ui_bundle import swagger_ui_path

from ledger import catalogue
from sandbox.http import STATUS
from sandbox.payments.queries import list_triggers
from sandbox.problems import CATALOGUE, Problem

router = APIRouter(include_in_schema=False)

GUIDES = (
    "first-payment",
    "sandboxes-and-keys",
    "idempotency",
    "webhooks",
    "clock",
    "raast",
    "proofs",
    "postgresql-and-citus",
    "performance",
)
STATIC = {"kasauti.css": "text/css", "reference.js": "text/javascript"}
SWAGGER = frozenset({"swagger-ui.css", "swagger-ui-bundle.js"})

_HERE = files("sandbox.portal")
_STATIC = {name: _HERE.joinpath("static", name).read_bytes() for name in STATIC}
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")
_TEMPLATES = Environment(
    loader=PackageLoader("sandbox.portal"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


def _read_pages() -> dict[str, str]:
    docs = _HERE.joinpath("docs")
    decisions = sorted(
        file.name.removesuffix(".md")
        for file in docs.joinpath("decisions").iterdir()
        if file.name.endswith(".md")
    )
    names = [*GUIDES, *(f"decisions/{name}" for name in decisions)]
    pages = {name: docs.joinpath(f"{name}.md").read_text("utf-8") for name in names}
    return pages | {"ledger-statuses": catalogue.markdown()}


PAGES = _read_pages()
TITLES = {name: text.partition("\n")[0].removeprefix("# ") for name, text in PAGES.items()}


def describe() -> dict[str, Any]:
    """Return how the API presents itself: title, version, and where its reference lives."""
    return {"title": "Kasauti", "version": "0.1.0", "docs_url": None, "redoc_url": None}


@router.get("/healthz")
async def get_health() -> dict[str, str]:
    """Say that the server answers."""
    return {"status": "ok"}


@router.get("/")
async def get_landing() -> Response:
    """Say what this is and how to make a first payment."""
    return _show("landing.html", "Kasauti")


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
    return _show("triggers.html", "Triggers", triggers=list_triggers().data)


@router.get("/docs/{page:path}")
async def get_page(page: str) -> Response:
    """Show one guide or decision."""
    text = PAGES.get(page)
    if text is None:
        raise Problem("not_found", f"There is no guide {page!r}; /docs lists all of them.")
    return _show("page.html", TITLES[page], body=_render(text))


@router.get("/static/swagger/{file}")
async def get_swagger(file: str) -> Response:
    """Serve the viewer of the reference."""
    if file not in SWAGGER:
        raise Problem("not_found", f"There is no file {file!r}.")
    return FileResponse(Path(swagger_ui_path) / file)


@router.get("/static/{file}")
async def get_static(file: str) -> Response:
    """Serve the pages' own style and script."""
    if file not in STATIC:
        raise Problem("not_found", f"There is no file {file!r}.")
    return Response(_STATIC[file], media_type=STATIC[file])


def _show(template: str, title: str, **values: object) -> Response:
    return HTMLResponse(_TEMPLATES.get_template(template).render(title=title, **values))


def _render(text: str) -> Markup:
    """Turn a guide of ours into HTML whose wide parts scroll, by keyboard too."""
    html = _MARKDOWN.render(text)
    html = html.replace("<pre>", '<pre tabindex="0">')
    html = html.replace("<table>", '<div class="scroll" tabindex="0"><table>')
    return Markup(html.replace("</table>", "</table></div>"))  # noqa: S704 - raw HTML is off; the text is ours
