import html
import re
import tomllib
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.identifiers.iban import make_iban
from connectors.registry import RAILS
from sandbox.portal.pages import ADDRESS, PAGES
from sandbox.problems import CATALOGUE

ROOT = Path(__file__).parents[2]
WEB = ["/", "/docs", "/docs/api", "/docs/problems", "/docs/triggers", *(f"/docs/{name}" for name in PAGES)]
TAG = re.compile(r"<[^>]+>")


async def show(client: httpx.AsyncClient, path: str, **headers: str) -> str:
    answer = await client.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.text


def cells(page: str) -> list[list[str]]:
    """Read the tables of a page as a reader sees them."""
    rows = re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)
    return [
        [
            html.unescape(TAG.sub("", cell))
            for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        ]
        for row in rows
    ]


def data(path: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / path).read_text("utf-8"))


async def test_the_guides_show_the_seeded_accounts(client: httpx.AsyncClient) -> None:
    shown = cells(await show(client, "/docs/sandboxes-and-keys"))[1:]
    rows = data("sandbox/accounts/seed.toml").items()
    assert shown == [[name, make_iban(row["institution"], row["account"]), row["help"]] for name, row in rows]


async def test_the_guides_show_every_reason_and_trigger_of_raast(client: httpx.AsyncClient) -> None:
    shown = cells(await show(client, "/docs/raast"))
    reasons, triggers = data("connectors/raast/reasons.toml"), data("connectors/raast/triggers.toml")
    for code, row in reasons.items():
        assert [code, row["standing"], row["meaning"]] in shown
    for name, row in triggers.items():
        assert [name, row["stage"].replace("_", " "), row["help"]] in shown
    assert len(shown) == len(reasons) + len(triggers) + 2


async def test_the_reference_pages_have_an_anchor_for_every_code_and_trigger(
    client: httpx.AsyncClient,
) -> None:
    problems = re.findall(r'<section id="([^"]+)"', await show(client, "/docs/problems"))
    assert problems == list(CATALOGUE)
    triggers = re.findall(r'<section id="([^"]+)"', await show(client, "/docs/triggers"))
    assert triggers == [
        f"{rail}-{name}" for rail in RAILS for name in data(f"connectors/{rail}/triggers.toml")
    ]


@pytest.mark.parametrize("path", WEB)
async def test_a_page_is_whole(client: httpx.AsyncClient, path: str) -> None:
    page = await show(client, path)
    assert '<html lang="en">' in page
    assert page.index('<a class="skip" href="#content">') < page.index('<nav aria-label="Main">')
    assert page.count('<main id="content"') == page.count("<h1") == 1
    assert "<!--" not in html.unescape(page)
    assert "<th>" not in page
    assert "<pre>" not in page
    assert "`" not in page


async def test_every_link_between_the_pages_leads_somewhere(client: httpx.AsyncClient) -> None:
    pages = {path: await show(client, path) for path in WEB}
    links = {link for page in pages.values() for link in re.findall(r'(?:href|src)="([^"]+)"', page)}
    for link in sorted(links - {"data:,"}):
        path, _, anchor = link.partition("#")
        assert (await client.get(path or "/")).status_code == 200, link
        assert not path or not anchor or f'id="{anchor}"' in pages[path], link


async def test_a_page_that_is_not_there_says_so(client: httpx.AsyncClient) -> None:
    for path in ("/docs/nothing", "/docs/../pyproject", "/static/nothing.css", "/static/swagger/index.html"):
        answer = await client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


SHOWING_AN_ADDRESS = pytest.mark.parametrize(
    "path", ["/", "/docs/first-payment", "/docs/clock", "/docs/webhooks"]
)


@SHOWING_AN_ADDRESS
async def test_commands_name_the_address_at_which_the_reader_is(client: httpx.AsyncClient, path: str) -> None:
    for host in ("sandbox.example", "localhost:8123", "10.1.2.3:80", "[::1]:8000"):
        page = await show(client, path, host=host)
        assert f"curl -s http://{host}/v1/" in page
        assert ADDRESS not in page


HOSTILE = [
    "",
    "evil.example/<script>alert(1)</script>",
    '"><img src=x>',
    "x;rm -rf ~",
    "a b",
    "$(id)",
    "user@evil.example",
    "evil.example:80:80",
    "evil.example\\@x",
    "x" * 300,
]


@SHOWING_AN_ADDRESS
async def test_a_host_that_is_no_host_name_is_not_repeated(client: httpx.AsyncClient, path: str) -> None:
    usual = await show(client, path, host="127.0.0.1:8000")
    assert f"curl -s {ADDRESS}/v1/" in usual
    for host in HOSTILE:
        assert await show(client, path, host=host) == usual, host
