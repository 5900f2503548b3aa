"""The order of precedence.

Each ladder starts with everything wrong at once and mends one fault per step, so that every status
is seen with every fault of lower precedence still present.
"""

from typing import Any, NamedTuple

import pytest

from ledger import (
    TRANSIENT,
    Account,
    AccountFlag,
    Entry,
    Head,
    HoldNow,
    Kind,
    State,
    Status,
    Transfer,
    TransferFlag,
    apply,
)
from ledger.clock import MAX_TIME
from ledger.money import MAX_AMOUNT

S = Status
NOW = 1000
D_LIMIT = AccountFlag.DEBITS_MUST_NOT_EXCEED_CREDITS
C_LIMIT = AccountFlag.CREDITS_MUST_NOT_EXCEED_DEBITS
CLOSED = AccountFlag.CLOSED


BALANCING, CLOSING = TransferFlag.BALANCING_DEBIT, TransferFlag.CLOSING_CREDIT
IMPORTED = TransferFlag.IMPORTED
PLAIN_LEAD = Transfer("")
IMPORTED_LEAD = Transfer("", flags=IMPORTED, happened_at=1)


class Step(NamedTuple):
    status: Status
    transfer: dict[str, Any]
    """What was mended in the transfer to get here."""
    debit: dict[str, Any] | None = None
    credit: dict[str, Any] | None = None
    ended_by: Kind | None = Kind.POST
    reversed_by: str | None = "other"
    lead: Transfer | None = None
    """What the batch begins with, if not with the transfer itself."""


class Case(NamedTuple):
    status: Status
    batch: list[Transfer]
    state: State


def entry(name: str, kind: Kind, amount: int, target_id: str = "", expires_at: int = 0) -> Entry:
    terms = (amount, "USD", 7, target_id, expires_at, "ref", 0, NOW - 10, NOW)
    return Entry(1, name, kind, 0, "dr", "cr", *terms, *(0,) * 8)


KNOWN = [
    entry("taken_hold", Kind.HOLD, 15, expires_at=NOW),
    entry("taken_post", Kind.POST, 13, "posted"),
    entry("posted", Kind.HOLD, 15),
    entry("hold", Kind.HOLD, 15, expires_at=NOW),
    entry("lasting", Kind.HOLD, 15, expires_at=NOW + 1),
    entry("plain", Kind.TRANSFER, 15),
]
HEAD = Head(5, happened_at=500)


def cases(*steps: Step) -> list[Any]:
    """Let each step keep what the steps before it have mended."""
    transfer: dict[str, Any] = {}
    debit: dict[str, Any] = {"id": "dr", "currency": "PKR", "code": 1, "flags": CLOSED | D_LIMIT}
    credit: dict[str, Any] = {"id": "cr", "currency": "EUR", "code": 1, "flags": CLOSED | C_LIMIT}
    debit["opened_at"], credit["opened_at"] = 600, 700
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
        holds["posted"] = HoldNow(15, 0, Kind.POST, "taken_post")
        accounts = {"dr": Account(**debit), "cr": Account(**credit)}
        entries = {each.id: each for each in KNOWN}
        reversals = {"plain": step.reversed_by} if step.reversed_by else {}
        state = State(accounts, entries, holds, {"spent"}, HEAD, reversals)
        batch = [*([step.lead] if step.lead else []), Transfer(**transfer)]
        found.append(pytest.param(Case(step.status, batch, state), id=step.status))
    return found


ORIGIN = cases(
    Step(
        S.IMPORTED_NOT_EXPECTED,
        {"id": "", "kind": Kind.EXPIRE, "flags": IMPORTED | 64, "happened_at": -1, "timeout_us": -1},
        lead=PLAIN_LEAD,
    ),
    Step(S.IMPORTED_TIME_OUT_OF_RANGE, {}),
    Step(S.IMPORTED_TIME_OUT_OF_RANGE, {"happened_at": 2**63}),
    Step(S.IMPORTED_TIME_NOT_PAST, {"happened_at": NOW}),
    Step(S.FLAGS_UNKNOWN, {"happened_at": NOW - 1}),
    Step(S.ID_MISSING, {"flags": IMPORTED}, lead=IMPORTED_LEAD),
)

