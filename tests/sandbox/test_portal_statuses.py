from ledger import AccountStatus, Status
from tests.startup import Startup


async def test_the_answers_of_the_ledger_are_a_guide(startup: Startup) -> None:
    guides = await startup.send("GET", "/docs")
    assert '<a href="/docs/ledger-statuses">What the ledger answers</a>' in guides.text
    page = await startup.send("GET", "/docs/ledger-statuses")
    assert page.status_code == 200
    assert all(f"<code>{each.value}</code>" in page.text for each in [*Status, *AccountStatus])
