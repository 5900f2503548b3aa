"""Use cases of the directory of Raast ids: register, link, suspend, delete. Refusals are the errors 03xx."""

from connectors.identifiers.institutions import INSTITUTIONS
from connectors.identifiers.people import Kind
from connectors.identifiers.raast_id import RaastId
from connectors.raast.directory import MOVES
from sandbox.accounts.models import BankAccount
from sandbox.aliases.lookup import (
    account_of,
    active_customer,
    find_alias,
    find_customer,
    key_of,
    read_alias,
    read_uid,
    refusal,
    refuse_real,
    usable_alias,
    view_alias,
    view_customer,
)
from sandbox.aliases.models import (
    ALIASES,
    BY_ACCOUNT,
    BY_UID,
    BY_VALUE,
    CUSTOMERS,
    AccountOf,
    AddAlias,
    Alias,
    AliasRef,
    AliasStatus,
    AliasView,
    Customer,
    CustomerStatus,
    CustomerView,
    LinkAccount,
    NameAccount,
    Pointer,
    RegisterCustomer,
)
from sandbox.http import Empty
from sandbox.problems import Problem
from sandbox.world import World

SYNTHETIC_ONLY: frozenset[Kind] = frozenset()


def register_customer(
    world: World, request: RegisterCustomer, *, allowed: frozenset[Kind] = SYNTHETIC_ONLY
) -> CustomerView:
    """Register a customer with accounts and aliases, all or nothing.

    `allowed` are the kinds of real people's numbers that the operator takes.
    """
    if request.institution not in INSTITUTIONS:
        raise refusal("0308", field="institution", more=f"There are {', '.join(INSTITUTIONS)}.")
    uid = read_uid(request.uid)
    refuse_real(uid, allowed, "uid")
    uid_key = f"{uid.type}:{uid.value}"
    known = BY_UID.get(world, uid_key)
    if known is not None:
        same = find_customer(world, known.id).institution == request.institution
        raise refusal("0306" if same else "0315", field="uid")
    accounts = _own_accounts(world, request)
    default = _default_of(request.accounts, accounts)
    customer = Customer(
        id=world.new_id("rcu"),
        institution=request.institution,
        uid_type=uid.type,
        uid=uid.value,
        name=request.name,
        accounts=accounts,
        aliases=[],
        created_at=world.now,
    )
    for number, alias in enumerate(request.aliases):
        _add(world, customer, _free_alias(world, alias, f"aliases.{number}", allowed), accounts, default)
    BY_UID.put(world, uid_key, Pointer(id=customer.id))
    for account in accounts:
        BY_ACCOUNT.put(world, account, Pointer(id=customer.id))
    return view_customer(world, CUSTOMERS.put(world, customer.id, customer))


def _own_accounts(world: World, request: RegisterCustomer) -> list[str]:
    """Return the ids of the accounts to be registered, which are the institution's own and free."""
    found: list[str] = []
    for number, row in enumerate(request.accounts):
        field = f"accounts.{number}"
        account = account_of(world, row.account, field=field)
        if account.institution != request.institution:
            raise refusal("0342", field=field, more=f"It is of {account.institution}.")
        if account.id in found or BY_ACCOUNT.get(world, account.id) is not None:
            raise refusal("0316", field=field)
        found.append(account.id)
    return found


def _default_of(rows: list[AccountOf], accounts: list[str]) -> str:
    marked = [account for row, account in zip(rows, accounts, strict=True) if row.default]
    if len(marked) > 1:
        raise refusal("0319", field="accounts")
    if not marked and len(accounts) > 1:
        raise refusal("0354", field="accounts")
    return marked[0] if marked else accounts[0]


def _free_alias(world: World, alias: AliasRef, field: str, allowed: frozenset[Kind]) -> RaastId:
    parsed = read_alias(alias.type, alias.value, field=field)
    refuse_real(parsed, allowed, field)
    if BY_VALUE.get(world, key_of(parsed)) is not None:
        raise refusal("0321", field=field)
    return parsed


def _add(world: World, customer: Customer, parsed: RaastId, accounts: list[str], default: str) -> Alias:
    alias = Alias(
        id=world.new_id("ral"),
        customer=customer.id,
        type=parsed.type,
        value=parsed.value,
        accounts=accounts,
        default=default,
        created_at=world.now,
    )
    BY_VALUE.put(world, key_of(parsed), Pointer(id=alias.id))
    customer.aliases.append(alias.id)
    return ALIASES.put(world, alias.id, alias)


