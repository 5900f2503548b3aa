"""The business application header, head.001, which says who sends which message to whom."""

from typing import Final, NamedTuple

from connectors.iso20022.leaves import MAX_35, TIME
from connectors.iso20022.parts import AGENT, Agent
from connectors.iso20022.schema import Codec, Row
from ledger.clock import Micros


class Header(NamedTuple):
    """`message_name` is the name and version of the document below, such as `pacs.008.001.08`.

    `service` is `IPS` in Raast-like samples.
    """

    sender: Agent
    receiver: Agent
    message_id: str
    message_name: str
    created_at: Micros
    service: str | None = None


_ROWS: Final = (
    Row("Fr/FIId", "sender", AGENT),
    Row("To/FIId", "receiver", AGENT),
    Row("BizMsgIdr", "message_id", MAX_35),
    Row("MsgDefIdr", "message_name", MAX_35),
    Row("BizSvc", "service", MAX_35, "?"),
    Row("CreDt", "created_at", TIME),
)

HEADERS: Final = tuple(
    Codec(name, Header, "", _ROWS, root="AppHdr") for name in ("head.001.001.02", "head.001.001.01")
)
"""The versions that are read; the first is the one that is written."""
