"""The figures: what each one measures, and its bar."""

import os
import resource
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache, partial
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Final

from ledger.benchmark import postgres
from ledger.benchmark.measure import Figure, Lane, Options, race
from ledger.benchmark.sqlite import Batches, Callers, Floor, Unchained, grow, settle
from ledger.benchmark.town import HOT, UNIFORM, ZIPF, Town
from ledger.storage.postgres import PostgresStore
from ledger.storage.sqlite import SqliteStore

FULL: Final = 8_190
_FEW: Final = 1_000
_SOME: Final = 128 * 64
_MANY: Final = 4 * FULL
# Linux counts in KiB, macOS in bytes.
_PEAK_UNIT: Final = 1 if sys.platform == "darwin" else 1024


class Bench:
    """What the figures of one run share."""

    def __init__(self, options: Options, folder: Path, stack: ExitStack) -> None:
        """Keep files in `folder` until the `stack` is left."""
        self.options = options
        self.folder = folder
        self.stack = stack
        self.flush_ms = flush_ms(folder)
        self._files = 0
        self.server = cache(self._server)

    def path(self) -> Path:
        """Return a new file."""
        self._files += 1
        return self.folder / f"{self._files}.db"

    def transfers(self, usual: int) -> int:
        """Return how many transfers a round has, where there are usually so many."""
        return max(1, round(usual * self.options.scale))

    def ledger(
        self, size: int, distribution: str = UNIFORM, kind: type[SqliteStore] = SqliteStore
    ) -> tuple[Batches, SqliteStore]:
        """Make batches on a new file."""
        town = Town(self.options.accounts)
        store = settle(self.path(), town, kind)
        self.stack.callback(store.close)
        return Batches(store, town, size, distribution), store

    def race(self, usual: int, lanes: Mapping[str, Lane], pgbench: int = 0) -> dict[str, float]:
        """Let lanes run in turn, and pgbench with so many clients if any, as `pgbench`."""
        beside = {"pgbench": partial(self.server().pgbench, pgbench, self.options.seconds)} if pgbench else {}
        return race(self.options.rounds, self.transfers(usual), lanes, beside)

    def _server(self) -> postgres.Server:
        return self.stack.enter_context(postgres.running(self.options.pgbench_scale))

    def with_floor(self, size: int, distribution: str = UNIFORM) -> dict[str, Lane]:
        """Make batches and their floor."""
        batches, store = self.ledger(size, distribution)
        floor = Floor(self.path(), batches, store)
        self.stack.callback(floor.connection.close)
        return {"ledger": batches, "floor": floor}


def sqlite_batches(size: int, distribution: str, bench: Bench) -> Figure:
    """Batches of one size, for the record."""
    rates = bench.race(_FEW if size == 1 else _MANY, bench.with_floor(size, distribution))
    what = f"SQLite, batches of {size:,}, {distribution}"
    return Figure(what, rates["ledger"], rates["ledger"] / rates["floor"])


def sqlite_8190(bench: Bench) -> Figure:
    """Full batches."""
    rates = bench.race(_MANY, bench.with_floor(FULL), pgbench=8)
    ratio, times = rates["ledger"] / rates["floor"], rates["ledger"] / rates["pgbench"]
    bar = "half of executemany and 15 times pgbench"
    met = ratio >= 0.5 and times >= 15
    return Figure("SQLite, batches of 8,190", rates["ledger"], ratio, times, bar, met, _pgbench(rates))


def sqlite_64(bench: Bench) -> Figure:
    """Small batches against full ones."""
    full, _ = bench.ledger(FULL)
    rates = bench.race(_SOME, {"full": full, **bench.with_floor(64)})
    share = rates["ledger"] / rates["full"]
    ratio = rates["ledger"] / rates["floor"]
    bar = "a third of batches of 8,190"
    more = {"of_8190": round(share, 3)}
    return Figure("SQLite, batches of 64", rates["ledger"], ratio, None, bar, share >= 1 / 3, more)


def postgres_8190(bench: Bench) -> Figure:
    """Full batches against COPY."""
    server, town = bench.server(), Town(bench.options.accounts)
    with closing_store(server.settled(town)) as store:
        batches = Batches(store, town, FULL)
        floor = postgres.Copy(server.database(), batches)
        bench.stack.callback(floor.close)
        rates = bench.race(2 * FULL, {"ledger": batches, "floor": floor}, pgbench=8)
    ratio, times = rates["ledger"] / rates["floor"], rates["ledger"] / rates["pgbench"]
    bar = "a quarter of COPY and 8 times pgbench"
    met = ratio >= 0.25 and times >= 8
    return Figure("PostgreSQL, batches of 8,190", rates["ledger"], ratio, times, bar, met, _pgbench(rates))


