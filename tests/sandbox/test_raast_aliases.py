from typing import Any

import pytest

from connectors.identifiers.people import Kind
from connectors.raast.directory import ERRORS, MOVES
from sandbox.accounts.service import SEED
from tests.startup import RICH, SHOP, Startup

FROZEN, TRADER = SEED["frozen"].iban, SEED["trader"].iban
MOBILE = {"type": "MOBILE", "value": "0390 1234567"}
BILAL: dict[str, Any] = {
    "institution": "SBXB",
    "uid": {"type": "CNIC", "value": "90001-0000002-1"},
    "name": "Bilal General Store",
    "accounts": [{"account": SHOP}],
    "aliases": [MOBILE],
}
LATIF: dict[str, Any] = {
    "institution": "SBXB",
    "uid": {"type": "CNIC", "value": "90001-0000011-1"},
    "name": "Latif Kiryana Store",
    "accounts": [{"account": TRADER}],
}
DIRECTORY = "/v1/raast/customers"


async def register(startup: Startup, **changes: object) -> Any:
    answer = await startup.post(DIRECTORY, BILAL | changes)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def do(startup: Startup, alias: str, event: str, body: object = None) -> Any:
    answer = await startup.post(f"/v1/raast/aliases/{alias}/{event}", body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_an_alias_leads_to_the_account_of_whoever_registered_it(startup: Startup) -> None:
    customer = await register(startup)
    assert customer["uid_masked"] == "90001-*******-*"
    assert await startup.get(f"{DIRECTORY}/{customer['id']}") == customer
    [alias] = customer["aliases"]
    assert await startup.get(f"/v1/raast/aliases/{alias['id']}") == alias
    found = await startup.get("/v1/raast/aliases/lookup?type=MOBILE&value=%2B923901234567")
    assert (found["iban"], found["institution"], found["title"]) == (SHOP, "SBXB", "Bilal General Store")


@pytest.mark.parametrize(
    "alias",
    [
        {"type": "CNIC", "value": "90001-0000002-1"},
        {"type": "EMAIL", "value": "Bilal@Store.Example"},
        {"type": "TXT", "value": "bilal-store"},
        {"type": "TILL", "value": "12345"},
    ],
    ids=lambda alias: str(alias["type"]),
)
async def test_every_type_of_alias_is_found(startup: Startup, alias: dict[str, str]) -> None:
    await register(startup, aliases=[alias])
    path = f"/v1/raast/aliases/lookup?type={alias['type']}&value={alias['value']}"
    assert (await startup.get(path))["iban"] == SHOP


WRONG: list[tuple[str, dict[str, object], int]] = [
    ("0306", BILAL, 409),
    ("0315", BILAL | {"institution": "SBXA", "accounts": [{"account": RICH}]}, 409),
    ("0308", LATIF | {"institution": "HABB"}, 422),
    ("0311", LATIF | {"accounts": [{"account": "acc_nobody"}]}, 422),
    ("0311", LATIF | {"accounts": [{"account": "PK40ZZZA0000000000000001"}]}, 422),
    ("0342", LATIF | {"accounts": [{"account": RICH}]}, 422),
    ("0316", LATIF | {"accounts": [{"account": SHOP}]}, 409),
    ("0316", LATIF | {"accounts": [{"account": TRADER, "default": True}, {"account": TRADER}]}, 409),
    ("0319", LATIF | {"accounts": [{"account": a, "default": True} for a in (TRADER, FROZEN)]}, 422),
    ("0354", LATIF | {"accounts": [{"account": a} for a in (TRADER, FROZEN)]}, 422),
    ("0321", LATIF | {"aliases": [MOBILE]}, 409),
    ("0343", LATIF | {"aliases": [{"type": "MOBILE", "value": "0390"}]}, 422),
    ("0352", LATIF | {"uid": {"type": "CNIC", "value": "123"}}, 422),
]


@pytest.mark.parametrize(("code", "body", "status"), WRONG)
async def test_a_registration_is_refused_with_the_directorys_own_code(
    startup: Startup, code: str, body: dict[str, object], status: int
) -> None:
    await register(startup)
    before = startup.count("shelf_item")
    answer = await startup.post(DIRECTORY, body)
    assert (answer.status_code, answer.json()["rail_code"]) == (status, code), answer.text
    assert answer.json()["code"] == ERRORS[code].problem
    assert startup.count("shelf_item") == before


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"uid": {"type": "CNIC", "value": "35202-1234567-1"}}, "uid"),
        ({"aliases": [{"type": "CNIC", "value": "35202-1234567-1"}]}, "aliases.0"),
        ({"aliases": [{"type": "MOBILE", "value": "0300 1234567"}]}, "aliases.0"),
    ],
)
async def test_a_number_that_may_be_a_real_persons_is_refused_and_not_repeated(
    startup: Startup, changes: dict[str, object], field: str
) -> None:
    answer = await startup.post(DIRECTORY, BILAL | changes)
    document = answer.json()
    assert (answer.status_code, document["code"], document["field"]) == (422, "real_person", field)
    assert "1234567-1" not in document["detail"]
    assert startup.count("shelf_item") == 0


