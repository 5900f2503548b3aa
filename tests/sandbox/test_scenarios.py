"""Scenarios over HTTP: a named row, a plan's pace and faults, strict mode, and that a run can be repeated."""

import asyncio
from typing import Any, get_args

import pytest

from connectors.contract import Accepted, Answer, Declined, Unknown
from connectors.identifiers.iban import make_iban
from connectors.registry import RAILS
from ledger.clock import SECOND_US
from sandbox.payments.queries import list_triggers
from sandbox.payments.service import RESOLVE
from sandbox.scenarios.faults import disturb, disturb_title, paced
from sandbox.scenarios.models import CALLBACKS, FAULTS, CallbackFault, Fault, Pace, Plan
from sandbox.wire import Wire
from tests.startup import RICH, SHOP, SignUp, Startup

EVERY_RAIL = pytest.mark.parametrize("rail", RAILS)
STORY = {"seed": 5, "frozen_at": "2026-03-02T09:00:00Z"}
NOBODY = make_iban("SBXB", "77")


def told(answer: Any) -> tuple[str, str | None]:
    return answer["status"], None if answer["reason"] is None else answer["reason"]["code"]


async def put(startup: Startup, **plan: object) -> Any:
    answer = await startup.send("PUT", "/v1/scenarios", plan)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def assert_nothing_is_held(startup: Startup) -> None:
    sums = await startup.get("/v1/ledger/trial-balance")
    assert (sums["balanced"], sums["debits_pending_paisa"], sums["credits_pending_paisa"]) == (True, 0, 0)


async def test_a_plan_is_put_shown_and_removed(startup: Startup) -> None:
    well = await startup.get("/v1/scenarios")
    assert (well["in_force"], well["faults"], well["strict"]) == (False, [], False)
    fault = {"kind": "down", "rail": "raast", "member": "SBXB", "probability": 0.5}
    shown = await put(startup, seed=7, faults=[fault])
    assert shown == await startup.get("/v1/scenarios")
    assert (shown["in_force"], shown["seed"], shown["faults"][0]["probability"]) == (True, 7, 0.5)
    removed = await startup.send("DELETE", "/v1/scenarios", {})
    assert removed.json() == well == await startup.get("/v1/scenarios")


@pytest.mark.parametrize(
    ("plan", "code", "field"),
    [
        ({"seed": -1}, "invalid_field", "seed"),
        ({"seed": "7"}, "invalid_field", "seed"),
        ({"pace": {"after_seconds": 5, "after_polls": 5}}, "invalid_field", "pace"),
        ({"pace": {"after_seconds": 86_400}}, "invalid_field", "pace.after_seconds"),
        ({"faults": [{"kind": "explode"}]}, "invalid_field", "faults.0.kind"),
        ({"faults": [{"kind": "down", "probability": 2}]}, "invalid_field", "faults.0.probability"),
        ({"faults": [{"kind": "down", "rail": "swift"}]}, "unknown_rail", "faults.0.rail"),
        ({"faults": [{"kind": "down", "member": "HABB"}]}, "unknown_institution", "faults.0.member"),
        (
            {"faults": [{"kind": "down", "rail": "raast", "member": "power"}]},
            "unknown_institution",
            "faults.0.member",
        ),
        (
            {"faults": [{"kind": "down", "rail": "bills", "member": "SBXA"}]},
            "unknown_institution",
            "faults.0.member",
        ),
        ({"faults": [{"kind": "down"}] * 51}, "invalid_field", "faults"),
        ({"callbacks": [{"kind": "drop", "event_type": "tea.served"}]}, "invalid_field", None),
        ({"weather": "rain"}, "invalid_field", "weather"),
    ],
)
async def test_a_plan_that_cannot_be_is_refused_and_nothing_stored(
    startup: Startup, plan: dict[str, Any], code: str, field: str | None
) -> None:
    answer = await startup.send("PUT", "/v1/scenarios", plan)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert field is None or answer.json()["field"] == field
    assert startup.count("shelf_item", rail="scenarios") == 0


