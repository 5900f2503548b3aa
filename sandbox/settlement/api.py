"""Routes of settlement: days, statements, reconciliation files. Files are sent as they are read."""

from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from sandbox.commands import (
    PROBLEMS,
    Cursor,
    Limit,
    Page,
    ask,
    command,
    look,
    query,
    secret_of,
    services,
    takes,
)
from sandbox.routing import DirectRoute
from sandbox.settlement import queries, reconciliation
from sandbox.settlement.breaks import Break, Row, rows
from sandbox.settlement.models import DayView
from sandbox.settlement.movements import Line
from sandbox.settlement.reconciliation import (
    Findings,
    GradeView,
    KeyView,
    MakeReconciliation,
    Reconciliation,
    ReconciliationView,
    find_file,
)
from sandbox.settlement.statement import (
    AT_ONCE,
    COLUMNS,
    Span,
    cells,
    page_of_lines,
    span_of,
    write_camt053,
    write_csv,
)
from sandbox.world import WorldView

T = TypeVar("T")

router = APIRouter(route_class=DirectRoute, prefix="/v1/settlement", tags=["Settlement"], responses=PROBLEMS)

CSV: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}
XML: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": {"schema": {"type": "string"}}, "application/xml": {"schema": {}}}}
}


@router.get("/days", response_model=Page[DayView], summary="List closed days")
async def get_days(request: Request, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """The newest first."""
    return await query(request, partial(queries.list_days, limit=limit, cursor=cursor))


@router.get(
    "/reconciliations/{file_id}", response_model=ReconciliationView, summary="Show a reconciliation file"
)
async def get_reconciliation(request: Request, file_id: str) -> Response:
    """What it was made of, and where it is."""
    return await query(request, partial(reconciliation.show_file, file_id=file_id))


@router.get("/reconciliations/{file_id}/file", responses=CSV, summary="Download a reconciliation file")
async def get_file(request: Request, file_id: str) -> Response:
    """The day as somebody else believes it, as CSV."""
    made, pages = await _opened(request, file_id)

    async def text() -> AsyncIterator[str]:
        yield write_csv([COLUMNS])
        async for page in pages:
            yield write_csv(cells(row.movement) for row in page if row.movement is not None)

    return _download(text(), f"{made.institution}-{made.day}-{made.id}.csv")


@router.get(
    "/reconciliations/{file_id}/key", response_model=KeyView, summary="Show a reconciliation file's key"
)
async def get_key(request: Request, file_id: str) -> Response:
    """The breaks that are in it."""
    made, breaks = await _breaks(request, file_id)
    return Response(reconciliation.show_key(made, breaks).model_dump_json(), media_type="application/json")


@router.post(
    "/reconciliations/{file_id}/grade",
    status_code=200,
    response_model=GradeView,
    summary="Grade found breaks",
    openapi_extra=takes(Findings, one={"found": [{"kind": "missing", "reference": "pay_…"}]}),
)
async def post_grade(request: Request, file_id: str) -> Response:
    """Compares what you found with the key. Nothing is stored."""
    asked = await ask(request, Findings)
    made, breaks = await _breaks(request, file_id)
    graded = reconciliation.show_grade(made, breaks, asked.body)
    return Response(graded.model_dump_json(), media_type="application/json")


@router.get("/{day}", response_model=DayView, summary="Show a day")
async def get_day(request: Request, day: str) -> Response:
    """Net positions and totals: of a closed day for good, of the present one so far."""
    return await query(request, partial(queries.show_day, day=day))


@router.get("/{day}/statement", responses=XML, summary="Download an institution's statement")
async def get_statement(
    request: Request,
    day: str,
    institution: Annotated[str, Query(max_length=40, description="Whose settlement account.")] = "SBXA",
    format: Annotated[Literal["csv", "camt053"], Query()] = "csv",  # noqa: A002 - the caller's word
) -> Response:
    """Every movement between this institution and others; camt.053 once the day is closed."""
    if format == "camt053":
        message = await _read(request, partial(write_camt053, day=day, institution=institution))
        return Response(message, media_type="application/xml")
    span = await _read(request, partial(span_of, day=day, institution=institution))
    pages = _pages(request, span)

    async def text() -> AsyncIterator[str]:
        yield write_csv([("sequence", *COLUMNS)])
        async for page in pages:
            yield write_csv((str(line.seq), *cells(line)) for line in page)

    return _download(text(), f"{institution}-{day}.csv")


@router.post(
    "/{day}/reconciliation",
    status_code=201,
    response_model=ReconciliationView,
    summary="Make a reconciliation file",
    openapi_extra=takes(MakeReconciliation, seven={"breaks": 7, "seed": 1, "institution": "SBXA"}),
)
async def post_reconciliation(request: Request, day: str) -> Response:
    """Of a closed day, with as many breaks as you ask for. The same seed makes the same file."""
    return await command(request, MakeReconciliation, partial(reconciliation.make_file, day=day))


async def _read(request: Request, find: Callable[[WorldView], T]) -> T:
    return await services(request.app).readers.read(look, secret_of(request), find)


async def _pages(request: Request, span: Span) -> AsyncIterator[list[Line]]:
    """Yield a span's movements page by page; one page is in memory at a time."""
    more = True
    while more:
        page = await _read(request, partial(page_of_lines, span=span))
        yield page
        more = len(page) == AT_ONCE
        span = span._replace(after_seq=page[-1].seq) if page else span


async def _opened(request: Request, file_id: str) -> tuple[Reconciliation, AsyncIterator[list[Row]]]:
    """Return a file and the pages of its rows."""
    made = await _read(request, partial(find_file, file_id=file_id))
    chosen = reconciliation.chosen(made)
    span = await _read(
        request, partial(span_of, day=made.day.isoformat(), institution=made.institution, closed=True)
    )

    async def broken() -> AsyncIterator[list[Row]]:
        place, line = 0, 1
        async for page in _pages(request, span):
            part = list(rows(page, chosen, made.seed, reconciliation.end_of(made), place=place, line=line))
            place, line = place + len(page), line + sum(row.movement is not None for row in part)
            yield part

    return made, broken()


async def _breaks(request: Request, file_id: str) -> tuple[Reconciliation, list[Break]]:
    made, pages = await _opened(request, file_id)
    return made, [row.found async for page in pages for row in page if row.found is not None]


def _download(text: AsyncIterator[str], name: str) -> Response:
    return StreamingResponse(
        text, media_type="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