async def test_an_operator_may_take_real_numbers(startup: Startup) -> None:
    settings = startup.services.settings
    taken = startup.services._replace(settings=settings.model_copy(update={"real_numbers": frozenset(Kind)}))
    startup.app.state.services = taken
    real = {"type": "CNIC", "value": "35202-1234567-1"}
    customer = await register(startup, uid=real, aliases=[real, {"type": "MOBILE", "value": "0300 1234567"}])
    more = {"type": "MOBILE", "value": "0300 1234568", "account": SHOP}
    assert (await startup.post(f"{DIRECTORY}/{customer['id']}/aliases", more)).status_code == 201


@pytest.mark.parametrize("alias", [{"type": "FAX", "value": "1"}, {"type": "TXT", "value": "1 \u0000"}])
async def test_what_is_no_alias_is_an_invalid_field(startup: Startup, alias: dict[str, str]) -> None:
    answer = await startup.post(DIRECTORY, BILAL | {"aliases": [alias]})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_field")


async def test_accounts_are_linked_delinked_and_one_is_the_default(startup: Startup) -> None:
    [alias] = (await register(startup))["aliases"]
    path = f"/v1/raast/aliases/{alias['id']}"
    shop, trader = startup.accounts["shop"], startup.accounts["trader"]

    async def refused(event: str, body: object) -> str:
        answer = await startup.post(f"{path}/{event}", body)
        assert answer.status_code in {409, 422}, answer.text
        return str(answer.json()["rail_code"])

    assert await refused("default", {"account": trader}) == "0329"
    assert await refused("link", {"account": shop}) == "0330"
    assert await refused("link", {"account": RICH}) == "0342"
    assert (await do(startup, alias["id"], "link", {"account": TRADER}))["default_account"] == shop
    assert await refused("default", {"account": shop}) == "0310"
    assert await refused("delink", {"account": shop}) == "0354"
    assert (await do(startup, alias["id"], "default", {"account": trader}))["default_account"] == trader
    assert (await do(startup, alias["id"], "delink", {"account": shop}))["accounts"] == [trader]
    assert (await do(startup, alias["id"], "delink", {"account": trader}))["default_account"] is None
    lookup = await startup.send("GET", "/v1/raast/aliases/lookup?type=MOBILE&value=03901234567")
    assert (lookup.status_code, lookup.json()["rail_code"]) == (422, "0329")
    assert (await do(startup, alias["id"], "link", {"account": trader}))["default_account"] == trader


async def test_an_account_of_another_customer_is_not_linked(startup: Startup) -> None:
    [alias] = (await register(startup))["aliases"]
    assert (await startup.post(DIRECTORY, LATIF)).status_code == 201
    answer = await startup.post(f"/v1/raast/aliases/{alias['id']}/link", {"account": TRADER})
    assert (answer.status_code, answer.json()["rail_code"]) == (409, "0316")


EVENTS = ("suspend", "activate", "deactivate", "delete")


async def move(startup: Startup, alias: str, event: str) -> Any:
    if event == "delete":
        return await startup.send("DELETE", f"/v1/raast/aliases/{alias}")
    return await startup.post(f"/v1/raast/aliases/{alias}/{event}")


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize(
    ("way", "status", "code"),
    [
        ((), "active", None),
        (("suspend",), "suspended", "0331"),
        (("deactivate",), "inactive", "0322"),
        (("delete",), "deleted", "0312"),
    ],
)
async def test_an_alias_moves_by_the_table_and_no_other_way(
    startup: Startup, way: tuple[str, ...], status: str, code: str | None, event: str
) -> None:
    [alias] = (await register(startup))["aliases"]
    for step in way:
        assert (await move(startup, alias["id"], step)).status_code == 200
    lookup = await startup.send("GET", "/v1/raast/aliases/lookup?type=MOBILE&value=03901234567")
    assert lookup.json().get("rail_code") == code
    answer = await move(startup, alias["id"], event)
    if event in MOVES[status]:
        assert answer.json()["status"] == MOVES[status][event]
    else:
        assert (answer.status_code, answer.json()["code"]) == (409, "alias_state")


