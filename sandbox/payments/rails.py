"""What rails there are, and what each institution takes part in: the flags of a bank list, with its health."""

from typing import Literal

from pydantic import BaseModel

from connectors.bills.billers import BILLERS
from connectors.bills.rail import Bills
from connectors.contract import Rail
from connectors.identifiers.institutions import INSTITUTIONS, Institution
from connectors.registry import RAILS
from sandbox.scenarios.faults import Health, health
from sandbox.scenarios.models import Plan
from sandbox.scenarios.service import KEY, PLANS
from sandbox.world import WorldView


class MemberView(BaseModel):
    """An institution on a rail. `capabilities` are the flags of `institutions.toml`, `pays` the one for payments."""

    institution: str
    name: str
    kind: str
    member_code: str
    imd: str
    account_pattern: str
    account_help: str
    capabilities: dict[str, bool]
    pays: bool
    health: Health


class BillerView(BaseModel):
    """Who is paid over the rail of bills; `partial` says that a bill may be paid in parts."""

    biller: str
    id: int
    name: str
    category: str
    partial: bool
    pays: bool
    health: Health


class RailView(BaseModel):
    """A rail, where it is paid over, and who is on it."""

    object: Literal["rail"] = "rail"
    code: str
    name: str
    paid_over: str
    members: list[MemberView]
    billers: list[BillerView]


class RailsView(BaseModel):
    """All rails."""

    object: Literal["list"] = "list"
    data: list[RailView]


def list_rails(world: WorldView) -> RailsView:
    """Show every rail with its members."""
    plan = PLANS.get(world, KEY)
    return RailsView(data=[*(_show(plan, rail) for rail in RAILS.values()), _show_bills(plan)])


def _show(plan: Plan | None, rail: Rail) -> RailView:
    members = [_show_member(plan, rail, member) for member in INSTITUTIONS.values()]
    return RailView(code=rail.code, name=rail.name, paid_over="/v1/payments", members=members, billers=[])


def _show_bills(plan: Plan | None) -> RailView:
    billers = [
        BillerView(
            biller=biller.code,
            id=biller.id,
            name=biller.name,
            category=biller.category,
            partial=biller.partial,
            pays=biller.enabled,
            health=health(plan, Bills.code, biller.code),
        )
        for biller in BILLERS.values()
    ]
    return RailView(
        code=Bills.code, name=Bills.name, paid_over="/rails/bills/billPayment", members=[], billers=billers
    )


def _show_member(plan: Plan | None, rail: Rail, member: Institution) -> MemberView:
    flags = {flag: bool(getattr(member.capabilities, flag)) for flag in rail.capabilities}
    return MemberView(
        institution=member.code,
        name=member.name,
        kind=member.kind,
        member_code=member.member_code,
        imd=member.imd,
        account_pattern=member.account_pattern.pattern,
        account_help=member.account_help,
        capabilities=flags,
        pays=flags[rail.capabilities[0]],
        health=health(plan, rail.code, member.code),
    )
