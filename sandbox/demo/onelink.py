"""The chapter on 1LINK, over its gateway and as ISO 8583 frames: `kasauti demo onelink`."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from rich.console import Console

from connectors.identifiers.iban import account_of, institution_of
from connectors.identifiers.institutions import INSTITUTIONS
from connectors.onelink.frames import FrameReader, frame
from connectors.onelink.ibft import BANK_IDS
from connectors.onelink.iso8583 import Message, pack, reversal_of, title_of, unpack
from ledger.money import rupees
from sandbox.accounts.service import SEED
from sandbox.demo import stage as stages
from sandbox.demo.stage import Stage, Steps, books, enter, holds

RICH, SHOP = SEED["rich"].iban, SEED["shop"].iban
AMOUNT, LATE_S, PATIENCE_S = 15_000, 90, 20.0
BANKS = {code: number for number, code in BANK_IDS.items()}
NUMBERS = ("stan", "rrn", "txndate", "txntime")


def tell(console: Console) -> bool:
    """Tell the story of 1LINK; True only if every step held."""
    return stages.tell(console, "interbank transfers over 1LINK", STEPS)


def _code(answer: Any) -> str:
    return str(answer["response"]["response_code"])


def _figure(paisa: int) -> str:
    return f"{paisa // 100}.{paisa % 100:02}"


def _spendable(stage: Stage) -> int:
    return int(stage.account("rich")["balance"]["available_paisa"])


def _post(stage: Stage, path: str, body: object) -> Any:
    own = {"authorization": f"Bearer {stage.facts['token']}", "x-ibm-client-id": stage.facts["sandbox"]}
    answer = stage.send("POST", f"/rails/onelink/ibft/{path}", expect=200, json=body, headers=own)
    return answer.json()


def _info(stage: Stage, **more: object) -> dict[str, Any]:
    stage.facts["calls"] = stage.facts.get("calls", 0) + 1
    numbers = {"rrn": "632811000042", "stan": f"{stage.facts['calls']:06}"}
    return {**numbers, "txndate": "20261124", "txntime": "115500", **more}


# --- the gateway -------------------------------------------------------------------------------


def _token(stage: Stage) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": stage.facts["sandbox"],
        "client_secret": stage.facts["secret"],
    }
    granted = stage.send("POST", "/rails/onelink/oauth2/token", expect=200, data=form).json()
    stage.facts["token"] = granted["access_token"]
    stage.say(f"A {granted['token_type']} token, good for {granted['expires_in']} s by the sandbox's clock.")


def _fetch(stage: Stage, iban: str) -> Any:
    sender = {"fromAccount": RICH, "fromAccountType": "20", "fromAccountCurrency": "586"}
    body = {
        "info": _info(stage),
        "senderinfo": sender,
        "receiverinfo": {"bankId": BANKS[institution_of(iban)], "toAccount": account_of(iban)},
        "otherinfo": {"priorityFlag": "02", "fallbackFlag": "02", "amount": _figure(AMOUNT)},
    }
    fetched = _post(stage, "titleFetch", body)
    holds(_code(fetched) == "0000", f"the title fetch answered {fetched['response']}")
    return fetched


def _order(stage: Stage, iban: str) -> dict[str, Any]:
    """Fetch the title and return the transfer that quotes it."""
    fetched = _fetch(stage, iban)
    stage.say(f"Title fetch: {fetched['accountInfo']['title']}.")
    return {
        "info": _info(stage, tfcorrelationId=fetched["info"]["correlationId"]),
        "senderinfo": {
            "fromAccount": RICH,
            "fromAccountType": "20",
            "fromAccountCurrency": "586",
            "fromAccountCnic": SEED["rich"].cnic,
        },
        "receiverinfo": {
            "bankIMD": INSTITUTIONS[institution_of(iban)].imd,
            "toAccount": iban,
            "toAccountTitle": fetched["accountInfo"]["title"],
        },
        "paymentInfo": {
            "purposeCode": "0356",
            "narration": "November",
            "amount": _figure(AMOUNT),
            "authId": "654123",
        },
    }


def _transfer(stage: Stage) -> None:
    before = _spendable(stage)
    order = _order(stage, SHOP)
    answer = _post(stage, "transfer", order)
    holds(_code(answer) == "0000", f"the transfer answered {answer['response']}")
    holds(before - _spendable(stage) == AMOUNT, "another amount left the account")
    stage.say(f"Transfer of {rupees(AMOUNT)}: [green]0000[/green], {answer['response']['response_desc']}.")
    again = _post(stage, "transfer", order)
    holds(_code(again) == "0110", f"the repeat answered {again['response']}")
    holds(before - _spendable(stage) == AMOUNT, "the repeat moved money")
    stage.say(f"The same numbers again: [yellow]0110[/yellow], {again['response']['response_desc']}.")


def _lose_the_answer(stage: Stage) -> None:
    triggers = stage.call("GET", "/v1/triggers", expect=200)["data"]
    trigger = next(row for row in triggers if (row["rail"], row["name"]) == ("onelink", "late_credit"))
    order = _order(stage, trigger["destination_iban"])
    answer = _post(stage, "transfer", order)
    holds(_code(answer) == "0151", f"the transfer answered {answer['response']}")
    held = stage.account("rich")["balance"]["held_paisa"]
    holds(held == AMOUNT, f"{held} paisa are held")
    stage.say(f"Nobody answers 1LINK: [yellow]0151[/yellow]. {rupees(held)} are held, not gone.")
    original = {f"o{name}": order["info"][name] for name in NUMBERS}
    body = {"info": _info(stage), "originalTxnInfo": {"destinationSystem": "02", **original}}
    told = _post(stage, "transactionInquiry", body)
    holds(_code(told) == "0151", f"the inquiry answered {told['response']}")
    stage.say("A status inquiry: 0151 still.")
    stage.advance(LATE_S)
    told = _post(stage, "transactionInquiry", {**body, "info": _info(stage)})
    holds(_code(told) == "0000", f"the inquiry answered {told['response']}")
    holds(stage.account("rich")["balance"]["held_paisa"] == 0, "the hold was left behind")
    stage.say(f"{LATE_S} s later the advice has been delivered: [green]0000[/green], and nothing is held.")


# --- ISO 8583 ----------------------------------------------------------------------------------


class Link:
    """A connection to the switch that has signed on."""

    def __init__(self, stage: Stage, connection: socket.socket) -> None:
        self._socket, self._frames = connection, FrameReader()
        key = ((48, stage.facts["secret"]),)
        answer = self.tell(
            Message("0800", transmitted="1124065500", stan="000001", network_code="001", private=key)
        )
        holds(answer.response == "00", f"the sign-on answered {answer.response}")

    def tell(self, message: Message) -> Message:
        """Send a message and return its answer."""
        self._socket.sendall(frame(pack(message)))
        waiting: tuple[bytes, ...] = ()
        while not waiting:
            data = b""
            with suppress(TimeoutError):
                data = self._socket.recv(8192)
            holds(data, f"nobody answered the {message.mti}")
            waiting = self._frames.feed(data)
        return unpack(waiting[0])


@contextmanager
def _linked(stage: Stage) -> Iterator[Link]:
    with socket.create_connection(stage.iso8583, timeout=PATIENCE_S) as connection:
        yield Link(stage, connection)


def _frame(stan: str, processing_code: str = "480000") -> Message:
    return Message(
        "0200",
        processing_code=processing_code,
        amount_paisa=AMOUNT,
        transmitted="1124065500",
        stan=stan,
        local_time="115500",
        local_date="1124",
        acquirer=INSTITUTIONS[institution_of(RICH)].imd,
        rrn=f"632811{stan}",
        currency="586",
        receiver=INSTITUTIONS[institution_of(SHOP)].imd,
        from_account=account_of(RICH),
        to_account=SHOP,
    )


def _frames(stage: Stage) -> None:
    before = _spendable(stage)
    with _linked(stage) as link:
        stage.say("0800 sign-on with the sandbox's key in field 48: 0810, field 39 is 00.")
        title = link.tell(_frame("000002", "620000"))
        holds(title.response == "00", f"the title fetch answered {title.response}")
        stage.say(f"0200 with processing code 62: {title.mti}, the title is {title_of(title)}.")
        stage.facts["frame"] = order = _frame("000003")
        answer = link.tell(order)
        holds((answer.mti, answer.response) == ("0210", "00"), f"{answer.mti} {answer.response}")
        holds(before - _spendable(stage) == AMOUNT, "another amount left the account")
        stage.say(f"0200 with processing code 48: {answer.mti}, [green]00[/green], {rupees(AMOUNT)} moved.")
        again = link.tell(order)
        holds(again.response == "94", f"the repeat answered {again.response}")
        stage.say("The same 0200 again: [yellow]94[/yellow], a duplicate.")


def _take_back(stage: Stage) -> None:
    before = _spendable(stage)
    with _linked(stage) as link:
        reversal = reversal_of(stage.facts["frame"], stan="000004", transmitted="1124065600")
        answer = link.tell(reversal)
        holds((answer.mti, answer.response) == ("0430", "00"), f"{answer.mti} {answer.response}")
        holds(_spendable(stage) - before == AMOUNT, "another amount came back")
        stage.say(
            f"0420 that names it in field 90: {answer.mti}, [green]00[/green], {rupees(AMOUNT)} are back."
        )
        holds(link.tell(reversal).response == "00", "the repeat got another answer")
        holds(_spendable(stage) - before == AMOUNT, "the money came back twice")
        stage.say("The same 0420 again: the same 0430, nothing moves.")


STEPS: Steps = [
    ("A startup signs up", enter),
    ("It gets a token", _token),
    ("It fetches a title and transfers", _transfer),
    ("The answer is lost", _lose_the_answer),
    ("It speaks ISO 8583 over TCP", _frames),
    ("It takes the transfer back", _take_back),
    ("The books", books),
]
