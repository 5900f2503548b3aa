from tests.startup import Startup


async def ids_of(startup: Startup) -> dict[str, str]:
    """Make one of everything that has an id in some path."""
    endpoint = (await startup.post("/v1/webhook-endpoints", {"url": "http://127.0.0.1:9/"})).json()["id"]
    payment = await startup.pay()
    return {
        "account_id": startup.accounts["rich"],
        "payment_id": payment["id"],
        "fetch_id": payment["title_fetch"],
        "endpoint_id": endpoint,
        "delivery_id": (await startup.get("/v1/webhook-deliveries"))["data"][0]["id"],
        "event_id": (await startup.get("/v1/events"))["data"][0]["id"],
        "key_id": startup.signed_up["key"]["id"],
    }


async def test_nobody_reaches_what_is_in_another_sandbox(startup: Startup, other: Startup) -> None:
    ids = await ids_of(startup)
    walked = 0
    for path, methods in startup.app.openapi()["paths"].items():
        if "{" not in path:
            continue
        for method in methods:
            # A path parameter that `ids_of` does not know fails here: teach it the new one.
            url = path.format_map(ids)
            body = {"since": "2020-01-01T00:00:00Z"} if path.endswith("/recover") else {}
            answer = await other.send(method.upper(), url, None if method == "get" else body)
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), (method, path)
            walked += 1
    assert walked >= 14


async def test_the_same_ids_are_found_by_their_owner(startup: Startup) -> None:
    ids = await ids_of(startup)
    paths = [
        path for path, methods in startup.app.openapi()["paths"].items() if "{" in path and "get" in methods
    ]
    assert paths
    for path in paths:
        answer = await startup.send("GET", path.format_map(ids))
        assert answer.status_code == 200, path


async def test_lists_show_nothing_of_another_sandbox(startup: Startup, other: Startup) -> None:
    await ids_of(startup)
    for path in ("payments", "events", "webhook-endpoints", "webhook-deliveries"):
        assert (await other.get(f"/v1/{path}"))["data"] == []
    accounts = (await other.get("/v1/accounts"))["data"]
    assert {account["id"] for account in accounts}.isdisjoint(startup.accounts.values())
