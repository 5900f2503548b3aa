"""`python -m loadtests.faces`: payments/s of Raast's message face against the JSON API, measured in turn.

The payments are the same, from the same accounts; the message has its title fetched on the way, the JSON
payment quotes one that was fetched before. Exits with 1 when an answer was wrong, when the money does not
balance, or when the message face is slower than the bar allows.
"""

import argparse
import json
import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from uuid import UUID

import httpx

from connectors.iso20022.parts import Account, Agent, Party
from connectors.iso20022.payments import CreditTransfer
from connectors.iso20022.references import make_end_to_end_id, make_instruction_id, make_message_id
from connectors.iso20022.wire import write
from ledger.clock import utc_now
from loadtests.client import Kind, Measured, Prepared, measure
from loadtests.servers import kasauti
from loadtests.world import AMOUNT_PAISA, Tenant, prepare
from sandbox.accounts.service import SEED
from sandbox.settings import Settings

BAR_RATIO = 0.5
MOST_PER_S = 6_000
API = Kind("/v1/payments")
FACE = Kind("/rails/raast/messages", "application/xml", 200)
SETTLED = re.compile(r"<TxSts>ACSP</TxSts>")


def main() -> None:
    """Measure, check, print."""
    parser = argparse.ArgumentParser(prog="python -m loadtests.faces", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tenants", type=int, default=16)
    options = parser.parse_args()
    share = options.seconds * MOST_PER_S
    wanted = share * options.rounds
    with tempfile.TemporaryDirectory(prefix="kasauti-faces-") as folder:
        settings = Settings(database=Path(folder) / "faces.db")
        tenants, calls = prepare(settings, tenants=options.tenants, payments=wanted)
        messages = [message(tenants[number % len(tenants)], number) for number in range(wanted)]
        with kasauti(settings.database) as url:
            rounds = [
                _round(
                    url,
                    calls[share * number : share * (number + 1)],
                    messages[share * number : share * (number + 1)],
                    options.connections,
                    options.seconds,
                )
                for number in range(options.rounds)
            ]
            _check(url, tenants, message(tenants[0], wanted))
    sys.exit(0 if _report(rounds, options.connections, as_json=options.json) else 1)


def message(tenant: Tenant, number: int) -> Prepared:
    """Make the pacs.008 with this number, all of whose ids are its own."""
    now = utc_now()
    rich, shop = SEED["rich"], SEED["shop"]
    reference = make_instruction_id(
        rich.institution, now + number // 1_000_000 * 1_000_000, number % 1_000_000
    )
    order = CreditTransfer(
        make_message_id(f"{rich.institution}PKKA", number),
        now,
        make_end_to_end_id(UUID(int=number, version=4)),
        AMOUNT_PAISA,
        "DEBT",
        Party(rich.holder),
        Agent(member=f"{rich.institution}PKKA"),
        Agent(member=f"{shop.institution}PKKA"),
        Party(shop.holder),
        debtor_account=Account(iban=rich.iban),
        creditor_account=Account(iban=shop.iban),
        instruction_id=reference,
        tx_id=reference,
    )
    return Prepared(tenant.key, write(order).decode())


def _round(
    url: str, calls: Sequence[Prepared], messages: Sequence[Prepared], connections: int, seconds: float
) -> tuple[Measured, Measured]:
    by_call = measure(url, API, calls, connections=connections, seconds=seconds)
    by_message = measure(url, FACE, messages, connections=connections, seconds=seconds)
    for name, run in (("JSON", by_call), ("messages", by_message)):
        if run.refused or run.broken:
            sys.exit(f"{name}: {run.refused} answers had another status and {run.broken} connections broke")
    return by_call, by_message


def _check(url: str, tenants: Sequence[Tenant], one_more: Prepared) -> None:
    """Hold a message against its answer, and the book of each sandbox against itself."""
    headers = {"authorization": f"Bearer {one_more.key}", "content-type": FACE.content_type}
    answer = httpx.post(f"{url}{FACE.path}", content=one_more.body, headers=headers, timeout=30)
    if not SETTLED.search(answer.text):
        sys.exit(f"a message was not settled: {answer.status_code} {answer.text}")
    for tenant in tenants:
        headers = {"authorization": f"Bearer {tenant.key}"}
        sums = (
            httpx.get(f"{url}/v1/ledger/trial-balance", headers=headers, timeout=30).raise_for_status().json()
        )
        if not sums["balanced"] or sums["debits_pending_paisa"]:
            sys.exit(f"the book of {tenant.sandbox_id} does not balance, or money is held: {sums}")


def _report(rounds: Sequence[tuple[Measured, Measured]], connections: int, *, as_json: bool) -> bool:
    calls, messages = ([round_[column] for round_ in rounds] for column in range(2))
    ratio = median(one.per_s for one in messages) / median(one.per_s for one in calls)
    found = {
        "json_per_s": round(median(one.per_s for one in calls), 1),
        "xml_per_s": round(median(one.per_s for one in messages), 1),
        "ratio": round(ratio, 3),
        "xml_p50_ms": round(median(one.p50_ms for one in messages), 2),
        "xml_p99_ms": round(median(one.p99_ms for one in messages), 2),
    }
    print(f"client: {calls[0].client}; every book balances, nothing is held")
    print(f"/v1/payments, {connections} connections          {found['json_per_s']:8.0f}/s")
    print(
        f"/rails/raast/messages, {connections} connections {found['xml_per_s']:8.0f}/s   "
        f"p50 {found['xml_p50_ms']} ms, p99 {found['xml_p99_ms']} ms"
    )
    print(f"ratio                                {ratio:8.3f}     bar {BAR_RATIO}")
    if as_json:
        print(json.dumps(found))
    return ratio >= BAR_RATIO


if __name__ == "__main__":
    main()
