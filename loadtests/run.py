"""`python -m loadtests.run`: a server, load by many sandboxes, then the money is checked.

Exits with 1 when a threshold or a check of the money fails.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from loadtests.servers import kasauti

SPARE_S = 60


class Check(NamedTuple):
    """Something that must hold after the run."""

    name: str
    held: bool
    found: str


def main() -> None:
    """Run the load, check, print."""
    parser = argparse.ArgumentParser(prog="python -m loadtests.run", description=__doc__)
    parser.add_argument("--users", type=int, default=100)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--errors", type=float, default=0.001, help="most errors per request")
    parser.add_argument("--p95-ms", type=float, default=500)
    parser.add_argument("--p99-ms", type=float, default=1_000)
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="kasauti-load-") as folder,
        kasauti(Path(folder) / "load.db") as url,
    ):
        report = _load(url, Path(folder) / "report.json", options.users, options.seconds)
        checks = [*_thresholds(report, options), *_money(url, report["sandboxes"])]
    print(
        f"{options.users} users, {options.seconds} s: {report['payments_per_s']:.0f} payments/s, "
        f"p50 {report['p50_ms']:.0f} ms, p95 {report['p95_ms']:.0f} ms, p99 {report['p99_ms']:.0f} ms"
    )
    for check in checks:
        print(f"  {'held  ' if check.held else 'FAILED'}  {check.name}: {check.found}")
    if options.json:
        figures = {name: round(report[name], 2) for name in ("payments_per_s", "p50_ms", "p95_ms", "p99_ms")}
        print(json.dumps({**figures, "held": all(check.held for check in checks)}))
    sys.exit(0 if all(check.held for check in checks) else 1)


def _load(url: str, report: Path, users: int, seconds: int) -> dict[str, Any]:
    with as_file(files("loadtests") / "locustfile.py") as script:
        command = [sys.executable, "-m", "locust", "-f", str(script), "--headless", "--host", url]
        command += [
            "-u",
            str(users),
            "-r",
            str(users),
            "-t",
            f"{seconds}s",
            "--stop-timeout",
            "10",
            "--only-summary",
        ]
        run = subprocess.run(
            command,
            env={**os.environ, "KASAUTI_LOAD_REPORT": str(report)},
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds + SPARE_S,
        )
    if not report.exists():
        sys.exit(f"locust wrote no report:\n{run.stdout}\n{run.stderr}")
    found: dict[str, Any] = json.loads(report.read_text("utf-8"))
    return found


def _thresholds(report: dict[str, Any], options: argparse.Namespace) -> list[Check]:
    ratio = report["failures"] / max(report["requests"], 1)
    return [
        Check(
            "errors",
            ratio <= options.errors and report["requests"] > 0,
            f"{report['failures']} of {report['requests']}",
        ),
        Check(
            "p95", report["p95_ms"] <= options.p95_ms, f"{report['p95_ms']:.0f} of {options.p95_ms:.0f} ms"
        ),
        Check(
            "p99", report["p99_ms"] <= options.p99_ms, f"{report['p99_ms']:.0f} of {options.p99_ms:.0f} ms"
        ),
    ]


def _money(url: str, sandboxes: dict[str, Any]) -> list[Check]:
    """Hold what the clients were told against what the server keeps."""
    unbalanced, differing, doubled, kept_more = [], 0, 0, 0
    told: Counter[str] = Counter()
    for sandbox_id, mine in sandboxes.items():
        with httpx.Client(
            base_url=url, headers={"authorization": f"Bearer {mine['key']}"}, timeout=30
        ) as client:
            if not client.get("/v1/ledger/trial-balance").raise_for_status().json()["balanced"]:
                unbalanced.append(sandbox_id)
            kept = _payments(client)
        doubled += len(kept) - len(dict(kept))
        differing += sum(dict(kept).get(payment) != status for payment, status in mine["payments"].items())
        # A payment whose answer was lost is kept all the same, and nobody was told.
        kept_more += max(0, len(kept) - len(mine["payments"]) - mine["lost"])
        told.update(mine["payments"].values())
    accepted = sum(told.values())
    outcomes = told["settled"] + told["refused"] + told["unknown"]
    return [
        Check(
            "trial balance",
            not unbalanced,
            f"{len(sandboxes) - len(unbalanced)} of {len(sandboxes)} sandboxes balance",
        ),
        Check(
            "no payment lost",
            differing == 0,
            f"{differing} of {accepted} differ from what the client was told",
        ),
        Check(
            "no payment doubled",
            doubled == 0 and kept_more == 0,
            f"{doubled} ids twice, {kept_more} that nobody asked for",
        ),
        Check("every outcome known by name", accepted == outcomes > 0, f"{accepted} = {dict(told)}"),
    ]


def _payments(client: httpx.Client) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    cursor: str | None = None
    while True:
        page = client.get("/v1/payments", params={"limit": 200} | ({"cursor": cursor} if cursor else {}))
        body = page.raise_for_status().json()
        found += [(payment["id"], payment["status"]) for payment in body["data"]]
        cursor = body["next_cursor"]
        if cursor is None:
            return found


if __name__ == "__main__":
    main()
