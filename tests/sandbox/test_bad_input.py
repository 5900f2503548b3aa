import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from starlette.types import Message

from sandbox.accounts.service import SEED
from tests.startup import RICH, SHOP, Startup

JSON = "application/json"
MIB = 1_048_576


def moved(startup: Startup) -> tuple[int, int]:
    return startup.count("payment"), startup.count("ledger_entry")


def assert_refused(answer: httpx.Response, status: int, code: str, field: str | None = None) -> None:
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    found = (answer.status_code, document["status"], document["code"], document.get("field"))
    assert found == (status, status, code, field), document
    assert document["type"] == f"/docs/problems#{code}"
    assert document["detail"]


FIELDS: list[tuple[str, object, str]] = [
    ("amount_paisa", 0, "invalid_field"),
    ("amount_paisa", -1, "invalid_field"),
    ("amount_paisa", 1.5, "invalid_field"),
    ("amount_paisa", "15000", "invalid_field"),
    ("amount_paisa", 10**15 + 1, "invalid_field"),
    ("amount_paisa", 10**30, "invalid_field"),
    ("amount_paisa", True, "invalid_field"),
    ("amount_paisa", None, "invalid_field"),
    ("amount_paisa", 15_001, "title_fetch_mismatch"),
    ("destination_iban", "PK00" + SHOP[4:], "iban_check_digits"),
    ("destination_iban", SHOP[:-1], "invalid_field"),
    ("destination_iban", RICH, "title_fetch_mismatch"),
    ("source", "acc_nobody", "unknown_account"),
    ("source", "PK40ZZZA0000000000000001", "unknown_account"),
    ("title_fetch", "tf_nothing", "title_fetch_unknown"),
    ("rail", "pigeon", "unknown_rail"),
    ("end_to_end_id", "x" * 36, "invalid_field"),
    ("end_to_end_id", "", "invalid_field"),
    ("narration", "x" * 141, "invalid_field"),
    ("colour", "red", "invalid_field"),
]


@pytest.mark.parametrize(("field", "value", "code"), FIELDS)
async def test_a_payment_with_a_wrong_field_is_refused_naming_it(
    startup: Startup, field: str, value: object, code: str
) -> None:
    order = await startup.order()
    before = moved(startup)
    assert_refused(await startup.post("/v1/payments", order | {field: value}), 422, code, field)
    assert moved(startup) == before
    assert (await startup.post("/v1/payments", order)).status_code == 201


@pytest.mark.parametrize("raw", [b"{", b"[]", b'"text"', b"\xff\xfe", b'{"a":1}}', b"null"])
async def test_a_body_that_is_no_json_object_is_refused(startup: Startup, raw: bytes) -> None:
    before = moved(startup)
    headers = {"authorization": f"Bearer {startup.secret}", "content-type": JSON}
    answer = await startup.client.post("/v1/payments", content=raw, headers=headers)
    assert_refused(answer, 400, "malformed_json")
    assert moved(startup) == before


@pytest.mark.parametrize("nickname", ["frozen", "closed"])
async def test_an_account_that_is_not_active_cannot_pay(startup: Startup, nickname: str) -> None:
    order = await startup.order(source=startup.accounts[nickname])
    before = moved(startup)
    assert_refused(await startup.post("/v1/payments", order), 422, f"account_{nickname}", "source")
    assert moved(startup) == before


async def test_the_account_of_another_sandbox_is_no_account(startup: Startup, other: Startup) -> None:
    order = await startup.order(source=other.accounts["rich"])
    before = moved(startup)
    assert_refused(await startup.post("/v1/payments", order), 422, "unknown_account", "source")
    assert moved(startup) == before


async def test_an_account_does_not_pay_itself(startup: Startup) -> None:
    order = await startup.order(RICH)
    assert_refused(await startup.post("/v1/payments", order), 422, "same_account", "destination_iban")


async def test_a_title_fetch_expires_after_five_minutes(startup: Startup) -> None:
    await startup.freeze()
    order = await startup.order()
    await startup.advance(300)
    before = moved(startup)
    assert_refused(await startup.post("/v1/payments", order), 422, "title_fetch_expired", "title_fetch")
    assert moved(startup) == before


async def test_a_title_fetch_backs_one_payment(startup: Startup) -> None:
    order = await startup.order()
    assert (await startup.post("/v1/payments", order)).status_code == 201
    before = moved(startup)
    assert_refused(await startup.post("/v1/payments", order), 409, "title_fetch_used", "title_fetch")
    assert moved(startup) == before


