"""1LINK's interbank transfers over HTTP: who may call, every published row, repeats, strangers, bad bytes."""

from base64 import b64encode
from typing import Any

import pytest

from connectors.identifiers.iban import make_iban
from sandbox.payments.queries import list_triggers
from sandbox.settings import Settings
from tests.onelink_client import START, Member, code, nothing_is_left, rupees
from tests.startup import AMOUNT, RICH, SHOP, SignUp

ROWS = {row.name: row for row in list_triggers().data if row.rail == "onelink"}
UNKNOWN = ROWS["late_credit"].destination_iban


@pytest.fixture
async def member(sign_up: SignUp) -> Member:
    return await Member(await sign_up(frozen_at=START)).log_in()


# --- every published row -----------------------------------------------------------------------


@pytest.mark.parametrize("name", ROWS)
async def test_a_trigger_does_what_it_says(member: Member, name: str) -> None:
    row, startup = ROWS[name], member.startup
    expected = row.reason or "0000"
    if row.stage == "title_fetch":
        assert code(await member.fetch(row.destination_iban, row.amount_paisa)) == expected
        return
    order = await member.send(row.destination_iban, row.amount_paisa, source=row.source_iban)
    assert code(await member.tell("ibft/transfer", order)) == expected
    if row.later_after_s is not None:
        await startup.advance(row.later_after_s - 1)
        await member.log_in()
        assert code(await member.ask(order)) == "0151"
        await startup.advance(1)
        expected = row.later_reason or "0000"
    assert code(await member.ask(order)) == expected
    await nothing_is_left(startup)


# --- transfers ---------------------------------------------------------------------------------


async def test_a_transfer_is_a_payment_like_any_other(member: Member) -> None:
    order = await member.send(amount=150_050)
    answer = await member.tell("ibft/transfer", order)
    assert answer["response"] == {"response_code": "0000", "response_desc": "Approved"}
    (payment,) = (await member.startup.get("/v1/payments"))["data"]
    assert (payment["rail"], payment["status"], payment["amount_paisa"]) == ("onelink", "settled", 150_050)
    info = order["info"]
    assert payment["end_to_end_id"] == f"{info['txndate']}-{info['rrn']}-{info['stan']}"
    assert (await member.startup.balance())["ledger_paisa"] == 1_000_000_000 - 150_050


async def test_the_title_is_told_with_the_account_and_its_bank(member: Member) -> None:
    fetched = await member.fetch()
    assert fetched["accountInfo"]["title"] == "Bilal General Store"
    assert fetched["accountInfo"]["iban"] == SHOP
    assert fetched["participantInfo"] == {"bankIMD": "999002", "bankBIC": "SBXBPKKA"}


async def test_the_same_numbers_again_are_a_duplicate_and_move_nothing(member: Member) -> None:
    order = await member.send()
    assert code(await member.tell("ibft/transfer", order)) == "0000"
    assert code(await member.tell("ibft/transfer", order)) == "0110"
    assert code(await member.ask(order)) == "0000"
    assert member.startup.count("payment") == 1


async def test_an_inquiry_after_the_time_brings_the_outcome_at_once(member: Member) -> None:
    order = await member.send(UNKNOWN)
    assert code(await member.tell("ibft/transfer", order)) == "0151"
    assert code(await member.ask(order)) == "0151"
    assert (await member.startup.balance())["held_paisa"] == AMOUNT
    assert code(await member.ask(order, system="04")) == "0411"


@pytest.mark.parametrize("source", ["0000000000000001", "1", RICH, RICH.lower()])
async def test_the_payers_account_is_a_number_or_an_iban(member: Member, source: str) -> None:
    assert code(await member.tell("ibft/transfer", await member.send(source=source))) == "0000"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("99999", "0102"),
        ("1" * 20, "0102"),
        (make_iban("SBXA", "99999"), "0102"),
        ("4", "0192"),
        ("5", "0103"),
        (SHOP, "0194"),
    ],
)
async def test_an_account_that_cannot_pay_is_told_why_and_nothing_is_kept(
    member: Member, source: str, expected: str
) -> None:
    order = await member.send(source=source)
    kept = member.startup.count("shelf_item")
    assert code(await member.tell("ibft/transfer", order)) == expected
    assert (member.startup.count("payment"), member.startup.count("shelf_item")) == (0, kept)


