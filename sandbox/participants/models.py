"""Participants and their keys: shared tables, found before a sandbox is known."""

from typing import Literal, NamedTuple

from pydantic import BaseModel, Field
from sqlalchemy import Index

from ledger.clock import to_rfc3339
from sandbox.records import Records


class Participant(NamedTuple):
    """A startup, and later any institution, that owns sandboxes."""

    id: str
    name: str
    email: str
    created_at: int


class ApiKey(NamedTuple):
    """A secret key of one sandbox; the secret itself is not kept."""

    finder: str
    id: str
    sandbox_id: str
    name: str
    secret_hash: str
    created_at: int
    revoked_at: int | None = None


SHARED_TABLES = ("participant", "api_key")
"""What is of no sandbox: on a database of many servers, each has a copy."""

PARTICIPANTS = Records(Participant, "participant", key=("id",))
KEYS = Records(ApiKey, "api_key", Index("api_key_sandbox", "sandbox_id"), key=("finder",), cached=True)


class ParticipantView(BaseModel):
    """A participant as the API shows it."""

    id: str
    object: Literal["participant"] = "participant"
    name: str
    email: str
    created_at: str


class KeyView(BaseModel):
    """A key as the API lists it: never with its secret."""

    id: str
    object: Literal["key"] = "key"
    name: str
    hint: str
    created_at: str
    revoked_at: str | None


class NewKeyView(KeyView):
    """A key as it is shown once."""

    secret: str


class CreateKey(BaseModel):
    """What to call a new key."""

    model_config = {"extra": "forbid"}

    name: str = Field(default="", max_length=80)


def view_key(key: ApiKey) -> KeyView:
    """Show a key without its secret."""
    return KeyView(
        id=key.id,
        name=key.name,
        hint=f"sk_test_{key.finder[:4]}…",
        created_at=to_rfc3339(key.created_at),
        revoked_at=None if key.revoked_at is None else to_rfc3339(key.revoked_at),
    )
