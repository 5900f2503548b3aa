"""Title fetch by a Raast id: the directory says which account it stands for, and that is asked as ever."""

from typing import Annotated

from pydantic import BaseModel, Field

from sandbox.accounts.models import Paisa
from sandbox.aliases.lookup import resolve_alias
from sandbox.aliases.models import AliasRef
from sandbox.payments.models import FetchTitle, Iban, RailCode, TitleFetchView
from sandbox.payments.titles import fetch_title
from sandbox.problems import Problem
from sandbox.world import World


class FindTitle(BaseModel):
    """Whom to pay, by IBAN or by a Raast id, and how much."""

    model_config = {"extra": "forbid"}

    destination_iban: Iban | None = None
    destination_alias: Annotated[AliasRef | None, Field(description="A Raast id in place of the IBAN.")] = (
        None
    )
    amount_paisa: Paisa
    rail: RailCode = "raast"


def find_title(world: World, request: FindTitle) -> TitleFetchView:
    """Fetch the title of an account; the answer names the IBAN that the payment quotes."""
    iban, alias = request.destination_iban, request.destination_alias
    if (iban is None) == (alias is None):
        detail = "Name the receiver by an IBAN or by a Raast id (destination_alias), one of both."
        raise Problem("invalid_field", detail, field="destination_iban")
    if alias is not None:
        iban = resolve_alias(world, alias.type, alias.value, field="destination_alias").iban
    asked = FetchTitle.model_construct(
        destination_iban=iban or "", amount_paisa=request.amount_paisa, rail=request.rail
    )
    return fetch_title(world, asked)
