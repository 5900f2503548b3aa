"""The switch over TCP: every published row, sessions, transfers, advices."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from connectors.identifiers.iban import account_of, make_iban
from connectors.onelink.codes import FIELD_39
from connectors.onelink.iso8583 import title_of
from sandbox.payments.queries import list_triggers
from tests.onelink_client import START, nothing_is_left
from tests.startup import SHOP, SignUp, Startup
from tests.switch_link import Dial, Link, switch

ROWS = {row.name: row for row in list_triggers().data if row.rail == "onelink"}
LATER = ROWS["late_credit"].destination_iban
REFUSED_LATER = ROWS["late_refusal"].destination_iban
SILENT = ROWS["unknown_for_good"].destination_iban
PATIENCE_S = 20


@pytest.fixture
async def startup(sign_up: SignUp) -> Startup:
    return await sign_up(frozen_at=START)


@pytest.fixture
async def dial(startup: Startup) -> AsyncIterator[Dial]:
    async with switch(startup) as dial:
        yield dial


@pytest.fixture
async def link(dial: Dial, startup: Startup) -> Link:
    """A connection that has signed on."""
    link = await dial()
    assert (await link.sign_on(startup.secret)).response == "00"
    return link


# --- every published row -----------------------------------------------------------------------


@pytest.mark.parametrize("name", ROWS)
async def test_a_trigger_does_what_it_says(link: Link, startup: Startup, name: str) -> None:
    row = ROWS[name]
    expected = FIELD_39[row.reason or "0000"]
    order = link.order(row.destination_iban, row.amount_paisa)
    order = order._replace(from_account=account_of(row.source_iban))
    if row.stage == "title_fetch":
        title = await link.tell(order._replace(processing_code="620000"))
        assert (title.mti, title.response) == ("0210", expected)
        return
    if row.later_after_s is None:
        assert (await link.tell(order)).response == expected
    else:
        await link.hears_nothing(order)
        await startup.advance(row.later_after_s - 1)
        await link.hears_nothing(order._replace(mti="0220"))
        await startup.advance(1)
        told = await link.tell(order._replace(mti="0220"))
        assert (told.mti, told.response) == ("0230", FIELD_39[row.later_reason or "0000"])
    await nothing_is_left(startup)


# --- sessions ----------------------------------------------------------------------------------


async def test_a_session_begins_with_a_key_and_ends_with_a_sign_off(dial: Dial, startup: Startup) -> None:
    link = await dial()
    assert (await link.tell(link.network("301"))).response == "00"
    assert (await link.tell(link.order())).response == "63"
    assert (await link.sign_on("sk_test_wrong")).response == "63"
    assert (await link.tell(link.network("001"))).response == "63"
    assert (await link.sign_on(startup.secret)).response == "00"
    assert (await link.tell(link.order())).response == "00"
    assert (await link.tell(link.network("999"))).response == "12"
    assert (await link.tell(link.network("002"))).response == "00"
    assert (await link.tell(link.order())).response == "63"
    assert startup.count("payment") == 1


async def test_a_wrong_sign_on_ends_the_session_before_it(link: Link) -> None:
    assert (await link.sign_on("sk_test_wrong")).response == "63"
    assert (await link.tell(link.order())).response == "63"


async def test_a_revoked_key_ends_its_sessions(link: Link, startup: Startup) -> None:
    (first,) = (await startup.get("/v1/keys"))["data"]
    assert (await startup.post("/v1/keys")).status_code == 201
    assert (await startup.send("DELETE", f"/v1/keys/{first['id']}")).status_code == 200
    assert (await link.tell(link.order())).response == "63"
    assert (await link.tell(link.order())).response == "63"


async def test_two_connections_of_one_member_know_the_same_transfers(
    link: Link, dial: Dial, startup: Startup
) -> None:
    order = link.order()
    assert (await link.tell(order)).response == "00"
    await link.close()
    other = await dial()
    assert (await other.sign_on(startup.secret)).response == "00"
    assert (await other.tell(order._replace(mti="0220"))).response == "00"
    assert (await other.tell(other.take_back(order))).response == "00"
    assert (await startup.balance())["ledger_paisa"] == 1_000_000_000


async def test_another_tenant_takes_nothing_back(link: Link, dial: Dial, sign_up: SignUp) -> None:
    stranger = await sign_up(frozen_at=START)
    order = link.order()
    assert (await link.tell(order)).response == "00"
    other = await dial()
    assert (await other.sign_on(stranger.secret)).response == "00"
    assert (await other.tell(other.take_back(order))).response == "00"
    assert (await stranger.balance())["ledger_paisa"] == 1_000_000_000
    (payment,) = (await stranger.get("/v1/payments"))["data"] or [None]
    assert payment is None


# --- transfers ---------------------------------------------------------------------------------


async def test_a_transfer_is_a_payment_like_any_other(link: Link, startup: Startup) -> None:
    order = link.order(amount=150_050)
    answer = await link.tell(order)
    assert answer._replace(authorisation=None) == order._replace(mti="0210", response="00")
    (payment,) = (await startup.get("/v1/payments"))["data"]
    assert (payment["rail"], payment["amount_paisa"], payment["status"]) == ("onelink", 150_050, "settled")
    assert answer.authorisation == payment["id"][-6:]


async def test_a_title_is_told(link: Link, startup: Startup) -> None:
    answer = await link.tell(link.order(processing_code="620000", from_account=None))
    assert (answer.response, title_of(answer)) == ("00", "Bilal General Store")
    assert startup.count("payment") == 0


@pytest.mark.parametrize(
    ("change", "response"),
    [
        ({"processing_code": "010000"}, "12"),
        ({"receiver": "601492"}, "15"),
        ({"to_account": "1" * 17}, "76"),
        ({"to_account": make_iban("SBXB", "424242")}, "76"),
        ({"from_account": "424242"}, "77"),
        ({"from_account": "1" * 17}, "77"),
        ({"acquirer": "601492"}, "77"),
        ({"amount_paisa": 0}, "13"),
        ({"from_account": account_of(SHOP), "acquirer": "999002"}, "57"),
        ({"from_account": "4", "acquirer": "999002"}, "62"),
        ({"from_account": "5", "acquirer": "999002"}, "78"),
    ],
)
async def test_what_cannot_be_sent_is_told_and_not_kept(
    link: Link, startup: Startup, change: dict[str, Any], response: str
) -> None:
    assert (await link.tell(link.order(**change))).response == response
    assert startup.count("payment") == startup.count("shelf_item") == 0


async def test_the_same_transfer_again_is_a_duplicate(link: Link, startup: Startup) -> None:
    order = link.order()
    assert (await link.tell(order)).response == "00"
    assert (await link.tell(order)).response == "94"
    assert (await link.tell(order._replace(stan="999999"))).response == "94"
    assert (await link.tell(order._replace(rrn="000000000001"))).response == "94"
    assert startup.count("payment") == 1


async def test_an_advice_is_answered_alike_however_often_it_comes(link: Link, startup: Startup) -> None:
    advice = link.order()._replace(mti="0220")
    first = await link.tell(advice)
    assert (first.mti, first.response) == ("0230", "00")
    assert await link.tell(advice) == first
    assert startup.count("payment") == 1
    again = advice._replace(stan="999998")
    assert (await link.tell(again)).response == "00"
    assert (await link.tell(link.take_back(again))).response == "00"
    assert (await link.tell(advice)).response == "05"
    assert (await startup.balance())["ledger_paisa"] == 1_000_000_000
