"""Bulk files: what is stored and shown."""

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel

from ledger.clock import to_rfc3339
from sandbox.shelf import Shelf

MOST_ROWS = 10_000
CHUNK = 100
"""Rows that are paid in one transaction; what runs beside it waits for no more than that."""


class BulkStatus(StrEnum):
    """Where a file stands. All but `waiting` and `running` are final."""

    WAITING = "waiting"
    RUNNING = "running"
    COMPLETED = "completed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


class RowStatus(StrEnum):
    """Where a row stands: a rejected one was never sent, a refused one was."""

    REJECTED = "rejected"
    WAITING = "waiting"
    SETTLED = "settled"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Row(BaseModel):
    """A line of the file; `line` counts from 1, the header included. What cannot be read is left empty."""

    line: int
    end_to_end_id: str = ""
    iban: str = ""
    alias_type: str = ""
    alias: str = ""
    amount_paisa: int = 0
    narration: str | None = None
    status: RowStatus = RowStatus.WAITING
    reason: str = ""
    detail: str = ""
    payment: str = ""


class Chunk(BaseModel):
    """Rows that are paid together."""

    rows: list[Row]


class RowErrorView(BaseModel):
    """Why a row will not be sent."""

    line: int
    end_to_end_id: str
    reason: str
    detail: str


class Batch(BaseModel):
    """A file. `maker` and `checker` are ids of keys; chunks before `next_chunk` are done.

    `errors` are the first fifty rejected rows.
    """

    id: str
    source: str
    format: str
    status: BulkStatus
    rows: int
    rejected: int
    settled: int = 0
    refused: int = 0
    unknown: int = 0
    total_paisa: int
    covered: bool
    errors: list[RowErrorView]
    maker: str
    checker: str | None = None
    chunks: int
    next_chunk: int = 0
    created_at: int
    approved_at: int | None = None
    completed_at: int | None = None


BATCHES = Shelf("raast", "bulk", Batch)
CHUNKS = Shelf("raast", "bulk_chunk", Chunk)


class Upload(BaseModel):
    """A file as it came, and who pays."""

    source: str
    format: str
    raw: bytes


class BatchView(BaseModel):
    """A file as the API shows it, and as its event carries it."""

    id: str
    object: Literal["raast_bulk"] = "raast_bulk"
    source: str
    format: str
    status: BulkStatus
    rows: int
    rejected: int
    settled: int
    refused: int
    unknown: int
    total_paisa: int
    covered: bool
    maker: str
    checker: str | None
    errors: list[RowErrorView]
    created_at: str
    approved_at: str | None
    completed_at: str | None
    rejections: str
    completions: str


def view_batch(batch: Batch) -> BatchView:
    """Show a file."""
    shown = batch.model_dump(exclude={"chunks", "next_chunk", "created_at", "approved_at", "completed_at"})
    return BatchView(
        **shown,
        created_at=to_rfc3339(batch.created_at),
        approved_at=None if batch.approved_at is None else to_rfc3339(batch.approved_at),
        completed_at=None if batch.completed_at is None else to_rfc3339(batch.completed_at),
        rejections=f"/v1/raast/bulk/{batch.id}/rejections",
        completions=f"/v1/raast/bulk/{batch.id}/completions",
    )
