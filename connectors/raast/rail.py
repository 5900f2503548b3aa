"""Raast credit transfers between persons, by IBAN. Pure: facts in, answer out."""

from connectors.contract import (
    Accepted,
    Answer,
    Declined,
    Instruction,
    Party,
    TitleFound,
    TitleQuery,
    Trigger,
)
from connectors.scenarios import Pulls, answer_of, read_reasons, read_triggers
from ledger.clock import SECOND_US

REFUSED_BY_STATUS = {"closed": "AC04", "frozen": "AC06"}
UNKNOWN_ACCOUNT = "AC03"
OVER_LIMIT = "AM02"
DUPLICATE = "AM05"


class Raast:
    """The rail as the registry holds it."""

    code = "raast"
    name = "Raast person-to-person"
    insufficient_funds = "AM04"
    hold_expired = "DS24"
    amount_limit = OVER_LIMIT
    client_limit = "AM14"
    approved = ""
    no_answer = "AB05"
    offline = "AB08"
    capabilities: tuple[str, ...] = (
        "raast_p2p",
        "raast_title_fetch",
        "raast_bulk",
        "raast_p2m",
        "raast_rtp",
    )
    hold_us = 24 * 3600 * SECOND_US
    title_fetch_us = 5 * 60 * SECOND_US

    def __init__(self) -> None:
        self.reasons = read_reasons("connectors.raast")
        self.triggers = read_triggers("connectors.raast")
        self._pulls = Pulls(self.triggers)

    def pulled(self, iban: str, amount_paisa: int) -> Trigger | None:
        """Return the published trigger that a payment of this account or amount pulls, if any."""
        return self._pulls.find(iban, amount_paisa)

    def fetch_title(self, query: TitleQuery, party: Party | None) -> TitleFound | Declined:
        """Return the account's title, or why it cannot be credited."""
        published = self._pulls.title(query.iban, query.amount_paisa)
        if published is not None:
            return published
        if party is None:
            return Declined(UNKNOWN_ACCOUNT)
        refusal = REFUSED_BY_STATUS.get(party.status)
        return TitleFound(party.title) if refusal is None else Declined(refusal)

    def admit(self, instruction: Instruction) -> Declined | None:
        """Check what the sender's bank checks: no end-to-end id twice, the account's own limit."""
        if instruction.repeated:
            return Declined(DUPLICATE)
        if instruction.limit_paisa is not None and instruction.amount_paisa > instruction.limit_paisa:
            return Declined(OVER_LIMIT)
        return None

    def handle(self, instruction: Instruction, party: Party | None) -> Answer:
        """Answer for the receiver: by a published trigger, else by the state of the account."""
        trigger = self.pulled(instruction.destination_iban, instruction.amount_paisa)
        if trigger is not None:
            return answer_of(trigger)
        title = self.fetch_title(TitleQuery(instruction.destination_iban, instruction.amount_paisa), party)
        return title if isinstance(title, Declined) else Accepted()
