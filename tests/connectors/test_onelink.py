import pytest

from connectors.contract import (
    Accepted,
    Answer,
    Declined,
    Instruction,
    Party,
    Rail,
    Reason,
    TitleFound,
    TitleQuery,
    Trigger,
    Unknown,
)
from connectors.identifiers.iban import make_iban, parse_iban
from connectors.identifiers.institutions import INSTITUTIONS
from connectors.onelink.codes import ACCOUNT_TYPES, ISO_REASONS, PURPOSES, AccountType, Purpose, outcome_of
from connectors.onelink.rail import Ibft
from connectors.scenarios import iban_of
from ledger.clock import SECOND_US

IBFT: Rail = Ibft()
IBAN = make_iban("SBXB", "12345")
TRIGGERS = pytest.mark.parametrize("trigger", IBFT.triggers, ids=[row.name for row in IBFT.triggers])


def party(status: str) -> Party:
    return Party(IBAN, "Bilal General Store", status)


def pay(amount_paisa: int = 1, limit_paisa: int | None = None, *, repeated: bool = False) -> Instruction:
    return Instruction(IBAN, amount_paisa, limit_paisa, repeated)


@pytest.mark.parametrize(
    ("found", "reason"), [(None, "0168"), (party("closed"), "0103"), (party("frozen"), "0192")]
)
def test_an_account_that_cannot_be_credited_is_refused_at_both_stages(
    found: Party | None, reason: str
) -> None:
    assert IBFT.fetch_title(TitleQuery(IBAN, 1), found) == Declined(reason)
    assert IBFT.handle(pay(), found) == Declined(reason)


def test_an_active_account_is_named_and_takes_the_money() -> None:
    assert IBFT.fetch_title(TitleQuery(IBAN, 1), party("active")) == TitleFound("Bilal General Store")
    assert IBFT.handle(pay(), party("active")) == Accepted()


@pytest.mark.parametrize(
    ("institution", "reason"),
    [("ZZZA", "0106"), ("SBXA", "0120")],
    ids=["no such member", "a member that takes no transfers"],
)
def test_the_bank_is_looked_at_before_the_account(institution: str, reason: str) -> None:
    member = INSTITUTIONS["SBXA"]
    rail = Ibft({"SBXA": member._replace(capabilities=member.capabilities._replace(ibft=False))})
    query = TitleQuery(make_iban(institution, "1"), 1)
    assert rail.fetch_title(query, None) == Declined(reason)


@pytest.mark.parametrize(
    ("instruction", "answer"),
    [
        (pay(100), None),
        (pay(100, 100), None),
        (pay(101, 100), Declined("0101")),
        (pay(100, repeated=True), Declined("0110")),
        (pay(101, 100, repeated=True), Declined("0110")),
    ],
)
def test_the_senders_bank_refuses_a_repeat_first_and_then_what_is_over_the_limit(
    instruction: Instruction, answer: Declined | None
) -> None:
    assert IBFT.admit(instruction) == answer


# --- what is published is true -----------------------------------------------------------------


def promised(trigger: Trigger) -> Answer:
    if trigger.status == "refused":
        return Declined(str(trigger.reason))
    if trigger.status == "settled":
        return Accepted()
    after_us = None if trigger.after_s is None else trigger.after_s * SECOND_US
    later = Accepted() if trigger.later == "settled" else Declined(str(trigger.later_reason))
    return Unknown(str(trigger.reason), after_us, later)


def published(trigger: Trigger) -> tuple[str, Party | None]:
    """The account that a row names, as it stands in every sandbox."""
    iban = iban_of(trigger)
    if iban is not None:
        return iban, None
    status = trigger.destination if trigger.destination in ("closed", "frozen") else "active"
    return IBAN, party(status)


@TRIGGERS
def test_every_published_trigger_does_what_it_says(trigger: Trigger) -> None:
    iban, found = published(trigger)
    assert parse_iban(iban) == iban
    title = IBFT.fetch_title(TitleQuery(iban, trigger.amount_paisa), found)
    if trigger.stage == "title_fetch":
        assert title == Declined(str(trigger.reason))
        return
    assert isinstance(title, TitleFound)
    limit = trigger.amount_paisa - 1 if trigger.source == "limited" else None
    instruction = Instruction(iban, trigger.amount_paisa, limit, repeated=False)
    if trigger.source == "poor":
        assert trigger.reason == IBFT.insufficient_funds
        return
    assert (IBFT.admit(instruction) or IBFT.handle(instruction, found)) == promised(trigger)


@TRIGGERS
def test_an_unknown_answer_is_not_final_and_what_follows_it_is(trigger: Trigger) -> None:
    for code, ends in ((trigger.reason, trigger.status != "unknown"), (trigger.later_reason, True)):
        # A title that is not told in time moves no money: the caller asks again.
        if code is not None and trigger.stage == "payment":
            assert IBFT.reasons[code].final is ends


def test_no_two_triggers_share_an_account() -> None:
    ibans = [iban for row in IBFT.triggers if (iban := iban_of(row))]
    assert len(set(ibans)) == len(ibans)


# --- the vocabularies --------------------------------------------------------------------------


def test_every_code_that_the_rail_gives_is_in_the_vocabulary() -> None:
    used = {code for row in IBFT.triggers for code in (row.reason, row.later_reason) if code}
    own = {IBFT.insufficient_funds, IBFT.hold_expired, "0168", "0106", "0120", "0101", "0110", "0103", "0192"}
    assert used | own <= set(IBFT.reasons)


def test_every_fact_says_how_sure_it_is_and_where_from() -> None:
    facts: list[Reason | Purpose | AccountType] = [
        *IBFT.reasons.values(),
        *PURPOSES.values(),
        *ACCOUNT_TYPES.values(),
    ]
    assert {fact.standing for fact in facts} <= {"documented", "weak", "invented"}
    assert all(fact.source and fact.name for fact in facts)


def test_every_answer_but_approval_has_one_iso_reason() -> None:
    assert set(ISO_REASONS) == set(IBFT.reasons) - {"00", "0000"}


@pytest.mark.parametrize(
    ("code", "iso"),
    [
        ("0168", "AC03"),
        ("76", "AC03"),
        ("0103", "AC04"),
        ("0192", "AC06"),
        ("0404", "AM04"),
        ("51", "AM04"),
        ("0101", "AM14"),
        ("0110", "AM05"),
        ("94", "AM05"),
        ("0151", "AB05"),
    ],
)
def test_both_vocabularies_meet_in_the_iso_reasons(code: str, iso: str) -> None:
    assert ISO_REASONS[code] == iso


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("00", "approved"),
        ("0000", "approved"),
        ("0103", "refused"),
        ("03", "refused"),
        ("0151", "unknown"),
        ("0156", "unknown"),
        ("68", "unknown"),
        ("91", "unknown"),
        ("96", "unknown"),
    ],
)
def test_late_or_missing_answers_are_unknown_and_no_refusal(code: str, outcome: str) -> None:
    assert outcome_of(IBFT.reasons[code]) == outcome


@pytest.mark.parametrize(("code", "free_text"), [("9999", 40), ("0404", 0)])
def test_only_other_purposes_are_explained_in_words(code: str, free_text: int) -> None:
    assert PURPOSES[code].free_text == free_text
    assert len(PURPOSES) == 14
    assert list(ACCOUNT_TYPES) == ["00", "10", "20", "30", "40", "50", "60"]
