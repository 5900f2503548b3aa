"""How things are measured, and what a figure is."""

from collections.abc import Callable, Mapping, Sequence
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple, Protocol


class Options(NamedTuple):
    """How long is measured, and on what."""

    accounts: int = 10_000
    rounds: int = 5
    scale: float = 1.0
    """How many transfers a round has, relative to the usual."""
    grown: int = 10_000_000
    """How many transfers a grown file has."""
    seconds: float = 5
    """How long each run of pgbench is."""
    pgbench_scale: int = 10


class Figure(NamedTuple):
    """One line of the table."""

    what: str
    per_s: float
    floor_ratio: float | None = None
    """To the floor of its own, measured in turn with it."""
    pgbench_ratio: float | None = None
    """To transactions/s of pgbench TPC-B in the same run."""
    bar: str = ""
    met: bool | None = None
    more: Mapping[str, Any] = {}
    """Other numbers, by name."""

    def as_json(self) -> dict[str, Any]:
        """Return what is printed with --json."""
        floor, pgbench = (
            None if each is None else round(each, 3) for each in (self.floor_ratio, self.pgbench_ratio)
        )
        ratios = {"floor_ratio": floor, "pgbench_ratio": pgbench}
        return {"per_s": round(self.per_s, 1), **ratios, "bar": self.bar, "met": self.met, **self.more}


class Lane(Protocol):
    """One of several things that are measured in turn."""

    size: int
    """Transfers in one piece of its work."""

    def prepare(self, count: int) -> Sequence[Any]:
        """Make the pieces of a round, which is not measured."""
        ...

    def work(self, piece: Any) -> None:
        """Do one piece, which is."""
        ...


def race(
    rounds: int, transfers: int, lanes: Mapping[str, Lane], beside: Mapping[str, Callable[[], float]]
) -> dict[str, float]:
    """Let the lanes run in turn and return the transfers/s of each: the median of its rounds.

    A round has about so many transfers, and each lane one round more than is counted, to get warm. What runs
    `beside` them, once a round, says by itself how fast it was.
    """
    rates: dict[str, list[float]] = {name: [] for name in (*lanes, *beside)}
    for _ in range(rounds + 1):
        for name, other in beside.items():
            rates[name].append(other())
        for name, lane in lanes.items():
            pieces = lane.prepare(max(1, transfers // lane.size))
            start = perf_counter()
            for piece in pieces:
                lane.work(piece)
            rates[name].append(len(pieces) * lane.size / (perf_counter() - start))
    return {name: median(each[1:]) for name, each in rates.items()}
