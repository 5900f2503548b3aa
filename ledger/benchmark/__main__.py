"""The command: measure, print one table, and exit with 1 when a bar was missed."""

import argparse
import gc
import json
import os
import platform
import sqlite3
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from ledger.benchmark import postgres
from ledger.benchmark.figures import FIGURES, Bench
from ledger.benchmark.measure import Figure, Options

# Nothing here makes circles of references, yet by default the collector looks through every living value
# again and again. A program that posts large batches should set it like this.
GC_THRESHOLDS: Final = (100_000, 20, 20)


def main(arguments: list[str] | None = None) -> int:
    """Run the command."""
    asked = _parser().parse_args(arguments)
    options = Options(
        asked.accounts, asked.rounds, asked.scale, asked.grown, asked.seconds, asked.pgbench_scale
    )
    console = Console(width=None if sys.stdout.isatty() else 140)
    with ExitStack() as stack:
        directory = TemporaryDirectory(prefix="ledger-benchmark-", dir=asked.folder)
        folder = Path(stack.enter_context(directory))
        bench = Bench(options, folder, stack)
        stack.callback(gc.set_threshold, *gc.get_threshold())
        gc.set_threshold(*GC_THRESHOLDS)
        found = {name: FIGURES[name](bench) for name in asked.figures}
        machine = _machine(bench, asked.figures)
    console.print(_table(found))
    console.print(", ".join(f"{name} {value}" for name, value in machine.items()))
    if asked.json:
        figures = {name: figure.as_json() for name, figure in found.items()}
        # Not by the console, which would wrap it.
        sys.stdout.write(json.dumps({**figures, "machine": machine}) + "\n")
    return 0 if all(figure.met is not False for figure in found.values()) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ledger.benchmark", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    parser.add_argument(
        "--figures", type=_figures, default=list(FIGURES), help=f"some of {','.join(FIGURES)}"
    )
    parser.add_argument("--accounts", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1.0, help="longer or shorter rounds")
    parser.add_argument("--grown", type=int, default=10_000_000, help="transfers in the large file")
    parser.add_argument("--seconds", type=float, default=5, help="length of each run of pgbench")
    parser.add_argument("--pgbench-scale", type=int, default=10, help="100,000 accounts of pgbench each")
    parser.add_argument("--folder", help="where the files lie: on the disk that is to be measured")
    return parser


def _figures(text: str) -> list[str]:
    names = text.split(",")
    for name in names:
        if name not in FIGURES:
            message = f"there is no figure {name!r}"
            raise argparse.ArgumentTypeError(message)
    return names


def _machine(bench: Bench, names: list[str]) -> dict[str, Any]:
    machine: dict[str, Any] = {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "flush_ms": round(bench.flush_ms, 3),
        "load": round(os.getloadavg()[0], 1),
        "scale": bench.options.scale,
    }
    if any(name in POSTGRES for name in names):
        machine["postgres"] = postgres.settings(bench.server().uri)
    return machine


def _table(found: dict[str, Figure]) -> Table:
    table = Table("figure", "transfers/s", "of its floor", "of pgbench", "bar", "met", box=None)
    for figure in found.values():
        table.add_row(
            figure.what,
            f"{figure.per_s:,.0f}",
            _ratio(figure.floor_ratio),
            _ratio(figure.pgbench_ratio),
            figure.bar,
            {None: "", True: "yes", False: "NO"}[figure.met],
        )
    return table


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


POSTGRES: Final = frozenset({"sqlite_8190", "postgres_8190", "postgres_64_callers"})
"""The figures that need a server."""

if __name__ == "__main__":
    sys.exit(main())
