"""`python -m loadtests.floor`: payments/s against an empty endpoint, measured in turn in one run."""

import argparse
import json
import sqlite3
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from loadtests.client import Measured, Prepared, measure
from loadtests.servers import floor, kasauti
from loadtests.world import prepare
from sandbox.settings import Settings

BAR_RATIO = 0.45
BAR_GAIN = 4.0
MOST_PER_S = 6_000


def main() -> None:
    """Measure, print, and exit with 1 when an answer was wrong."""
    parser = argparse.ArgumentParser(prog="python -m loadtests.floor", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tenants", type=int, default=16)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kasauti-floor-") as folder:
        database = Path(folder) / "floor.db"
        share = options.seconds * MOST_PER_S
        wanted = 2 * share * options.rounds
        _, prepared = prepare(Settings(database=database), tenants=options.tenants, payments=wanted)
        with kasauti(database) as url, floor() as floor_url:
            rounds = [
                _round(
                    url,
                    floor_url,
                    prepared[2 * share * number : 2 * share * (number + 1)],
                    options.connections,
                    options.seconds,
                )
                for number in range(options.rounds)
            ]
        modes = _modes(database)
    _report(rounds, options.connections, modes, as_json=options.json)


def _round(
    url: str, floor_url: str, prepared: Sequence[Prepared], connections: int, seconds: float
) -> tuple[Measured, Measured, Measured]:
    half = len(prepared) // 2
    empty = measure(floor_url, "/floor", prepared, connections=connections, seconds=seconds)
    many = measure(url, "/v1/payments", prepared[:half], connections=connections, seconds=seconds)
    single = measure(url, "/v1/payments", prepared[half:], connections=1, seconds=seconds)
    for name, run in (("floor", empty), ("payments", many), ("payments, one connection", single)):
        if run.refused or run.broken:
            sys.exit(f"{name}: {run.refused} answers were not 201 and {run.broken} connections broke")
    return empty, many, single


def _modes(database: Path) -> str:
    connection = sqlite3.connect(database)
    try:
        return str(connection.execute("PRAGMA journal_mode").fetchone()[0])
    finally:
        connection.close()


def _report(
    rounds: list[tuple[Measured, Measured, Measured]], connections: int, journal: str, *, as_json: bool
) -> None:
    empty, many, single = ([round_[column] for round_ in rounds] for column in range(3))
    floor_per_s = median(run.per_s for run in empty)
    payments_per_s = median(run.per_s for run in many)
    single_per_s = median(run.per_s for run in single)
    found = {
        "payments_per_s": round(payments_per_s, 1),
        "floor_per_s": round(floor_per_s, 1),
        "floor_ratio": round(payments_per_s / floor_per_s, 3),
        "grouping_gain": round(payments_per_s / single_per_s, 2),
        "p50_ms": round(median(run.p50_ms for run in many), 2),
        "p99_ms": round(median(run.p99_ms for run in many), 2),
    }
    busy = max(run.client_busy for run in (*empty, *many))
    print(
        f"client: {many[0].client}, busy {busy:.0%} of one core at most; SQLite {journal}, synchronous=FULL"
    )
    print(f"empty endpoint, {connections} connections   {floor_per_s:8.0f}/s")
    print(
        f"payments, {connections} connections         {payments_per_s:8.0f}/s   p50 {found['p50_ms']} ms, p99 {found['p99_ms']} ms"
    )
    print(f"payments, 1 connection           {single_per_s:8.0f}/s")
    print(f"ratio to the empty endpoint      {found['floor_ratio']:8.3f}     bar {BAR_RATIO}")
    print(f"gain of grouping                 {found['grouping_gain']:8.2f}     bar {BAR_GAIN}")
    if as_json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
