"""Use cases of bulk files: made and checked by two keys, then paid in chunks by the worker.

A file is checked whole before anybody may approve it: each row's form, its receiver as a title fetch would
see it, and its reference. A chunk of rows is one transaction together with the mark that it is done, so that
a worker that dies repeats a chunk from its beginning and nothing is paid twice.
"""

import csv
from collections import Counter
from collections.abc import Callable, Iterator
from io import StringIO

from connectors.contract import Declined, TitleFound, TitleQuery
from connectors.identifiers.institutions import INSTITUTIONS
from connectors.registry import RAILS
from sandbox import jobs
from sandbox.accounts.models import BankAccount
from sandbox.accounts.queries import account_by_iban
from sandbox.aliases.lookup import account_of, resolve_alias
from sandbox.commands import Page
from sandbox.events import EventType, emit
from sandbox.http import Empty
from sandbox.limits.rules import Direction
from sandbox.payments.counting import over_limit
from sandbox.payments.models import PAYMENTS
from sandbox.payments.titles import party_of
from sandbox.problems import Problem
from sandbox.raast.bulk_file import WRONG, BulkFileError, read_file
from sandbox.raast.bulk_models import (
    BATCHES,
    CHUNK,
    CHUNKS,
    Batch,
    BatchView,
    BulkStatus,
    Chunk,
    Row,
    RowErrorView,
    RowStatus,
    Upload,
    view_batch,
)
from sandbox.raast.pages import page_of
from sandbox.raast.paying import RAIL, pay_iban
from sandbox.world import World, WorldView

RUN = "raast.bulk.run"
SHOWN_ERRORS = 50
FILES: dict[str, Callable[[Row], bool]] = {
    "rejections": lambda row: row.status is RowStatus.REJECTED,
    "completions": lambda row: row.status not in {RowStatus.REJECTED, RowStatus.WAITING},
}
HEADER = (
    "line",
    "end_to_end_id",
    "destination_iban",
    "amount_paisa",
    "status",
    "reason",
    "detail",
    "payment",
)


def upload(world: World, request: Upload) -> BatchView:
    """Take a file in and check every row. It waits for another key to approve it."""
    source = account_of(world, request.source, field="source")
    keeper = INSTITUTIONS[source.institution]
    if not keeper.capabilities.raast_bulk:
        raise Problem("invalid_field", f"{keeper.name} takes no bulk files. Pay from a bank.", field="source")
    try:
        rows = read_file(request.format, request.raw)
    except BulkFileError as wrong:
        raise Problem("bulk_file", str(wrong)) from wrong
    for row in rows:
        if row.status is RowStatus.WAITING:
            _check(world, source, row)
    good = [row for row in rows if row.status is RowStatus.WAITING]
    total = sum(row.amount_paisa for row in good)
    chunks = [rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK)]
    batch = Batch(
        id=world.new_id("blk"),
        source=source.id,
        format=request.format,
        status=BulkStatus.WAITING if good else BulkStatus.REJECTED,
        rows=len(rows),
        rejected=len(rows) - len(good),
        total_paisa=total,
        covered=world.book.accounts([source.id])[source.id].available >= total,
        errors=_errors(rows),
        maker=world.key_id,
        chunks=len(chunks),
        created_at=world.now,
    )
    for number, chunk in enumerate(chunks):
        CHUNKS.put(world, _key(batch, number), Chunk(rows=chunk))
    BATCHES.put(world, batch.id, batch)
    return view_batch(batch)


def _key(batch: Batch, number: int) -> str:
    return f"{batch.id}:{number:04}"


def _check(world: World, source: BankAccount, row: Row) -> None:
    """Look at the receiver as a title fetch would, and reject the row with what that would say."""
    if row.alias:
        try:
            row.iban = resolve_alias(world, row.alias_type, row.alias).iban
        except Problem as refused:
            _reject(row, refused.rail_code or refused.entry.code, refused.detail)
            return
    if row.iban == source.iban:
        _reject(row, WRONG, "The receiver is the account that pays.")
        return
    rail, receiver = RAILS[RAIL], account_by_iban(world, row.iban)
    answer: TitleFound | Declined = rail.fetch_title(
        TitleQuery(row.iban, row.amount_paisa), party_of(receiver)
    )
    over = over_limit(world, rail, receiver, Direction.CREDIT, row.amount_paisa)
    if over is not None and not isinstance(answer, Declined):
        answer = over.answer
    if isinstance(answer, Declined):
        _reject(row, answer.reason, rail.reasons[answer.reason].meaning)


def _reject(row: Row, reason: str, detail: str) -> None:
    row.status, row.reason, row.detail = RowStatus.REJECTED, reason, detail


def _errors(rows: list[Row]) -> list[RowErrorView]:
    return [
        RowErrorView(line=row.line, end_to_end_id=row.end_to_end_id, reason=row.reason, detail=row.detail)
        for row in rows
        if row.status is RowStatus.REJECTED
    ][:SHOWN_ERRORS]