def sqlite_64_callers(bench: Bench) -> Figure:
    """64 callers in groups, and one alone."""
    town, path = Town(bench.options.accounts), bench.path()
    settle(path, town).close()
    open_store = partial(SqliteStore.open, path)
    many = Callers(open_store, town, 64, bench.transfers(_SOME))
    one = Callers(open_store, town, 1, bench.transfers(_FEW))
    for callers in (many, one):
        bench.stack.callback(callers.close)
    rates = bench.race(_FEW, {"many": many, "one": one, **bench.with_floor(64)})
    gain = rates["many"] / rates["one"]
    fast = bench.flush_ms > 0.2 or rates["many"] >= 12_000
    return Figure(
        "SQLite, 64 callers",
        rates["many"],
        rates["many"] / rates["floor"],
        None,
        "12,000/s where a flush takes 0.2 ms or less, and 5 times one caller",
        fast and gain >= 5,
        {"one_caller_per_s": round(rates["one"], 1), "gain": round(gain, 2)},
    )


def postgres_64_callers(bench: Bench) -> Figure:
    """64 callers in groups against 64 clients of pgbench."""
    server, town = bench.server(), Town(bench.options.accounts)
    uri = server.settled(town)
    many = Callers(partial(PostgresStore.open, uri), town, 64, bench.transfers(_SOME))
    bench.stack.callback(many.close)
    rates = bench.race(1, {"many": many}, pgbench=64)
    times = rates["many"] / rates["pgbench"]
    bar = "3 times pgbench with 64 clients"
    return Figure("PostgreSQL, 64 callers", rates["many"], None, times, bar, times >= 3, _pgbench(rates))


def hot_account(bench: Bench) -> Figure:
    """One account in every transfer."""
    hot, _ = bench.ledger(FULL, HOT)
    uniform, _ = bench.ledger(FULL)
    rates = bench.race(2 * FULL, {"hot": hot, "uniform": uniform})
    ratio = rates["hot"] / rates["uniform"]
    return Figure("SQLite, one hot account", rates["hot"], ratio, None, "0.8 of uniform", ratio >= 0.8)


def chain_cost(bench: Bench) -> Figure:
    """The chain of digests on, and off."""
    chained, _ = bench.ledger(FULL)
    without, _ = bench.ledger(FULL, kind=Unchained)
    rates = bench.race(2 * FULL, {"chained": chained, "without": without})
    ratio = rates["chained"] / rates["without"]
    percent = 100 * (1 - ratio)
    bar = "costs less than 15 %"
    more = {"percent": round(percent, 1)}
    return Figure("SQLite, with the hash chain", rates["chained"], ratio, None, bar, percent < 15, more)


def grown(bench: Bench) -> Figure:
    """A large file against an empty one."""
    transfers = bench.options.grown
    path, town = bench.path(), Town(bench.options.accounts, seed=8)
    start = perf_counter()
    grow(path, town, transfers)
    building = perf_counter() - start
    with closing_sqlite(path) as store:
        large = Batches(store, town, FULL)
        small, _ = bench.ledger(FULL)
        rates = bench.race(2 * FULL, {"large": large, "small": small})
    ratio = rates["large"] / rates["small"]
    more = {
        "transfers": transfers,
        "file_mb": round(path.stat().st_size / 1e6),
        "built_in_s": round(building, 1),
        "peak_memory_mb": round(peak_memory_mb()),
        "empty_per_s": round(rates["small"], 1),
    }
    what = f"SQLite, {transfers:,} transfers in the file"
    return Figure(what, rates["large"], ratio, None, "0.6 of an empty one", ratio >= 0.6, more)


FIGURES: Final[dict[str, Callable[[Bench], Figure]]] = {
    "sqlite_8190": sqlite_8190,
    "sqlite_1000": partial(sqlite_batches, 1_000, UNIFORM),
    "sqlite_64": sqlite_64,
    "sqlite_1": partial(sqlite_batches, 1, UNIFORM),
    "sqlite_zipf": partial(sqlite_batches, FULL, ZIPF),
    "postgres_8190": postgres_8190,
    "sqlite_64_callers": sqlite_64_callers,
    "postgres_64_callers": postgres_64_callers,
    "hot_account": hot_account,
    "chain_cost": chain_cost,
    "grown": grown,
}


def _pgbench(rates: dict[str, float]) -> dict[str, float]:
    return {"pgbench_per_s": round(rates["pgbench"], 1)}


def flush_ms(folder: Path) -> float:
    """Return how long the disk takes to flush a page, in milliseconds."""
    times: list[float] = []
    with (folder / "flush").open("wb") as file:
        for _ in range(101):
            file.write(bytes(4_096))
            file.flush()
            start = perf_counter()
            os.fsync(file.fileno())
            times.append(perf_counter() - start)
    return 1_000 * median(times)


def peak_memory_mb() -> float:
    """Return how much memory the process has had at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _PEAK_UNIT / 1e6


@contextmanager
def closing_store(uri: str) -> Iterator[PostgresStore]:
    """Open a store and close it again."""
    store = PostgresStore.open(uri)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def closing_sqlite(path: Path) -> Iterator[SqliteStore]:
    """Open a file and close it again."""
    store = SqliteStore.open(path)
    try:
        yield store
    finally:
        store.close()
