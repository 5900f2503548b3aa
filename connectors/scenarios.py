"""Triggers and reasons as data: read from a rail's folder, found by the account or the amount that is paid."""

import tomllib
from importlib.resources import files

from connectors.contract import Accepted, Answer, Declined, Reason, TitleFound, Trigger, Unknown
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


class Pulls:
    """A rail's triggers, found by what pulls them. An account comes before an amount."""

    def __init__(self, triggers: tuple[Trigger, ...]) -> None:
        self._by_iban = {iban: row for row in triggers if (iban := iban_of(row))}
        self._by_amount = {row.amount_paisa: row for row in triggers if row.pulled_by == "amount"}

    def find(self, iban: str, amount_paisa: int) -> Trigger | None:
        """Return the trigger that this account, or else this amount, pulls."""
        return self._by_iban.get(iban) or self._by_amount.get(amount_paisa)

    def title(self, iban: str, amount_paisa: int) -> TitleFound | Declined | None:
        """Answer a title fetch; None leaves it to the account, which an amount that is paid later does too."""
        row = self.find(iban, amount_paisa)
        if row is None:
            return None
        if row.stage == "title_fetch":
            return Declined(row.reason or "")
        return TitleFound(f"TRIGGER {row.name.upper()}") if row.account else None


def answer_of(trigger: Trigger) -> Answer:
    """Translate a trigger's row into the answer of the receiver."""
    if trigger.status == "settled":
        return Accepted()
    reason = trigger.reason or ""
    if trigger.status == "refused":
        return Declined(reason)
    later: Accepted | Declined = Declined(trigger.later_reason) if trigger.later_reason else Accepted()
    return Unknown(reason, None if trigger.after_s is None else trigger.after_s * SECOND_US, later)
