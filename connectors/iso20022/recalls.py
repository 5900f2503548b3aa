"""Recalls: the request to give a payment back, camt.056, and the answer to it, camt.029."""

from collections.abc import Sequence
from datetime import date
from typing import Final, NamedTuple

from connectors.iso20022.leaves import AMOUNT, DAY, MAX_4, MAX_35, TIME, one_of
from connectors.iso20022.parts import (
    AGENT,
    ORIGINAL_MESSAGE,
    REASON,
    Agent,
    OriginalMessage,
    Reason,
    original_ids,
)
from connectors.iso20022.schema import Codec, Row
from ledger.clock import Micros


class Recall(NamedTuple):
    """camt.056: an institution asks for one payment back; `reason` holds a code such as DUPL or FRAD."""

    id: str
    created_at: Micros
    assigner: Agent
    assignee: Agent
    reason: Reason
    case_id: str | None = None
    case_creator: Agent | None = None
    cancellation_id: str | None = None
    original_message: OriginalMessage | None = None
    original_instruction_id: str | None = None
    original_end_to_end_id: str | None = None
    original_tx_id: str | None = None
    original_uetr: str | None = None
    original_paisa: int | None = None
    original_settled_on: date | None = None


class RecallAnswer(NamedTuple):
    """camt.029: `status` is CNCL, RJCR or PDCR: the payment is given back, is not, or may be yet."""

    id: str
    created_at: Micros
    assigner: Agent
    assignee: Agent
    status: str
    case_id: str | None = None
    case_creator: Agent | None = None
    cancellation_status_id: str | None = None
    original_message: OriginalMessage | None = None
    original_instruction_id: str | None = None
    original_end_to_end_id: str | None = None
    original_tx_id: str | None = None
    original_uetr: str | None = None
    transaction_status: str | None = None
    reason: Reason | None = None
    original_paisa: int | None = None
    original_settled_on: date | None = None


def _case_rule(answer: Recall | RecallAnswer) -> str:
    whole = (answer.case_id is None) == (answer.case_creator is None)
    return "" if whole else "a case has an id and a creator, both or neither"


def _assignment(case: str) -> Sequence[Row]:
    return (
        Row("Assgnmt/Id", "id", MAX_35),
        Row("Assgnmt/Assgnr/Agt", "assigner", AGENT),
        Row("Assgnmt/Assgne/Agt", "assignee", AGENT),
        Row("Assgnmt/CreDtTm", "created_at", TIME),
        Row(f"{case}/Id", "case_id", MAX_35, "?"),
        Row(f"{case}/Cretr/Agt", "case_creator", AGENT, "?"),
    )


_UNDER: Final = "Undrlyg/TxInf/"
RECALL: Final = Codec(
    "camt.056.001.08",
    Recall,
    "FIToFIPmtCxlReq/",
    (
        *_assignment("Case"),
        Row(_UNDER + "CxlId", "cancellation_id", MAX_35, "?"),
        Row(_UNDER + "OrgnlGrpInf", "original_message", ORIGINAL_MESSAGE, "?"),
        *original_ids(_UNDER),
        Row(_UNDER + "OrgnlIntrBkSttlmAmt", "original_paisa", AMOUNT, "?"),
        Row(_UNDER + "OrgnlIntrBkSttlmDt", "original_settled_on", DAY, "?"),
        Row(_UNDER + "CxlRsnInf", "reason", REASON),
    ),
    rule=_case_rule,
)

_DETAILS: Final = "CxlDtls/TxInfAndSts/"
RECALL_ANSWER: Final = Codec(
    "camt.029.001.09",
    RecallAnswer,
    "RsltnOfInvstgtn/",
    (
        *_assignment("RslvdCase"),
        Row("Sts/Conf", "status", MAX_4),
        Row(_DETAILS + "CxlStsId", "cancellation_status_id", MAX_35, "?"),
        Row(_DETAILS + "OrgnlGrpInf", "original_message", ORIGINAL_MESSAGE, "?"),
        *original_ids(_DETAILS),
        Row(_DETAILS + "TxCxlSts", "transaction_status", one_of(("RJCR", "ACCR", "PDCR")), "?"),
        Row(_DETAILS + "CxlStsRsnInf", "reason", REASON, "?"),
        Row(_DETAILS + "OrgnlIntrBkSttlmAmt", "original_paisa", AMOUNT, "?"),
        Row(_DETAILS + "OrgnlIntrBkSttlmDt", "original_settled_on", DAY, "?"),
    ),
    rule=_case_rule,
)
