"""From an alias to the account that is paid, and the directory's refusals as problems."""

from connectors.identifiers.iban import LENGTH
from connectors.identifiers.people import Kind, Refused, decide, personal_kind
from connectors.identifiers.raast_id import AliasType, RaastId, RaastIdError, mask_raast_id, parse_raast_id
from connectors.identifiers.uid import Uid, UidError, mask_uid, parse_uid
from connectors.raast.directory import ERRORS
from ledger.clock import to_rfc3339
from sandbox.accounts.models import ACCOUNTS, BankAccount
from sandbox.accounts.queries import account_by_iban
from sandbox.aliases.models import (
    ALIASES,
    BY_VALUE,
    CUSTOMERS,
    Alias,
    AliasRef,
    AliasStatus,
    AliasView,
    Customer,
    CustomerStatus,
    CustomerView,
    LookupView,
    UidRef,
)
from sandbox.problems import Problem
from sandbox.world import WorldView

UNUSABLE = {AliasStatus.SUSPENDED: "0331", AliasStatus.INACTIVE: "0322", AliasStatus.DELETED: "0312"}


def refusal(code: str, *, field: str | None = None, more: str = "") -> Problem:
    """Make the problem of an error 03xx; `more` says what to do."""
    error = ERRORS[code]
    return Problem(error.problem, f"{error.meaning} {more}".strip(), field=field, rail_code=code)


def resolve_alias(world: WorldView, type_name: str, text: str, *, field: str | None = None) -> BankAccount:
    """Return the default account of an alias that may be paid now, or raise the directory's refusal."""
    alias_id = _id_of(world, read_alias(type_name, text, field=field))
    if alias_id is None:
        raise refusal("0312", field=field)
    alias = usable_alias(world, alias_id, field=field)
    if alias.default is None:
        raise refusal("0329", field=field, more="Link an account to it first.")
    return account_of(world, alias.default, field=field)


def usable_alias(world: WorldView, alias_id: str, *, field: str | None = None) -> Alias:
    """Return an alias that is active, as is its customer, or raise the directory's refusal."""
    alias = find_alias(world, alias_id, field=field)
    active_customer(world, alias.customer, field=field)
    if alias.status is not AliasStatus.ACTIVE:
        raise refusal(UNUSABLE[alias.status], field=field)
    return alias


def find_alias(world: WorldView, alias_id: str, *, field: str | None = None) -> Alias:
    """Return an alias however it stands; a deleted one can be looked at by its id."""
    alias = ALIASES.get(world, alias_id)
    if alias is None:
        raise refusal("0312", field=field)
    return alias


def find_customer(world: WorldView, customer_id: str) -> Customer:
    """Return a customer however they stand."""
    customer = CUSTOMERS.get(world, customer_id)
    if customer is None:
        raise refusal("0305")
    return customer


def active_customer(world: WorldView, customer_id: str, *, field: str | None = None) -> Customer:
    """Return a customer who is not suspended."""
    customer = find_customer(world, customer_id)
    if customer.status is CustomerStatus.SUSPENDED:
        raise refusal("0307", field=field)
    return customer


def account_of(world: WorldView, named: str, *, field: str | None = None) -> BankAccount:
    """Return the account with this id or IBAN, or raise 0311."""
    iban = named.replace(" ", "").upper()
    if len(iban) == LENGTH and iban.startswith("PK"):
        account = account_by_iban(world, iban)
    else:
        account = ACCOUNTS.get(world.snapshot, world.id, named)
    if account is None:
        raise refusal("0311", field=field)
    return account


def read_alias(type_name: str, text: str, *, field: str | None = None) -> RaastId:
    """Parse an alias, or refuse it in the directory's words."""
    try:
        return parse_raast_id(type_name, text)
    except RaastIdError as wrong:
        if type_name == AliasType.MOBILE:
            raise refusal("0343", field=field, more=f"{wrong}.") from wrong
        raise Problem("invalid_field", f"{wrong}.", field=field) from wrong


def read_uid(uid: UidRef) -> Uid:
    """Parse a UID, or refuse it in the directory's words."""
    try:
        return parse_uid(uid.type, uid.value)
    except UidError as wrong:
        raise refusal("0352", field="uid", more=f"{wrong}.") from wrong


def refuse_real(value: RaastId | Uid, allowed: frozenset[Kind], field: str) -> None:
    """Refuse to keep a number that may be a real person's, unless the operator takes numbers of its kind."""
    kind = personal_kind(value)
    decided = None if kind is None else decide(kind, value.value, allowed)
    if isinstance(decided, Refused):
        raise Problem("real_person", decided.explanation, field=field)


def key_of(alias: RaastId) -> str:
    """Return the key under which an alias lies by its value."""
    return f"{alias.type}:{alias.value}"


def _id_of(world: WorldView, alias: RaastId) -> str | None:
    pointer = BY_VALUE.get(world, key_of(alias))
    return None if pointer is None else pointer.id


def look_up(world: WorldView, *, alias: AliasRef) -> LookupView:
    """Say which account an alias stands for now."""
    account = resolve_alias(world, alias.type, alias.value, field="value")
    parsed = read_alias(alias.type, alias.value)
    return LookupView(
        type=parsed.type,
        value=mask_raast_id(parsed),
        institution=account.institution,
        iban=account.iban,
        title=account.holder,
    )


def view_alias(alias: Alias) -> AliasView:
    """Show an alias."""
    return AliasView(
        id=alias.id,
        customer=alias.customer,
        type=alias.type,
        value=alias.value,
        status=alias.status,
        accounts=alias.accounts,
        default_account=alias.default,
        created_at=to_rfc3339(alias.created_at),
    )


def view_customer(world: WorldView, customer: Customer) -> CustomerView:
    """Show a customer with all aliases, deleted ones too."""
    return CustomerView(
        id=customer.id,
        institution=customer.institution,
        uid_type=customer.uid_type,
        uid_masked=mask_uid(Uid(customer.uid_type, customer.uid)),
        name=customer.name,
        status=customer.status,
        accounts=customer.accounts,
        aliases=[view_alias(find_alias(world, alias_id)) for alias_id in customer.aliases],
        created_at=to_rfc3339(customer.created_at),
    )


def get_customer(world: WorldView, *, customer_id: str) -> CustomerView:
    """Show one customer."""
    return view_customer(world, find_customer(world, customer_id))


def get_alias(world: WorldView, *, alias_id: str) -> AliasView:
    """Show one alias."""
    return view_alias(find_alias(world, alias_id))
