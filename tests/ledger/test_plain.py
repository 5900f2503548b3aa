"""The short way of a transfer and the long way lead to the same place."""

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import Account, AccountFlag, Entry, Head, Kind, LimitChange, Outcome, State, Transfer, apply
from ledger.model import MAX_CODE, MAX_ID_LENGTH
from ledger.plain import plainly
from ledger.run import Run
from tests.ledger.town import NOW

MOST = 120
FLAGS = [0, *AccountFlag]
NAMES = ["ali", "sara", "bank", "till"]
IDS = ["", "t1", "t2", "t3", "spent", "known", "x" * MAX_ID_LENGTH, "x" * (MAX_ID_LENGTH + 1), "t1:expired"]
KNOWN = Entry(3, "known", Kind.TRANSFER, 0, "ali", "sara", 5, "PKR", 1, "", 0, "", 0, NOW, NOW, *[0] * 8)

amounts = st.sampled_from([0, 1, 20, 50, 60, 61, 100, MOST, MOST + 1])


@st.composite
def accounts(draw: st.DrawFn, name: str) -> Account:
    limit, due = draw(st.sampled_from([(0, 0), (30, 0), (30, NOW - 1), (30, NOW + 1)]))
    return Account(
        name,
        draw(st.sampled_from(["PKR", "PKR", "PKR", "USD"])),
        1,
        draw(st.sampled_from(FLAGS)),
        draw(amounts),
        draw(amounts),
        draw(amounts),
        draw(amounts),
        limit,
        due,
    )


transfers = st.builds(
    Transfer,
    st.sampled_from(IDS) | st.text(max_size=5),
    st.sampled_from(["", "nobody", *NAMES]),
    st.sampled_from(["", "nobody", *NAMES]),
    st.none() | amounts | st.just(-1),
    st.sampled_from([Kind.TRANSFER, Kind.TRANSFER, Kind.TRANSFER, *Kind]),
    target_id=st.sampled_from(["", "", "", "known", "t1"]),
    timeout_us=st.sampled_from([0, 0, 0, 5, -1]),
    currency=st.sampled_from([None, None, "PKR", "USD", ""]),
    code=st.sampled_from([None, None, 0, 1, MAX_CODE, MAX_CODE + 1]),
    reference=st.sampled_from(["", "june"]),
    linked=st.just(False),  # noqa: FBT003 - what `builds` is given by name
    flags=st.sampled_from([0, 0, 0, 1, 2, 4, 8, 16, 32]),
    happened_at=st.sampled_from([0, 0, 0, 1]),
)
# Most of them have nothing that speaks against them but the accounts.
good = st.tuples(st.text("abc", min_size=2, max_size=3), *[st.sampled_from(NAMES)] * 2, amounts).map(
    lambda values: Transfer(*values)
)


def long_way(state: State, batch: list[Transfer]) -> Outcome:
    run = Run(state, NOW, NOW, MOST)
    return run.outcome([run.decide(transfer) for transfer in batch])


@settings(max_examples=300, deadline=None)
@given(st.tuples(*map(accounts, NAMES)), st.lists(transfers | good | good, max_size=12))
def test_both_ways_lead_to_the_same_place(people: tuple[Account, ...], batch: list[Transfer]) -> None:
    # One that begins with an imported transfer takes the long way as a whole.
    batch = [Transfer("first"), *batch]
    limits = {person.id: [LimitChange(person.limit_due_at, 7)] for person in people}
    everyone = {person.id: person for person in people}
    state = State(everyone, {"known": KNOWN}, {}, {"spent"}, Head(3, 1, 1, 1), {}, limits)
    assert apply(state, batch, NOW, recorded_at=NOW, max_amount=MOST) == long_way(state, batch)


def test_a_plain_transfer_takes_the_short_way() -> None:
    people = {name: Account(name, "PKR", 1, credits_posted=50) for name in NAMES}
    run = Run(State(people, {}, {}, set(), Head()), NOW, NOW, MOST)
    assert plainly(run, Transfer("t0", "ali", "sara", 1, currency="PKR", code=7)) is not None
    result = plainly(run, Transfer("t1", "ali", "sara", 1))
    assert result is not None
    assert result.entry is run.entries[1]
    assert plainly(run, Transfer("t1", "ali", "sara", 1)) is None
