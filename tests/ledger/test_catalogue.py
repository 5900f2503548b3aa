"""The page of statuses says what the statuses say."""

import re
from pathlib import Path

from ledger import ACCOUNT_STATUS_HELP, STATUS_HELP, TRANSIENT, AccountStatus, Status, catalogue

PAGE = catalogue.markdown()


def test_the_page_that_is_kept_is_the_one_that_would_be_written() -> None:
    kept = Path(catalogue.__file__).with_name("STATUSES.md").read_text(encoding="utf-8")
    assert kept == PAGE, "run: python -m ledger.catalogue > ledger/STATUSES.md"


def test_every_answer_is_there_once_in_order_of_precedence() -> None:
    transfers, accounts = PAGE.split("## Accounts")
    for text, statuses in ((transfers, list(Status)), (accounts, list(AccountStatus))):
        found = re.findall(r"^\| (\d+) \| `(\w+)` \|", text, re.MULTILINE)
        first, *refusals = statuses
        assert [name for _, name in found] == [*refusals, first]
        assert [int(number) for number, _ in found] == list(range(1, len(statuses) + 1))


def test_every_answer_is_explained_and_those_that_spend_the_id_are_marked() -> None:
    for status, text in STATUS_HELP.items():
        mark = "spent" if status in TRANSIENT else ""
        assert f"| `{status.value}` | {mark} | {text} |\n" in PAGE
    for account_status, text in ACCOUNT_STATUS_HELP.items():
        assert f"| `{account_status.value}` | {text} |\n" in PAGE


def test_no_explanation_breaks_its_row() -> None:
    texts = [*STATUS_HELP.values(), *ACCOUNT_STATUS_HELP.values()]
    assert [text for text in texts if "|" in text or "\n" in text] == []
