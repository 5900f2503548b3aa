"""Requests to pay and their answers: pain.013 and pain.014."""

from datetime import date
from typing import Final, NamedTuple

from connectors.iso20022.leaves import (
    AMOUNT,
    CHARGE_BEARER,
    DAY,
    MAX_4,
    MAX_35,
    MAX_140,
    TIME,
    UETR,
)
from connectors.iso20022.parts import (
    ACCOUNT,
    AGENT,
    PARTY,
    REASON,
    Account,
    Agent,
    Party,
    Reason,
    all_of,
    exactly_one,
    not_both,
)
from connectors.iso20022.schema import Codec, Row, fixed
from ledger.clock import Micros


class RequestToPay(NamedTuple):
    """pain.013: a payee asks a payer for one payment.

    It is to be paid on the day `execute_on` or at the moment `execute_at` (exactly one is given), and
    answered until the end of `expires_on` or until `expires_at` (at most one is given).
    """

    message_id: str
    created_at: Micros
    initiator: Party
    end_to_end_id: str
    amount_paisa: int
    charge_bearer: str
    debtor: Party
    debtor_agent: Agent
    creditor_agent: Agent
    creditor: Party
    debtor_account: Account | None = None
    creditor_account: Account | None = None
    request_id: str | None = None
    execute_on: date | None = None
    execute_at: Micros | None = None
    expires_on: date | None = None
    expires_at: Micros | None = None
    instruction_id: str | None = None
    uetr: str | None = None
    service_level: str | None = None
    local_instrument: str | None = None
    category_purpose: str | None = None
    purpose: str | None = None
    texts: tuple[str, ...] = ()


class RequestAnswer(NamedTuple):
    """pain.014: what became of a request to pay; `status` is a code such as ACTC, ACCP, ACSC or RJCT."""

    message_id: str
    created_at: Micros
    initiator: Party
    original_message_id: str
    original_message_name: str
    original_request_id: str
    status: str
    original_created_at: Micros | None = None
    group_status: str | None = None
    status_id: str | None = None
    original_instruction_id: str | None = None
    original_end_to_end_id: str | None = None
    original_uetr: str | None = None
    reason: Reason | None = None
    decided_at: Micros | None = None
    accepted_at: Micros | None = None


_TX: Final = "PmtInf/CdtTrfTx/"
REQUEST_TO_PAY: Final = Codec(
    "pain.013.001.07",
    RequestToPay,
    "CdtrPmtActvtnReq/",
    (
        Row("GrpHdr/MsgId", "message_id", MAX_35),
        Row("GrpHdr/CreDtTm", "created_at", TIME),
        fixed("GrpHdr/NbOfTxs", "1"),
        Row("GrpHdr/InitgPty", "initiator", PARTY),
        Row("PmtInf/PmtInfId", "request_id", MAX_35, "?"),
        fixed("PmtInf/PmtMtd", "TRF"),
        Row("PmtInf/ReqdExctnDt/Dt", "execute_on", DAY, "?"),
        Row("PmtInf/ReqdExctnDt/DtTm", "execute_at", TIME, "?"),
        Row("PmtInf/XpryDt/Dt", "expires_on", DAY, "?"),
        Row("PmtInf/XpryDt/DtTm", "expires_at", TIME, "?"),
        Row("PmtInf/Dbtr", "debtor", PARTY),
        Row("PmtInf/DbtrAcct", "debtor_account", ACCOUNT, "?"),
        Row("PmtInf/DbtrAgt", "debtor_agent", AGENT),
        Row(_TX + "PmtId/InstrId", "instruction_id", MAX_35, "?"),
        Row(_TX + "PmtId/EndToEndId", "end_to_end_id", MAX_35),
        Row(_TX + "PmtId/UETR", "uetr", UETR, "?"),
        Row(_TX + "PmtTpInf/SvcLvl/Prtry", "service_level", MAX_35, "?"),
        Row(_TX + "PmtTpInf/LclInstrm/Prtry", "local_instrument", MAX_35, "?"),
        Row(_TX + "PmtTpInf/CtgyPurp/Prtry", "category_purpose", MAX_35, "?"),
        Row(_TX + "Amt/InstdAmt", "amount_paisa", AMOUNT),
        Row(_TX + "ChrgBr", "charge_bearer", CHARGE_BEARER),
        Row(_TX + "CdtrAgt", "creditor_agent", AGENT),
        Row(_TX + "Cdtr", "creditor", PARTY),
        Row(_TX + "CdtrAcct", "creditor_account", ACCOUNT, "?"),
        Row(_TX + "Purp/Prtry", "purpose", MAX_35, "?"),
        Row(_TX + "RmtInf/Ustrd", "texts", MAX_140, "*"),
    ),
    rule=all_of(exactly_one("execute_on", "execute_at"), not_both("expires_on", "expires_at")),
)

_GROUP: Final = "OrgnlGrpInfAndSts/"
_PAYMENT: Final = "OrgnlPmtInfAndSts/"
_ANSWER: Final = _PAYMENT + "TxInfAndSts/"
REQUEST_ANSWER: Final = Codec(
    "pain.014.001.07",
    RequestAnswer,
    "CdtrPmtActvtnReqStsRpt/",
    (
        Row("GrpHdr/MsgId", "message_id", MAX_35),
        Row("GrpHdr/CreDtTm", "created_at", TIME),
        Row("GrpHdr/InitgPty", "initiator", PARTY),
        Row(_GROUP + "OrgnlMsgId", "original_message_id", MAX_35),
        Row(_GROUP + "OrgnlMsgNmId", "original_message_name", MAX_35),
        Row(_GROUP + "OrgnlCreDtTm", "original_created_at", TIME, "?"),
        Row(_GROUP + "GrpSts", "group_status", MAX_4, "?"),
        Row(_PAYMENT + "OrgnlPmtInfId", "original_request_id", MAX_35),
        Row(_ANSWER + "StsId", "status_id", MAX_35, "?"),
        Row(_ANSWER + "OrgnlInstrId", "original_instruction_id", MAX_35, "?"),
        Row(_ANSWER + "OrgnlEndToEndId", "original_end_to_end_id", MAX_35, "?"),
        Row(_ANSWER + "OrgnlUETR", "original_uetr", UETR, "?"),
        Row(_ANSWER + "TxSts", "status", MAX_4),
        Row(_ANSWER + "StsRsnInf", "reason", REASON, "?"),
        Row(_ANSWER + "DbtrDcsnDtTm", "decided_at", TIME, "?"),
        Row(_ANSWER + "AccptncDtTm", "accepted_at", TIME, "?"),
    ),
)
