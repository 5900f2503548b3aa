"""ISO 20022 messages as a participant of Raast sends them, and a reader of the answers that is not ours."""

from datetime import date
from typing import Any
from xml.etree.ElementTree import fromstring, tostring

import httpx

from connectors.identifiers.iban import institution_of
from connectors.iso20022.header import Header
from connectors.iso20022.parts import Account, Agent, OriginalMessage, Party, Reason
from connectors.iso20022.payments import CreditTransfer, PaymentReturn, StatusRequest
from connectors.iso20022.recalls import Recall
from connectors.iso20022.wire import Envelope, Message, name_of, read, write
from ledger.clock import SECOND_US
from tests.connectors.test_iso20022_oracle import PARSER, faults, root_of
from tests.startup import AMOUNT, RICH, SHOP, Startup

NOW = 1_795_500_000 * SECOND_US
TODAY = date(2026, 11, 24)


def member(iban: str) -> Agent:
    return Agent(member=f"{institution_of(iban)}PKKA")


def transfer(serial: int = 1, iban: str = SHOP, amount: int = AMOUNT, **more: Any) -> CreditTransfer:
    """Make a pacs.008; the serial is in all of its ids."""
    source = more.pop("source", RICH)
    made = CreditTransfer(
        f"SBXAPKKA{serial:018}",
        NOW,
        f"{serial:012x}-4c1d-9a3e-1234567890ab",
        amount,
        "DEBT",
        Party("Ayesha Siddiqui"),
        member(source),
        member(iban),
        Party("Bilal General Store"),
        Account(iban=source),
        Account(iban=iban),
        instruction_id=f"SBXA261124120000{serial:06}",
        tx_id=f"SBXA261124120000{serial:06}",
        settled_on=TODAY,
        texts=("rent",),
    )
    return made._replace(**more)


def inquiry(of: CreditTransfer, serial: int = 900, **more: Any) -> StatusRequest:
    made = StatusRequest(
        f"SBXAPKKA{serial:018}",
        NOW,
        original_message=OriginalMessage(of.message_id, "pacs.008.001.08"),
        original_instruction_id=of.instruction_id,
        original_end_to_end_id=of.end_to_end_id,
        original_tx_id=of.tx_id,
    )
    return made._replace(**more)


def giving_back(of: CreditTransfer, reason: str = "CUST", serial: int = 700, **more: Any) -> PaymentReturn:
    made = PaymentReturn(
        f"SBXBPKKA{serial:018}",
        NOW,
        of.amount_paisa,
        Reason(code=reason),
        return_id=f"SBXB261124120000{serial:06}",
        original_message=OriginalMessage(of.message_id, "pacs.008.001.08"),
        original_tx_id=of.tx_id,
        original_end_to_end_id=of.end_to_end_id,
    )
    return made._replace(**more)


def recalling(of: CreditTransfer, reason: str = "DUPL", serial: int = 800, **more: Any) -> Recall:
    made = Recall(
        f"SBXAPKKA{serial:018}",
        NOW,
        member(RICH),
        member(SHOP),
        Reason(code=reason),
        case_id="CASE-1",
        case_creator=member(RICH),
        original_message=OriginalMessage(of.message_id, "pacs.008.001.08"),
        original_tx_id=of.tx_id,
        original_paisa=of.amount_paisa,
    )
    return made._replace(**more)


def headed(message: Any) -> bytes:
    """Put a message into an envelope whose header is SBXA's."""
    system = Agent(member="SBPPPKKAIPS")
    return write(message, Header(member(RICH), system, message.message_id, name_of(message), NOW, "IPS"))


def oracle_reads(body: bytes) -> None:
    """Let classes derived from ISO's schemas read a message, its header too, and find no fault in it."""
    root = fromstring(body)  # noqa: S314 - our own text
    parts = [root] if root.tag.endswith("}Document") else list(root[0])
    for part in parts:
        name = part.tag[1:].partition("}")[0].rpartition(":")[2]
        assert faults(PARSER.from_bytes(tostring(part), root_of(name))) == []


class Participant:
    """Sends messages for a startup and reads what is answered, as the oracle does first."""

    def __init__(self, startup: Startup) -> None:
        self.startup = startup
        self._headers = {"authorization": f"Bearer {startup.secret}", "content-type": "application/xml"}

    async def post(self, body: bytes, *, scenario: str | None = None) -> httpx.Response:
        """Send a body and return the answer as HTTP has it."""
        headers = self._headers if scenario is None else self._headers | {"kasauti-scenario": scenario}
        return await self.startup.client.post("/rails/raast/messages", content=body, headers=headers)

    async def send(self, body: bytes | Message, status: int = 200) -> bytes:
        raw = body if isinstance(body, bytes) else write(body)
        answer = await self.post(raw)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/xml"), (
            answer.text
        )
        oracle_reads(answer.content)
        return answer.content

    async def ask(self, body: bytes | Message, status: int = 200) -> Any:
        """Send and return the message that answers."""
        return self.read(await self.send(body, status)).message

    @staticmethod
    def read(body: bytes) -> Envelope:
        return read(body)

    async def get(self, path: str, status: int = 200) -> Any:
        """Return the message at a path, or None where there is none."""
        answer = await self.startup.client.get(f"/rails/raast{path}", headers=self._headers)
        assert answer.status_code == status, answer.text
        if not answer.content:
            return None
        oracle_reads(answer.content)
        return read(answer.content).message

    async def fetch(self) -> Any:
        """Take the oldest message out of the inbox, None when it is empty."""
        answer = await self.startup.client.get("/rails/raast/inbox", headers=self._headers)
        if answer.status_code == 204:
            return None
        oracle_reads(answer.content)
        letter = f"/rails/raast/inbox/{answer.headers['kasauti-message']}"
        gone = await self.startup.client.delete(letter, headers=self._headers)
        assert gone.status_code == 204
        return read(answer.content).message

    async def money(self) -> tuple[int, int]:
        """Return what the payer can spend and what is held, after checking that the book balances."""
        sums = await self.startup.get("/v1/ledger/trial-balance")
        assert sums["balanced"]
        balance = await self.startup.balance()
        return balance["available_paisa"], balance["held_paisa"]
