"""The command line of proofs: `kasauti ledger export`, `verify` and `key`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.clock import to_rfc3339, utc_now
from ledger.errors import LedgerError
from ledger.proof.errors import ProofError
from ledger.proof.export import export as export_lines
from ledger.proof.heads import SignedHead, key_id, public_key
from ledger.proof.keys import signing_key
from ledger.proof.verify import Summary, last_head, read_lines
from ledger.proof.verify import verify as verify_lines
from sandbox.settings import Settings

app = typer.Typer(
    name="ledger", help="Prove what is in a book: export it, check an export.", no_args_is_help=True
)


@app.command("key")
def show_key() -> None:
    """Show the public key that checks exports; make the key pair on first use.

    The private key stays in the file that KASAUTI_LEDGER_KEY names, kasauti-ledger.key if not set.
    """
    with _told("No key"):
        public = _signing_key().public_key()
        typer.echo(f"public key  {public.public_bytes_raw().hex()}")
        typer.echo(f"key id      {key_id(public)}")


@app.command()
def export(
    sandbox: Annotated[str, typer.Option("--sandbox", help="The sandbox whose book is exported.")],
    output: Annotated[
        Path | None, typer.Option("--output", help="The file to write; standard output if not given.")
    ] = None,
    since: Annotated[
        Path | None,
        typer.Option("--since", help="An earlier export, or its last line: sign only what adds to it."),
    ] = None,
    database: Annotated[
        Path | None,
        typer.Option("--database", help="The SQLite file; KASAUTI_DATABASE or kasauti.db if not given."),
    ] = None,
) -> None:
    """Write a book, as it is at this moment, to a file that can be checked without the database."""
    with _told("No export"):
        earlier = None if since is None else last_head(_lines(since))
        lines = _exported(sandbox, database or Settings().database, earlier)
        if output is None:
            sys.stdout.buffer.writelines(lines)
            sys.stdout.buffer.flush()
            return
        # Written aside, so that an export that is refused leaves no half a file under the name asked for.
        aside = output.with_name(f"{output.name}.part")
        try:
            with aside.open("wb") as file:
                file.writelines(lines)
            aside.replace(output)
        finally:
            aside.unlink(missing_ok=True)
        typer.echo(f"Book of {sandbox} written to {output}.")


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="The export to check.")],
    key: Annotated[str, typer.Option("--key", help="The public key, as `kasauti ledger key` shows it.")],
    since: Annotated[
        Path | None,
        typer.Option("--since", help="An earlier export of the book, or its last line: it must still hold."),
    ] = None,
) -> None:
    """Check an export with nothing but the file and the public key; exit with 1 unless all of it holds."""
    with _told("Does not hold"):
        public = public_key(key)
        earlier = None if since is None else last_head(_lines(since))
        for line in _report(verify_lines(_lines(file), public, earlier), earlier):
            typer.echo(_printable(line))


def _report(summary: Summary, earlier: SignedHead | None) -> list[str]:
    """Return what is told of a file that holds."""
    head = summary.head
    lines = [f"Holds: book {head.sandbox_id}, {head.size} rows in {head.batch} batches."]
    if earlier is not None:
        lines.append(f"Rows 1 to {earlier.size} are as they were on {to_rfc3339(earlier.signed_at)}.")
    lines.append(
        f"entries {summary.entries}, account changes {summary.changes}, accounts {summary.accounts},"
        f" open holds {summary.open_holds}"
    )
    lines += [
        f"{currency}: debits = credits = {sums.debits_posted} posted, {sums.debits_pending} pending (minor units)"
        for currency, sums in summary.sums.items()
    ]
    return [
        *lines,
        f"root   {head.root.hex()}",
        f"chain  {head.digest.hex()}",
        f"signed {to_rfc3339(head.signed_at)} by key {head.key_id}",
    ]


def _exported(sandbox_id: str, database: Path, since: SignedHead | None) -> Iterator[bytes]:
    """Yield the lines of an export from one snapshot of the database."""
    # Checking an export needs no database, so it is only loaded here.
    from ledger.storage.sqlite import SqliteStore  # noqa: PLC0415
    from sandbox.db import engine_for, open_snapshot  # noqa: PLC0415

    if not database.is_file():
        message = f"there is no database {database}"
        raise ProofError(message)
    key = _signing_key()
    engine = engine_for(database, read_only=True)
    try:
        with open_snapshot(engine) as snapshot:
            yield from export_lines(SqliteStore(snapshot.driver), sandbox_id, key, utc_now(), since)
    finally:
        engine.dispose()


def _signing_key() -> Ed25519PrivateKey:
    return signing_key(Settings().ledger_key)


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from read_lines(file)


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Turn what goes wrong into one line on standard error and exit code 1."""
    try:
        yield
    except (LedgerError, OSError, OverflowError) as error:
        typer.echo(_printable(f"{what}: {error}"), err=True)
        raise typer.Exit(1) from error


def _printable(text: str) -> str:
    """Spell out what a terminal would act on: the texts in a file are whatever somebody put there."""
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)
