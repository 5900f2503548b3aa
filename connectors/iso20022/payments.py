"""Credit transfers between institutions: payment, status, return, and the question for a status."""

from datetime import date
from typing import Final, NamedTuple

from connectors.iso20022.leaves import (
    AMOUNT,
    CHARGE_BEARER,
    COUNT,
    DAY,
    FLAG,
    MAX_4,
    MAX_35,
    MAX_140,
    TIME,
    UETR,
)
from connectors.iso20022.parts import (
    ACCOUNT,
    AGENT,
    ORIGINAL_MESSAGE,
    ORIGINAL_TRANSACTION,
    PARTY,
    PAYMENT_TYPE,
    REASON,
    Account,
    Agent,
    OriginalMessage,
    OriginalTransaction,
    Party,
    PaymentType,
    Reason,
    original_ids,
)
from connectors.iso20022.schema import Codec, Record, Row, fixed
from ledger.clock import Micros


class CreditTransfer(NamedTuple):
    """pacs.008: one payment, settled through the clearing system (CLRG)."""

    message_id: str
    created_at: Micros
    end_to_end_id: str
    amount_paisa: int
    charge_bearer: str
    debtor: Party
    debtor_agent: Agent
    creditor_agent: Agent
    creditor: Party
    debtor_account: Account | None = None
    creditor_account: Account | None = None
    instruction_id: str | None = None
    tx_id: str | None = None
    uetr: str | None = None
    payment_type: PaymentType | None = None
    settled_on: date | None = None
    accepted_at: Micros | None = None
    instructed_paisa: int | None = None
    instructing_agent: Agent | None = None
    instructed_agent: Agent | None = None
    next_agent_text: str | None = None
    purpose: str | None = None
    texts: tuple[str, ...] = ()
    document_type: str | None = None
    document_number: str | None = None
    batch_booking: bool | None = None


class GroupStatus(NamedTuple):
    """What a status says of the whole message that it speaks of."""

    message_id: str
    name: str
    created_at: Micros | None = None
    transactions: int | None = None
    status: str | None = None


class StatusReport(NamedTuple):
    """pacs.002: what became of one payment; `status` is a code such as ACSP or RJCT."""

    message_id: str
    created_at: Micros
    status: str
    group: GroupStatus | None = None
    status_id: str | None = None
    original_instruction_id: str | None = None
    original_end_to_end_id: str | None = None
    original_tx_id: str | None = None
    original_uetr: str | None = None
    reason: Reason | None = None
    accepted_at: Micros | None = None
    servicer_reference: str | None = None
    instructing_agent: Agent | None = None
    instructed_agent: Agent | None = None
    original: OriginalTransaction | None = None


class PaymentReturn(NamedTuple):
    """pacs.004: money comes back, in a payment of its own with debtor and creditor changed over."""

    message_id: str
    created_at: Micros
    returned_paisa: int
    reason: Reason
    return_id: str | None = None
    original_message: OriginalMessage | None = None
    original_instruction_id: str | None = None
    original_end_to_end_id: str | None = None
    original_tx_id: str | None = None
    original_uetr: str | None = None
    original_paisa: int | None = None
    settled_on: date | None = None
    charge_bearer: str | None = None
    instructing_agent: Agent | None = None
    instructed_agent: Agent | None = None
    chain: "ReturnChain | None" = None


class ReturnChain(NamedTuple):
    """The parties of a return: its debtor is the creditor of the payment."""

    debtor: Party
    creditor: Party
    debtor_agent: Agent | None = None
    creditor_agent: Agent | None = None


class StatusRequest(NamedTuple):
    """pacs.028: the question what became of one payment."""

    message_id: str
    created_at: Micros
    request_id: str | None = None
    original_message: OriginalMessage | None = None
    original_instruction_id: str | None = None
    original_end_to_end_id: str | None = None
    original_tx_id: str | None = None
    original_uetr: str | None = None
    instructing_agent: Agent | None = None
    instructed_agent: Agent | None = None


_IDS: Final = (Row("GrpHdr/MsgId", "message_id", MAX_35), Row("GrpHdr/CreDtTm", "created_at", TIME))
_ONE_CLEARED: Final = (fixed("GrpHdr/NbOfTxs", "1"), fixed("GrpHdr/SttlmInf/SttlmMtd", "CLRG"))


def _agents(base: str) -> tuple[Row, Row]:
    return (
        Row(base + "InstgAgt", "instructing_agent", AGENT, "?"),
        Row(base + "InstdAgt", "instructed_agent", AGENT, "?"),
    )


