"""The order of precedence.

Each ladder starts with everything wrong at once and mends one fault per step, so that every status
is seen with every fault of lower precedence still present.
"""

from typing import Any, NamedTuple

import pytest

from ledger import TRANSIENT, Account, AccountFlag, Entry, Head, HoldNow, Kind, State, Status, Transfer, apply
from ledger.clock import MAX_TIME
from ledger.money import MAX_AMOUNT

S = Status
NOW = 1000
D_LIMIT = AccountFlag.DEBITS_MUST_NOT_EXCEED_CREDITS
C_LIMIT = AccountFlag.CREDITS_MUST_NOT_EXCEED_DEBITS
CLOSED = AccountFlag.CLOSED


class Step(NamedTuple):
    status: Status
    transfer: dict[str, Any]
    """What was mended in the transfer to get here."""
    debit: dict[str, Any] | None = None
    credit: dict[str, Any] | None = None
    ended_by: Kind | None = Kind.POST


class Case(NamedTuple):
    status: Status
    transfer: Transfer
    state: State


def entry(name: str, kind: Kind, amount: int, target_id: str = "", expires_at: int = 0) -> Entry:
    return Entry(
        1,
        name,
        kind,
        0,
        "dr",
        "cr",
        amount,
        "USD",
        7,
        target_id,
        expires_at,
        "ref",
        0,
        NOW - 10,
        NOW,
        *(0,) * 8,
    )


KNOWN = [
    entry("taken_hold", Kind.HOLD, 15, expires_at=NOW),
    entry("taken_post", Kind.POST, 13, "hold"),
    entry("hold", Kind.HOLD, 15, expires_at=NOW),
    entry("lasting", Kind.HOLD, 15, expires_at=NOW + 1),
    entry("plain", Kind.TRANSFER, 15),
]


def cases(*steps: Step) -> list[Any]:
    """Let each step keep what the steps before it have mended."""
    transfer: dict[str, Any] = {}
    debit: dict[str, Any] = {"id": "dr", "currency": "PKR", "code": 1, "flags": CLOSED | D_LIMIT}
    credit: dict[str, Any] = {"id": "cr", "currency": "EUR", "code": 1, "flags": CLOSED | C_LIMIT}
    found = []
    for step in steps:
        transfer |= step.transfer
        debit |= step.debit or {}
        credit |= step.credit or {}
        holds = {
            each.id: HoldNow(15, each.expires_at, step.ended_by, "end" if step.ended_by else "")
            for each in KNOWN
            if each.kind == Kind.HOLD
        }
        accounts = {"dr": Account(**debit), "cr": Account(**credit)}
        state = State(accounts, {each.id: each for each in KNOWN}, holds, {"spent"}, Head(5))
        found.append(pytest.param(Case(step.status, Transfer(**transfer), state), id=step.status))
    return found


IDENTITY = cases(
    Step(
        S.ID_MISSING,
        {
            "id": "",
            "kind": Kind.EXPIRE,
            "target_id": "h",
            "timeout_us": -5,
            "currency": "",
            "code": 0,
            "reference": "other",
        },
    ),
    Step(S.ID_TOO_LONG, {"id": "x" * 57 + ":expired"}),
    Step(S.ID_RESERVED, {"id": "x" * 56 + ":expired"}),
    Step(S.KIND_NOT_ALLOWED, {"id": "taken_hold"}),
    Step(S.EXISTS_WITH_DIFFERENT_KIND, {"kind": Kind.TRANSFER}),
    Step(S.EXISTS_WITH_DIFFERENT_TARGET, {"kind": Kind.HOLD}),
    Step(S.EXISTS_WITH_DIFFERENT_TIMEOUT, {"target_id": ""}),
    Step(S.EXISTS_WITH_DIFFERENT_DEBIT_ACCOUNT, {"timeout_us": 10}),
    Step(S.EXISTS_WITH_DIFFERENT_CREDIT_ACCOUNT, {"debit_account": "dr"}),
    Step(S.EXISTS_WITH_DIFFERENT_AMOUNT, {"credit_account": "cr"}),
    Step(S.EXISTS_WITH_DIFFERENT_REFERENCE, {"amount": 15}),
    Step(S.EXISTS_WITH_DIFFERENT_CURRENCY, {"reference": "ref"}),
    Step(S.EXISTS_WITH_DIFFERENT_CODE, {"currency": "USD"}),
    Step(S.EXISTS, {"code": 7}),
)

