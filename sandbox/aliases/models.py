"""Customers and their aliases as the directory of Raast ids keeps them: what is stored, asked and shown."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from connectors.identifiers.raast_id import AliasType
from connectors.identifiers.uid import UidType
from sandbox.accounts.models import Name
from sandbox.shelf import Shelf


class AliasStatus(StrEnum):
    """Only an active alias is found."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    INACTIVE = "inactive"
    DELETED = "deleted"


class CustomerStatus(StrEnum):
    """Nothing of a suspended customer's is found or changed."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


class Customer(BaseModel):
    """Somebody whom an institution has registered; `accounts` are ids of accounts that it keeps."""

    id: str
    institution: str
    uid_type: UidType
    uid: str
    name: str
    status: CustomerStatus = CustomerStatus.ACTIVE
    accounts: list[str]
    aliases: list[str]
    created_at: int


class Alias(BaseModel):
    """A text that stands for accounts; `value` is its parsed form. The default is one of the accounts."""

    id: str
    customer: str
    type: AliasType
    value: str
    status: AliasStatus = AliasStatus.ACTIVE
    accounts: list[str]
    default: str | None
    created_at: int


class Pointer(BaseModel):
    """Where to find what another key stands for."""

    id: str


CUSTOMERS = Shelf("raast", "customer", Customer)
ALIASES = Shelf("raast", "alias", Alias)
BY_UID = Shelf("raast", "customer_by_uid", Pointer)
BY_ACCOUNT = Shelf("raast", "customer_by_account", Pointer)
BY_VALUE = Shelf("raast", "alias_by_value", Pointer)

AccountRef = Annotated[
    str, Field(max_length=40, description="An account of the sandbox: its id or its IBAN.")
]
"""How requests name an account."""


class AliasRef(BaseModel):
    """An alias as people write it."""

    model_config = {"extra": "forbid"}

    type: Annotated[str, Field(max_length=10, description="MOBILE, CNIC, EMAIL, TXT or TILL.")]
    value: Annotated[str, Field(max_length=330)]


class UidRef(BaseModel):
    """What proves who the customer is."""

    model_config = {"extra": "forbid"}

    type: Annotated[str, Field(max_length=10, description="CNIC, NICOP, POC, NTN, REG_NO or PASSPORT.")]
    value: Annotated[str, Field(max_length=40)]


class AccountOf(BaseModel):
    """An account to be registered; `default` marks the one that is paid."""

    model_config = {"extra": "forbid"}

    account: AccountRef
    default: bool = False


class RegisterCustomer(BaseModel):
    """A customer with accounts and aliases, in one step. A single account is the default by itself."""

    model_config = {"extra": "forbid"}

    institution: Annotated[
        str, Field(max_length=10, description="Who registers: the keeper of the accounts.")
    ]
    uid: UidRef
    name: Name
    accounts: Annotated[list[AccountOf], Field(min_length=1, max_length=20)]
    aliases: Annotated[list[AliasRef], Field(max_length=20)] = []


class AddAlias(AliasRef):
    """One more alias of a customer, linked to one account."""

    account: AccountRef


class LinkAccount(BaseModel):
    """An account to link to an alias; the first one linked becomes the default by itself."""

    model_config = {"extra": "forbid"}

    account: AccountRef
    default: bool = False


class NameAccount(BaseModel):
    """One of the alias's accounts."""

    model_config = {"extra": "forbid"}

    account: AccountRef


class AliasView(BaseModel):
    """An alias as the API shows it."""

    id: str
    object: Literal["raast_alias"] = "raast_alias"
    customer: str
    type: AliasType
    value: str
    status: AliasStatus
    accounts: list[str]
    default_account: str | None
    created_at: str


class CustomerView(BaseModel):
    """A customer as the API shows it; the UID is masked."""

    id: str
    object: Literal["raast_customer"] = "raast_customer"
    institution: str
    uid_type: UidType
    uid_masked: str
    name: str
    status: CustomerStatus
    accounts: list[str]
    aliases: list[AliasView]
    created_at: str


class LookupView(BaseModel):
    """Which account an alias stands for."""

    object: Literal["raast_alias_lookup"] = "raast_alias_lookup"
    type: AliasType
    value: str
    institution: str
    iban: str
    title: str