_TX: Final = "CdtTrfTxInf/"
CREDIT_TRANSFER: Final = Codec(
    "pacs.008.001.08",
    CreditTransfer,
    "FIToFICstmrCdtTrf/",
    (
        *_IDS,
        Row("GrpHdr/BtchBookg", "batch_booking", FLAG, "?"),
        *_ONE_CLEARED,
        Row(_TX + "PmtId/InstrId", "instruction_id", MAX_35, "?"),
        Row(_TX + "PmtId/EndToEndId", "end_to_end_id", MAX_35),
        Row(_TX + "PmtId/TxId", "tx_id", MAX_35, "?"),
        Row(_TX + "PmtId/UETR", "uetr", UETR, "?"),
        Row(_TX + "PmtTpInf", "payment_type", PAYMENT_TYPE, "?"),
        Row(_TX + "IntrBkSttlmAmt", "amount_paisa", AMOUNT),
        Row(_TX + "IntrBkSttlmDt", "settled_on", DAY, "?"),
        Row(_TX + "AccptncDtTm", "accepted_at", TIME, "?"),
        Row(_TX + "InstdAmt", "instructed_paisa", AMOUNT, "?"),
        Row(_TX + "ChrgBr", "charge_bearer", CHARGE_BEARER),
        *_agents(_TX),
        Row(_TX + "Dbtr", "debtor", PARTY),
        Row(_TX + "DbtrAcct", "debtor_account", ACCOUNT, "?"),
        Row(_TX + "DbtrAgt", "debtor_agent", AGENT),
        Row(_TX + "CdtrAgt", "creditor_agent", AGENT),
        Row(_TX + "Cdtr", "creditor", PARTY),
        Row(_TX + "CdtrAcct", "creditor_account", ACCOUNT, "?"),
        Row(_TX + "InstrForNxtAgt/InstrInf", "next_agent_text", MAX_140, "?"),
        Row(_TX + "Purp/Prtry", "purpose", MAX_35, "?"),
        Row(_TX + "RmtInf/Ustrd", "texts", MAX_140, "*"),
        Row(_TX + "RmtInf/Strd/RfrdDocInf/Tp/CdOrPrtry/Prtry", "document_type", MAX_35, "?"),
        Row(_TX + "RmtInf/Strd/RfrdDocInf/Nb", "document_number", MAX_35, "?"),
    ),
)

_GROUP_STATUS: Final = Record(
    GroupStatus,
    (
        Row("OrgnlMsgId", "message_id", MAX_35),
        Row("OrgnlMsgNmId", "name", MAX_35),
        Row("OrgnlCreDtTm", "created_at", TIME, "?"),
        Row("OrgnlNbOfTxs", "transactions", COUNT, "?"),
        Row("GrpSts", "status", MAX_4, "?"),
    ),
)
STATUS_REPORT: Final = Codec(
    "pacs.002.001.10",
    StatusReport,
    "FIToFIPmtStsRpt/",
    (
        *_IDS,
        Row("OrgnlGrpInfAndSts", "group", _GROUP_STATUS, "?"),
        Row("TxInfAndSts/StsId", "status_id", MAX_35, "?"),
        *original_ids("TxInfAndSts/"),
        Row("TxInfAndSts/TxSts", "status", MAX_4),
        Row("TxInfAndSts/StsRsnInf", "reason", REASON, "?"),
        Row("TxInfAndSts/AccptncDtTm", "accepted_at", TIME, "?"),
        Row("TxInfAndSts/AcctSvcrRef", "servicer_reference", MAX_35, "?"),
        *_agents("TxInfAndSts/"),
        Row("TxInfAndSts/OrgnlTxRef", "original", ORIGINAL_TRANSACTION, "?"),
    ),
)

_CHAIN: Final = Record(
    ReturnChain,
    (
        Row("Dbtr/Pty", "debtor", PARTY),
        Row("DbtrAgt", "debtor_agent", AGENT, "?"),
        Row("CdtrAgt", "creditor_agent", AGENT, "?"),
        Row("Cdtr/Pty", "creditor", PARTY),
    ),
)
PAYMENT_RETURN: Final = Codec(
    "pacs.004.001.09",
    PaymentReturn,
    "PmtRtr/",
    (
        *_IDS,
        *_ONE_CLEARED,
        Row("TxInf/RtrId", "return_id", MAX_35, "?"),
        Row("TxInf/OrgnlGrpInf", "original_message", ORIGINAL_MESSAGE, "?"),
        *original_ids("TxInf/"),
        Row("TxInf/OrgnlIntrBkSttlmAmt", "original_paisa", AMOUNT, "?"),
        Row("TxInf/RtrdIntrBkSttlmAmt", "returned_paisa", AMOUNT),
        Row("TxInf/IntrBkSttlmDt", "settled_on", DAY, "?"),
        Row("TxInf/ChrgBr", "charge_bearer", CHARGE_BEARER, "?"),
        *_agents("TxInf/"),
        Row("TxInf/RtrChain", "chain", _CHAIN, "?"),
        Row("TxInf/RtrRsnInf", "reason", REASON),
    ),
)

STATUS_REQUEST: Final = Codec(
    "pacs.028.001.03",
    StatusRequest,
    "FIToFIPmtStsReq/",
    (
        *_IDS,
        Row("TxInf/StsReqId", "request_id", MAX_35, "?"),
        Row("TxInf/OrgnlGrpInf", "original_message", ORIGINAL_MESSAGE, "?"),
        *original_ids("TxInf/"),
        *_agents("TxInf/"),
    ),
)
