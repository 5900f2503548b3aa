"""Routes of bulk files."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from sandbox.commands import PROBLEMS, Cursor, Limit, Page, command, look, query, secret_of, services, takes
from sandbox.http import Empty
from sandbox.raast import bulk
from sandbox.raast.bulk_models import BatchView, Upload
from sandbox.routing import DirectRoute

router = APIRouter(route_class=DirectRoute, prefix="/v1/raast/bulk", tags=["Bulk"], responses=PROBLEMS)

TEXT = {"schema": {"type": "string"}}
EXAMPLE = "end_to_end_id,destination_iban,amount_paisa\nsalary-1,PK41SBXB…,5000000\n"
FILE: dict[str, Any] = takes(Empty)
FILE["requestBody"]["content"] = {"text/csv": TEXT | {"example": EXAMPLE}, "application/x-ndjson": TEXT}
CSV: dict[int | str, dict[str, Any]] = {200: {"description": "The file.", "content": {"text/csv": TEXT}}}


@router.post("", status_code=201, response_model=BatchView, summary="Upload a bulk file", openapi_extra=FILE)
async def post_bulk(
    request: Request,
    source: Annotated[str, Query(max_length=40, description="The account that pays.")] = "",
    format: Annotated[str, Query(max_length=10, description="csv or jsonl.")] = "csv",  # noqa: A002 - as the field is called
) -> Response:
    """Up to 10,000 payments in a body of 1 MiB. Each row is checked; nothing is paid until another key approves."""

    def read(raw: bytes) -> Upload:
        return Upload.model_construct(source=source, format=format, raw=raw)

    return await command(request, Upload, bulk.upload, read=read)


@router.get("", response_model=Page[BatchView], summary="List bulk files")
async def get_bulks(request: Request, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """The newest first."""
    return await query(request, partial(bulk.list_batches, limit=limit, cursor=cursor))


@router.get("/{batch_id}", response_model=BatchView, summary="Show a bulk file")
async def get_bulk(request: Request, batch_id: str) -> Response:
    """How far it is, and the first fifty rejected rows."""
    return await query(request, partial(bulk.get_batch, batch_id=batch_id))


@router.post(
    "/{batch_id}/approve",
    status_code=200,
    response_model=BatchView,
    summary="Approve a bulk file",
    openapi_extra=takes(Empty),
)
async def post_approve(request: Request, batch_id: str) -> Response:
    """By another key than the one that uploaded it. The worker then pays it, chunk by chunk."""
    return await command(request, Empty, partial(bulk.approve, batch_id=batch_id), status=200)


@router.post(
    "/{batch_id}/cancel",
    status_code=200,
    response_model=BatchView,
    summary="Cancel a bulk file",
    openapi_extra=takes(Empty),
)
async def post_cancel(request: Request, batch_id: str) -> Response:
    """Before it was approved."""
    return await command(request, Empty, partial(bulk.cancel, batch_id=batch_id), status=200)


@router.get("/{batch_id}/rejections", responses=CSV, summary="Download the rejections")
async def get_rejections(request: Request, batch_id: str) -> Response:
    """The rows that were never sent, and why, as CSV."""
    return await _file(request, batch_id, "rejections")


@router.get("/{batch_id}/completions", responses=CSV, summary="Download the completions")
async def get_completions(request: Request, batch_id: str) -> Response:
    """The rows that were sent, and what they have come to by now, as CSV."""
    return await _file(request, batch_id, "completions")


async def _file(request: Request, batch_id: str, kind: str) -> Response:
    text = await services(request.app).readers.read(
        look, secret_of(request), partial(bulk.write_file, batch_id=batch_id, kind=kind)
    )
    return Response(
        text,
        media_type="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{batch_id}-{kind}.csv"'},
    )
