"""Every reason of every rail comes by a published row, or stands in a list that says why not."""

from typing import Any

import pytest

from connectors.onelink.codes import FIELD_39
from connectors.registry import RAILS
from sandbox.accounts.service import SEED
from tests.contract.conftest import Open
from tests.contract.faces import BILLS, FACES, REFUSED, BillsGateway, OnelinkGateway, Told
from tests.onelink_client import code
from tests.startup import RICH

REASONS = {name: rail.reasons for name, rail in RAILS.items()} | {"bills": BILLS.reasons}

APPROVAL = "no refusal: what settles is told with it, as the suite sees on every face"
CARDS = "of card payments, which are not imitated"
CASE = "no value can stand for it; a case below makes it"

NOT_BY_A_ROW: dict[str, dict[str, str]] = {
    "raast": {},
    "onelink": {
        "0000": APPROVAL,
        "00": APPROVAL,
        "0411": CASE,
        "0431": CASE,
        "01": CARDS,
        "03": CARDS,
        "14": CARDS,
        "54": CARDS,
        "55": CARDS,
        "58": CARDS,
        "65": CARDS,
        "75": CARDS,
        "68": "while the outcome is unknown the switch says nothing",
        "77": CASE,
        "96": "a defect of the sandbox itself, or a full disk; the tests of the listener break it to see",
    },
    "bills": {
        "0000": APPROVAL,
        "0291": CASE,
        "0401": CASE,
        "0404": CASE,
        "0407": CASE,
        "0408": CASE,
        "0411": CASE,
        "0413": CASE,
        "0468": CASE,
    },
}


def by_a_row(rail: str) -> set[str]:
    """Return the reasons that published rows give, in all vocabularies of the rail's faces."""
    found: set[str | None] = set()
    for face in FACES.values():
        if face.rail == rail:
            rows = face.rows()
            found |= {row.reason for row in rows} | {row.later_reason for row in rows}
    return {reason for reason in found if reason is not None}


@pytest.mark.parametrize("rail", REASONS)
def test_every_reason_comes_by_a_row_or_is_named(rail: str) -> None:
    rows = by_a_row(rail)
    if rail == "onelink":
        final = {reason for reason in rows if REASONS[rail][reason].final}
        titles = {row.reason for row in FACES["onelink over /v1"].rows() if row.view.stage == "title_fetch"}
        rows |= {FIELD_39[reason] for reason in final | titles if reason is not None}
    assert set(REASONS[rail]) - rows == set(NOT_BY_A_ROW[rail])


@pytest.mark.parametrize(
    ("payer", "word"),
    [("poor", "0404"), ("frozen", "0407"), ("closed", "0408"), ("limited", "0401")],
)
async def test_a_payer_of_a_bill_who_cannot_pay(open_face: Open, payer: str, word: str) -> None:
    face = await open_face("bills")
    assert await face.pay(source=SEED[payer].iban, amount=2_500_001) == Told(REFUSED, word)


@pytest.mark.parametrize(
    ("part", "change", "word"),
    [
        ("billinfo", {"billerId": 99}, "0291"),
        ("info", {"inqcorrelationId": "never-seen"}, "0413"),
        ("payerInfo", None, "0468"),
    ],
)
async def test_a_payment_of_a_bill_that_names_the_wrong_things(
    open_face: Open, part: str, change: dict[str, Any] | None, word: str
) -> None:
    face = await open_face("bills")
    assert isinstance(face, BillsGateway)
    order = await face.order(1, "", 15_000, RICH)
    face.sent[1] = {key: value for key, value in order.items() if change is not None or key != part}
    if change is not None:
        face.sent[1][part] = order[part] | change
    assert await face.again(1) == Told(REFUSED, word)


@pytest.mark.parametrize("name", ["bills", "onelink by its gateway"])
async def test_a_question_about_nothing(open_face: Open, name: str) -> None:
    face = await open_face(name)
    face.sent[1] = await face.order(1, SEED["shop"].iban, 15_000, RICH)
    assert (await face.ask()).word == "0411"


async def test_a_transfer_that_quotes_no_title_fetch(open_face: Open) -> None:
    face = await open_face("onelink by its gateway")
    assert isinstance(face, OnelinkGateway)
    order = await face.member.send()
    order["info"]["tfcorrelationId"] = "never-seen"
    assert code(await face.member.tell("ibft/transfer", order)) == "0431"


async def test_a_frame_of_a_payer_nobody_knows(open_face: Open) -> None:
    face = await open_face("onelink by ISO 8583")
    assert await face.pay(source="PK33SBXA0000000000424242") == Told(REFUSED, "77")
