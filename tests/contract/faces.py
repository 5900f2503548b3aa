"""Every face of every rail behind one shape, so that one suite of tests fits them all.

A face pays under a reference that the caller chose, asks what became of it, and tells outcomes in words of
its own: `word` turns a reason of the rail into the face's word for it, None for silence.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from connectors.bills.bill import due
from connectors.bills.rail import Bills, BillTrigger
from connectors.contract import Reason
from connectors.identifiers.iban import account_of, institution_of
from connectors.identifiers.institutions import INSTITUTIONS
from connectors.iso20022.wire import write
from connectors.onelink.codes import FIELD_39
from connectors.onelink.ibft import PENDING
from connectors.onelink.iso8583 import Message
from connectors.registry import RAILS
from ledger.clock import from_rfc3339
from sandbox.payments.queries import TriggerView, list_triggers
from sandbox.rails.raast.codes import GATEWAY_OF_REASON
from tests.onelink_client import Member
from tests.onelink_client import code as response_code
from tests.raast_messages import Participant, inquiry, transfer
from tests.sandbox.test_face_bills import Payer
from tests.sandbox.test_face_raast_gateway import Gateway
from tests.startup import AMOUNT, RICH, SHOP, Startup
from tests.switch_link import Link

START = "2026-11-24T06:00:00Z"
BILLS = Bills()
SETTLED, REFUSED, UNKNOWN = "settled", "refused", "unknown"
OUTCOMES = {"ACSP": SETTLED, "RJCT": REFUSED, "PDNG": UNKNOWN}
Dial = Callable[[Startup], Awaitable[Link]]


class Told(NamedTuple):
    """What a face answered: the outcome, and its word for the reason; None where it says none."""

    status: str
    word: str | None = None


class Row(NamedTuple):
    """A published row, whatever table it is from; `view` is the row itself."""

    name: str
    status: str
    reason: str | None
    later_status: str | None
    later_reason: str | None
    later_after_s: int | None
    view: Any


class Face:
    """One face, used by one startup. What was sent is kept by its number, to be sent again as it was."""

    rail = ""
    duplicate: str | None = None
    """The word for a reference used before; None where the same request gets the same answer."""

    title_first = True
    """Whether callers fetch the title themselves; else the payment does, and stops when no title is told."""

    def __init__(self, startup: Startup) -> None:
        self.startup = startup
        self.sent: dict[int, Any] = {}

    @property
    def reasons(self) -> dict[str, Reason]:
        return RAILS[self.rail].reasons

    @property
    def offline(self) -> str:
        """The reason for which a receiver that cannot be reached is refused."""
        return RAILS[self.rail].offline

    @classmethod
    def rows(cls) -> list[Row]:
        return [_row_of(row) for row in list_triggers().data if row.rail == cls.rail]

    @property
    def silent(self) -> Row:
        """The row of which no outcome ever comes."""
        return next(row for row in self.rows() if row.name == "unknown_for_good")

    @property
    def late(self) -> Row:
        """The row that settles late."""
        return next(row for row in self.rows() if row.later_status == SETTLED)

    def word(self, reason: str | None) -> str | None:
        return reason

    def expected(self, row: Row) -> Told:
        """Return what this face makes of a published row."""
        return Told(row.status, self.word(row.reason))

    def not_known(self, row: Row) -> Told:
        """Return what is told of it while its outcome is still unknown."""
        return self.expected(row)

    async def open(self, _dial: Dial) -> "Face":
        return self

    async def pay(
        self, number: int = 1, *, iban: str = SHOP, amount: int = AMOUNT, source: str = RICH
    ) -> Told:
        """Make a payment of this number, which stands for its reference."""
        self.sent[number] = await self.order(number, iban, amount, source)
        return await self.again(number)

    async def pull(self, row: Row, number: int = 1) -> Told:
        """Do what a published row says."""
        view: TriggerView = row.view
        if view.stage == "title_fetch":
            return await self.title(view.destination_iban, view.amount_paisa)
        return await self.pay(
            number, iban=view.destination_iban, amount=view.amount_paisa, source=view.source_iban
        )

    async def title(self, iban: str, amount: int) -> Told:
        return await self.pay(99, iban=iban, amount=amount)

    async def order(self, number: int, iban: str, amount: int, source: str) -> Any:
        raise NotImplementedError

    async def again(self, number: int) -> Told:
        """Send what was sent under this number, as it was."""
        raise NotImplementedError

    async def at_once(self, number: int, times: int) -> list[Told]:
        """Send the same so many times, without waiting for an answer in between."""
        return list(await asyncio.gather(*(self.again(number) for _ in range(times))))

    async def ask(self, number: int = 1) -> Told:
        """Ask what became of it."""
        raise NotImplementedError


def _row_of(row: TriggerView) -> Row:
    later = (row.later_status, row.later_reason, row.later_after_s)
    return Row(row.name, row.status, row.reason, *later, row)


def _plain(answer: Any) -> Told:
    return Told(answer["status"], None if answer["reason"] is None else answer["reason"]["code"])


# --- over /v1 ----------------------------------------------------------------------------------


class OurApi(Face):
    """A title is good for one payment, so what is sent again quotes a new one."""

    async def order(self, number: int, iban: str, amount: int, source: str) -> Any:
        more = {"source": source, "rail": self.rail, "end_to_end_id": f"order-{number}"}
        return await self.startup.order(iban, amount, **more)

    async def again(self, number: int) -> Told:
        order = self.sent[number]
        answer = await self.startup.post("/v1/payments", order)
        if answer.json().get("code") == "title_fetch_used":
            fetched = await self.startup.fetch(order["destination_iban"], order["amount_paisa"], self.rail)
            answer = await self.startup.post("/v1/payments", order | {"title_fetch": fetched["id"]})
        assert answer.status_code == 201, answer.text
        return _plain(answer.json())

    async def title(self, iban: str, amount: int) -> Told:
        return _plain(await self.startup.fetch(iban, amount, self.rail))

    async def ask(self, number: int = 1) -> Told:
        payments = (await self.startup.get("/v1/payments"))["data"]
        found = next(row for row in reversed(payments) if row["end_to_end_id"] == f"order-{number}")
        return _plain(await self.startup.get(f"/v1/payments/{found['id']}"))


class RaastApi(OurApi):
    rail, duplicate = "raast", "AM05"


class OnelinkApi(OurApi):
    rail, duplicate = "onelink", "0110"


# --- Raast -------------------------------------------------------------------------------------


class RaastMessages(Face):
    rail, title_first = "raast", False

    def __init__(self, startup: Startup) -> None:
        super().__init__(startup)
        self.bank = Participant(startup)
        self.questions = 900

    async def order(self, number: int, iban: str, amount: int, source: str) -> Any:
        return transfer(number, iban, amount, source=source)

    async def again(self, number: int) -> Told:
        return await self._told(write(self.sent[number]))

    async def ask(self, number: int = 1) -> Told:
        self.questions += 1
        return await self._told(write(inquiry(self.sent[number], self.questions)))

    async def _told(self, body: bytes) -> Told:
        report = await self.bank.ask(body)
        return Told(OUTCOMES[report.status], None if report.reason is None else report.reason.code)


class RaastGateway(Face):
    rail = "raast"

    def __init__(self, startup: Startup) -> None:
        super().__init__(startup)
        self.gateway = Gateway(startup)

    def word(self, reason: str | None) -> str | None:
        return None if reason is None else GATEWAY_OF_REASON[reason]

    async def order(self, number: int, iban: str, amount: int, source: str) -> Any:
        return await self.gateway.order(iban, amount, debtorIban=source, msgId=f"M-{number}")

    async def again(self, number: int) -> Told:
        return self._told(await self.gateway.call("transfer", self.sent[number]))

    async def title(self, iban: str, amount: int) -> Told:
        found = await self.gateway.title(iban, amount)
        done = found["responseCode"] == "00"
        return Told("matched") if done else Told(REFUSED, found["responseCode"])

    async def ask(self, number: int = 1) -> Told:
        return self._told(await self.gateway.inquire(f"M-{number}"))

    def _told(self, answer: Any) -> Told:
        if answer["responseCode"] == "00":
            return Told(SETTLED)
        final = self.reasons[answer["reason"]].final
        return Told(REFUSED if final else UNKNOWN, answer["responseCode"])


# --- 1LINK -------------------------------------------------------------------------------------


class OnelinkGateway(Face):
    rail, duplicate = "onelink", "0110"

    def __init__(self, startup: Startup) -> None:
        super().__init__(startup)
        self.member = Member(startup)

    def not_known(self, row: Row) -> Told:
        return Told(row.status, PENDING)

    async def open(self, _dial: Dial) -> Face:
        await self.member.log_in()
        return self

    async def order(self, number: int, iban: str, amount: int, source: str) -> Any:
        made = await self.member.send(iban, amount, source=source)
        made["info"]["rrn"] = f"632811{number:06}"
        return made

    async def again(self, number: int) -> Told:
        return self._told(await self.member.tell("ibft/transfer", self.sent[number]))

    async def title(self, iban: str, amount: int) -> Told:
        answer = response_code(await self.member.fetch(iban, amount))
        return Told("matched") if answer == "0000" else Told(REFUSED, answer)

    async def ask(self, number: int = 1) -> Told:
        await self.member.log_in()  # the token ends by the sandbox's clock
        return self._told(await self.member.ask(self.sent[number]))

    def _told(self, answer: Any) -> Told:
        code = response_code(answer)
        if code == "0000":
            return Told(SETTLED)
        return Told(REFUSED if self.reasons[code].final else UNKNOWN, code)


class OnelinkFrames(Face):
    rail, duplicate, title_first = "onelink", "94", False
    link: Link

    def word(self, reason: str | None) -> str | None:
        return None if reason is None or not self.reasons[reason].final else FIELD_39[reason]

    def expected(self, row: Row) -> Told:
        """A title that is not told is told why; only a payment whose outcome is unknown meets silence."""
        if row.view.stage == "title_fetch" and row.reason is not None:
            return Told(row.status, FIELD_39[row.reason])
        return super().expected(row)

    async def at_once(self, number: int, times: int) -> list[Told]:
        self.link.send(*[self.sent[number]] * times)
        answers = [await self.link.read() for _ in range(times)]
        return [_of_field_39(answer.response) for answer in answers if answer is not None]

    async def open(self, dial: Dial) -> Face:
        self.link = await dial(self.startup)
        assert (await self.link.sign_on(self.startup.secret)).response == "00"
        return self

    async def order(self, _number: int, iban: str, amount: int, source: str) -> Any:
        acquirer = INSTITUTIONS[institution_of(source)].imd
        return self.link.order(iban, amount, from_account=account_of(source), acquirer=acquirer)

    async def again(self, number: int) -> Told:
        return await self._tell(self.sent[number])

    async def title(self, iban: str, amount: int) -> Told:
        told = await self._tell(self.link.order(iban, amount, processing_code="620000", from_account=None))
        return Told("matched") if told.status == SETTLED else told

    async def ask(self, number: int = 1) -> Told:
        """Send it as an advice: how ISO 8583 asks."""
        return await self._tell(self.sent[number]._replace(mti="0220"))

    async def _tell(self, message: Message) -> Told:
        """Send a message and an echo behind it: when the echo is answered first, nobody answers."""
        echo = self.link.network("301")
        self.link.send(message, echo)
        answer = await self.link.read()
        assert answer is not None
        if answer.stan == echo.stan:
            return Told(UNKNOWN)
        behind = await self.link.read()
        assert behind is not None
        assert behind.stan == echo.stan
        return _of_field_39(answer.response)


def _of_field_39(response: str | None) -> Told:
    return Told(SETTLED) if response == "00" else Told(REFUSED, response)


# --- bills -------------------------------------------------------------------------------------


class BillsGateway(Face):
    """Pays slips of the tax office, which are made of any amount; the money then waits for the office."""

    rail = "bills"

    def __init__(self, startup: Startup) -> None:
        super().__init__(startup)
        self.payer = Payer(startup)

    @property
    def reasons(self) -> dict[str, Reason]:
        return BILLS.reasons

    @property
    def offline(self) -> str:
        return BILLS.offline

    @classmethod
    def rows(cls) -> list[Row]:
        return [_row_of_bill(row) for row in BILLS.triggers]

    @property
    def silent(self) -> Row:
        return next(row for row in self.rows() if row.name == "pay_timeout_for_good")

    async def order(self, _number: int, _iban: str, amount: int, source: str) -> Any:
        slip = {"customerName": "Chai Pay", "amount": f"{amount // 100}.{amount % 100:02}"}
        made = await self.payer.post("psid", slip)
        assert made.status_code == 201, made.text
        bill = ("tax", made.json()["billInfo"]["consumerNo"])
        return self.payer.order(bill, amount, await self.payer.inquire(*bill), payer=source)

    async def pull(self, row: Row, number: int = 1) -> Told:
        view: BillTrigger = row.view
        shown = await self.payer.inquire(view.biller, view.consumer_no)
        if view.stage == "inquiry":
            told = self._told(shown)
            return Told("found") if told.status == SETTLED else Told(REFUSED, told.word)
        now = from_rfc3339(START)
        bill = view.facts(now).bill
        assert bill is not None
        amount = due(bill, now) or bill.within_paisa
        self.sent[number] = self.payer.order((view.biller, view.consumer_no), amount, shown)
        return await self.again(number)

    async def again(self, number: int) -> Told:
        return self._told((await self.payer.post("billPayment", self.sent[number])).json())

    async def ask(self, number: int = 1) -> Told:
        return self._told(await self.payer.ask(self.sent[number]))

    def _told(self, answer: Any) -> Told:
        code = response_code(answer)
        if code == "0000":
            return Told(SETTLED)
        return Told(REFUSED if self.reasons[code].final else UNKNOWN, code)


def _row_of_bill(row: BillTrigger) -> Row:
    after_s = row.after_s
    if row.later is not None and after_s is None:
        after_s = BILLS.hold_us // 1_000_000
    return Row(row.name, row.status, row.reason, row.later, row.later_reason, after_s, row)


FACES: dict[str, type[Face]] = {
    "raast over /v1": RaastApi,
    "raast by message": RaastMessages,
    "raast by its gateway": RaastGateway,
    "onelink over /v1": OnelinkApi,
    "onelink by its gateway": OnelinkGateway,
    "onelink by ISO 8583": OnelinkFrames,
    "bills": BillsGateway,
}
