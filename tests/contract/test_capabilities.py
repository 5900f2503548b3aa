"""What `GET /v1/rails` says an institution can, it does; what it says it cannot is refused, and nothing stored."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from connectors.identifiers.institutions import INSTITUTIONS
from connectors.registry import RAILS
from sandbox.accounts.service import SEED
from tests.startup import RICH, SHOP, SignUp, Startup

AT = {"SBXA": RICH, "SBXB": SEED["trader"].iban, "SBXW": SEED["wallet"].iban}
"""An account that can pay and be paid, at each institution."""

OTHER = {"SBXA": SHOP, "SBXB": RICH, "SBXW": RICH}
FEW = 100


async def done(startup: Startup, path: str, body: object = None) -> Any:
    answer = await startup.post(path, body)
    assert answer.status_code in {200, 201}, answer.text
    return answer.json()


async def pays(startup: Startup, member: str, rail: str) -> bool:
    ends = [(AT[member], OTHER[member]), (OTHER[member], AT[member])]
    made = [await startup.pay(iban, FEW, source=source, rail=rail) for source, iban in ends]
    return all(payment["status"] == "settled" for payment in made)


async def p2p(startup: Startup, member: str) -> bool:
    return await pays(startup, member, "raast")


async def ibft(startup: Startup, member: str) -> bool:
    return await pays(startup, member, "onelink")


async def title_fetch(startup: Startup, member: str) -> bool:
    return bool((await startup.fetch(AT[member], FEW))["status"] == "matched")


async def bulk(startup: Startup, member: str) -> bool:
    before = startup.count("shelf_item")
    file = f"end_to_end_id,destination_iban,amount_paisa\nsalary-1,{OTHER[member]},{FEW}\n"
    answer = await startup.client.post(
        f"/v1/raast/bulk?source={AT[member]}&format=csv",
        content=file,
        headers={"authorization": f"Bearer {startup.secret}"},
    )
    if answer.status_code == 201:
        return bool(answer.json()["rejected"] == 0)
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["field"]) == (422, "invalid_field", "source")
    assert startup.count("shelf_item") == before
    return False


async def p2m(startup: Startup, member: str) -> bool:
    store = {
        "account": AT[member],
        "uid": {"type": "NTN", "value": "9000001-2"},
        "name": "A shop",
        "city": "Karachi",
        "category": "5411",
        "till": "12345",
    }
    merchant = await done(startup, "/v1/raast/merchants", store)
    basket = {"kind": "p2m", "merchant": merchant["id"], "amount_paisa": FEW, "dynamic": True}
    code = await done(startup, "/v1/raast/qr-codes", {"code": basket})
    order = {"text": code["text"], "source": OTHER[member]}
    paid = await done(startup, "/v1/raast/qr-codes/pay", order)
    return bool(paid["payment"]["status"] == "settled")


async def rtp(startup: Startup, member: str) -> bool:
    ends = [(AT[member], OTHER[member]), (OTHER[member], AT[member])]
    ended = []
    for payer, payee in ends:
        wanted = {"payee": payee, "payer": payer, "amount_paisa": FEW}
        request = await done(startup, "/v1/raast/requests-to-pay", wanted)
        ended.append(await done(startup, f"/v1/raast/requests-to-pay/{request['id']}/accept"))
    return all(request["status"] == "ACSC" for request in ended)


DOES: dict[str, Callable[[Startup, str], Awaitable[bool]]] = {
    "ibft": ibft,
    "raast_p2p": p2p,
    "raast_title_fetch": title_fetch,
    "raast_bulk": bulk,
    "raast_p2m": p2m,
    "raast_rtp": rtp,
}


def test_every_flag_that_a_rail_tells_is_tried_here() -> None:
    assert {flag for rail in RAILS.values() for flag in rail.capabilities} == set(DOES)


@pytest.mark.parametrize("member", INSTITUTIONS)
@pytest.mark.parametrize("rail", RAILS)
async def test_an_institution_does_what_it_is_said_to_do(sign_up: SignUp, rail: str, member: str) -> None:
    startup = await sign_up()
    rails = {row["code"]: row for row in (await startup.get("/v1/rails"))["data"]}
    (shown,) = [row for row in rails[rail]["members"] if row["institution"] == member]
    does = {flag: await DOES[flag](startup, member) for flag in shown["capabilities"]}
    assert does == shown["capabilities"]
    assert shown["pays"] is does[RAILS[rail].capabilities[0]]