IDENTITY = cases(
    Step(
        S.IMPORTED_EXPECTED,
        {
            "id": "",
            "kind": Kind.EXPIRE,
            "flags": BALANCING | 32,
            "happened_at": 1,
            "target_id": "h",
            "timeout_us": -5,
            "currency": "",
            "code": 0,
            "reference": "other",
        },
        lead=IMPORTED_LEAD,
    ),
    Step(S.HAPPENED_AT_NOT_ALLOWED, {}),
    Step(S.FLAGS_UNKNOWN, {"happened_at": 0}),
    Step(S.ID_MISSING, {"flags": BALANCING}),
    Step(S.ID_TOO_LONG, {"id": "x" * 57 + ":expired"}),
    Step(S.ID_RESERVED, {"id": "x" * 56 + ":expired"}),
    Step(S.KIND_NOT_ALLOWED, {"id": "taken_hold"}),
    Step(S.EXISTS_WITH_DIFFERENT_KIND, {"kind": Kind.TRANSFER}),
    Step(S.EXISTS_WITH_DIFFERENT_FLAGS, {"kind": Kind.HOLD}),
    Step(S.EXISTS_WITH_DIFFERENT_TARGET, {"flags": 0}),
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
            "flags": BALANCING,
            "target_id": "lasting",
            "timeout_us": 5,
            "debit_account": "cr",
            "credit_account": "dr",
            "reference": "other",
            "currency": "PKR",
            "code": 8,
        },
    ),
    Step(S.EXISTS_WITH_DIFFERENT_FLAGS, {"kind": Kind.POST}),
    Step(S.EXISTS_WITH_DIFFERENT_TARGET, {"flags": 0}),
    Step(S.EXISTS_WITH_DIFFERENT_TIMEOUT, {"target_id": "posted"}),
    Step(S.EXISTS_WITH_DIFFERENT_DEBIT_ACCOUNT, {"timeout_us": 0}),
    Step(S.EXISTS_WITH_DIFFERENT_CREDIT_ACCOUNT, {"debit_account": ""}),
    Step(S.EXISTS_WITH_DIFFERENT_AMOUNT, {"credit_account": ""}),
    Step(S.EXISTS_WITH_DIFFERENT_REFERENCE, {"amount": 13}),
    Step(S.EXISTS_WITH_DIFFERENT_CURRENCY, {"reference": ""}),
    Step(S.EXISTS_WITH_DIFFERENT_CODE, {"currency": ""}),
    Step(S.EXISTS, {"code": 0}),
)

