"""The command line: `kasauti up`, `demo`, `work`, `migrate`, `ledger`."""

import asyncio
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ledger.storage.citus import distribution_sql
from sandbox import ledger_cli
from sandbox.migrations import all_tables, newest, upgrade
from sandbox.participants.models import SHARED_TABLES
from sandbox.settings import Settings

app = typer.Typer(
    name="kasauti",
    help="A fintech innovation sandbox for Pakistan: accounts, a ledger and payment rails behind one API.",
    no_args_is_help=True,
    add_completion=False,
)
app.add_typer(ledger_cli.app)
console = Console()

Database = Annotated[
    Path | None,
    typer.Option("--database", help="The SQLite file; KASAUTI_DATABASE or kasauti.db if not given."),
]


def _settings(**given: object) -> Settings:
    return Settings.model_validate(
        {**Settings().model_dump(), **{name: value for name, value in given.items() if value is not None}}
    )


@app.command()
def up(
    database: Database = None,
    host: Annotated[str | None, typer.Option(help="Address to bind to.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to bind to; 0 for a free one.")] = None,
    iso8583_port: Annotated[
        int | None, typer.Option("--iso8583-port", help="Take ISO 8583 frames there too; 0 for a free port.")
    ] = None,
    loopback_webhooks: Annotated[
        bool | None,
        typer.Option(help="Let webhooks go to this machine; the default where the server binds to loopback."),
    ] = None,
) -> None:
    """Run API, docs and worker in one process."""
    from sandbox.server import Server  # noqa: PLC0415 - the web stack is slow to import, and only needed here

    settings = _settings(database=database, host=host, port=port, iso8583_port=iso8583_port)
    if loopback_webhooks is None and settings.host in {"127.0.0.1", "::1", "localhost"}:
        loopback_webhooks = True
    settings = settings.model_copy(update={"allow_loopback_webhooks": bool(loopback_webhooks)})
    try:
        server = Server(settings)
    except OSError as error:
        wanted = f"{settings.host}:{settings.port}"
        if settings.iso8583_port is not None:
            wanted += f" and, for ISO 8583, {settings.iso8583_host}:{settings.iso8583_port}"
        console.print(f"[red]Cannot listen on {wanted}[/red]: {error.strerror}. Try --port 0.")
        raise typer.Exit(1) from error
    console.print(f"[bold]Kasauti[/bold] is at [link]{server.url}[/link], its guides at {server.url}/docs")
    if server.iso8583 is not None:
        console.print(f"ISO 8583 frames are taken at {server.iso8583}.", highlight=False)
    console.print(
        f"Money and events are kept in {settings.database.resolve()}. Test mode: no real money, ever.\n"
    )
    console.print("Sign up:", highlight=False)
    console.print(
        f"  curl -s {server.url}/v1/signup -H 'content-type: application/json' \\\n"
        """       -d '{"name": "Chai Pay", "email": "dev@chaipay.example"}'\n""",
        highlight=False,
        soft_wrap=True,
    )
    console.print("Stop with Ctrl-C.")
    server.own_process()


@app.command()
def work(database: Database = None) -> None:
    """Run only the worker: due payments and webhooks, beside a server with KASAUTI_WORKER=false."""
    from sandbox.app import open_services  # noqa: PLC0415 - as above

    async def run() -> None:
        async with open_services(_settings(database=database)) as services:
            console.print(f"Working on {services.settings.database.resolve()}. Stop with Ctrl-C.")
            await services.worker.run_forever()

    try:
        asyncio.run(run())
    except KeyboardInterrupt:
        console.print("Stopped.")


@app.command()
def migrate(
    database: Database = None,
    citus_sql: Annotated[
        bool,
        typer.Option("--citus-sql", help="Print how to distribute the tables on Citus, and change nothing."),
    ] = False,
) -> None:
    """Bring the database to the newest schema, making it when it is missing."""
    if citus_sql:
        for statement in distribution_sql(all_tables(), SHARED_TABLES):
            typer.echo(statement)
        return
    path = _settings(database=database).database
    upgrade(path)
    console.print(f"{path.resolve()} is at revision {newest(path)}.")


class Chapter(StrEnum):
    """A story about one of the rails."""

    RAAST = "raast"
    ONELINK = "onelink"
    BILLS = "bills"


@app.command()
def demo(
    chapter: Annotated[
        Chapter | None, typer.Argument(help="A rail's own story; without it, of a startup's first payments.")
    ] = None,
) -> None:
    """Tell a story over HTTP, on a server of its own; exit with 0 only if every step held."""
    from sandbox.demo import bills, onelink, raast, story  # noqa: PLC0415 - as above

    chapters = {Chapter.RAAST: raast.tell, Chapter.ONELINK: onelink.tell, Chapter.BILLS: bills.tell}
    tell = story.tell if chapter is None else chapters[chapter]
    sys.exit(0 if tell(console) else 1)


def main() -> None:
    """Run the command line."""
    app()