async def test_billers_can_be_named_on_all_rails_and_on_bills(startup: Startup) -> None:
    faults = [{"kind": "down", "rail": rail, "member": "power"} for rail in ("*", "bills")]
    assert len((await put(startup, faults=faults))["faults"]) == 2


@pytest.mark.parametrize("name", [f"{row.rail}-{row.name}" for row in list_triggers().data])
async def test_the_header_makes_any_payment_meet_a_published_row(startup: Startup, name: str) -> None:
    row = next(row for row in list_triggers().data if f"{row.rail}-{row.name}" == name)
    body = {"destination_iban": SHOP, "amount_paisa": 15_000, "rail": row.rail}
    await startup.freeze()
    fetched = (await startup.post("/v1/title-fetches", body, scenario=row.name)).json()
    if row.stage == "title_fetch":
        assert told(fetched) == (row.status, row.reason)
        return
    order = {**body, "source": RICH, "title_fetch": fetched["id"]}
    payment = (await startup.post("/v1/payments", order, scenario=row.name)).json()
    assert told(payment) == (row.status, row.reason)
    if row.later_after_s is not None:
        await startup.advance(row.later_after_s)
        later = await startup.get(f"/v1/payments/{payment['id']}")
        assert told(later) == (row.later_status, row.later_reason)
    await assert_nothing_is_held(startup)


@EVERY_RAIL
async def test_the_header_reaches_every_final_reason(startup: Startup, rail: str) -> None:
    for code in [code for code, reason in RAILS[rail].reasons.items() if reason.final]:
        order = await startup.order(rail=rail)
        payment = (await startup.post("/v1/payments", order, scenario=code)).json()
        assert told(payment) == (("settled", None) if code == RAILS[rail].approved else ("refused", code))
    await assert_nothing_is_held(startup)


@EVERY_RAIL
@pytest.mark.parametrize("name", ["nonsense", "", "x" * 300, "AB05", "0156"])
async def test_a_scenario_that_no_table_has_is_refused(startup: Startup, rail: str, name: str) -> None:
    order = await startup.order(rail=rail)
    before = startup.count("payment")
    for path in ("/v1/payments", "/v1/title-fetches"):
        body = (
            order if path == "/v1/payments" else {"destination_iban": SHOP, "amount_paisa": 1, "rail": rail}
        )
        answer = await startup.post(path, body, scenario=name)
        assert (answer.status_code, answer.json()["code"]) == (422, "unknown_scenario")
        assert answer.json()["field"] == "Kasauti-Scenario"
    assert startup.count("payment") == before


@EVERY_RAIL
@pytest.mark.parametrize(
    ("kind", "title", "first", "after_s", "last"),
    [
        ("down", "refused", None, 0, None),
        ("timeout", "refused", None, 0, None),
        ("partial", "matched", ("refused", "offline"), 0, ("refused", "offline")),
        ("slow", "matched", ("unknown", "no_answer"), 30, ("settled", None)),
        ("late_success", "matched", ("unknown", "no_answer"), 30, ("settled", None)),
        ("latency", "matched", ("settled", None), 0, ("settled", None)),
    ],
)
async def test_a_fault_of_a_member_strikes_those_that_pay_it(
    startup: Startup,
    rail: str,
    kind: str,
    title: str,
    first: tuple[str, str | None] | None,
    after_s: int,
    last: tuple[str, str | None] | None,
) -> None:
    def in_words(told_of: tuple[str, str | None]) -> tuple[str, str | None]:
        return told_of[0], told_of[1] and getattr(RAILS[rail], told_of[1])

    await startup.freeze()
    fault = {"kind": kind, "rail": rail, "member": "SBXB", "milliseconds": 1}
    await put(startup, faults=[fault])
    assert (await startup.fetch(rail=rail))["status"] == title
    other_member = await startup.pay(make_iban("SBXW", "03990000007"), rail=rail)
    assert other_member["status"] == "settled"
    if first is None or last is None:
        return
    payment = await startup.pay(rail=rail)
    assert told(payment) == in_words(first)
    if after_s:
        await startup.advance(after_s)
    assert told(await startup.get(f"/v1/payments/{payment['id']}")) == in_words(last)
    await assert_nothing_is_held(startup)


