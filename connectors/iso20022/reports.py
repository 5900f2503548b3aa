"""What an institution tells an account's owner: camt.052 within the day, camt.053 after it, camt.054 at once."""

from datetime import date
from typing import Final, NamedTuple

from connectors.iso20022.leaves import (
    AMOUNT,
    COUNT,
    CURRENCY,
    DAY,
    FLAG,
    IBAN,
    MAX_4,
    MAX_34,
    MAX_35,
    MAX_140,
    MAX_500,
    SIDE,
    TIME,
    UETR,
    one_of,
)
from connectors.iso20022.parts import AGENT, Agent, all_of, exactly_one, not_both
from connectors.iso20022.schema import Codec, Record, Row
from ledger.clock import Micros


class Period(NamedTuple):
    """From when to when a report speaks."""

    start: Micros
    end: Micros


class Balance(NamedTuple):
    """A balance: `kind` is a code such as OPBD or CLBD; a `side` of DBIT makes it negative.

    Either the end of the day `on`, or the moment `at`.
    """

    kind: str
    amount_paisa: int
    side: str
    on: date | None = None
    at: Micros | None = None


class Entry(NamedTuple):
    """A line of an account: `status` is a code such as BOOK or PDNG, `code` says what kind of booking.

    It is booked on a day or at a moment, and has a value from a day or from a moment.
    """

    amount_paisa: int
    side: str
    status: str
    code: str
    reference: str | None = None
    reversal: bool | None = None
    booked_on: date | None = None
    booked_at: Micros | None = None
    value_on: date | None = None
    value_at: Micros | None = None
    servicer_reference: str | None = None
    message_id: str | None = None
    instruction_id: str | None = None
    end_to_end_id: str | None = None
    uetr: str | None = None
    tx_id: str | None = None
    text: str | None = None


class HeldAccount(NamedTuple):
    """The account that a report is of: by IBAN or by another number, and who holds and who keeps it."""

    iban: str | None = None
    other: str | None = None
    currency: str | None = None
    owner: str | None = None
    servicer: Agent | None = None


class AccountReport(NamedTuple):
    """What all three say of one account; a notification has no balances."""

    id: str
    account: HeldAccount
    sequence_number: int | None = None
    created_at: Micros | None = None
    period: Period | None = None
    balances: tuple[Balance, ...] = ()
    entries: tuple[Entry, ...] = ()


class IntradayReport(NamedTuple):
    """camt.052."""

    message_id: str
    created_at: Micros
    report: AccountReport


class Statement(NamedTuple):
    """camt.053."""

    message_id: str
    created_at: Micros
    report: AccountReport


class Notification(NamedTuple):
    """camt.054."""

    message_id: str
    created_at: Micros
    report: AccountReport


def _no_balances(report: AccountReport) -> str:
    return "a notification carries no balances" if report.balances else ""


_PERIOD: Final = Record(Period, (Row("FrDtTm", "start", TIME), Row("ToDtTm", "end", TIME)))
_BALANCE: Final = Record(
    Balance,
    (
        Row("Tp/CdOrPrtry/Cd", "kind", MAX_4),
        Row("Amt", "amount_paisa", AMOUNT),
        Row("CdtDbtInd", "side", SIDE),
        Row("Dt/Dt", "on", DAY, "?"),
        Row("Dt/DtTm", "at", TIME, "?"),
    ),
    exactly_one("on", "at"),
)
_REFS: Final = "NtryDtls/TxDtls/Refs/"
_ENTRY: Final = Record(
    Entry,
    (
        Row("NtryRef", "reference", MAX_35, "?"),
        Row("Amt", "amount_paisa", AMOUNT),
        Row("CdtDbtInd", "side", SIDE),
        Row("RvslInd", "reversal", FLAG, "?"),
        Row("Sts/Cd", "status", MAX_4),
        Row("BookgDt/Dt", "booked_on", DAY, "?"),
        Row("BookgDt/DtTm", "booked_at", TIME, "?"),
        Row("ValDt/Dt", "value_on", DAY, "?"),
        Row("ValDt/DtTm", "value_at", TIME, "?"),
        Row("AcctSvcrRef", "servicer_reference", MAX_35, "?"),
        Row("BkTxCd/Prtry/Cd", "code", MAX_35),
        Row(_REFS + "MsgId", "message_id", MAX_35, "?"),
        Row(_REFS + "InstrId", "instruction_id", MAX_35, "?"),
        Row(_REFS + "EndToEndId", "end_to_end_id", MAX_35, "?"),
        Row(_REFS + "UETR", "uetr", UETR, "?"),
        Row(_REFS + "TxId", "tx_id", MAX_35, "?"),
        Row("AddtlNtryInf", "text", MAX_500, "?"),
    ),
    all_of(not_both("booked_on", "booked_at"), not_both("value_on", "value_at")),
)
_ACCOUNT: Final = Record(
    HeldAccount,
    (
        Row("Id/IBAN", "iban", IBAN, "?"),
        Row("Id/Othr/Id", "other", MAX_34, "?"),
        Row("Ccy", "currency", one_of((CURRENCY,)), "?"),
        Row("Ownr/Nm", "owner", MAX_140, "?"),
        Row("Svcr", "servicer", AGENT, "?"),
    ),
    exactly_one("iban", "other"),
)
_ALWAYS: Final = (
    Row("Id", "id", MAX_35),
    Row("ElctrncSeqNb", "sequence_number", COUNT, "?"),
    Row("CreDtTm", "created_at", TIME, "?"),
    Row("FrToDt", "period", _PERIOD, "?"),
    Row("Acct", "account", _ACCOUNT),
    Row("Ntry", "entries", _ENTRY, "*"),
)
_WITH_BALANCES: Final = Record(AccountReport, (*_ALWAYS, Row("Bal", "balances", _BALANCE, "*")))
_WITHOUT: Final = Record(AccountReport, _ALWAYS, _no_balances)


def _rows(element: str, record: Record) -> tuple[Row, ...]:
    return (
        Row("GrpHdr/MsgId", "message_id", MAX_35),
        Row("GrpHdr/CreDtTm", "created_at", TIME),
        Row(element, "report", record),
    )


INTRADAY_REPORT: Final = Codec(
    "camt.052.001.08", IntradayReport, "BkToCstmrAcctRpt/", _rows("Rpt", _WITH_BALANCES)
)
STATEMENT: Final = Codec("camt.053.001.08", Statement, "BkToCstmrStmt/", _rows("Stmt", _WITH_BALANCES))
NOTIFICATION: Final = Codec(
    "camt.054.001.08", Notification, "BkToCstmrDbtCdtNtfctn/", _rows("Ntfctn", _WITHOUT)
)