IDENTITY_OF_A_POST = cases(
    Step(
        S.EXISTS_WITH_DIFFERENT_KIND,
        {
            "id": "taken_post",
            "kind": Kind.VOID,
            "target_id": "lasting",
            "timeout_us": 5,
            "debit_account": "cr",
            "credit_account": "dr",
            "reference": "other",
            "currency": "PKR",
            "code": 8,
        },
    ),
    Step(S.EXISTS_WITH_DIFFERENT_TARGET, {"kind": Kind.POST}),
    Step(S.EXISTS_WITH_DIFFERENT_TIMEOUT, {"target_id": "hold"}),
    Step(S.EXISTS_WITH_DIFFERENT_DEBIT_ACCOUNT, {"timeout_us": 0}),
    Step(S.EXISTS_WITH_DIFFERENT_CREDIT_ACCOUNT, {"debit_account": ""}),
    Step(S.EXISTS_WITH_DIFFERENT_AMOUNT, {"credit_account": ""}),
    Step(S.EXISTS_WITH_DIFFERENT_REFERENCE, {"amount": 13}),
    Step(S.EXISTS_WITH_DIFFERENT_CURRENCY, {"reference": ""}),
    Step(S.EXISTS_WITH_DIFFERENT_CODE, {"currency": ""}),
    Step(S.EXISTS, {"code": 0}),
)

MOVE = cases(
    Step(S.ID_ALREADY_FAILED, {"id": "spent", "target_id": "h", "timeout_us": -5, "currency": "", "code": 0}),
    Step(S.DEBIT_ACCOUNT_MISSING, {"id": "new"}),
    Step(S.CREDIT_ACCOUNT_MISSING, {"debit_account": "nobody"}),
    Step(S.ACCOUNTS_MUST_DIFFER, {"credit_account": "nobody"}),
    Step(S.TARGET_ID_NOT_ALLOWED, {"credit_account": "no one"}),
    Step(S.TIMEOUT_ONLY_FOR_HOLDS, {"target_id": ""}),
    Step(S.TIMEOUT_NEGATIVE, {"kind": Kind.HOLD}),
    Step(S.CURRENCY_MISSING, {"timeout_us": MAX_TIME}),
    Step(S.CODE_MISSING, {"currency": "USD"}),
    Step(S.CODE_TOO_LARGE, {"code": 2**31}),
    Step(S.AMOUNT_MISSING, {"code": 2**31 - 1}),
    Step(S.AMOUNT_NEGATIVE, {"amount": -1}),
    Step(
        S.DEBIT_ACCOUNT_NOT_FOUND,
        {"amount": MAX_AMOUNT},
        debit={"debits_pending": 1, "debits_posted": 1},
        credit={"credits_pending": 1, "credits_posted": 1},
    ),
    Step(S.CREDIT_ACCOUNT_NOT_FOUND, {"debit_account": "dr"}),
    Step(S.ACCOUNTS_HAVE_DIFFERENT_CURRENCIES, {"credit_account": "cr"}),
    Step(S.CURRENCY_DIFFERS_FROM_ACCOUNTS, {}, credit={"currency": "PKR"}),
    Step(S.DEBIT_ACCOUNT_CLOSED, {"currency": "PKR"}),
    Step(S.CREDIT_ACCOUNT_CLOSED, {}, debit={"flags": D_LIMIT}),
    Step(S.OVERFLOWS_DEBITS_PENDING, {}, credit={"flags": C_LIMIT}),
    Step(S.OVERFLOWS_CREDITS_PENDING, {}, debit={"debits_pending": 0}),
    Step(S.OVERFLOWS_DEBITS_POSTED, {}, credit={"credits_pending": 0}),
    Step(S.OVERFLOWS_CREDITS_POSTED, {}, debit={"debits_posted": 0}),
    Step(
        S.OVERFLOWS_DEBITS,
        {"amount": MAX_AMOUNT - 1},
        debit={"debits_pending": 1, "debits_posted": 1},
        credit={"credits_pending": 1},
    ),
    Step(S.OVERFLOWS_CREDITS, {}, debit={"debits_pending": 0}),
    Step(S.OVERFLOWS_TIMEOUT, {}, credit={"credits_pending": 0}),
    Step(S.EXCEEDS_CREDITS, {"timeout_us": MAX_TIME - NOW}),
    Step(S.EXCEEDS_DEBITS, {}, debit={"credits_posted": MAX_AMOUNT}),
    Step(S.CREATED, {}, credit={"debits_posted": MAX_AMOUNT}),
)

MOVE_AT_ONCE = cases(
    Step(
        S.OVERFLOWS_DEBITS_POSTED,
        {"id": "new", "debit_account": "dr", "credit_account": "cr", "amount": MAX_AMOUNT},
        debit={"flags": 0, "debits_pending": 1, "debits_posted": 1},
        credit={"flags": 0, "currency": "PKR", "credits_pending": 1, "credits_posted": 1},
    ),
    Step(S.OVERFLOWS_CREDITS_POSTED, {}, debit={"debits_posted": 0}),
    Step(S.OVERFLOWS_DEBITS, {}, credit={"credits_posted": 0}),
    Step(S.OVERFLOWS_CREDITS, {}, debit={"debits_pending": 0}),
    Step(S.CREATED, {}, credit={"credits_pending": 0}),
)

