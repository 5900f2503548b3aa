"""The course that a payment takes: what the receiver answers, or what a scenario makes of it."""

from typing import NamedTuple

from pydantic import BaseModel

from connectors.contract import Answer, Declined, Instruction, Rail, TitleFound, TitleQuery, Trigger
from connectors.identifiers.iban import institution_of
from connectors.scenarios import answer_of
from sandbox.scenarios.faults import Answering, disturb, disturb_title, paced
from sandbox.scenarios.models import Plan
from sandbox.scenarios.service import plan_of, row_named
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

    def title(
        self, world: World, rail: Rail, fetch_id: str, query: TitleQuery, answer: TitleFound | Declined
    ) -> TitleFound | Declined:
        """Return what is answered in place of a title; a row that is about payments lets it be found."""
        if self.row is not None:
            about_titles = self.row.stage == "title_fetch" and self.row.reason
            return Declined(about_titles) if about_titles else answer
        if self.plan is None or rail.pulled(query.iban, query.amount_paisa) is not None:
            return answer
        return disturb_title(self.plan, rail, institution_of(query.iban), fetch_id, world.wire) or answer

    def take(
        self, world: World, rail: Rail, payment_id: str, instruction: Instruction, answer: Answer
    ) -> Answer:
        """Return what is answered in place of the receiver's answer, or that."""
        if self.row is not None:
            return answer_of(self.row)
        iban = instruction.destination_iban
        if self.plan is None or rail.pulled(iban, instruction.amount_paisa) is not None:
            return answer
        return under_plan(world, self.plan, rail, institution_of(iban), payment_id, answer)


def course_of(world: World, rail: Rail) -> Course | None:
    """Return the course that a payment is to take, or None where nobody wants anything of it: nearly always."""
    plan, name = plan_of(world), world.wire.scenario
    return None if plan is None and name is None else Course(plan, row_named(rail, name))


def under_plan(
    world: World, plan: Plan, rail: Answering, member: str, payment_id: str, answer: Answer
) -> Answer:
    """Return what the plan makes of an answer: its faults, then its pace."""
    answer = disturb(plan, rail, member, payment_id, answer, world.wire)
    later = paced(plan, rail, answer)
    if later is not answer and plan.pace.after_polls is not None:
        POLLS.put(world, payment_id, Polls(left=plan.pace.after_polls))
    return later


def asked_enough(world: World, payment_id: str) -> bool:
    """Count an inquiry about an unknown payment; say whether it brings the outcome."""
    polls = POLLS.get(world, payment_id)
    if polls is None:
        return False
    if polls.left > 1:
        POLLS.put(world, payment_id, Polls(left=polls.left - 1))
        return False
    POLLS.remove(world, payment_id)
    return True
