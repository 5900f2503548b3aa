"""What rails there are, and what each institution takes part in: the flags of a bank list, with its health."""

from typing import Literal

from pydantic import BaseModel

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


class RailView(BaseModel):
    """A rail as `POST /v1/payments` takes it, and its members."""

    object: Literal["rail"] = "rail"
    code: str
    name: str
    members: list[MemberView]


class RailsView(BaseModel):
    """All rails."""

    object: Literal["list"] = "list"
    data: list[RailView]


def list_rails(world: WorldView) -> RailsView:
    """Show every rail with its members."""
    plan = PLANS.get(world, KEY)
    return RailsView(data=[_show(plan, rail) for rail in RAILS.values()])


def _show(plan: Plan | None, rail: Rail) -> RailView:
    members = [_show_member(plan, rail, member) for member in INSTITUTIONS.values()]
    return RailView(code=rail.code, name=rail.name, members=members)


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
