"""1LINK's interbank funds transfer: title fetch, then transfer. Pure: facts in, answer out.

The sender's bank fetches the title with the amount in it, then sends the transfer. When the beneficiary's
bank does not answer, 1LINK keeps the advice and delivers it later: the outcome is unknown until then.
"""

from collections.abc import Mapping

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
from connectors.identifiers.iban import institution_of
from connectors.identifiers.institutions import INSTITUTIONS, Institution
from connectors.scenarios import Pulls, answer_of, read_reasons, read_triggers
from ledger.clock import SECOND_US

REFUSED_BY_STATUS = {"closed": "0103", "frozen": "0192"}
UNKNOWN_ACCOUNT = "0168"
UNKNOWN_MEMBER = "0106"
NOT_ENROLLED = "0120"
OVER_LIMIT = "0101"
DUPLICATE = "0110"


class Ibft:
    """The rail as the registry holds it. `members` are the institutions that 1LINK knows."""

    code = "onelink"
    name = "1LINK interbank funds transfer"
    insufficient_funds = "0404"
    hold_expired = "0191"
    amount_limit = OVER_LIMIT
    client_limit = OVER_LIMIT
    approved = "0000"
    no_answer = "0156"
    offline = "0155"
    capabilities: tuple[str, ...] = ("ibft",)
    hold_us = 24 * 3600 * SECOND_US
    title_fetch_us = 5 * 60 * SECOND_US

    def __init__(self, members: Mapping[str, Institution] = INSTITUTIONS) -> None:
        self.reasons = read_reasons("connectors.onelink")
        self.triggers = read_triggers("connectors.onelink")
        self._pulls = Pulls(self.triggers)
        self._members = members

    def pulled(self, iban: str, amount_paisa: int) -> Trigger | None:
        """Return the published trigger that a payment of this account or amount pulls, if any."""
        return self._pulls.find(iban, amount_paisa)

    def fetch_title(self, query: TitleQuery, party: Party | None) -> TitleFound | Declined:
        """Return the account's title, or why it cannot be credited: the bank first, then the account."""
        published = self._pulls.title(query.iban, query.amount_paisa)
        if published is not None:
            return published
        member = self._members.get(institution_of(query.iban))
        if member is None:
            return Declined(UNKNOWN_MEMBER)
        if not member.capabilities.ibft:
            return Declined(NOT_ENROLLED)
        if party is None:
            return Declined(UNKNOWN_ACCOUNT)
        refusal = REFUSED_BY_STATUS.get(party.status)
        return TitleFound(party.title) if refusal is None else Declined(refusal)

    def admit(self, instruction: Instruction) -> Declined | None:
        """Check what the sender's bank checks: no reference twice, the account's own limit."""
        if instruction.repeated:
            return Declined(DUPLICATE)
        if instruction.limit_paisa is not None and instruction.amount_paisa > instruction.limit_paisa:
            return Declined(OVER_LIMIT)
        return None

    def handle(self, instruction: Instruction, party: Party | None) -> Answer:
        """Answer for the beneficiary's bank: by a published trigger, else by the state of the account."""
        trigger = self.pulled(instruction.destination_iban, instruction.amount_paisa)
        if trigger is not None:
            return answer_of(trigger)
        title = self.fetch_title(TitleQuery(instruction.destination_iban, instruction.amount_paisa), party)
        return title if isinstance(title, Declined) else Accepted()
