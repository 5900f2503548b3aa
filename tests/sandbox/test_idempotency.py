import asyncio
import json
import sqlite3
from contextlib import closing

from tests.startup import Startup

REPLAYED = "idempotent-replayed"


async def test_a_repeat_gets_the_first_answer_and_is_marked(startup: Startup) -> None:
    order = await startup.order()
    first = await startup.post("/v1/payments", order, key="k")
    again = await startup.post("/v1/payments", order, key="k")
    assert REPLAYED not in first.headers
    assert again.headers[REPLAYED] == "true"
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert startup.count("payment") == 1


async def test_the_order_of_fields_and_white_space_do_not_matter(startup: Startup) -> None:
    order = await startup.order()
    first = await startup.post("/v1/payments", order, key="k")
    turned = json.dumps(dict(reversed(order.items())), indent=4)
    headers = {"authorization": f"Bearer {startup.secret}", "idempotency-key": "k"}
    again = await startup.client.post("/v1/payments", content=turned, headers=headers)
    assert (again.headers[REPLAYED], again.content) == ("true", first.content)


async def test_twenty_at_once_make_one_payment(startup: Startup) -> None:
    order = await startup.order()
    answers = await asyncio.gather(*(startup.post("/v1/payments", order, key="k") for _ in range(20)))
    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    assert sum(REPLAYED in answer.headers for answer in answers) == 19
    assert startup.count("payment") == 1


async def test_the_same_key_in_another_sandbox_is_another_key(startup: Startup, other: Startup) -> None:
    body = {"name": "ci"}
    mine = await startup.post("/v1/keys", body, key="k")
    theirs = await other.post("/v1/keys", body, key="k")
    assert REPLAYED not in theirs.headers
    assert mine.json()["id"] != theirs.json()["id"]


async def test_what_was_refused_may_be_tried_again_under_its_key(startup: Startup) -> None:
    order = await startup.order()
    refused = await startup.post("/v1/payments", order | {"title_fetch": "tf_nothing"}, key="k")
    assert refused.status_code == 422
    assert (await startup.post("/v1/payments", order, key="k")).status_code == 201


async def test_secrets_are_not_kept_for_repeats(startup: Startup) -> None:
    made = [
        (await startup.post("/v1/keys", {"name": "ci"}, key="a")).json(),
        (await startup.post("/v1/webhook-endpoints", {"url": "https://example.com/"}, key="b")).json(),
    ]
    rotate = f"/v1/webhook-endpoints/{made[1]['id']}/rotate-secret"
    made.append((await startup.post(rotate, key="c")).json())
    with closing(sqlite3.connect(startup.services.settings.database)) as connection:
        kept = [body for (body,) in connection.execute("SELECT body FROM idempotency")]
    assert len(kept) == 3
    for view in made:
        assert view["secret"]
        assert not any(view["secret"] in body for body in kept)
    again = await startup.post("/v1/keys", {"name": "ci"}, key="a")
    assert "secret" not in again.json()
    assert again.json()["id"] == made[0]["id"]


async def test_no_body_and_an_empty_object_are_the_same_request(startup: Startup) -> None:
    headers = {"authorization": f"Bearer {startup.secret}", "idempotency-key": "f"}
    first = await startup.client.post("/v1/clock/freeze", headers=headers)
    again = await startup.client.post("/v1/clock/freeze", content=b"{}", headers=headers)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.headers["Idempotent-Replayed"] == "true"
