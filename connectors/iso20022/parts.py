"""Values that several messages share, and the rows that place them."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from connectors.iso20022.leaves import (
    AMOUNT,
    BIC,
    CLEARING_CHANNEL,
    COUNTRY,
    DAY,
    IBAN,
    MAX_4,
    MAX_34,
    MAX_35,
    MAX_70,
    MAX_105,
    MAX_128,
    MAX_140,
    PHONE,
    TIME,
    UETR,
)
from connectors.iso20022.schema import Record, Row
from ledger.clock import Micros


class Agent(NamedTuple):
    """An institution: by its member code of the clearing system, by its BIC, or by both."""

    member: str | None = None
    bic: str | None = None


class Account(NamedTuple):
    """An account: by IBAN, or by another number; never both."""

    iban: str | None = None
    other: str | None = None


class Contact(NamedTuple):
    """A contact of a channel of four letters; Raast-like samples carry a position as LATD and LONG."""

    channel: str
    id: str


class Party(NamedTuple):
    """A payer or a payee.

    `organisation_id` with its `organisation_scheme` holds a merchant's category code (scheme MCC), and
    `sub_department` the terminal, as in Raast-like samples of payments to merchants.
    """

    name: str
    mobile: str | None = None
    contacts: tuple[Contact, ...] = ()
    sub_department: str | None = None
    town: str | None = None
    country: str | None = None
    organisation_id: str | None = None
    organisation_scheme: str | None = None
    residence: str | None = None


class PaymentType(NamedTuple):
    """How a payment is classed, each word but the channel in the clearing system's own vocabulary."""

    clearing_channel: str | None = None
    service_level: str | None = None
    local_instrument: str | None = None
    category_purpose: str | None = None


class Reason(NamedTuple):
    """Why: a code of ISO's external code sets or a word of the system's own, and free text."""

    code: str | None = None
    own: str | None = None
    texts: tuple[str, ...] = ()


class OriginalMessage(NamedTuple):
    """The message that another one speaks of; `name` is its name and version."""

    message_id: str
    name: str
    created_at: Micros | None = None


class OriginalTransaction(NamedTuple):
    """What a status says of the payment it speaks of."""

    amount_paisa: int | None = None
    settled_on: date | None = None
    payment_type: PaymentType | None = None
    purpose: str | None = None


def exactly_one(first: str, second: str) -> Callable[[Any], str]:
    """Make the rule that one of two fields is given, and not both."""

    def rule(value: Any) -> str:
        one = (getattr(value, first) is None) != (getattr(value, second) is None)
        return "" if one else f"either {first} or {second} is given"

    return rule


def not_both(first: str, second: str) -> Callable[[Any], str]:
    """Make the rule that of two fields at most one is given."""

    def rule(value: Any) -> str:
        both = getattr(value, first) is not None and getattr(value, second) is not None
        return f"not both {first} and {second} are given" if both else ""

    return rule


def all_of(*rules: Callable[[Any], str]) -> Callable[[Any], str]:
    """Make one rule of several; the first that is broken speaks."""
    return lambda value: next((wrong for rule in rules if (wrong := rule(value))), "")


def _some_agent(agent: Agent) -> str:
    return "" if agent.member or agent.bic else "an agent is named by its member code or its BIC"


def _scheme_with_id(party: Party) -> str:
    lost = party.organisation_scheme is not None and party.organisation_id is None
    return "an organisation's scheme stands with its id" if lost else ""


AGENT: Final = Record(
    Agent,
    (Row("FinInstnId/ClrSysMmbId/MmbId", "member", MAX_35, "?"), Row("FinInstnId/BICFI", "bic", BIC, "?")),
    _some_agent,
)
ACCOUNT: Final = Record(
    Account,
    (Row("Id/IBAN", "iban", IBAN, "?"), Row("Id/Othr/Id", "other", MAX_34, "?")),
    exactly_one("iban", "other"),
)
CONTACT: Final = Record(Contact, (Row("ChanlTp", "channel", MAX_4), Row("Id", "id", MAX_128)))
PARTY: Final = Record(
    Party,
    (
        Row("Nm", "name", MAX_140),
        Row("PstlAdr/SubDept", "sub_department", MAX_70, "?"),
        Row("PstlAdr/TwnNm", "town", MAX_35, "?"),
        Row("PstlAdr/Ctry", "country", COUNTRY, "?"),
        Row("Id/OrgId/Othr/Id", "organisation_id", MAX_35, "?"),
        Row("Id/OrgId/Othr/SchmeNm/Prtry", "organisation_scheme", MAX_35, "?"),
        Row("CtryOfRes", "residence", COUNTRY, "?"),
        Row("CtctDtls/MobNb", "mobile", PHONE, "?"),
        Row("CtctDtls/Othr", "contacts", CONTACT, "*"),
    ),
    _scheme_with_id,
)
PAYMENT_TYPE: Final = Record(
    PaymentType,
    (
        Row("ClrChanl", "clearing_channel", CLEARING_CHANNEL, "?"),
        Row("SvcLvl/Prtry", "service_level", MAX_35, "?"),
        Row("LclInstrm/Prtry", "local_instrument", MAX_35, "?"),
        Row("CtgyPurp/Prtry", "category_purpose", MAX_35, "?"),
    ),
)
REASON: Final = Record(
    Reason,
    (
        Row("Rsn/Cd", "code", MAX_4, "?"),
        Row("Rsn/Prtry", "own", MAX_35, "?"),
        Row("AddtlInf", "texts", MAX_105, "*"),
    ),
    exactly_one("code", "own"),
)
ORIGINAL_MESSAGE: Final = Record(
    OriginalMessage,
    (
        Row("OrgnlMsgId", "message_id", MAX_35),
        Row("OrgnlMsgNmId", "name", MAX_35),
        Row("OrgnlCreDtTm", "created_at", TIME, "?"),
    ),
)
ORIGINAL_TRANSACTION: Final = Record(
    OriginalTransaction,
    (
        Row("IntrBkSttlmAmt", "amount_paisa", AMOUNT, "?"),
        Row("IntrBkSttlmDt", "settled_on", DAY, "?"),
        Row("PmtTpInf", "payment_type", PAYMENT_TYPE, "?"),
        Row("Purp/Prtry", "purpose", MAX_35, "?"),
    ),
)


def original_ids(base: str) -> Sequence[Row]:
    """Return the rows of the ids of the payment that a message speaks of."""
    return (
        Row(base + "OrgnlInstrId", "original_instruction_id", MAX_35, "?"),
        Row(base + "OrgnlEndToEndId", "original_end_to_end_id", MAX_35, "?"),
        Row(base + "OrgnlTxId", "original_tx_id", MAX_35, "?"),
        Row(base + "OrgnlUETR", "original_uetr", UETR, "?"),
    )
