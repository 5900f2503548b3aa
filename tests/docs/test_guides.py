"""Every block of every guide runs, or says why not."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.demo.receiver import receiving
from sandbox.portal.pages import PAGES
from sandbox.server import serving
from sandbox.settings import Settings
from tests.docs.reader import Block, Reader, blocks_of, commands_of, fits, shell

ROOT = Path(__file__).parents[2]
PAGES_ON_DISK = sorted(
    [
        *ROOT.glob("*.md"),
        *(page for home in ("ledger", "connectors", "sandbox") for page in (ROOT / home).rglob("*.md")),
    ]
)
# Guides whose story needs a book or a server made for it, by a test of their own.
RUN_ELSEWHERE = {
    "ledger/README.md": "tests/ledger/test_readme.py",
    "sandbox/portal/docs/postgresql-and-citus.md": "tests/sandbox/test_distribution.py",
    "sandbox/portal/docs/proofs.md": "tests/sandbox/test_ledger_cli.py",
}
BLOCKS = {str(page.relative_to(ROOT)): blocks_of(page.read_text("utf-8")) for page in PAGES_ON_DISK}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real server, the same for all pages; every reader has a sandbox of their own on it."""
    settings = Settings(
        database=tmp_path_factory.mktemp("guides") / "kasauti.db", port=0, allow_loopback_webhooks=True
    )
    with serving(settings) as address:
        yield address


@pytest.fixture
def signed_up(address: str) -> dict[str, Any]:
    answer = httpx.post(f"{address}/v1/signup", json={"name": "Chai Pay", "email": "dev@chaipay.example"})
    found: dict[str, Any] = answer.raise_for_status().json()
    return found


def a_delivery(address: str, signed_up: dict[str, Any]) -> dict[str, Any]:
    """Return what a receiver holds when it is about to verify: a real delivery and its secret."""
    headers = {"authorization": f"Bearer {signed_up['key']['secret']}"}
    with receiving() as receiver, httpx.Client(base_url=address, headers=headers) as client:
        endpoint = client.post("/v1/webhook-endpoints", json={"url": receiver.url}).raise_for_status().json()
        client.post(f"/v1/webhook-endpoints/{endpoint['id']}/test").raise_for_status()
        taken = receiver.next()
        assert taken is not None
        client.delete(f"/v1/webhook-endpoints/{endpoint['id']}").raise_for_status()
    return {"secret": endpoint["secret"], "headers": taken[0], "raw_body": taken[1].decode()}


@pytest.mark.parametrize(
    "page", [page for page, blocks in BLOCKS.items() if blocks and page not in RUN_ELSEWHERE]
)
def test_what_a_page_tells_to_do_works(
    page: str, address: str, signed_up: dict[str, Any], tmp_path: Path
) -> None:
    names = a_delivery(address, signed_up) if page.endswith("webhooks.md") else {}
    with shell(tmp_path) as session:
        reader = Reader(address, session, signed_up, names)
        for block in BLOCKS[page]:
            if not block.mark:
                reader.do(block)


def test_the_landing_page_leads_to_a_payment(address: str, signed_up: dict[str, Any], tmp_path: Path) -> None:
    commands = commands_of(httpx.get(address).raise_for_status().text)
    assert len(commands) == 3
    with shell(tmp_path) as session:
        reader = Reader(address, session, signed_up, {})
        for block in commands:
            reader.do(block)
        reader.do(Block(0, "sh", f"curl -s {address}/v1/payments -H 'Authorization: Bearer sk_test_…'"))
    assert reader.answer["data"][0]["status"] == "settled"


def test_a_block_that_is_not_run_says_why() -> None:
    marks = {
        (page, block.line): block.mark for page, blocks in BLOCKS.items() for block in blocks if block.mark
    }
    assert set(marks.values()) == {"not run", "command"}
    reasons = [block.reason for blocks in BLOCKS.values() for block in blocks if block.mark == "not run"]
    assert all(len(reason.split()) >= 3 for reason in reasons)


def test_the_commands_of_the_readme_are_those_that_ci_runs() -> None:
    commands = {block.reason for block in BLOCKS["README.md"] if block.mark == "command"}
    run = set(re.findall(r"\$\(block ([a-z]+)\)", (ROOT / ".ci/run").read_text("utf-8")))
    assert commands == run == {"demo", "test"}
    assert {block.mark for page, blocks in BLOCKS.items() if page != "README.md" for block in blocks} <= {
        "",
        "not run",
    }


def test_a_guide_that_is_run_elsewhere_is_read_there() -> None:
    for page, test in RUN_ELSEWHERE.items():
        assert Path(page).stem in (ROOT / test).read_text("utf-8")


def test_every_page_that_is_served_is_among_those_walked() -> None:
    made_of_data = {"ledger-statuses"}
    assert {f"sandbox/portal/docs/{name}.md" for name in PAGES.keys() - made_of_data} <= BLOCKS.keys()


@pytest.mark.parametrize(
    ("shown", "got"),
    [
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": 1}, {"a": 2}),
        ({"id": "pay_…"}, {"id": "tf_01"}),
        ({"at": "2026-01-31T09:00:00.000000Z"}, {"at": None}),
        ([1], []),
    ],
)
def test_an_answer_that_a_guide_does_not_show_is_noticed(shown: object, got: object) -> None:
    assert not fits(shown, got)
    assert fits(shown, shown)
