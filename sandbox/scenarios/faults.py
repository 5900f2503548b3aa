"""What a plan makes of a rail's answer. Pure but for the wire, on which it writes what happens to the HTTP answer."""

from collections.abc import Iterator
from typing import Literal, Protocol

from connectors.contract import Accepted, Answer, Declined, Unknown
from ledger.clock import SECOND_US
from sandbox.scenarios.draws import happens
from sandbox.scenarios.models import ALL, Fault, Plan
from sandbox.wire import Wire

Health = Literal["up", "disturbed", "down"]


class Answering(Protocol):
    """What faults need of a rail: its code, and what it says when things go wrong."""

    code: str
    no_answer: str
    offline: str
    hold_expired: str
    hold_us: int


def disturb_title(plan: Plan, rail: Answering, member: str, fetch_id: str, wire: Wire) -> Declined | None:
    """Say why a title fetch fails, or None; a partial member still tells titles."""
    refusals = {"down": rail.offline, "timeout": rail.no_answer}
    refusal: Declined | None = None
    for fault in _striking(plan, rail.code, member, fetch_id):
        _on_the_wire(fault, wire)
        if refusal is None and fault.kind in refusals:
            refusal = Declined(refusals[fault.kind])
    return refusal


def disturb(plan: Plan, rail: Answering, member: str, payment_id: str, answer: Answer, wire: Wire) -> Answer:
    """Return what the sender's side sees of a receiver's answer. The first fault that changes it counts."""
    changed: Answer | None = None
    for fault in _striking(plan, rail.code, member, payment_id):
        _on_the_wire(fault, wire)
        if changed is None:
            changed = _changed(fault, rail, answer)
    return answer if changed is None else changed


def paced(plan: Plan, rail: Answering, answer: Answer) -> Answer:
    """Let a known outcome be known later. One that inquiries bring comes at the latest before the hold runs out."""
    pace = plan.pace
    if isinstance(answer, Unknown):
        return answer
    if pace.after_seconds is not None:
        return Unknown(rail.no_answer, pace.after_seconds * SECOND_US, answer)
    if pace.after_polls is not None:
        return Unknown(rail.no_answer, rail.hold_us - SECOND_US, answer)
    return answer


def health(plan: Plan | None, rail: str, member: str) -> Health:
    """Say how a member stands on a rail: up, disturbed, or down for certain."""
    faults = [fault for fault in plan.faults if _concerns(fault, rail, member)] if plan else []
    if any(fault.kind == "down" and fault.probability >= 1 for fault in faults):
        return "down"
    return "disturbed" if faults else "up"


def _concerns(fault: Fault, rail: str, member: str) -> bool:
    return fault.rail in {ALL, rail} and fault.member in {ALL, member} and fault.probability > 0


def _striking(plan: Plan, rail: str, member: str, subject_id: str) -> Iterator[Fault]:
    for number, fault in enumerate(plan.faults):
        if _concerns(fault, rail, member) and happens(
            plan.seed, f"fault {number}", subject_id, fault.probability
        ):
            yield fault


def _changed(fault: Fault, rail: Answering, answer: Answer) -> Answer | None:
    if fault.kind in {"down", "partial"}:
        return Declined(rail.offline)
    if fault.kind == "timeout":
        return Unknown(rail.no_answer, None, Declined(rail.hold_expired))
    if isinstance(answer, Unknown):
        return None
    if fault.kind == "slow" or (fault.kind == "late_success" and isinstance(answer, Accepted)):
        return Unknown(rail.no_answer, fault.seconds * SECOND_US, answer)
    return None


def _on_the_wire(fault: Fault, wire: Wire) -> None:
    if fault.kind == "latency":
        wire.latency_ms = fault.milliseconds
    if fault.kind == "lost_answer":
        wire.lost = True