async def test_a_deleted_text_may_be_registered_anew(startup: Startup) -> None:
    customer = await register(startup)
    await move(startup, customer["aliases"][0]["id"], "delete")
    answer = await startup.post(f"{DIRECTORY}/{customer['id']}/aliases", MOBILE | {"account": SHOP})
    assert answer.status_code == 201
    again = await startup.post(f"{DIRECTORY}/{customer['id']}/aliases", MOBILE | {"account": SHOP})
    assert again.json()["rail_code"] == "0321"


async def test_a_suspended_customers_aliases_are_not_found(startup: Startup) -> None:
    customer = await register(startup)
    path = f"{DIRECTORY}/{customer['id']}"
    assert (await startup.post(f"{path}/suspend")).json()["status"] == "suspended"
    lookup = await startup.send("GET", "/v1/raast/aliases/lookup?type=MOBILE&value=03901234567")
    assert (lookup.status_code, lookup.json()["rail_code"]) == (422, "0307")
    assert (await startup.post(f"{path}/activate")).json()["status"] == "active"
    assert (await startup.get("/v1/raast/aliases/lookup?type=MOBILE&value=03901234567"))["iban"] == SHOP


async def test_a_removed_customer_leaves_everything_free(startup: Startup) -> None:
    customer = await register(startup, aliases=[MOBILE, {"type": "TXT", "value": "bilal"}])
    await move(startup, customer["aliases"][1]["id"], "delete")
    assert (await startup.send("DELETE", f"{DIRECTORY}/{customer['id']}")).status_code == 200
    gone = await startup.send("GET", f"{DIRECTORY}/{customer['id']}")
    assert (gone.status_code, gone.json()["rail_code"]) == (404, "0305")
    assert (await register(startup))["id"] != customer["id"]


async def test_the_directory_of_another_sandbox_is_empty(startup: Startup, other: Startup) -> None:
    customer = await register(startup)
    for path in (f"{DIRECTORY}/{customer['id']}", f"/v1/raast/aliases/{customer['aliases'][0]['id']}"):
        assert (await other.send("GET", path)).status_code == 404
    await register(other)


async def test_every_error_of_the_directory_is_reached_by_these_tests() -> None:
    reached = {code for code, _, _ in WRONG} | {
        "0305",
        "0307",
        "0310",
        "0312",
        "0322",
        "0329",
        "0330",
        "0331",
    }
    assert reached == ERRORS.keys()


async def test_a_raast_id_is_paid(startup: Startup) -> None:
    await register(startup)
    asked = {"destination_alias": MOBILE, "amount_paisa": 15_000}
    fetched = (await startup.post("/v1/title-fetches", asked)).json()
    assert (fetched["status"], fetched["destination_iban"]) == ("matched", SHOP)
    order = {"source": RICH, "destination_iban": SHOP, "amount_paisa": 15_000, "title_fetch": fetched["id"]}
    assert (await startup.post("/v1/payments", order)).json()["status"] == "settled"


@pytest.mark.parametrize(
    ("asked", "field", "code"),
    [
        ({}, "destination_iban", None),
        ({"destination_iban": SHOP, "destination_alias": MOBILE}, "destination_iban", None),
        ({"destination_alias": {"type": "MOBILE", "value": "1"}}, "destination_alias", "0343"),
        ({"destination_alias": {"type": "TXT", "value": "nobody"}}, "destination_alias", "0312"),
    ],
)
async def test_a_title_fetch_names_one_receiver_that_there_is(
    startup: Startup, asked: dict[str, object], field: str, code: str | None
) -> None:
    answer = await startup.post("/v1/title-fetches", {"amount_paisa": 1} | asked)
    document = answer.json()
    assert (document["field"], document.get("rail_code")) == (field, code)
    assert startup.count("title_fetch") == 0