@EVERY_RAIL
async def test_after_a_timeout_nothing_ever_comes_and_the_hold_runs_out(startup: Startup, rail: str) -> None:
    await startup.freeze()
    order = await startup.order(rail=rail)
    await put(startup, faults=[{"kind": "timeout"}])
    payment = (await startup.post("/v1/payments", order)).json()
    assert told(payment) == ("unknown", RAILS[rail].no_answer)
    await startup.advance(24 * 3600)
    assert told(await startup.get(f"/v1/payments/{payment['id']}")) == ("refused", RAILS[rail].hold_expired)
    await assert_nothing_is_held(startup)


REFUSED, LATE = Declined("AC06"), Unknown("AB05", 5, Accepted())


@pytest.mark.parametrize(
    ("kind", "answer", "seen"),
    [
        ("slow", Accepted(), Unknown("AB05", 30 * SECOND_US, Accepted())),
        ("slow", REFUSED, Unknown("AB05", 30 * SECOND_US, REFUSED)),
        ("slow", LATE, LATE),
        ("late_success", Accepted(), Unknown("AB05", 30 * SECOND_US, Accepted())),
        ("late_success", REFUSED, REFUSED),
        ("late_success", LATE, LATE),
        ("down", LATE, Declined("AB08")),
    ],
)
def test_a_refusal_may_be_slow_but_no_late_success(kind: Any, answer: Answer, seen: Answer) -> None:
    plan = Plan(faults=(Fault(kind=kind),))
    assert disturb(plan, RAILS["raast"], "SBXB", "pay_1", answer, Wire()) == seen


def test_an_outcome_that_is_unknown_has_its_own_pace() -> None:
    assert paced(Plan(pace=Pace(after_seconds=1)), RAILS["raast"], LATE) == LATE


async def test_what_an_account_answers_by_itself_may_come_late(startup: Startup) -> None:
    await startup.freeze()
    order = await startup.order(make_iban("SBXB", "00000AB05SETTLES"))
    await put(startup, faults=[{"kind": "down"}, {"kind": "slow"}])
    payment = (await startup.post("/v1/payments", order)).json()
    assert told(payment) == ("unknown", "AB05")
    assert (await startup.fetch(make_iban("SBXB", "00000AB05SETTLES")))["status"] == "matched"


@EVERY_RAIL
async def test_outcomes_come_at_the_plans_pace(startup: Startup, rail: str) -> None:
    await startup.freeze()
    await put(startup, pace={"after_seconds": 7})
    payment = await startup.pay(rail=rail)
    assert told(payment) == ("unknown", RAILS[rail].no_answer)
    await startup.advance(6)
    assert (await startup.get(f"/v1/payments/{payment['id']}"))["status"] == "unknown"
    await startup.advance(1)
    assert (await startup.get(f"/v1/payments/{payment['id']}"))["status"] == "settled"


@EVERY_RAIL
async def test_the_third_inquiry_brings_the_outcome(startup: Startup, rail: str) -> None:
    await startup.freeze()
    await put(startup, pace={"after_polls": 3})
    payment = await startup.pay(rail=rail)
    path = f"/v1/payments/{payment['id']}/inquiry"
    outcomes = [(await startup.post(path)).json()["outcome"] for _ in range(4)]
    assert outcomes == ["not_known", "not_known", "settled", "settled"]
    assert startup.count("job", kind=RESOLVE) == 0
    await assert_nothing_is_held(startup)