BOTH_ENDINGS = [
    Step(
        S.ID_ALREADY_FAILED,
        {
            "id": "spent",
            "debit_account": "cr",
            "credit_account": "dr",
            "timeout_us": 5,
            "amount": -1,
            "currency": "PKR",
            "code": 8,
        },
    ),
    Step(S.TARGET_ID_MISSING, {"id": "new"}),
    Step(S.TARGET_ID_IS_OWN_ID, {"target_id": "new"}),
    Step(S.TIMEOUT_ONLY_FOR_HOLDS, {"target_id": "nothing"}),
    Step(S.AMOUNT_NEGATIVE, {"timeout_us": 0}),
    Step(S.TARGET_NOT_FOUND, {"amount": 16}),
    Step(S.NOT_A_HOLD, {"target_id": "plain"}),
    Step(S.TARGET_HAS_DIFFERENT_DEBIT_ACCOUNT, {"target_id": "hold"}),
    Step(S.TARGET_HAS_DIFFERENT_CREDIT_ACCOUNT, {"debit_account": "dr"}),
    Step(S.TARGET_HAS_DIFFERENT_CURRENCY, {"credit_account": "cr"}),
    Step(S.TARGET_HAS_DIFFERENT_CODE, {"currency": "USD"}),
    Step(S.EXCEEDS_HOLD_AMOUNT, {"code": 7}),
]

POST = cases(
    BOTH_ENDINGS[0]._replace(transfer=BOTH_ENDINGS[0].transfer | {"kind": Kind.POST}),
    *BOTH_ENDINGS[1:],
    Step(S.HOLD_ALREADY_POSTED, {"amount": 14}),
    Step(S.HOLD_ALREADY_VOIDED, {}, ended_by=Kind.VOID),
    Step(S.HOLD_EXPIRED, {}, ended_by=Kind.EXPIRE),
    Step(S.HOLD_EXPIRED, {}, ended_by=None),
    Step(S.DEBIT_ACCOUNT_CLOSED, {"target_id": "lasting"}, ended_by=None),
    Step(S.CREDIT_ACCOUNT_CLOSED, {}, debit={"flags": 0}, ended_by=None),
    Step(S.CREATED, {}, credit={"flags": 0}, ended_by=None),
)

VOID = cases(
    BOTH_ENDINGS[0]._replace(transfer=BOTH_ENDINGS[0].transfer | {"kind": Kind.VOID}),
    *BOTH_ENDINGS[1:],
    Step(S.TARGET_HAS_DIFFERENT_AMOUNT, {"amount": 14}),
    Step(S.HOLD_ALREADY_POSTED, {"amount": 15}),
    Step(S.HOLD_ALREADY_VOIDED, {}, ended_by=Kind.VOID),
    Step(S.HOLD_EXPIRED, {}, ended_by=Kind.EXPIRE),
    Step(S.HOLD_EXPIRED, {}, ended_by=None),
    Step(S.CREATED, {"target_id": "lasting"}, ended_by=None),
)

LADDERS = [IDENTITY, IDENTITY_OF_A_POST, MOVE, MOVE_AT_ONCE, POST, VOID]


@pytest.mark.parametrize("case", [case for ladder in LADDERS for case in ladder])
def test_the_first_rule_that_refuses_gives_the_status(case: Case) -> None:
    (result,) = apply(case.state, [case.transfer], NOW, recorded_at=NOW).results
    assert result.status == case.status
    assert (result.entry is None) == (case.status not in (S.CREATED, S.EXISTS))
    assert (result.detail is None) == (case.status in (S.CREATED, S.EXISTS))


@pytest.mark.parametrize("case", [case for ladder in LADDERS for case in ladder])
def test_only_a_refusal_that_may_pass_spends_the_id(case: Case) -> None:
    outcome = apply(case.state, [case.transfer], NOW, recorded_at=NOW)
    assert outcome.spent == ({case.transfer.id} if case.status in TRANSIENT else set())


@pytest.mark.parametrize("ladder", LADDERS)
def test_statuses_are_declared_in_the_order_in_which_they_take_precedence(ladder: list[Any]) -> None:
    order = list(Status)
    places = [order.index(step.values[0].status) for step in ladder]
    if places[-1] == order.index(S.CREATED):
        places.pop()
    assert places == sorted(places)


def test_every_status_stands_on_a_ladder() -> None:
    seen = {step.values[0].status for ladder in LADDERS for step in ladder}
    assert set(Status) - seen == {S.CHAIN_OPEN, S.CHAIN_FAILED}


@pytest.mark.parametrize(
    "fault",
    [
        Transfer(""),
        Transfer("taken_hold", kind=Kind.TRANSFER),
        Transfer("spent"),
        Transfer("new", "dr", "cr", 1),
    ],
)
def test_a_chain_that_is_broken_or_open_comes_before_every_other_fault(fault: Transfer) -> None:
    state = MOVE[0].values[0].state
    batch = [Transfer("", linked=True), fault, fault._replace(linked=True)]
    results = apply(state, batch, NOW, recorded_at=NOW).results
    assert [result.status for result in results] == [S.ID_MISSING, S.CHAIN_FAILED, S.CHAIN_OPEN]
