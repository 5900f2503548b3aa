"""Routes of the sandbox, its clock and its keys."""

from functools import partial
from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from sandbox.commands import PROBLEMS, command, query, takes
from sandbox.http import Empty
from sandbox.participants.models import CreateKey, KeyView, NewKeyView
from sandbox.participants.service import create_key, list_keys, revoke_key
from sandbox.routing import DirectRoute
from sandbox.sandboxes.advance import advance
from sandbox.sandboxes.models import AdvanceClock, AdvanceView, ClockView, SandboxView
from sandbox.sandboxes.service import freeze_clock, resume_clock, show_clock, show_sandbox
from sandbox.world import WorldView

router = APIRouter(route_class=DirectRoute, prefix="/v1", responses=PROBLEMS)


SECRET = frozenset({"secret"})


class KeysView(BaseModel):
    """The sandbox's keys, without their secrets."""

    object: Literal["list"] = "list"
    data: list[KeyView]


@router.get("/sandbox", response_model=SandboxView, tags=["Sandbox"], summary="Show your sandbox")
async def get_sandbox(request: Request) -> Response:
    """The one that your key belongs to."""
    return await query(request, show_sandbox)


@router.get("/clock", response_model=ClockView, tags=["Clock"], summary="Show the clock")
async def get_clock(request: Request) -> Response:
    """The sandbox's own time, which every limit, expiry and retry follows."""
    return await query(request, show_clock)


@router.post(
    "/clock/advance",
    response_model=AdvanceView,
    tags=["Clock"],
    summary="Advance the clock",
    openapi_extra=takes(
        AdvanceClock,
        by={"by_seconds": 90},
        to={"to": "2030-01-01T00:00:00Z"},
        next={"to_next_event": True},
    ),
)
async def post_advance(request: Request) -> Response:
    """Runs what becomes due on the way, in order, and answers when all of it is done."""
    return await advance(request)


@router.post(
    "/clock/freeze",
    response_model=ClockView,
    tags=["Clock"],
    summary="Freeze the clock",
    openapi_extra=takes(Empty),
)
async def post_freeze(request: Request) -> Response:
    """It stands until it is advanced or resumed."""
    return await command(request, Empty, freeze_clock, status=200)


@router.post(
    "/clock/resume",
    response_model=ClockView,
    tags=["Clock"],
    summary="Resume the clock",
    openapi_extra=takes(Empty),
)
async def post_resume(request: Request) -> Response:
    """It runs on from where it stands."""
    return await command(request, Empty, resume_clock, status=200)


@router.get("/keys", response_model=KeysView, tags=["Keys"], summary="List keys")
async def get_keys(request: Request) -> Response:
    """The oldest first, revoked ones too."""
    return await query(request, _list_keys)


@router.post(
    "/keys",
    status_code=201,
    response_model=NewKeyView,
    tags=["Keys"],
    summary="Make a key",
    openapi_extra=takes(CreateKey, ci={"name": "ci"}),
)
async def post_key(request: Request) -> Response:
    """The secret is in this answer and nowhere else."""
    return await command(request, CreateKey, create_key, once=SECRET)


@router.delete("/keys/{key_id}", response_model=KeyView, tags=["Keys"], summary="Revoke a key")
async def delete_key(request: Request, key_id: str) -> Response:
    """It is refused from now on."""
    return await command(request, Empty, partial(revoke_key, key_id=key_id), status=200)


def _list_keys(world: WorldView) -> KeysView:
    return KeysView(data=list_keys(world))