async def test_a_transfer_quotes_its_own_title_fetch_once_and_in_time(member: Member) -> None:
    order = await member.send()
    for change in ({"amount": rupees(AMOUNT + 1)}, {"amount": "1"}):
        other = order | {"paymentInfo": order["paymentInfo"] | change}
        assert code(await member.tell("ibft/transfer", other)) == "0431"
    for quoted in ("never-seen", None):
        info = order["info"] | {"tfcorrelationId": quoted}
        assert code(await member.tell("ibft/transfer", order | {"info": info})) == "0431"
    assert code(await member.tell("ibft/transfer", order)) == "0000"
    again = order | {"info": order["info"] | {"stan": "999999"}}
    assert code(await member.tell("ibft/transfer", again)) == "0431"
    late = await member.send()
    await member.startup.advance(300)
    assert code(await member.tell("ibft/transfer", late)) == "0431"


async def test_a_correlation_id_of_the_callers_is_the_one_to_quote(member: Member) -> None:
    mine = "7ad7fb9f-99dc-4c2c-ab88-abddb87789a0"
    fetched = await member.fetch(correlation=mine)
    assert fetched["info"]["correlationId"] == mine
    answer = await member.post("ibft/transfer", member.order(fetched), **{"x-correlation-id": "other-1"})
    assert (code(answer.json()), answer.headers["x-correlation-id"]) == ("0000", "other-1")


async def test_a_real_persons_number_is_refused_unless_the_operator_lets_it_in(member: Member) -> None:
    order = await member.send()
    order["senderinfo"]["fromAccountCnic"] = "3520212345671"
    refused = await member.post("ibft/transfer", order)
    assert (refused.status_code, code(refused.json())) == (400, "0180")
    assert "may belong to a real person" in refused.text
    assert "3520212345671" not in refused.text
    shared = member.startup.services
    allowed = Settings.model_validate({"real_numbers": ["cnic"]}).real_numbers
    settings = shared.settings.model_copy(update={"real_numbers": allowed})
    member.startup.app.state.services = shared._replace(settings=settings)
    assert code(await member.tell("ibft/transfer", order)) == "0000"


# --- tokens ------------------------------------------------------------------------------------


async def test_a_token_is_the_same_at_the_same_moment_and_ends_by_the_sandbox_clock(member: Member) -> None:
    answer = (await member.ask_token()).json()
    assert answer == {"token_type": "Bearer", "access_token": member.token, "expires_in": 3600}
    await member.startup.advance(3599)
    assert code(await member.fetch()) == "0000"
    await member.startup.advance(1)
    assert (await member.post("statusInquiry", {})).status_code == 401
    await member.log_in()
    assert code(await member.fetch()) == "0000"


async def test_a_token_ends_with_its_key(member: Member) -> None:
    startup = member.startup
    (first,) = (await startup.get("/v1/keys"))["data"]
    spare = (await startup.post("/v1/keys")).json()["secret"]
    assert (await startup.send("DELETE", f"/v1/keys/{first['id']}")).status_code == 200
    assert (await member.post("statusInquiry", {})).status_code == 401
    assert (await member.ask_token()).status_code == 401
    startup.secret = spare
    assert (await member.ask_token()).status_code == 200


