"""Triggers and reasons as data: read from a rail's folder, found by the account that is paid."""

import tomllib
from importlib.resources import files

from connectors.contract import Accepted, Answer, Declined, Reason, Trigger, Unknown
from connectors.identifiers.iban import make_iban
from ledger.clock import SECOND_US


def read_reasons(package: str) -> dict[str, Reason]:
    """Read `reasons.toml` of a rail's package."""
    rows = tomllib.loads(files(package).joinpath("reasons.toml").read_text("utf-8"))
    return {code: Reason(code=code, **row) for code, row in rows.items()}


def read_triggers(package: str) -> tuple[Trigger, ...]:
    """Read `triggers.toml` of a rail's package."""
    rows = tomllib.loads(files(package).joinpath("triggers.toml").read_text("utf-8"))
    return tuple(Trigger(name=name, **row) for name, row in rows.items())


def iban_of(trigger: Trigger) -> str | None:
    """Return the IBAN that pulls the trigger, or None when seeded accounts do."""
    return make_iban(trigger.institution, trigger.account) if trigger.account else None


def by_iban(triggers: tuple[Trigger, ...]) -> dict[str, Trigger]:
    """Index the triggers that an account pulls."""
    return {iban: trigger for trigger in triggers if (iban := iban_of(trigger))}


def answer_of(trigger: Trigger) -> Answer:
    """Translate a trigger's row into the answer of the receiver."""
    if trigger.status == "settled":
        return Accepted()
    reason = trigger.reason or ""
    if trigger.status == "refused":
        return Declined(reason)
    later: Accepted | Declined = Declined(trigger.later_reason) if trigger.later_reason else Accepted()
    return Unknown(reason, None if trigger.after_s is None else trigger.after_s * SECOND_US, later)
