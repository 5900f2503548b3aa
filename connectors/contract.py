"""What a rail is: pure decisions about instructions, and the data behind them.

A rail never acts. It is given the facts and says what the other side answered; the payments module
moves the money accordingly. `Unknown` is an answer of its own: no reply came in time, the hold stays,
and the outcome follows later.
"""

from typing import NamedTuple, Protocol


class Reason(NamedTuple):
    """A code of a rail's vocabulary.

    `final` tells whether the refusal ends the payment; `standing` is `documented`, `weak` or `invented`
    and says how sure the fact is, `source` where it comes from.
    """

    code: str
    name: str
    meaning: str
    final: bool
    standing: str
    source: str


class Party(NamedTuple):
    """An account as its institution knows it; `status` is `active`, `frozen` or `closed`."""

    iban: str
    title: str
    status: str


class TitleQuery(NamedTuple):
    """The question whose account this is, and whether it may be credited this much."""

    iban: str
    amount_paisa: int


class Instruction(NamedTuple):
    """A credit transfer as the sender's institution hands it to the rail.

    `limit_paisa` is the most that the sender's account may pay at once, None without a limit;
    `repeated` says that the sender has used this end-to-end id before.
    """

    destination_iban: str
    amount_paisa: int
    limit_paisa: int | None
    repeated: bool


class TitleFound(NamedTuple):
    """The account can be credited and belongs to `title`."""

    title: str


class Accepted(NamedTuple):
    """The receiver took the money: final."""


class Declined(NamedTuple):
    """Nothing moved, for the reason with this code: final."""

    reason: str


class Unknown(NamedTuple):
    """No answer in time. The outcome comes `after_us` later, or never when that is None."""

    reason: str
    after_us: int | None
    later: Accepted | Declined


Answer = Accepted | Declined | Unknown


class Trigger(NamedTuple):
    """A published value that makes a rail answer in a known way.

    `account` (of institution `institution`) answers so, as an account that exists in every sandbox; or, when
    `pulled_by` is `amount`, whoever is paid exactly `amount_paisa` does; or the seeded accounts named by
    `source` and `destination` do. `standing` says how sure the value is as a trigger, `origin` where it comes from.
    `stage` is `title_fetch` or `payment`; `status` what the caller sees at once; `later` what follows
    after `after_s` seconds of an unknown answer.
    """

    name: str
    stage: str
    status: str
    help: str
    reason: str | None = None
    institution: str = ""
    account: str = ""
    source: str = "rich"
    destination: str = ""
    amount_paisa: int = 15_000
    later: str | None = None
    later_reason: str | None = None
    after_s: int | None = None
    pulled_by: str = "account"
    standing: str = "invented"
    origin: str = ""


class Rail(Protocol):
    """A payment rail, as the registry holds it.

    `insufficient_funds`, `hold_expired`, `amount_limit` (one payment is larger than the account may make or
    take), `client_limit` (a limit of the account over time, or on what it holds), `no_answer` (the receiver's side
    gave none in time) and `offline` (it cannot be reached, nothing was sent) are codes of `reasons`.
    `approved` is the code of an approval, empty where the rail has none; `capabilities` are the flags of an institution (`identifiers.institutions.Capabilities`) that are about this rail;
    the first of them is what a payment over `/v1/payments` needs.
    """

    code: str
    name: str
    reasons: dict[str, Reason]
    triggers: tuple[Trigger, ...]
    insufficient_funds: str
    hold_expired: str
    amount_limit: str
    client_limit: str
    approved: str
    no_answer: str
    offline: str
    capabilities: tuple[str, ...]
    hold_us: int
    title_fetch_us: int

    def pulled(self, iban: str, amount_paisa: int) -> Trigger | None:
        """Return the published trigger that a payment of this account or amount pulls, if any."""
        ...

    def fetch_title(self, query: TitleQuery, party: Party | None) -> TitleFound | Declined:
        """Say whose account this is; `party` is None when the institution knows no such account."""
        ...

    def admit(self, instruction: Instruction) -> Declined | None:
        """Check what the sender's own side checks before any money is held."""
        ...

    def handle(self, instruction: Instruction, party: Party | None) -> Answer:
        """Say what the receiver answers once the money is held."""
        ...