def approve(world: World, _request: Empty, *, batch_id: str) -> BatchView:
    """Let the worker pay the file. Whoever made it cannot approve it."""
    batch = _waiting(world, batch_id)
    if world.key_id == batch.maker:
        detail = "Another key than the one that made the file has to approve it (POST /v1/keys makes one)."
        raise Problem("bulk_same_key", detail)
    batch.status, batch.checker, batch.approved_at = BulkStatus.RUNNING, world.key_id, world.now
    jobs.schedule(world, RUN, batch.id, due_at=world.now)
    return view_batch(BATCHES.put(world, batch.id, batch))


def cancel(world: World, _request: Empty, *, batch_id: str) -> BatchView:
    """Give a file up before it was approved; either key may."""
    batch = _waiting(world, batch_id)
    batch.status, batch.completed_at = BulkStatus.CANCELLED, world.now
    return view_batch(BATCHES.put(world, batch.id, batch))


def _waiting(world: World, batch_id: str) -> Batch:
    batch = find_batch(world, batch_id)
    if batch.status is not BulkStatus.WAITING:
        raise Problem(
            "bulk_state", f"The file is {batch.status}; only a waiting one is approved or cancelled."
        )
    return batch


def run(world: World, batch_id: str) -> None:
    """Pay the next chunk and come back for the one after it."""
    batch = find_batch(world, batch_id)
    chunk = CHUNKS.get(world, _key(batch, batch.next_chunk))
    if batch.status is not BulkStatus.RUNNING or chunk is None:
        return
    for row in chunk.rows:
        if row.status is RowStatus.WAITING:
            _pay(world, batch, row)
    CHUNKS.put(world, _key(batch, batch.next_chunk), chunk)
    count = Counter(row.status for row in chunk.rows)
    batch.settled += count[RowStatus.SETTLED]
    batch.refused += count[RowStatus.REFUSED]
    batch.unknown += count[RowStatus.UNKNOWN]
    batch.next_chunk += 1
    if batch.next_chunk < batch.chunks:
        jobs.schedule(world, RUN, batch.id, due_at=world.now)
    else:
        batch.status, batch.completed_at = BulkStatus.COMPLETED, world.now
    BATCHES.put(world, batch.id, batch)
    if batch.status is BulkStatus.COMPLETED:
        emit(world, EventType.BULK_COMPLETED, batch.id, view_batch(batch).model_dump_json().encode())


def _pay(world: World, batch: Batch, row: Row) -> None:
    """Pay one row. What the sandbox refuses, such as a source that was frozen since, refuses the row only."""
    try:
        paid = pay_iban(
            world,
            batch.source,
            row.iban,
            row.amount_paisa,
            end_to_end_id=row.end_to_end_id,
            narration=row.narration,
        )
    except Problem as refused:
        row.status, row.reason, row.detail = RowStatus.REFUSED, refused.entry.code, refused.detail
        return
    reason = paid.title.reason
    row.status = RowStatus.REFUSED
    if paid.payment is not None:
        row.status, row.payment = RowStatus(paid.payment.status.value), paid.payment.id
        reason = paid.payment.reason
    if reason is not None:
        row.reason, row.detail = reason.code, reason.meaning


def find_batch(world: WorldView, batch_id: str) -> Batch:
    """Return the file, or say that it is not here."""
    batch = BATCHES.get(world, batch_id)
    if batch is None:
        raise Problem("not_found", f"There is no bulk file {batch_id!r} in this sandbox.")
    return batch


def _rows(world: WorldView, batch: Batch) -> Iterator[Row]:
    for number in range(batch.chunks):
        chunk = CHUNKS.get(world, _key(batch, number))
        yield from [] if chunk is None else chunk.rows


def get_batch(world: WorldView, *, batch_id: str) -> BatchView:
    """Show one file."""
    return view_batch(find_batch(world, batch_id))


def list_batches(world: WorldView, *, limit: int, cursor: str | None) -> Page[BatchView]:
    """List files, the newest first."""
    return page_of(world, BATCHES, view_batch, limit=limit, cursor=cursor)


def write_file(world: WorldView, *, batch_id: str, kind: str) -> str:
    """Write the rejections or the completions of a file as CSV; what was unknown is shown as it is by now."""
    batch = find_batch(world, batch_id)
    text = StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(HEADER)
    for row in filter(FILES[kind], _rows(world, batch)):
        status, reason, detail = _now(world, row)
        lines.writerow(
            (row.line, row.end_to_end_id, row.iban, row.amount_paisa, status, reason, detail, row.payment)
        )
    return text.getvalue()


def _now(world: WorldView, row: Row) -> tuple[str, str, str]:
    if row.status is not RowStatus.UNKNOWN:
        return row.status.value, row.reason, row.detail
    payment = PAYMENTS.get(world.snapshot, world.id, row.payment)
    if payment is None or payment.status == row.status.value:
        return row.status.value, row.reason, row.detail
    reason = payment.reason or ""
    return payment.status, reason, RAILS[RAIL].reasons[reason].meaning if reason else ""
