"""The sandbox itself and its clock, as the API shows them."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from ledger.clock import to_rfc3339
from sandbox.world import ClockMode, Sandbox, WorldView, clock_mode


class SandboxView(BaseModel):
    """A sandbox; the same seed, requests and clock give the same outcome."""

    id: str
    object: Literal["sandbox"] = "sandbox"
    name: str
    participant: str
    seed: int
    created_at: str


class ClockView(BaseModel):
    """A sandbox's clock: running shows the system's time, offset runs ahead of it, frozen stands."""

    object: Literal["clock"] = "clock"
    mode: ClockMode
    now: str
    ahead_seconds: float


class FiredView(BaseModel):
    """A job that became due while the clock advanced."""

    due_at: str
    kind: str
    subject: str


class AdvanceView(BaseModel):
    """Where the clock is now, and what it ran on the way, in order."""

    object: Literal["clock_advance"] = "clock_advance"
    clock: ClockView
    fired: list[FiredView]


class AdvanceClock(BaseModel):
    """Exactly one of the three."""

    model_config = {"extra": "forbid"}

    by_seconds: Annotated[int | None, Field(strict=True, ge=1, le=315_360_000)] = None
    to: Annotated[str | None, Field(max_length=40, description="RFC 3339 time after the present one.")] = None
    to_next_event: Annotated[bool, Field(strict=True, description="To the next job that is due.")] = False


def view_sandbox(sandbox: Sandbox) -> SandboxView:
    """Show a sandbox."""
    return SandboxView(
        id=sandbox.sandbox_id,
        name=sandbox.name,
        participant=sandbox.participant_id,
        seed=sandbox.seed,
        created_at=to_rfc3339(sandbox.created_at),
    )


def view_clock(world: WorldView, system_now: int) -> ClockView:
    """Show the clock."""
    return ClockView(
        mode=clock_mode(world.sandbox),
        now=to_rfc3339(world.now),
        ahead_seconds=round((world.now - system_now) / 1_000_000, 3),
    )