async def test_without_inquiries_the_outcome_comes_before_the_hold_runs_out(startup: Startup) -> None:
    await startup.freeze()
    await put(startup, pace={"after_polls": 3})
    payment = await startup.pay()
    await startup.advance(24 * 3600 - 1)
    assert (await startup.get(f"/v1/payments/{payment['id']}"))["status"] == "settled"
    assert startup.count("shelf_item", rail="scenarios") == 1


async def test_a_lost_answer_is_got_by_asking_again_with_the_same_key(startup: Startup) -> None:
    await put(startup, faults=[{"kind": "lost_answer"}])
    ask = {"destination_iban": SHOP, "amount_paisa": 15_000}
    lost = await startup.post("/v1/title-fetches", ask, key="title-1")
    assert (lost.status_code, lost.json()["code"]) == (504, "answer_lost")
    fetched = (await startup.post("/v1/title-fetches", ask, key="title-1")).json()
    order = {**ask, "source": RICH, "title_fetch": fetched["id"]}
    lost = await startup.post("/v1/payments", order, key="order-1")
    assert (lost.status_code, startup.count("payment")) == (504, 1)
    again = await startup.post("/v1/payments", order, key="order-1")
    assert (again.status_code, again.json()["status"], startup.count("payment")) == (201, "settled", 1)


async def test_latency_is_told(startup: Startup) -> None:
    await put(startup, faults=[{"kind": "latency", "milliseconds": 1}])
    answer = await startup.post("/v1/title-fetches", {"destination_iban": SHOP, "amount_paisa": 1})
    assert (answer.status_code, answer.headers["kasauti-fault"]) == (201, "latency 1 ms")


async def test_strict_sandboxes_know_their_accounts_and_the_tables_only(startup: Startup) -> None:
    assert (await startup.fetch(NOBODY))["reason"]["code"] == "AC03"
    order = await startup.order(make_iban("SBXB", "000000000000AC04"))
    await put(startup, strict=True)
    answer = await startup.post("/v1/title-fetches", {"destination_iban": NOBODY, "amount_paisa": 1})
    assert (answer.status_code, answer.json()["code"]) == (422, "not_listed")
    assert (await startup.pay())["status"] == "settled"
    assert (await startup.post("/v1/payments", order)).json()["status"] == "refused"
    opened = await startup.post("/v1/accounts", {"institution": "SBXB", "holder": "Sana"})
    assert (await startup.fetch(opened.json()["iban"]))["status"] == "matched"


async def test_health_is_shown_as_the_plan_has_it(startup: Startup) -> None:
    async def members(rail: str) -> dict[str, str]:
        listed = next(row for row in (await startup.get("/v1/rails"))["data"] if row["code"] == rail)
        return {row["institution"]: row["health"] for row in listed["members"]}

    faults: list[dict[str, Any]] = [
        {"kind": "down", "rail": "raast", "member": "SBXB"},
        {"kind": "down", "rail": "raast", "member": "SBXW", "probability": 0.5},
        {"kind": "slow", "rail": "onelink", "probability": 0},
    ]
    await put(startup, faults=faults)
    assert await members("raast") == {"SBXA": "up", "SBXB": "down", "SBXW": "disturbed"}
    assert set((await members("onelink")).values()) == {"up"}


async def run(startup: Startup, seed: int) -> list[bytes]:
    """A day with faults; return the answers, byte for byte."""
    faults: list[dict[str, Any]] = [
        {"kind": "partial", "probability": 0.3},
        {"kind": "slow", "probability": 0.3},
    ]
    await put(startup, seed=seed, faults=faults)
    answers = []
    for number in range(20):
        answer = await startup.post("/v1/payments", await startup.order(amount=1_000 + number))
        answers.append(answer.content)
    return answers


def outcomes(answers: list[bytes]) -> list[str]:
    return [part.split(b'"')[3].decode() for part in (each[each.index(b'"status"') :] for each in answers)]


async def test_the_same_seeds_give_the_same_run_to_the_byte(sign_up: SignUp) -> None:
    first, second = [await run(await sign_up(**STORY), 7) for _ in range(2)]
    assert first == second
    assert set(outcomes(first)) == {"settled", "refused", "unknown"}
    assert outcomes(await run(await sign_up(**STORY), 8)) != outcomes(first)