def add_alias(
    world: World, request: AddAlias, *, customer_id: str, allowed: frozenset[Kind] = SYNTHETIC_ONLY
) -> AliasView:
    """Give a customer one more alias, linked to one of their accounts."""
    customer = active_customer(world, customer_id)
    account = _registered(world, customer, request.account)
    parsed = _free_alias(world, AliasRef(type=request.type, value=request.value), "value", allowed)
    alias = _add(world, customer, parsed, [account.id], account.id)
    CUSTOMERS.put(world, customer.id, customer)
    return view_alias(alias)


def _registered(world: World, customer: Customer, named: str) -> BankAccount:
    """Return an account for one of the customer's aliases; one that is free is registered on the way."""
    account = account_of(world, named, field="account")
    if account.institution != customer.institution:
        raise refusal("0342", field="account", more=f"It is of {account.institution}.")
    if account.id not in customer.accounts:
        if BY_ACCOUNT.get(world, account.id) is not None:
            raise refusal("0316", field="account")
        customer.accounts.append(account.id)
        BY_ACCOUNT.put(world, account.id, Pointer(id=customer.id))
    return account


def link(world: World, request: LinkAccount, *, alias_id: str) -> AliasView:
    """Let an alias stand for one more account."""
    alias = usable_alias(world, alias_id)
    customer = active_customer(world, alias.customer)
    account = _registered(world, customer, request.account)
    if account.id in alias.accounts:
        raise refusal("0330", field="account")
    alias.accounts.append(account.id)
    if request.default or alias.default is None:
        alias.default = account.id
    CUSTOMERS.put(world, customer.id, customer)
    return view_alias(ALIASES.put(world, alias.id, alias))


def delink(world: World, request: NameAccount, *, alias_id: str) -> AliasView:
    """Part an alias and an account. The default goes last, or after another became it."""
    alias, account = _linked(world, alias_id, request)
    if alias.default == account.id and len(alias.accounts) > 1:
        raise refusal("0354", field="account", more="Make another account the default first.")
    alias.accounts.remove(account.id)
    if alias.default == account.id:
        alias.default = None
    return view_alias(ALIASES.put(world, alias.id, alias))


def set_default(world: World, request: NameAccount, *, alias_id: str) -> AliasView:
    """Choose which of its accounts an alias pays."""
    alias, account = _linked(world, alias_id, request)
    if alias.default == account.id:
        raise refusal("0310", field="account")
    alias.default = account.id
    return view_alias(ALIASES.put(world, alias.id, alias))


def _linked(world: World, alias_id: str, request: NameAccount) -> tuple[Alias, BankAccount]:
    alias = usable_alias(world, alias_id)
    account = account_of(world, request.account, field="account")
    if account.id not in alias.accounts:
        raise refusal("0329", field="account")
    return alias, account


def move_alias(world: World, _request: Empty, *, alias_id: str, event: str) -> AliasView:
    """Suspend, activate, deactivate or delete an alias. What is deleted may be registered anew."""
    alias = find_alias(world, alias_id)
    active_customer(world, alias.customer)
    following = MOVES[alias.status].get(event)
    if following is None:
        allowed = ", ".join(MOVES[alias.status]) or "nothing"
        raise Problem("alias_state", f"The alias is {alias.status}; it can: {allowed}.")
    alias.status = AliasStatus(following)
    if alias.status is AliasStatus.DELETED:
        BY_VALUE.remove(world, key_of(RaastId(alias.type, alias.value)))
    return view_alias(ALIASES.put(world, alias.id, alias))


def set_customer_status(
    world: World, _request: Empty, *, customer_id: str, status: CustomerStatus
) -> CustomerView:
    """Suspend a customer, or let them be active again. Doing it twice is fine."""
    customer = find_customer(world, customer_id)
    customer.status = status
    return view_customer(world, CUSTOMERS.put(world, customer_id, customer))


def remove_customer(world: World, _request: Empty, *, customer_id: str) -> CustomerView:
    """Take a customer out of the directory; their aliases and accounts are free again."""
    customer = find_customer(world, customer_id)
    for alias_id in customer.aliases:
        alias = find_alias(world, alias_id)
        if alias.status is not AliasStatus.DELETED:
            BY_VALUE.remove(world, key_of(RaastId(alias.type, alias.value)))
            alias.status = AliasStatus.DELETED
            ALIASES.put(world, alias.id, alias)
    for account in customer.accounts:
        BY_ACCOUNT.remove(world, account)
    BY_UID.remove(world, f"{customer.uid_type}:{customer.uid}")
    shown = view_customer(world, customer)
    CUSTOMERS.remove(world, customer.id)
    return shown
