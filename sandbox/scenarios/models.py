"""Scenarios: what a sandbox is to imitate of a bad day, as the caller asks for it and as it is kept."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, model_validator

from sandbox.events import EventType

ALL: Literal["*"] = "*"
MOST_FAULTS = 50
MOST_CALLBACKS = 20
LONGEST_S = 23 * 3600
"""Below the time for which money is held, so that an outcome always comes before the hold runs out."""

FAULTS = {
    "latency": "The HTTP answer comes so many `milliseconds` of real time later; its header `Kasauti-Fault` says so.",
    "lost_answer": "The request is carried out and answered with 504. Its Idempotency-Key brings the answer.",
    "down": "Title fetches and payments are refused: the member cannot be reached.",
    "partial": "Titles are found, but payments are refused: half of the member is down.",
    "timeout": "Titles are not answered; a payment stays unknown until its hold runs out, and nothing has moved.",
    "slow": "A payment is unknown for so many `seconds` of the sandbox's clock, then what it would have been at once.",
    "late_success": "As `slow`, but only for a payment that settles.",
}
"""What each kind of fault does."""

CALLBACKS = {
    "duplicate": "Sent twice, under the same `webhook-id`.",
    "reorder": "Held back for a time up to `seconds`, different for each, so that events overtake one another.",
    "delay": "Sent so many `seconds` later.",
    "drop": "Never sent; `POST /v1/webhook-endpoints/{id}/recover` brings it.",
    "tamper": "Another body than the one signed: an amount is larger. The next try is as it should be.",
    "stale": "Signed an hour ago. The next try is as it should be.",
    "wrong_secret": "Signed with a secret that is not yours. The next try is as it should be.",
    "before_answer": "The callbacks of a payment arrive before the answer to `POST /v1/payments`.",
}
"""What each kind of callback fault does."""

Seconds = Annotated[int, Field(strict=True, ge=1, le=LONGEST_S)]
Probability = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False, description="Of each call: 0 to 1.")]
Name = Annotated[str, Field(max_length=40)]


class Pace(BaseModel):
    """When a payment's outcome is known: after so many seconds, or inquiries; at once when neither is given."""

    model_config = {"extra": "forbid", "frozen": True}

    after_seconds: Annotated[Seconds | None, Field(description="By the sandbox clock.")] = None
    after_polls: Annotated[
        int | None, Field(strict=True, ge=1, le=100, description="With which inquiry it is known.")
    ] = None

    @model_validator(mode="after")
    def one_of_both(self) -> Self:
        """Refuse two paces at once."""
        if self.after_seconds is not None and self.after_polls is not None:
            raise ValueError("give after_seconds or after_polls, not both")
        return self


class Fault(BaseModel):
    """Something that goes wrong on a rail, or at one of its members, every time or by chance."""

    model_config = {"extra": "forbid", "frozen": True}

    kind: Literal["latency", "timeout", "down", "slow", "lost_answer", "late_success", "partial"]
    rail: Annotated[Name, Field(description="A rail's code, or * for all.")] = ALL
    member: Annotated[Name, Field(description="Who is paid: an institution or a biller, or * for all.")] = ALL
    probability: Probability = 1.0
    seconds: Annotated[Seconds, Field(description="slow, late_success: until the outcome is known.")] = 30
    milliseconds: Annotated[
        int, Field(strict=True, ge=1, le=10_000, description="latency: real time before the HTTP answer.")
    ] = 500


class CallbackFault(BaseModel):
    """Something that goes wrong with webhooks."""

    model_config = {"extra": "forbid", "frozen": True}

    kind: Literal["duplicate", "reorder", "delay", "drop", "tamper", "stale", "wrong_secret", "before_answer"]
    event_type: Annotated[EventType | Literal["*"], Field(description="Of which events, or * for all.")] = ALL
    probability: Probability = 1.0
    seconds: Annotated[
        Seconds, Field(description="delay: how long; reorder: at most how long, by the sandbox clock.")
    ] = 10


class Plan(BaseModel):
    """A plan of scenarios. The same seed, requests and sandbox seed give the same run."""

    model_config = {"extra": "forbid", "frozen": True}

    seed: Annotated[int, Field(strict=True, ge=0, lt=2**63, description="What chance is made of.")] = 0
    strict: Annotated[
        bool, Field(strict=True, description="Refuse accounts that neither the sandbox nor a table lists.")
    ] = False
    pace: Pace = Pace()
    faults: Annotated[tuple[Fault, ...], Field(max_length=MOST_FAULTS)] = ()
    callbacks: Annotated[tuple[CallbackFault, ...], Field(max_length=MOST_CALLBACKS)] = ()


class PlanView(Plan):
    """The plan that is in force; without one everything goes well."""

    object: Literal["scenario_plan"] = "scenario_plan"
    in_force: bool
