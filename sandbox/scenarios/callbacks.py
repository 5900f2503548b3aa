"""What a plan makes of webhooks: of their number and time when they are put on their way, of their text when they go."""

from collections.abc import Iterator

from ledger.clock import SECOND_US
from sandbox.db import Snapshot
from sandbox.events import Event
from sandbox.scenarios.draws import draw, happens
from sandbox.scenarios.models import ALL, CallbackFault, Plan
from sandbox.scenarios.service import KEY, PLANS, plan_of
from sandbox.webhooks.fate import AS_USUAL, Fate
from sandbox.webhooks.sender import SECRET_PREFIX, Message
from sandbox.world import World, look_into

STALE_US = 3600 * SECOND_US
NOBODYS_SECRET = f"{SECRET_PREFIX}{'bm9ib2R5' * 4}"
TAMPERING = (b'"amount_paisa":', b'"amount_paisa":9')


def fate_of(world: World, event: Event) -> Fate:
    """Say how often and when an event's callback is sent, if at all."""
    plan = plan_of(world)
    if plan is None or not plan.callbacks:
        return AS_USUAL
    fate = AS_USUAL
    for rule, fault in _striking(plan, event.type, event.id):
        if fault.kind == "duplicate":
            fate = fate._replace(copies=2)
        elif fault.kind == "drop":
            fate = fate._replace(dropped=True)
        elif fault.kind == "delay":
            fate = fate._replace(wait_us=fault.seconds * SECOND_US)
        elif fault.kind == "reorder":
            fate = fate._replace(
                wait_us=int(draw(plan.seed, f"{rule} wait", event.id) * fault.seconds * SECOND_US)
            )
    return fate


def bend(snapshot: Snapshot, sandbox_id: str, event_type: str, message: Message) -> Message:
    """Bend a message as the plan wants it: another body than the one signed, an old time, a wrong signature."""
    plan = PLANS.get(look_into(snapshot, sandbox_id), KEY)
    if plan is None:
        return message
    for _, fault in _striking(plan, event_type, message.id):
        if fault.kind == "tamper":
            message = message._replace(sent_body=tampered(message.body))
        elif fault.kind == "stale":
            message = message._replace(signed_ago_us=STALE_US)
        elif fault.kind == "wrong_secret":
            message = message._replace(secrets=[NOBODYS_SECRET])
    return message


def come_first(plan: Plan, event_type: str, subject_id: str) -> bool:
    """Say whether the callbacks of a request arrive before its answer."""
    return any(fault.kind == "before_answer" for _, fault in _striking(plan, event_type, subject_id))


def tampered(body: bytes) -> bytes:
    """Change a body on its way: a payment's amount grows by a digit; anything else gets a blank."""
    changed = body.replace(*TAMPERING, 1)
    return changed if changed != body else body + b" "


def _striking(plan: Plan, event_type: str, subject_id: str) -> Iterator[tuple[str, CallbackFault]]:
    for number, fault in enumerate(plan.callbacks):
        rule = f"callback {number}"
        concerned = fault.event_type in {ALL, event_type}
        if concerned and happens(plan.seed, rule, subject_id, fault.probability):
            yield rule, fault
