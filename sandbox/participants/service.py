"""Use cases of participants and keys."""

import os

from ledger.ids import random_ulid
from sandbox.db import Snapshot, UnitOfWork
from sandbox.http import Empty
from sandbox.participants.keys import RANDOM_BYTES, finder_of, make_key, matches
from sandbox.participants.models import (
    KEYS,
    PARTICIPANTS,
    ApiKey,
    CreateKey,
    KeyView,
    NewKeyView,
    Participant,
    view_key,
)
from sandbox.problems import Problem
from sandbox.world import World, WorldView

HOW_TO = (
    "Send the header 'Authorization: Bearer sk_test_…' with a key of your sandbox; POST /v1/signup makes one."
)


def authenticate(snapshot: Snapshot, secret: str) -> ApiKey:
    """Find the key that this secret is, or refuse. A revoked key is refused like a wrong one."""
    finder = finder_of(secret)
    key = KEYS.get(snapshot, finder) if finder else None
    if key is None or not matches(secret, key.secret_hash) or key.revoked_at is not None:
        raise Problem("unauthenticated", HOW_TO)
    return key


def register(uow: UnitOfWork, name: str, email: str) -> Participant:
    """Write down a new participant."""
    return PARTICIPANTS.insert(
        uow, Participant(id=random_ulid("par", uow.now), name=name, email=email, created_at=uow.now)
    )


def issue_key(uow: UnitOfWork, sandbox_id: str, name: str) -> NewKeyView:
    """Make a key of a sandbox; its secret is in the answer and nowhere else."""
    made = make_key(os.urandom(RANDOM_BYTES))
    key = ApiKey(
        finder=made.finder,
        id=random_ulid("key", uow.now),
        sandbox_id=sandbox_id,
        name=name,
        secret_hash=made.secret_hash,
        created_at=uow.now,
    )
    KEYS.insert(uow, key)
    return NewKeyView(**view_key(key).model_dump(), secret=made.secret)


def create_key(world: World, request: CreateKey) -> NewKeyView:
    """Make one more key of this sandbox."""
    return issue_key(world.uow, world.id, request.name)


def revoke_key(world: World, _request: Empty, *, key_id: str) -> KeyView:
    """Refuse a key from now on. The last working key of a sandbox stays."""
    keys = _keys_of(world)
    key = next((key for key in keys if key.id == key_id), None)
    if key is None:
        raise Problem("not_found", f"There is no key {key_id!r} in this sandbox.")
    if key.revoked_at is None:
        if sum(other.revoked_at is None for other in keys) == 1:
            raise Problem("last_key", "Make another key first (POST /v1/keys), then revoke this one.")
        key = KEYS.update(world.uow, key, revoked_at=world.uow.now)
    return view_key(key)


def list_keys(world: WorldView) -> list[KeyView]:
    """List the sandbox's keys, the oldest first, revoked ones too."""
    return [view_key(key) for key in _keys_of(world)]


def _keys_of(world: WorldView) -> list[ApiKey]:
    return KEYS.select(world.snapshot, KEYS.c.sandbox_id == world.id, order=(KEYS.c.id,))