async def test_client_credentials_go_into_the_header_too(member: Member) -> None:
    pair = b64encode(f"{member.startup.sandbox_id}:{member.startup.secret}".encode()).decode()
    answer = await member.startup.client.post(
        "/rails/onelink/oauth2/token",
        data={"grant_type": "client_credentials"},
        headers={"authorization": f"Basic {pair}"},
    )
    assert answer.json()["access_token"] == member.token


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"client_secret": "sk_test_wrong"}, 401, "invalid_client"),
        ({"client_id": "sbx_other"}, 401, "invalid_client"),
        ({"client_id": ""}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
async def test_other_credentials_give_no_token(
    member: Member, change: dict[str, str], status: int, error: str
) -> None:
    answer = await member.ask_token(**change)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert ("www-authenticate" in answer.headers) is (status == 401)


@pytest.mark.parametrize(
    "body",
    [b"", b"\xff\xff", b"{}", b"a&b", b"grant_type=client_credentials&grant_type=x", b"a=1&" * 30 + b"b=1"],
)
async def test_a_form_that_is_none_gives_no_token(member: Member, body: bytes) -> None:
    answer = await member.startup.client.post("/rails/onelink/oauth2/token", content=body)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("header", ["Basic", "Basic %%%", "Basic /////w==", "Bearer x"])
async def test_a_header_that_carries_no_credentials_is_passed_over(member: Member, header: str) -> None:
    answer = await member.startup.client.post(
        "/rails/onelink/oauth2/token",
        data={"grant_type": "client_credentials"},
        headers={"authorization": header},
    )
    assert answer.json()["error"] == "invalid_client"


async def test_a_key_of_one_sandbox_opens_no_other(member: Member, sign_up: SignUp) -> None:
    other = await sign_up()
    assert (await member.ask_token(client_id=other.sandbox_id)).status_code == 401
    assert (await member.ask_token(client_secret=other.secret)).status_code == 401


def forged(token: str) -> list[str]:
    finder, ends, proof = token.removeprefix("at_").split(".")
    return [
        f"at_{finder}.{int(ends) + 1}.{proof}",
        f"at_{'0' * 12}.{ends}.{proof}",
        f"at_{finder}.{ends}.{'0' * 64}",
        "at_",
        "sk_test_" + "0" * 44,
    ]


async def test_a_forged_token_opens_nothing(member: Member) -> None:
    for token in [*forged(member.token), member.startup.secret]:
        answer = await member.post("statusInquiry", {}, authorization=f"Bearer {token}")
        assert answer.status_code == 401
        assert answer.json()["httpMessage"] == "Unauthorized"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"authorization": ""}, 401),
        ({"authorization": "Basic YTpi"}, 401),
        ({"x-ibm-client-id": ""}, 401),
        ({"x-ibm-client-id": "sbx_other"}, 401),
        ({"x-correlation-id": "a b"}, 400),
        ({"x-correlation-id": "x" * 41}, 400),
    ],
)
async def test_the_headers_of_a_call(member: Member, headers: dict[str, str], status: int) -> None:
    answer = await member.post("preRTPTitleFetch", {}, **headers)
    assert answer.status_code == status
    assert ("httpCode" in answer.json()) is (status == 401)


# --- strangers and bad bytes -------------------------------------------------------------------


async def test_another_tenants_numbers_look_like_none(member: Member, sign_up: SignUp) -> None:
    other = await Member(await sign_up(frozen_at=START)).log_in()
    order = await member.send()
    assert code(await other.tell("ibft/transfer", order)) == "0431"
    assert code(await member.tell("ibft/transfer", order)) == "0000"
    assert code(await other.ask(order)) == "0411"
    answer = await other.post("ibft/transfer", order, authorization=f"Bearer {member.token}")
    assert answer.status_code == 401


BAD: list[Any] = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"\xff\xfe{}",
    {},
    {"info": 1},
    b"\x00" * 99,
    b"[" * 60_000,
    b" " * 70_000,
]


@pytest.mark.parametrize("path", ["ibft/titleFetch", "ibft/transfer", "ibft/transactionInquiry"])
@pytest.mark.parametrize("body", BAD, ids=range(len(BAD)))
async def test_a_body_of_any_bytes_is_answered_in_the_rails_words(
    member: Member, path: str, body: object
) -> None:
    answer = await member.post(path, body)
    assert (answer.status_code, code(answer.json())) == (400, "0180")
    assert member.startup.count("shelf_item") == member.startup.count("title_fetch") == 0


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "rtpNowMerchant", 405), ("POST", "nothing", 404), ("DELETE", "", 404)],
)
async def test_what_the_face_does_not_offer_is_refused_in_its_words(
    member: Member, method: str, path: str, status: int
) -> None:
    answer = await member.startup.client.request(method, f"/rails/onelink/{path}")
    assert (answer.status_code, answer.json()["httpCode"]) == (status, str(status))


async def test_a_body_over_the_servers_limit_is_refused_in_its_words(member: Member) -> None:
    answer = await member.post("rtpNowMerchant", b" " * 2_000_000)
    assert (answer.status_code, answer.json()["httpCode"]) == (413, "413")
