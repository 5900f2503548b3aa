"""How callers of 1LINK's faces show who they are: OAuth2 client credentials, then a bearer token.

The client id is the sandbox's id and the client secret one of its keys. A token is no row anywhere: it names
the key, says until when it is good (by the sandbox's clock) and is proved by an HMAC that is keyed with what is
stored of the key; so it ends with its key, and the same moment gives the same token.
"""

import hmac
import re
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import orjson
from fastapi import Request, Response

from ledger.clock import SECOND_US, to_rfc3339
from sandbox.commands import carry, services, wire_of
from sandbox.db import Snapshot, UnitOfWork
from sandbox.http import body_of, header_of
from sandbox.participants.models import KEYS, ApiKey
from sandbox.participants.service import authenticate
from sandbox.problems import Problem
from sandbox.wire import Wire
from sandbox.world import World, enter, look_into

TOKEN_S = 3600
"""How long a token is good, in seconds; 1LINK's own figure is not public."""

_TOKEN = re.compile(r"at_([0-9a-z]{12})\.([0-9]{1,12})\.([0-9a-f]{64})", re.ASCII)
_BEARER = "bearer "
_NO_TOKEN = "Send the token of the token endpoint: the header 'Authorization: Bearer at_…'."  # noqa: S105 - advice, no token


class Reply(NamedTuple):
    """What a face answers: an HTTP status and a body that becomes JSON."""

    status: int
    body: object


UseCase = Callable[[World, bytes], Reply]
"""What a call does in its caller's sandbox, given the body as it came."""


def grant(snapshot: Snapshot, client_id: str, secret: str) -> str | None:
    """Make a token for a client whose secret is a key of the sandbox that its id names; None for any other."""
    try:
        key = authenticate(snapshot, secret)
    except Problem:
        return None
    if key.sandbox_id != client_id:
        return None
    ends = look_into(snapshot, key.sandbox_id).now // SECOND_US + TOKEN_S
    return f"at_{key.finder}.{ends}.{_proof(key, ends)}"


def admit(uow: UnitOfWork, bearer: str, *, keys_too: bool = False) -> World:
    """Enter the sandbox of a token, or, with `keys_too`, of a key itself; raises `unauthenticated`."""
    found = _TOKEN.fullmatch(bearer)
    if found is None:
        if not keys_too:
            raise Problem("unauthenticated", _NO_TOKEN)
        return enter(uow, authenticate(uow, bearer).sandbox_id)
    key, ends = KEYS.get(uow, found[1]), int(found[2])
    if key is None or key.revoked_at is not None or not hmac.compare_digest(_proof(key, ends), found[3]):
        raise Problem("unauthenticated", _NO_TOKEN)
    world = enter(uow, key.sandbox_id)
    if world.now >= ends * SECOND_US:
        raise Problem("unauthenticated", "The token has run out by the sandbox's clock; ask for another one.")
    return world


def bearer_of(request: Request) -> str:
    """Return what the Authorization header carries; empty when that is no bearer token."""
    header = header_of(request, b"authorization") or ""
    return header[len(_BEARER) :].strip() if header[: len(_BEARER)].lower() == _BEARER else ""


async def call(request: Request, use_case: UseCase, *, keys_too: bool = False) -> Response:
    """Run a use case in the caller's sandbox, as one piece of work, and answer with its reply."""
    bearer, raw, wire = bearer_of(request), await body_of(request), wire_of(request)
    run = partial(_run, bearer=bearer, raw=raw, use_case=use_case, keys_too=keys_too, wire=wire)
    return await carry(request, await services(request.app).executor.write(run), wire)


def answer(status: int, body: object) -> Response:
    """Make an HTTP answer of JSON."""
    return Response(orjson.dumps(body), status, media_type="application/json")


def _run(
    uow: UnitOfWork, *, bearer: str, raw: bytes, use_case: UseCase, keys_too: bool, wire: Wire
) -> Response:
    world = admit(uow, bearer, keys_too=keys_too)
    world.reached_by(wire)
    reply = use_case(world, raw)
    world.leave()
    response = answer(*reply)
    response.headers["Kasauti-Sandbox"] = world.id
    response.headers["Kasauti-Time"] = to_rfc3339(world.now)
    return response


def _proof(key: ApiKey, ends: int) -> str:
    return hmac.digest(key.secret_hash.encode(), f"{key.finder}.{ends}".encode(), "sha256").hex()
