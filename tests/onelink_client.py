"""A member of 1LINK that uses the faces as integrations do: a token, its client id, its own numbers."""

import json
from typing import Any

import httpx

from connectors.identifiers.iban import account_of, institution_of
from connectors.identifiers.institutions import INSTITUTIONS
from connectors.onelink.ibft import BANK_IDS
from sandbox.accounts.service import SEED
from tests.startup import AMOUNT, RICH, SHOP, Startup

START = "2026-11-24T06:00:00Z"
DATE, TIME = "20261124", "115500"
BANKS = {code: number for number, code in BANK_IDS.items()}
ADDRESS = {"townName": "Karachi", "addressLine": "1 Test Road", "subDept": "0001"}
MERCHANT: dict[str, Any] = {
    "dbaName": "Bilal Store",
    "merchantName": "Bilal General Store",
    "iban": SHOP,
    "bankBic": "SBXBPKKA",
    "merchantCategoryCode": "5411",
    "merchantID": "DEMO_001",
    "postalAddress": ADDRESS,
}


def rupees(paisa: int) -> str:
    return f"{paisa // 100}.{paisa % 100:02}"


def code(answer: Any) -> str:
    """Return what either gateway answered."""
    return str(answer["response"]["response_code"] if "response" in answer else answer["responseCode"])


class Member:
    """Holds a token of its sandbox."""

    def __init__(self, startup: Startup) -> None:
        self.startup = startup
        self.token = ""
        self.calls = 0

    async def ask_token(self, **change: str) -> httpx.Response:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.startup.sandbox_id,
            "client_secret": self.startup.secret,
        }
        return await self.startup.client.post("/rails/onelink/oauth2/token", data=form | change)

    async def log_in(self) -> "Member":
        answer = await self.ask_token()
        assert answer.status_code == 200, answer.text
        self.token = answer.json()["access_token"]
        return self

    async def post(self, path: str, body: object, **headers: str) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        own = {"authorization": f"Bearer {self.token}", "x-ibm-client-id": self.startup.sandbox_id}
        sent = {name: value for name, value in (own | headers).items() if value}
        return await self.startup.client.post(f"/rails/onelink/{path}", content=content, headers=sent)

    async def tell(self, path: str, body: object) -> Any:
        answer = await self.post(path, body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def info(self, **more: object) -> dict[str, Any]:
        self.calls += 1
        numbers = {"rrn": "632811000042", "stan": f"{self.calls:06}"}
        return {**numbers, "txndate": DATE, "txntime": TIME, **more}

    # --- interbank transfers -----------------------------------------------------------------------

    async def fetch(self, iban: str = SHOP, amount: int = AMOUNT, *, correlation: str = "") -> Any:
        sender = {"fromAccount": RICH, "fromAccountType": "20", "fromAccountCurrency": "586"}
        body = {
            "info": self.info(),
            "senderinfo": sender,
            "receiverinfo": {"bankId": BANKS[institution_of(iban)], "toAccount": account_of(iban)},
            "otherinfo": {"priorityFlag": "02", "fallbackFlag": "02", "amount": rupees(amount)},
        }
        return (await self.post("ibft/titleFetch", body, **{"x-correlation-id": correlation})).json()

    def order(
        self, fetched: Any, iban: str = SHOP, amount: int = AMOUNT, *, source: str = RICH
    ) -> dict[str, Any]:
        return {
            "info": self.info(tfcorrelationId=fetched["info"]["correlationId"]),
            "senderinfo": {
                "fromAccount": source,
                "fromAccountType": "20",
                "fromAccountCurrency": "586",
                "fromAccountCnic": SEED["rich"].cnic,
            },
            "receiverinfo": {
                "bankIMD": INSTITUTIONS[institution_of(iban)].imd,
                "toAccount": iban,
                "toAccountTitle": "Bilal General Store",
            },
            "paymentInfo": {
                "purposeCode": "0356",
                "narration": "November",
                "amount": rupees(amount),
                "authId": "654123",
            },
        }

    async def send(self, iban: str = SHOP, amount: int = AMOUNT, *, source: str = RICH) -> dict[str, Any]:
        """Fetch the title and return the order that quotes it."""
        fetched = await self.fetch(iban, amount)
        assert code(fetched) == "0000", fetched
        return self.order(fetched, iban, amount, source=source)

    async def ask(self, order: dict[str, Any], system: str = "02") -> Any:
        original = {f"o{name}": order["info"][name] for name in ("stan", "rrn", "txndate", "txntime")}
        body = {"info": self.info(), "originalTxnInfo": {"destinationSystem": system, **original}}
        return await self.tell("ibft/transactionInquiry", body)

    # --- requests to pay ---------------------------------------------------------------------------

    async def prepare(self, iban: str = RICH) -> Any:
        customer = {"memberid": INSTITUTIONS[institution_of(iban)].member_code, "iban": iban}
        return await self.tell("preRTPTitleFetch", {"customerDetails": customer, "info": {"stan": 1}})

    def request(self, rtp_id: str, amount: int = AMOUNT, **more: object) -> dict[str, Any]:
        payment = {"instructedAmount": rupees(amount), "rtpId": rtp_id, "billNo": "INV-1", **more}
        return {"merchantDetails": MERCHANT, "paymentDetails": payment, "info": {"stan": 2, "rrn": 2}}

    async def requested(self, amount: int = AMOUNT, iban: str = RICH, **more: object) -> str:
        """Ask the payer for money and return the rtpId."""
        rtp_id = str((await self.prepare(iban))["rtpId"])
        asked = await self.tell("rtpNowMerchant", self.request(rtp_id, amount, **more))
        assert (code(asked), asked["rtpStatus"]) == ("00", "ACTC")
        return rtp_id

    async def status(self, rtp_id: str, merchant: str = "DEMO_001", path: str = "statusInquiry") -> Any:
        return await self.tell(path, {"info": {"stan": 3, "rtpId": rtp_id, "merchantID": merchant}})


async def nothing_is_left(startup: Startup) -> None:
    """The books balance and nothing is on hold."""
    sums = await startup.get("/v1/ledger/trial-balance")
    assert sums["balanced"]
    assert sums["debits_pending_paisa"] == sums["credits_pending_paisa"] == 0
