from tests.startup import Startup


async def walk(startup: Startup, path: str, size: int) -> list[str]:
    """Follow the cursors to the end and return the ids in the order in which they came."""
    found: list[str] = []
    cursor = ""
    while True:
        page = await startup.get(f"{path}?limit={size}{cursor}")
        assert len(page["data"]) <= size
        found += [row["id"] for row in page["data"]]
        if not page["has_more"]:
            assert page["next_cursor"] is None
            return found
        cursor = f"&cursor={page['next_cursor']}"


async def test_pages_of_any_size_give_every_row_once_in_the_same_order(startup: Startup) -> None:
    for _ in range(5):
        await startup.pay()
    statement = f"/v1/accounts/{startup.accounts['rich']}/statement"
    for path, rows in (("/v1/payments", 5), ("/v1/accounts", 11), ("/v1/events", 5), (statement, 11)):
        whole = await walk(startup, path, 200)
        assert len(whole) == len(set(whole)) == rows
        assert [await walk(startup, path, size) for size in (1, 2, rows, rows + 1)] == [whole] * 4


async def test_a_cursor_that_was_never_given_out_is_refused_by_name(startup: Startup) -> None:
    path = f"/v1/accounts/{startup.accounts['rich']}/statement?cursor=tomorrow"
    answer = await startup.send("GET", path)
    assert (answer.status_code, answer.json()["field"]) == (422, "cursor")
