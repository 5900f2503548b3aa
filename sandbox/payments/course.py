"""The course that a payment takes: what the receiver answers, or what a scenario makes of it."""

from typing import NamedTuple

from pydantic import BaseModel

from connectors.contract import Answer, Instruction, Rail, Trigger
from connectors.identifiers.iban import institution_of
from connectors.scenarios import answer_of
from sandbox.scenarios.faults import disturb, paced
from sandbox.scenarios.models import Plan
from sandbox.shelf import Shelf
from sandbox.world import World


class Polls(BaseModel):
    """How many inquiries are left until a payment's outcome is known."""

    left: int


POLLS = Shelf("scenarios", "polls", Polls)


class Course(NamedTuple):
    """What a sandbox's plan and the caller want of a payment.

    A named row comes before everything else, a trigger that the payment pulls before the plan.
    """

    plan: Plan | None
    row: Trigger | None

    def take(
        self, world: World, rail: Rail, payment_id: str, instruction: Instruction, answer: Answer
    ) -> Answer:
        """Return what is answered in place of the receiver's answer, or that."""
        if self.row is not None:
            return answer_of(self.row)
        iban = instruction.destination_iban
        if self.plan is None or rail.pulled(iban, instruction.amount_paisa) is not None:
            return answer
        answer = disturb(self.plan, rail, institution_of(iban), payment_id, answer, world.wire)
        later = paced(self.plan, rail, answer)
        if later is not answer and self.plan.pace.after_polls is not None:
            POLLS.put(world, payment_id, Polls(left=self.plan.pace.after_polls))
        return later
