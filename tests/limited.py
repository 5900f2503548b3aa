"""Limits as a startup asks for them."""

from typing import Any

from sandbox.accounts.service import SEED
from tests.startup import Startup

START = "2027-03-10T06:00:00Z"
L0, L1, ASAAN, TRADER = (SEED[name].iban for name in ("l0", "l1", "asaan", "trader"))
POOR = SEED["poor"].iban


async def limits(startup: Startup, nickname: str) -> dict[str, dict[str, Any]]:
    answer = await startup.get(f"/v1/accounts/{startup.accounts[nickname]}/limits")
    return {row["name"]: row for row in answer["data"]}


async def used(startup: Startup, nickname: str) -> dict[str, int]:
    return {name: row["used"] for name, row in (await limits(startup, nickname)).items()}


async def advance_to(startup: Startup, moment: str) -> None:
    answer = await startup.post("/v1/clock/advance", {"to": moment})
    assert answer.status_code == 200, answer.text


def told(answer: dict[str, Any]) -> tuple[str, str | None, str | None]:
    """What a payment or title fetch came to: status, code, and the limit in the way."""
    reason = answer["reason"] or {"code": None, "limit": None}
    return answer["status"], reason["code"], reason["limit"] and reason["limit"]["name"]


SETTLED = ("settled", None, None)