async def test_chance_does_not_depend_on_the_hour(sign_up: SignUp) -> None:
    later = {**STORY, "frozen_at": "2026-07-01T21:30:00Z"}
    runs = [outcomes(await run(await sign_up(**story), 7)) for story in (STORY, later)]
    assert runs[0] == runs[1]


async def test_a_plan_is_of_one_sandbox_and_changes_at_once(startup: Startup, other: Startup) -> None:
    fault = {"kind": "partial"}
    assert (await startup.pay())["status"] == "settled"
    await put(startup, faults=[fault])
    assert (await startup.pay())["status"] == "refused"
    assert (await other.pay())["status"] == "settled"
    await put(startup, faults=[])
    assert (await startup.pay())["status"] == "settled"
    await put(startup, faults=[fault])
    await startup.send("DELETE", "/v1/scenarios", {})
    assert (await startup.pay())["status"] == "settled"


def test_every_kind_of_fault_is_explained() -> None:
    assert set(FAULTS) == set(get_args(Fault.model_fields["kind"].annotation))
    assert set(CALLBACKS) == set(get_args(CallbackFault.model_fields["kind"].annotation))


async def test_a_plain_payment_asks_nothing_about_scenarios_once_it_is_known_that_there_are_none(
    startup: Startup,
) -> None:
    await startup.pay()
    said: list[str] = []
    driver = startup.services.executor._driver  # noqa: SLF001 - there is no other way to hear every statement
    driver.set_trace_callback(said.append)
    await startup.pay()
    driver.set_trace_callback(None)
    assert any("payment" in statement for statement in said)
    assert not [statement for statement in said if "rail = 'scenarios'" in statement]


def test_the_first_fault_counts_and_what_happens_on_the_wire_comes_on_top() -> None:
    wire = Wire()
    faults = tuple(Fault(kind=kind) for kind in ("late_success", "down", "timeout", "latency", "lost_answer"))
    seen = disturb(Plan(faults=faults), RAILS["raast"], "SBXB", "pay_1", REFUSED, wire)
    assert (seen, wire.latency_ms, wire.lost) == (Declined("AB08"), 500, True)
    wire.reach("sbx_1")
    assert disturb_title(Plan(faults=faults), RAILS["raast"], "SBXB", "tf_1", wire) == Declined("AB08")
    assert (wire.latency_ms, wire.lost) == (500, True)


async def test_many_payments_at_once_under_a_plan_are_all_accounted_for(startup: Startup) -> None:
    orders = [await startup.order(amount=1_000 + number) for number in range(40)]
    faults = [
        {"kind": "lost_answer", "probability": 0.4},
        {"kind": "partial", "probability": 0.3},
        {"kind": "slow", "probability": 0.3},
    ]
    await put(startup, seed=11, faults=faults)
    sent = [startup.post("/v1/payments", order, key=f"order-{at}") for at, order in enumerate(orders)]
    answers = await asyncio.gather(*sent)
    assert {answer.status_code for answer in answers} == {201, 504}
    stored = {row["amount_paisa"]: row for row in (await startup.get("/v1/payments?limit=200"))["data"]}
    for at, (order, answer) in enumerate(zip(orders, answers, strict=True)):
        again = await startup.post("/v1/payments", order, key=f"order-{at}")
        assert (again.status_code, again.json()) == (201, stored[order["amount_paisa"]])
        assert answer.status_code == 504 or answer.json() == again.json()
    held = sum(row["amount_paisa"] for row in stored.values() if row["status"] == "unknown")
    moved = sum(row["amount_paisa"] for row in stored.values() if row["status"] == "settled")
    assert 0 < held == (await startup.balance())["held_paisa"]
    assert (await startup.balance("shop"))["ledger_paisa"] == 5_000_000 + moved
    await startup.advance(31)
    await assert_nothing_is_held(startup)