async def test_a_refused_title_fetch_backs_none(startup: Startup) -> None:
    refused = await startup.fetch(SEED["closed"].iban)
    assert refused["status"] == "refused"
    order = await startup.order() | {"title_fetch": refused["id"]}
    assert_refused(await startup.post("/v1/payments", order), 422, "title_fetch_refused", "title_fetch")


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic abc", "Bearer sk_test_nonsense"])
async def test_without_a_valid_key_nothing_is_done(startup: Startup, header: str | None) -> None:
    order = await startup.order()
    before = moved(startup)
    headers = {} if header is None else {"authorization": header}
    answer = await startup.client.post("/v1/payments", json=order, headers=headers)
    assert_refused(answer, 401, "unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert moved(startup) == before


async def test_a_revoked_key_stays_refused_and_the_last_one_is_kept(startup: Startup) -> None:
    own = f"/v1/keys/{startup.signed_up['key']['id']}"
    assert (await startup.send("DELETE", own)).json()["code"] == "last_key"
    second: dict[str, Any] = (await startup.post("/v1/keys", {"name": "ci"})).json()
    assert (await startup.send("DELETE", own)).status_code == 200
    assert_refused(await startup.send("GET", "/v1/sandbox"), 401, "unauthenticated")
    assert_refused(await startup.post("/v1/clock/freeze"), 401, "unauthenticated")
    startup.secret = second["secret"]
    assert (await startup.get("/v1/sandbox"))["id"] == startup.sandbox_id


async def test_an_idempotency_key_stands_for_one_request(startup: Startup) -> None:
    await startup.post("/v1/payments", await startup.order(), key="k")
    order = await startup.order()
    before = moved(startup)
    answer = await startup.post("/v1/payments", order, key="k")
    assert_refused(answer, 422, "idempotency_key_reused", "Idempotency-Key")
    assert moved(startup) == before


@pytest.mark.parametrize("key", ["", "with space", "x" * 256])
async def test_an_idempotency_key_is_visible_ascii(startup: Startup, key: str) -> None:
    answer = await startup.post("/v1/payments", await startup.order(), key=key)
    assert_refused(answer, 422, "idempotency_key_invalid", "Idempotency-Key")


async def test_a_body_over_the_limit_is_refused_however_it_comes(startup: Startup) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(17):
            yield b" " * 65_536

    before = moved(startup)
    headers = {"authorization": f"Bearer {startup.secret}", "content-type": JSON}
    whole = await startup.client.post("/v1/payments", content=b" " * (MIB + 1), headers=headers)
    assert_refused(whole, 413, "body_too_large")
    counted = await startup.client.post("/v1/payments", content=pieces(), headers=headers)
    assert_refused(counted, 413, "body_too_large")
    assert moved(startup) == before


async def test_a_path_or_method_that_is_not_there_says_so(startup: Startup) -> None:
    assert_refused(await startup.send("GET", "/v1/nothing"), 404, "not_found")
    assert_refused(await startup.send("PUT", "/v1/payments"), 405, "method_not_allowed")


@pytest.mark.parametrize(
    ("query", "field"), [("limit=0", "limit"), ("limit=201", "limit"), ("status=lost", "status")]
)
async def test_a_query_with_a_wrong_value_is_refused_naming_it(
    startup: Startup, query: str, field: str
) -> None:
    assert_refused(await startup.send("GET", f"/v1/payments?{query}"), 422, "invalid_field", field)


async def test_a_defect_is_a_problem_with_a_request_id_and_is_logged(
    app: FastAPI, client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    async def break_down(_request: Request) -> Response:
        raise ZeroDivisionError("secret detail")

    app.router.add_route("/broken", break_down)
    answer = await client.get("/broken")
    assert_refused(answer, 500, "internal")
    assert "secret detail" not in answer.text
    assert answer.headers["kasauti-request-id"] in caplog.text
    assert "ZeroDivisionError" in caplog.text


async def test_a_caller_who_hangs_up_half_way_through_a_body_stores_nothing(startup: Startup) -> None:
    order = json.dumps(await startup.order()).encode()
    messages: list[Message] = [
        {"type": "http.request", "body": order[:20], "more_body": True},
        {"type": "http.disconnect"},
    ]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/payments",
        "raw_path": b"/v1/payments",
        "query_string": b"",
        "headers": [
            (b"authorization", f"Bearer {startup.secret}".encode()),
            (b"content-length", str(len(order)).encode()),
        ],
    }
    sent: list[Message] = []

    async def receive() -> Message:
        return messages.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    await startup.app(scope, receive, send)
    assert sent == []
    assert startup.count("payment") == 0
