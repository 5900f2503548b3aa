"""Merchants: an account with a category, a name for customers, and a till id that stands for it."""

from typing import Annotated, Literal

from pydantic import BaseModel, StringConstraints

from connectors.identifiers.people import Kind
from ledger.clock import to_rfc3339
from sandbox.aliases.lookup import account_of
from sandbox.aliases.models import (
    BY_ACCOUNT,
    AccountOf,
    AccountRef,
    AddAlias,
    AliasRef,
    RegisterCustomer,
    UidRef,
)
from sandbox.aliases.service import SYNTHETIC_ONLY, add_alias, register_customer
from sandbox.commands import Page
from sandbox.problems import Problem
from sandbox.raast.pages import page_of
from sandbox.shelf import Shelf
from sandbox.world import World, WorldView

PRINTABLE = r"^[ -~]+$"
"""What a code can hold."""


class Merchant(BaseModel):
    """A merchant; `account` is where the money goes."""

    id: str
    account: str
    iban: str
    institution: str
    name: str
    city: str
    category: str
    till: str
    created_at: int


MERCHANTS = Shelf("raast", "merchant", Merchant)


class RegisterMerchant(BaseModel):
    """A merchant at the institution that keeps the account. The UID registers whoever is not yet in the directory."""

    model_config = {"extra": "forbid"}

    account: AccountRef
    uid: UidRef
    name: Annotated[str, StringConstraints(min_length=1, max_length=25, pattern=PRINTABLE)]
    city: Annotated[str, StringConstraints(min_length=1, max_length=15, pattern=PRINTABLE)]
    category: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")]
    till: Annotated[str, StringConstraints(pattern=r"^[0-9]{4,12}$")]


class MerchantView(BaseModel):
    """A merchant as the API shows it."""

    id: str
    object: Literal["raast_merchant"] = "raast_merchant"
    account: str
    iban: str
    institution: str
    name: str
    city: str
    category: str
    till: str
    created_at: str


def register_merchant(
    world: World, request: RegisterMerchant, *, allowed: frozenset[Kind] = SYNTHETIC_ONLY
) -> MerchantView:
    """Register a merchant; the till id becomes an alias of the account."""
    account = account_of(world, request.account, field="account")
    till = AliasRef(type="TILL", value=request.till)
    known = BY_ACCOUNT.get(world, account.id)
    if known is None:
        customer = RegisterCustomer(
            institution=account.institution,
            uid=request.uid,
            name=request.name,
            accounts=[AccountOf(account=account.id)],
            aliases=[till],
        )
        register_customer(world, customer, allowed=allowed)
    else:
        add_alias(world, AddAlias(type="TILL", value=request.till, account=account.id), customer_id=known.id)
    merchant = Merchant(
        id=world.new_id("rme"),
        account=account.id,
        iban=account.iban,
        institution=account.institution,
        name=request.name,
        city=request.city,
        category=request.category,
        till=request.till,
        created_at=world.now,
    )
    return view_merchant(MERCHANTS.put(world, merchant.id, merchant))


def find_merchant(world: WorldView, merchant_id: str, *, field: str | None = None) -> Merchant:
    """Return a merchant, or say that there is none: as a wrong field, if one named it."""
    merchant = MERCHANTS.get(world, merchant_id)
    if merchant is None:
        detail = f"There is no merchant {merchant_id!r} in this sandbox."
        raise Problem("not_found" if field is None else "invalid_field", detail, field=field)
    return merchant


def view_merchant(merchant: Merchant) -> MerchantView:
    """Show a merchant."""
    return MerchantView(**merchant.model_dump() | {"created_at": to_rfc3339(merchant.created_at)})


def get_merchant(world: WorldView, *, merchant_id: str) -> MerchantView:
    """Show one merchant."""
    return view_merchant(find_merchant(world, merchant_id))


def list_merchants(world: WorldView, *, limit: int, cursor: str | None) -> Page[MerchantView]:
    """List merchants, the newest first."""
    return page_of(world, MERCHANTS, view_merchant, limit=limit, cursor=cursor)
