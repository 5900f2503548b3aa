"""One request, one effect: an Idempotency-Key is stored in the commit of what it protects.

A repeat with the same request gets the stored answer; with another one it is refused. The executor
serialises the requests of a sandbox, so a repeat that comes while the first is under way simply waits
for it. Keys live as long as the sandbox. What was refused stored nothing, so it may be tried again.
"""

from hashlib import sha256
from typing import NamedTuple

import orjson

from sandbox.problems import Problem
from sandbox.records import Records
from sandbox.world import World

LONGEST_KEY = 255
HEADER = "Idempotency-Key"


class StoredAnswer(NamedTuple):
    """The answer that a key stands for; status `UNDER_WAY` while work in several commits goes on."""

    sandbox_id: str
    key: str
    request_hash: str
    status: int
    body: str
    created_at: int


UNDER_WAY = 0
ANSWERS = Records(StoredAnswer, "idempotency", key=("sandbox_id", "key"))


class Guard(NamedTuple):
    """A key and the fingerprint of the request that it came with."""

    key: str
    request_hash: str


def guard_for(key: str, method: str, path: str, body: bytes) -> Guard:
    """Check a key and fingerprint its request; white space and the order of fields do not count."""
    if not 1 <= len(key) <= LONGEST_KEY or not all("!" <= letter <= "~" for letter in key):
        raise Problem(
            "idempotency_key_invalid",
            f"Send 1 to {LONGEST_KEY} visible ASCII characters in the {HEADER} header, a UUID for example.",
            field=HEADER,
        )
    canonical = orjson.dumps(orjson.loads(body), option=orjson.OPT_SORT_KEYS)
    digest = sha256(b"\0".join((method.encode(), path.encode(), canonical)))
    return Guard(key, digest.hexdigest())


def replay(world: World, guard: Guard) -> StoredAnswer | None:
    """Return the answer stored for this request, None for a new key; refuse a key with another request."""
    stored = ANSWERS.get(world.uow, world.id, guard.key)
    if stored is not None and stored.request_hash != guard.request_hash:
        raise Problem(
            "idempotency_key_reused",
            f"The key {guard.key!r} already stands for another request. Use a new key for a new request.",
            field=HEADER,
        )
    return stored


def keep(world: World, guard: Guard, status: int, body: bytes) -> None:
    """Store the answer of a new key."""
    ANSWERS.insert(
        world.uow,
        StoredAnswer(
            sandbox_id=world.id,
            key=guard.key,
            request_hash=guard.request_hash,
            status=status,
            body=body.decode(),
            created_at=world.now,
        ),
    )


def complete(world: World, guard: Guard, status: int, body: bytes) -> None:
    """Replace what a key stood for while its request was under way."""
    stored = ANSWERS.get(world.uow, world.id, guard.key)
    if stored is not None:
        ANSWERS.update(world.uow, stored, status=status, body=body.decode())
