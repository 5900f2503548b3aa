"""Routes of scenarios."""

from fastapi import APIRouter, Request, Response

from sandbox.commands import PROBLEMS, command, query, takes
from sandbox.http import Empty
from sandbox.routing import DirectRoute
from sandbox.scenarios.models import Plan, PlanView
from sandbox.scenarios.service import put_plan, remove_plan, show_plan

router = APIRouter(route_class=DirectRoute, prefix="/v1", tags=["Scenarios"], responses=PROBLEMS)


@router.put(
    "/scenarios",
    response_model=PlanView,
    summary="Put a plan of scenarios",
    openapi_extra=takes(
        Plan,
        bad_day={
            "seed": 7,
            "faults": [
                {"kind": "down", "rail": "raast", "member": "SBXB", "probability": 0.1},
                {"kind": "slow", "probability": 0.2, "seconds": 20},
            ],
            "callbacks": [{"kind": "duplicate"}],
        },
    ),
)
async def put_scenarios(request: Request) -> Response:
    """What goes wrong from now on, in the place of any plan before."""
    return await command(request, Plan, put_plan, status=200)


@router.get("/scenarios", response_model=PlanView, summary="Show the plan of scenarios")
async def get_scenarios(request: Request) -> Response:
    """As it is in force."""
    return await query(request, show_plan)


@router.delete("/scenarios", response_model=PlanView, summary="Remove the plan of scenarios")
async def delete_scenarios(request: Request) -> Response:
    """Everything goes well again."""
    return await command(request, Empty, remove_plan, status=200)
