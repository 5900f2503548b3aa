"""How long a bulk file takes, from upload to the last posting: `python -m loadtests.bulk --json`.

The file goes in over the ASGI interface and is paid by the worker itself; then the money is checked.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import httpx

from sandbox.accounts.service import SEED
from sandbox.app import create_app
from sandbox.commands import services
from sandbox.raast.bulk_models import MOST_ROWS
from sandbox.settings import Settings

BAR_S = 10.0
AMOUNT_PAISA = 100


def main() -> None:
    """Print the times; the exit code says whether the money is right and the bar is held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--payments", type=int, default=MOST_ROWS)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kasauti-bulk-") as folder:
        found = asyncio.run(measure(Path(folder) / "kasauti.db", asked.payments))
    if asked.json:
        print(json.dumps(found))
    else:
        print("\n".join(f"{name:>16}: {value}" for name, value in found.items()))
    sys.exit(0 if found["right"] and found["total_s"] < BAR_S else 1)


def file_of(payments: int) -> str:
    """Write a file of payments to two accounts by turns."""
    receivers = SEED["shop"].iban, SEED["wallet"].iban
    rows = (f"salary-{number:05},{receivers[number % 2]},{AMOUNT_PAISA}" for number in range(payments))
    return "\n".join(("end_to_end_id,destination_iban,amount_paisa", *rows))


async def measure(database: Path, payments: int) -> dict[str, float | int | bool]:
    """Upload, approve and pay a file; times are seconds."""
    app = create_app(Settings(database=database, worker=False))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://sandbox.example") as client,
    ):
        signed_up = (
            await client.post("/v1/signup", json={"name": "Bulk", "email": "bulk@load.example"})
        ).json()
        maker = {"authorization": f"Bearer {signed_up['key']['secret']}"}
        second = (await client.post("/v1/keys", json={"name": "checker"}, headers=maker)).json()
        checker = {"authorization": f"Bearer {second['secret']}"}
        content = file_of(payments)
        started = perf_counter()
        path = f"/v1/raast/bulk?source={SEED['rich'].iban}&format=csv"
        answer = (await client.post(path, content=content, headers=maker)).raise_for_status().json()
        validated = perf_counter()
        mine = f"/v1/raast/bulk/{answer['id']}"
        (await client.post(f"{mine}/approve", headers=checker)).raise_for_status()
        while await services(app).worker.run_due():
            pass
        posted = perf_counter()
        done = (await client.get(mine, headers=maker)).json()
        trial = (await client.get("/v1/ledger/trial-balance", headers=maker)).json()
        rich = next(row["id"] for row in signed_up["accounts"] if row["nickname"] == "rich")
        balance = (await client.get(f"/v1/accounts/{rich}", headers=maker)).json()["balance"]
    spent = SEED["rich"].balance_paisa - payments * AMOUNT_PAISA
    right = (done["status"], done["settled"], trial["balanced"]) == ("completed", payments, True)
    return {
        "payments": payments,
        "file_bytes": len(content),
        "validated_s": round(validated - started, 3),
        "posted_s": round(posted - validated, 3),
        "total_s": round(posted - started, 3),
        "per_s": round(payments / (posted - started)),
        "bar_s": BAR_S,
        "right": right and balance["ledger_paisa"] == spent and balance["held_paisa"] == 0,
    }


if __name__ == "__main__":
    main()
