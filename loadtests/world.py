"""Prepares what load needs: sandboxes with keys, and title fetches to pay with."""

import asyncio
from typing import NamedTuple

import orjson

from loadtests.client import Prepared
from sandbox.accounts.service import SEED
from sandbox.app import open_services
from sandbox.db import UnitOfWork
from sandbox.onboarding.models import SignUp
from sandbox.onboarding.service import sign_up
from sandbox.payments.models import FetchTitle
from sandbox.payments.titles import fetch_title
from sandbox.settings import Settings
from sandbox.world import enter

AMOUNT_PAISA = 100
AT_ONCE = 500


class Tenant(NamedTuple):
    """A sandbox under load."""

    sandbox_id: str
    key: str


def prepare(settings: Settings, *, tenants: int, payments: int) -> tuple[list[Tenant], list[Prepared]]:
    """Sign `tenants` up and make `payments` title fetches, spread over them, in the settings' database."""
    return asyncio.run(_prepare(settings, tenants, payments))


async def _prepare(settings: Settings, tenants: int, payments: int) -> tuple[list[Tenant], list[Prepared]]:
    async with open_services(settings) as services:
        made = [
            await services.executor.write(
                sign_up, SignUp(name=f"Load {number}", email=f"load{number}@load.example")
            )
            for number in range(tenants)
        ]
        world = [Tenant(view.sandbox.id, view.key.secret) for view in made]
        by_tenant = [
            [
                prepared
                for start in range(number, payments, AT_ONCE * tenants)
                for prepared in await services.executor.write(
                    _title_fetches, tenant, min(AT_ONCE, -(-(payments - start) // tenants))
                )
            ]
            for number, tenant in enumerate(world)
        ]
    return world, [one for row in zip(*by_tenant, strict=False) for one in row]


def _title_fetches(uow: UnitOfWork, tenant: Tenant, count: int) -> list[Prepared]:
    world = enter(uow, tenant.sandbox_id)
    source, shop = SEED["rich"].iban, SEED["shop"].iban
    asked = FetchTitle(destination_iban=shop, amount_paisa=AMOUNT_PAISA)
    made = []
    for _ in range(count):
        fetch = fetch_title(world, asked)
        body = {
            "source": source,
            "destination_iban": shop,
            "amount_paisa": AMOUNT_PAISA,
            "title_fetch": fetch.id,
            "rail": "raast",
            "end_to_end_id": f"order-{fetch.id[-16:]}",
        }
        made.append(Prepared(tenant.key, orjson.dumps(body).decode()))
    world.leave()
    return made
