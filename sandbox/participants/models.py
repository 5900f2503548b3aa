"""Participants and their keys: shared tables, found before a sandbox is known."""

from typing import Any, Literal

from pydantic import BaseModel, Field
from sqlalchemy import Index

from ledger.clock import to_rfc3339
from sandbox.db import Record, Records, key


class Participant(Record):
    """A startup, and later any institution, that owns sandboxes."""

    id: str = key()
    name: str
    email: str
    created_at: int


class ParticipantTable(Participant, table=True):
    """The schema of `participant`."""

    __tablename__ = "participant"


class ApiKey(Record):
    """A secret key of one sandbox; the secret itself is not kept."""

    finder: str = key()
    id: str
    sandbox_id: str
    name: str
    secret_hash: str
    created_at: int
    revoked_at: int | None = None


class ApiKeyTable(ApiKey, table=True):
    """The schema of `api_key`."""

    __tablename__ = "api_key"
    __table_args__: Any = (Index("api_key_sandbox", "sandbox_id"),)


SHARED_TABLES = ("participant", "api_key")
"""What is of no sandbox: on a database of many servers, each has a copy."""

PARTICIPANTS = Records(Participant, ParticipantTable)
KEYS = Records(ApiKey, ApiKeyTable, cached=True)


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
