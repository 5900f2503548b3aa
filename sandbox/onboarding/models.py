"""Sign-up: what is asked, and what a newcomer gets."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from sandbox.accounts.models import AccountView, Name
from sandbox.participants.models import NewKeyView, ParticipantView
from sandbox.sandboxes.models import SandboxView

Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=3, max_length=254, pattern=r"^[^@\s]+@[^@\s]+$"),
]


class SignUp(BaseModel):
    """Who you are. With a seed and a time to freeze the clock at, a run can be repeated to the byte."""

    model_config = {"extra": "forbid"}

    name: Annotated[Name, Field(description="Your startup's name.")]
    email: Annotated[Email, Field(description="Where to reach you.")]
    seed: Annotated[
        int | None,
        Field(strict=True, ge=0, lt=2**63, description="What ids are made of; random if not given."),
    ] = None
    frozen_at: Annotated[
        str | None,
        Field(max_length=40, description="RFC 3339. Start with the clock frozen at this time."),
    ] = None


class SignedUpView(BaseModel):
    """Everything for the first call. The key's secret is shown here and nowhere else."""

    object: Literal["sign_up"] = "sign_up"
    participant: ParticipantView
    sandbox: SandboxView
    key: NewKeyView
    accounts: list[AccountView]
