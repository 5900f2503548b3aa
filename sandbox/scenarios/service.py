"""Use cases of scenarios: the one plan of a sandbox."""

from connectors.bills.billers import BILLERS
from connectors.contract import Rail, Trigger
from connectors.identifiers.institutions import INSTITUTIONS
from connectors.registry import RAILS
from sandbox.http import Empty
from sandbox.problems import Problem
from sandbox.scenarios.models import ALL, Plan, PlanView
from sandbox.shelf import Shelf
from sandbox.world import World, WorldView

BILLS = "bills"
PLANS = Shelf("scenarios", "plan", Plan)
KEY = "plan"
EVERYTHING_GOES_WELL = Plan()


def plan_of(world: World) -> Plan | None:
    """Return the plan in force, or None. Every payment asks, so the answer is kept in memory, None as well."""
    key = ("scenarios", world.id)
    cache = world.uow.cache
    if key in cache:
        found: Plan | None = cache[key]
        return found
    plan = cache[key] = PLANS.get(world, KEY)
    return plan


def show_plan(world: WorldView) -> PlanView:
    """Show the plan in force."""
    return _view(PLANS.get(world, KEY))


def put_plan(world: World, plan: Plan) -> PlanView:
    """Put a plan in the place of the one before."""
    for number, fault in enumerate(plan.faults):
        _check_rail(fault.rail, f"faults.{number}.rail")
        _check_member(fault.rail, fault.member, f"faults.{number}.member")
    PLANS.put(world, KEY, plan)
    _forget(world)
    return _view(plan)


def remove_plan(world: World, _request: Empty) -> PlanView:
    """Let everything go well again; payments under way come to what was planned for them."""
    PLANS.remove(world, KEY)
    _forget(world)
    return _view(None)


def _forget(world: World) -> None:
    world.uow.cache.pop(("scenarios", world.id), None)


def _view(plan: Plan | None) -> PlanView:
    return PlanView(**(plan or EVERYTHING_GOES_WELL).model_dump(), in_force=plan is not None)


def _check_rail(code: str, field: str) -> None:
    known = (*RAILS, BILLS)
    if code != ALL and code not in known:
        raise Problem(
            "unknown_rail", f"There is no rail {code!r}: give {', '.join(known)} or *.", field=field
        )


def _check_member(rail: str, code: str, field: str) -> None:
    known: set[str] = {ALL}
    if rail != BILLS:
        known |= INSTITUTIONS.keys()
    if rail in {BILLS, ALL}:
        known |= BILLERS.keys()
    if code not in known:
        raise Problem("unknown_institution", f"{code!r} is none of {', '.join(sorted(known))}.", field=field)


def unknown_scenario(rail: str, name: str) -> Problem:
    """Say that no table of the rail has this name."""
    return Problem(
        "unknown_scenario",
        f"{name[:80]!r} names neither a trigger of {rail} nor a final reason of it. See /docs/triggers.",
        field="Kasauti-Scenario",
    )


def row_named(rail: Rail, name: str | None) -> Trigger | None:
    """Return the row that the header `Kasauti-Scenario` names: a trigger's name, or a final code."""
    if name is None:
        return None
    row = next((row for row in rail.triggers if row.name == name), None)
    if row is not None:
        return row
    reason = rail.reasons.get(name)
    if reason is None or not reason.final:
        raise unknown_scenario(rail.code, name)
    status = "settled" if name == rail.approved else "refused"
    return Trigger(name, "payment", status, reason.meaning, name)


def require_listed(plan: Plan | None, rail: Rail, iban: str, amount_paisa: int, *, known: bool) -> None:
    """Refuse in strict mode what no table lists; `known` says that the sandbox has the account."""
    if plan is None or not plan.strict or known or rail.pulled(iban, amount_paisa) is not None:
        return
    raise Problem(
        "not_listed",
        "The sandbox is strict: pay one of its accounts (GET /v1/accounts) or a published trigger "
        "(GET /v1/triggers), or put a plan that is not strict.",
        field="destination_iban",
    )
