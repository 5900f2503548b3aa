"""The benchmark measures every figure; how fast it found the ledger is no business of a test."""

import contextlib
import io
import json
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from ledger import Account, Book, Result, SqliteStore, Status
from ledger.benchmark.__main__ import main
from ledger.benchmark.figures import FIGURES
from ledger.benchmark.measure import Figure, race
from ledger.benchmark.postgres import Server
from ledger.benchmark.sqlite import Batches, Unchained, grow, settle
from ledger.benchmark.town import HOT, SANDBOX, UNIFORM, ZIPF, Town, written

NAMED = {
    "sqlite_8190", "sqlite_64", "postgres_8190", "sqlite_64_callers", "postgres_64_callers", "hot_account",
    "grown",
}  # fmt: skip
TINY = ["--scale=0.001", "--rounds=1", "--accounts=40", "--grown=300", "--seconds=1", "--pgbench-scale=1"]


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What one run of all figures prints, at a tiny scale."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        main([*TINY, "--json", f"--folder={tmp_path_factory.mktemp('benchmark')}"])
    return out.getvalue()


@pytest.fixture(scope="module")
def found(printed: str) -> dict[str, Any]:
    last: dict[str, Any] = json.loads(printed.splitlines()[-1])
    return last


@pytest.mark.parametrize("name", FIGURES)
def test_each_figure_is_printed(found: dict[str, Any], name: str) -> None:
    figure = found[name]
    assert {"per_s", "floor_ratio", "pgbench_ratio", "bar", "met"} <= set(figure)
    assert figure["per_s"] > 0
    ratios = [figure["floor_ratio"], figure["pgbench_ratio"]]
    assert any(ratios)
    assert all(ratio is None or ratio > 0 for ratio in ratios)
    assert figure["met"] in ((True, False) if figure["bar"] else (None,))
    assert bool(figure["bar"]) == (name in NAMED | {"chain_cost"})


def test_the_figures_that_others_look_for_are_there(found: dict[str, Any]) -> None:
    assert set(FIGURES) >= NAMED
    assert found["machine"]["flush_ms"] > 0
    assert found["machine"]["scale"] == 0.001
    assert found["machine"]["postgres"]["fsync"] == "on"
    assert found["sqlite_8190"]["pgbench_per_s"] > 0
    assert found["grown"]["transfers"] == 300
    assert found["grown"]["peak_memory_mb"] > 0


def test_the_table_has_a_line_for_each(printed: str) -> None:
    assert "SQLite, batches of 8,190 " in printed
    assert printed.count("SQLite, ") == len(FIGURES) - 2


def test_only_some_are_measured_without_a_server(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    main([*TINY, "--figures=chain_cost", f"--folder={tmp_path}"])
    printed = capsys.readouterr().out
    assert "hash chain" in printed
    assert "postgres" not in printed
    assert list(tmp_path.iterdir()) == []


def test_a_figure_that_does_not_exist_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--figures=sqlite_8190,none"])
    assert "there is no figure 'none'" in capsys.readouterr().err


def test_lanes_take_turns_and_the_first_round_does_not_count() -> None:
    seen: list[str] = []

    class Fake:
        size = 10

        def __init__(self, name: str) -> None:
            self.name = name

        def prepare(self, count: int) -> list[str]:
            return [self.name] * count

        def work(self, piece: str) -> None:
            seen.append(piece)

    told = iter([1.0, 5.0, 7.0])
    rates = race(2, 25, {"left": Fake("l"), "right": Fake("r")}, {"other": lambda: next(told)})
    assert "".join(seen) == "llrrllrrllrr"
    assert set(rates) == {"left", "right", "other"}
    assert rates["other"] == 6


@pytest.mark.parametrize(
    ("distribution", "share"), [(UNIFORM, range(30)), (ZIPF, range(150, 250)), (HOT, range(950, 1_001))]
)
def test_the_distributions(distribution: str, share: range) -> None:
    (batch,) = Town(100).batches(1, 1_000, distribution)
    ((_, most),) = Counter(transfer.credit_account for transfer in batch).most_common(1)
    assert most in share
    assert all(transfer.debit_account != transfer.credit_account for transfer in batch)
    assert len({transfer.id for transfer in batch}) == 1_000


def test_a_refused_transfer_stops_a_benchmark() -> None:
    with pytest.raises(RuntimeError, match="t1 was refused: exceeds_credits"):
        written([Result("t1", Status.EXCEEDS_CREDITS)])


def test_a_grown_file_is_a_book_like_any_other(tmp_path: Path) -> None:
    town = Town(5)
    grow(tmp_path / "grown.db", town, 40)
    store = SqliteStore.open(tmp_path / "grown.db")
    assert store.query("SELECT count(*) FROM ledger_entry", {}) == [(45,)]
    assert (
        len(
            store.query(
                "SELECT name FROM sqlite_schema WHERE name LIKE 'ledger_entry_%' AND type = 'index'", {}
            )
        )
        == 5
    )
    assert Book(store, SANDBOX).trial_balance().balanced
    store.close()


def test_without_the_chain_everything_else_is_the_same(tmp_path: Path) -> None:
    entries = []
    for kind in (SqliteStore, Unchained):
        town = Town(5)
        store = settle(tmp_path / f"{kind.__name__}.db", town, kind)
        batches = Batches(store, town, 7)
        for piece in batches.prepare(2):
            batches.work(piece)
        entries.append(batches.made)
        assert isinstance(Book(store, SANDBOX).account(town.names[0]), Account)
        store.close()
    assert entries[0] == entries[1]


def test_a_pgbench_that_says_nothing_is_an_error(tmp_path: Path) -> None:
    program = tmp_path / "pgbench"
    program.write_text("#!/bin/sh\necho nothing\n")
    program.chmod(0o755)
    with pytest.raises(RuntimeError, match="said nothing of its transactions"):
        Server("postgresql://", tmp_path, 1).pgbench(8, 1)
    program.write_text("#!/bin/sh\nexit 1\n")
    with pytest.raises(subprocess.CalledProcessError):
        Server("postgresql://", tmp_path, 1).pgbench(8, 1)


def test_a_figure_without_ratios_is_printed_too() -> None:
    assert Figure("x", 1.24).as_json() == {
        "per_s": 1.2,
        "floor_ratio": None,
        "pgbench_ratio": None,
        "bar": "",
        "met": None,
    }