MOVE = cases(
    Step(
        S.ID_ALREADY_FAILED,
        {"id": "spent", "target_id": "h", "timeout_us": -5, "currency": "", "code": 0, "flags": CLOSING},
    ),
    Step(S.DEBIT_ACCOUNT_MISSING, {"id": "new"}),
    Step(S.CREDIT_ACCOUNT_MISSING, {"debit_account": "nobody"}),
    Step(S.ACCOUNTS_MUST_DIFFER, {"credit_account": "nobody"}),
    Step(S.TARGET_ID_NOT_ALLOWED, {"credit_account": "no one"}),
    Step(S.TIMEOUT_ONLY_FOR_HOLDS, {"target_id": ""}),
    Step(S.TIMEOUT_NEGATIVE, {"kind": Kind.HOLD}),
    Step(S.CLOSING_ONLY_FOR_HOLDS, {"kind": Kind.TRANSFER, "timeout_us": 0}),
    Step(S.CURRENCY_MISSING, {"kind": Kind.HOLD, "timeout_us": MAX_TIME}),
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

MOVE_IMPORTED = cases(
    Step(
        S.IMPORTED_TIME_RUNS_BACKWARDS,
        {
            "id": "new",
            "debit_account": "dr",
            "credit_account": "cr",
            "amount": MAX_AMOUNT,
            "kind": Kind.HOLD,
            "timeout_us": MAX_TIME,
            "flags": IMPORTED,
            "happened_at": HEAD.happened_at - 1,
        },
        debit={"debits_pending": 1},
        credit={"currency": "PKR"},
    ),
    Step(S.IMPORTED_BEFORE_DEBIT_ACCOUNT, {"happened_at": HEAD.happened_at}),
    Step(S.IMPORTED_BEFORE_DEBIT_ACCOUNT, {"happened_at": 600}),
    Step(S.IMPORTED_BEFORE_CREDIT_ACCOUNT, {"happened_at": 601}),
    Step(S.IMPORTED_BEFORE_CREDIT_ACCOUNT, {"happened_at": 700}),
    Step(S.IMPORTED_TIMEOUT_NOT_ALLOWED, {"happened_at": 701}),
    Step(S.DEBIT_ACCOUNT_CLOSED, {"timeout_us": 0}),
    Step(S.CREDIT_ACCOUNT_CLOSED, {}, debit={"flags": 0}),
    Step(S.OVERFLOWS_DEBITS_PENDING, {}, credit={"flags": 0}),
    Step(S.CREATED, {}, debit={"debits_pending": 0}),
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

FAULTY = {
    "id": "spent",
    "debit_account": "nobody",
    "credit_account": "nobody",
    "timeout_us": 5,
    "amount": -1,
    "currency": "PKR",
    "code": 8,
    "flags": CLOSING,
}


def of_a_hold(kind: Kind) -> list[Step]:
    """What POST, VOID and CAPTURE have in common."""
    return [
        Step(S.ID_ALREADY_FAILED, FAULTY | {"kind": kind}),
        Step(S.FLAGS_NOT_ALLOWED, {"id": "new"}),
        Step(S.TARGET_ID_MISSING, {"flags": 0}),
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


ENDED = [
    Step(S.HOLD_ALREADY_POSTED, {}),
    Step(S.HOLD_ALREADY_VOIDED, {}, ended_by=Kind.VOID),
    Step(S.HOLD_EXPIRED, {}, ended_by=Kind.EXPIRE),
    Step(S.HOLD_EXPIRED, {}, ended_by=None),
]
OPEN_ACCOUNTS = [
    Step(S.DEBIT_ACCOUNT_CLOSED, {"target_id": "lasting"}, ended_by=None),
    Step(S.CREDIT_ACCOUNT_CLOSED, {}, debit={"flags": 0}, ended_by=None),
]
OPENED = {"flags": 0}

POST = cases(
    *of_a_hold(Kind.POST),
    Step(S.HOLD_ALREADY_POSTED, {"amount": 14}),
    *ENDED[1:],
    *OPEN_ACCOUNTS,
    Step(S.CREATED, {}, credit=OPENED, ended_by=None),
)

CAPTURE = cases(
    *of_a_hold(Kind.CAPTURE),
    Step(S.HOLD_ALREADY_POSTED, {"amount": 14}),
    *ENDED[1:],
    *OPEN_ACCOUNTS,
    Step(S.CREATED, {}, credit=OPENED, ended_by=None),
)

VOID = cases(
    *of_a_hold(Kind.VOID),
    Step(S.TARGET_HAS_DIFFERENT_AMOUNT, {"amount": 14}),
    Step(S.HOLD_ALREADY_POSTED, {"amount": 15}),
    *ENDED[1:],
    Step(S.CREATED, {"target_id": "lasting"}, ended_by=None),
)

EXTEND = cases(
    *of_a_hold(Kind.EXTEND)[:4],
    Step(S.TIMEOUT_NEGATIVE, {"target_id": "nothing", "timeout_us": -1}),
    Step(S.AMOUNT_NEGATIVE, {"timeout_us": MAX_TIME}),
    Step(S.AMOUNT_NOT_ALLOWED, {"amount": 16}),
    Step(S.TARGET_NOT_FOUND, {"amount": 0}),
    *of_a_hold(Kind.EXTEND)[7:-1],
    Step(S.HOLD_ALREADY_POSTED, {"code": 7}),
    *ENDED[1:],
    *OPEN_ACCOUNTS,
    Step(S.OVERFLOWS_TIMEOUT, {}, credit=OPENED, ended_by=None),
    Step(S.CREATED, {"timeout_us": MAX_TIME - NOW}, ended_by=None),
)

CAPTURE_IMPORTED = cases(
    Step(
        S.HOLD_EXPIRED,
        {
            "id": "new",
            "kind": Kind.CAPTURE,
            "target_id": "hold",
            "amount": 1,
            "flags": IMPORTED,
            "happened_at": HEAD.happened_at - 1,
        },
        ended_by=Kind.EXPIRE,
    ),
    Step(S.IMPORTED_TIME_RUNS_BACKWARDS, {}, ended_by=None),
    Step(S.IMPORTED_BEFORE_DEBIT_ACCOUNT, {"happened_at": 600}, ended_by=None),
    Step(S.IMPORTED_BEFORE_CREDIT_ACCOUNT, {"happened_at": 700}, ended_by=None),
    Step(S.DEBIT_ACCOUNT_CLOSED, {"happened_at": 701}, ended_by=None),
    Step(S.CREDIT_ACCOUNT_CLOSED, {}, debit=OPENED, ended_by=None),
    Step(S.CREATED, {}, credit=OPENED, ended_by=None),
)

# A reversal debits the account that was credited: here "cr" pays and "dr" receives.
REVERSAL = cases(
    *of_a_hold(Kind.REVERSAL)[:7],
    Step(
        S.NOT_REVERSIBLE,
        {"target_id": "hold", "debit_account": "dr", "credit_account": "cr"},
        debit={"credits_pending": 1, "credits_posted": MAX_AMOUNT, "flags": CLOSED | C_LIMIT},
        credit={"debits_pending": 1, "debits_posted": MAX_AMOUNT, "flags": CLOSED | D_LIMIT},
    ),
    Step(S.TARGET_HAS_DIFFERENT_DEBIT_ACCOUNT, {"target_id": "plain"}),
    Step(S.TARGET_HAS_DIFFERENT_CREDIT_ACCOUNT, {"debit_account": "cr"}),
    Step(S.TARGET_HAS_DIFFERENT_CURRENCY, {"credit_account": "dr"}),
    Step(S.TARGET_HAS_DIFFERENT_CODE, {"currency": "USD"}),
    Step(S.TARGET_HAS_DIFFERENT_AMOUNT, {"code": 7}),
    Step(S.ALREADY_REVERSED, {"amount": 15}),
    Step(S.DEBIT_ACCOUNT_CLOSED, {}, reversed_by=None),
    Step(S.CREDIT_ACCOUNT_CLOSED, {}, credit={"flags": D_LIMIT}, reversed_by=None),
    Step(S.OVERFLOWS_DEBITS_POSTED, {}, debit={"flags": C_LIMIT}, reversed_by=None),
    Step(S.OVERFLOWS_CREDITS_POSTED, {}, credit={"debits_posted": MAX_AMOUNT - 15}, reversed_by=None),
    Step(S.OVERFLOWS_DEBITS, {}, debit={"credits_posted": MAX_AMOUNT - 15}, reversed_by=None),
    Step(S.OVERFLOWS_CREDITS, {}, credit={"debits_pending": 0}, reversed_by=None),
    Step(S.EXCEEDS_CREDITS, {}, debit={"credits_pending": 0}, reversed_by=None),
    Step(S.EXCEEDS_DEBITS, {}, credit={"credits_posted": MAX_AMOUNT}, reversed_by=None),
    Step(S.CREATED, {}, debit={"debits_posted": MAX_AMOUNT}, reversed_by=None),
)

LADDERS = [
    ORIGIN,
    IDENTITY,
    IDENTITY_OF_A_POST,
    MOVE,
    MOVE_AT_ONCE,
    MOVE_IMPORTED,
    POST,
    CAPTURE,
    CAPTURE_IMPORTED,
    VOID,
    EXTEND,
    REVERSAL,
]
RUNGS = [case for ladder in LADDERS for case in ladder]


@pytest.mark.parametrize("case", RUNGS)
def test_the_first_rule_that_refuses_gives_the_status(case: Case) -> None:
    result = apply(case.state, case.batch, NOW, recorded_at=NOW).results[-1]
    assert result.status == case.status
    assert (result.entry is None) == (case.status not in (S.CREATED, S.EXISTS))
    assert (result.detail is None) == (case.status in (S.CREATED, S.EXISTS))


@pytest.mark.parametrize("case", RUNGS)
def test_only_a_refusal_that_may_pass_spends_the_id(case: Case) -> None:
    outcome = apply(case.state, case.batch, NOW, recorded_at=NOW)
    assert outcome.spent == ({case.batch[-1].id} if case.status in TRANSIENT else set())


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
