"""Routes of the directory of Raast ids."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from sandbox.accounts.service import SEED
from sandbox.aliases import lookup, service
from sandbox.aliases.models import (
    AddAlias,
    AliasRef,
    AliasView,
    CustomerStatus,
    CustomerView,
    LinkAccount,
    LookupView,
    NameAccount,
    RegisterCustomer,
)
from sandbox.commands import PROBLEMS, command, query, services, takes
from sandbox.http import Empty
from sandbox.routing import DirectRoute

router = APIRouter(route_class=DirectRoute, prefix="/v1/raast", tags=["Raast ids"], responses=PROBLEMS)

SHOP = SEED["shop"].iban
EXAMPLE = {
    "institution": "SBXB",
    "uid": {"type": "CNIC", "value": "90001-0000002-1"},
    "name": "Bilal General Store",
    "accounts": [{"account": SHOP}],
    "aliases": [{"type": "MOBILE", "value": "0390 1234567"}],
}


@router.post(
    "/customers",
    status_code=201,
    response_model=CustomerView,
    summary="Register a customer",
    openapi_extra=takes(RegisterCustomer, shop=EXAMPLE),
)
async def post_customer(request: Request) -> Response:
    """With accounts and aliases, in one step. Refusals carry the directory's code 03xx as `rail_code`."""
    use_case = partial(service.register_customer, allowed=services(request.app).settings.real_numbers)
    return await command(request, RegisterCustomer, use_case)


@router.get("/customers/{customer_id}", response_model=CustomerView, summary="Show a customer")
async def get_customer(request: Request, customer_id: str) -> Response:
    """With all aliases, deleted ones too."""
    return await query(request, partial(lookup.get_customer, customer_id=customer_id))


@router.delete(
    "/customers/{customer_id}", status_code=200, response_model=CustomerView, summary="Remove a customer"
)
async def delete_customer(request: Request, customer_id: str) -> Response:
    """Their aliases and accounts are free again."""
    return await command(
        request, Empty, partial(service.remove_customer, customer_id=customer_id), status=200
    )


@router.post(
    "/customers/{customer_id}/suspend",
    status_code=200,
    response_model=CustomerView,
    summary="Suspend a customer",
    openapi_extra=takes(Empty),
)
async def post_suspend_customer(request: Request, customer_id: str) -> Response:
    """None of their aliases is found until they are active again."""
    use_case = partial(service.set_customer_status, customer_id=customer_id, status=CustomerStatus.SUSPENDED)
    return await command(request, Empty, use_case, status=200)


@router.post(
    "/customers/{customer_id}/activate",
    status_code=200,
    response_model=CustomerView,
    summary="Activate a customer",
    openapi_extra=takes(Empty),
)
async def post_activate_customer(request: Request, customer_id: str) -> Response:
    """The end of a suspension."""
    use_case = partial(service.set_customer_status, customer_id=customer_id, status=CustomerStatus.ACTIVE)
    return await command(request, Empty, use_case, status=200)


@router.post(
    "/customers/{customer_id}/aliases",
    status_code=201,
    response_model=AliasView,
    summary="Add an alias",
    openapi_extra=takes(AddAlias, mobile={"type": "TXT", "value": "bilal-store", "account": SHOP}),
)
async def post_alias(request: Request, customer_id: str) -> Response:
    """One more text that stands for an account of the customer."""
    allowed = services(request.app).settings.real_numbers
    use_case = partial(service.add_alias, customer_id=customer_id, allowed=allowed)
    return await command(request, AddAlias, use_case)


@router.get("/aliases/lookup", response_model=LookupView, summary="Look an alias up")
async def get_lookup(
    request: Request,
    type: Annotated[str, Query(max_length=10, description="MOBILE, CNIC, EMAIL, TXT or TILL.")] = "",  # noqa: A002 - as the field is called
    value: Annotated[str, Query(max_length=330)] = "",
) -> Response:
    """Which account it stands for now."""
    return await query(request, partial(lookup.look_up, alias=AliasRef(type=type, value=value)))


@router.get("/aliases/{alias_id}", response_model=AliasView, summary="Show an alias")
async def get_alias(request: Request, alias_id: str) -> Response:
    """As it stands now."""
    return await query(request, partial(lookup.get_alias, alias_id=alias_id))


@router.post(
    "/aliases/{alias_id}/link",
    status_code=200,
    response_model=AliasView,
    summary="Link an account",
    openapi_extra=takes(LinkAccount),
)
async def post_link(request: Request, alias_id: str) -> Response:
    """Lets the alias stand for one more account of the same institution."""
    return await command(request, LinkAccount, partial(service.link, alias_id=alias_id), status=200)


@router.post(
    "/aliases/{alias_id}/delink",
    status_code=200,
    response_model=AliasView,
    summary="Delink an account",
    openapi_extra=takes(NameAccount),
)
async def post_delink(request: Request, alias_id: str) -> Response:
    """The default account goes last, or after another became the default."""
    return await command(request, NameAccount, partial(service.delink, alias_id=alias_id), status=200)


@router.post(
    "/aliases/{alias_id}/default",
    status_code=200,
    response_model=AliasView,
    summary="Set the default account",
    openapi_extra=takes(NameAccount),
)
async def post_default(request: Request, alias_id: str) -> Response:
    """The account that is paid by this alias."""
    return await command(request, NameAccount, partial(service.set_default, alias_id=alias_id), status=200)


@router.post(
    "/aliases/{alias_id}/suspend",
    status_code=200,
    response_model=AliasView,
    summary="Suspend an alias",
    openapi_extra=takes(Empty),
)
async def post_suspend(request: Request, alias_id: str) -> Response:
    """It is kept and not found."""
    return await _move(request, alias_id, "suspend")


@router.post(
    "/aliases/{alias_id}/deactivate",
    status_code=200,
    response_model=AliasView,
    summary="Deactivate an alias",
    openapi_extra=takes(Empty),
)
async def post_deactivate(request: Request, alias_id: str) -> Response:
    """It has expired."""
    return await _move(request, alias_id, "deactivate")


@router.post(
    "/aliases/{alias_id}/activate",
    status_code=200,
    response_model=AliasView,
    summary="Activate an alias",
    openapi_extra=takes(Empty),
)
async def post_activate(request: Request, alias_id: str) -> Response:
    """It is found again."""
    return await _move(request, alias_id, "activate")


@router.delete("/aliases/{alias_id}", status_code=200, response_model=AliasView, summary="Delete an alias")
async def delete_alias(request: Request, alias_id: str) -> Response:
    """The text is free for others; the alias can still be looked at by its id."""
    return await _move(request, alias_id, "delete")


async def _move(request: Request, alias_id: str, event: str) -> Response:
    return await command(
        request, Empty, partial(service.move_alias, alias_id=alias_id, event=event), status=200
    )
