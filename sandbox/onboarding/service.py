"""Use case of sign-up: a participant, its first sandbox with seeded accounts, and a key."""

from ledger.clock import to_rfc3339
from sandbox.accounts.queries import list_accounts
from sandbox.accounts.service import SEED, seed_accounts
from sandbox.db import UnitOfWork
from sandbox.onboarding.models import SignedUpView, SignUp
from sandbox.participants.models import ParticipantView
from sandbox.participants.service import issue_key, register
from sandbox.sandboxes.models import view_sandbox
from sandbox.sandboxes.service import create_sandbox


def sign_up(uow: UnitOfWork, request: SignUp) -> SignedUpView:
    """Make everything that a newcomer needs for the first call."""
    participant = register(uow, request.name, request.email)
    world = create_sandbox(
        uow, participant.id, f"{request.name}'s sandbox", seed=request.seed, frozen_at=request.frozen_at
    )
    seed_accounts(world)
    key = issue_key(uow, world.id, "first key")
    accounts = list_accounts(world, limit=len(SEED), cursor=None).data
    world.leave()
    return SignedUpView(
        participant=ParticipantView(
            id=participant.id,
            name=participant.name,
            email=participant.email,
            created_at=to_rfc3339(participant.created_at),
        ),
        sandbox=view_sandbox(world.sandbox),
        key=key,
        accounts=accounts,
    )
