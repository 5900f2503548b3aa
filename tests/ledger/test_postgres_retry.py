"""A unit of work is written once, whatever fails at whichever step."""

from collections.abc import Callable, Iterator
from itertools import chain, count
from threading import Barrier, Thread
from typing import Any

import psycopg
import pytest
from psycopg import Connection, IsolationLevel, OperationalError
from psycopg.errors import DeadlockDetected, SerializationFailure, UndefinedTable

from ledger import Account, AccountNotFoundError, Book, Status
from ledger.audit import examine
from ledger.errors import CommitUnknownError
from ledger.storage.postgres import PostgresStore
from ledger.storage.retry import DELAYS, run_in_transaction
from tests.ledger.faults import CUT, REFUSED, TANGLED, Flaky, Fuse, Leaving, killed_by
from tests.ledger.town import LATER, NOW, hold, pay, post, settle

Work = Callable[[PostgresStore, str], Any]
BOOKS = (f"sbx_retry_{number}" for number in count())


@pytest.fixture(scope="module")
def administrator(postgres_uri: str) -> Iterator[Connection]:
    with psycopg.connect(postgres_uri, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS callers_own (sandbox_id text, note text)")
        yield connection


@pytest.fixture
def sandbox_id(administrator: Connection) -> str:
    return new_town(administrator)


def new_town(administrator: Connection) -> str:
    """Settle a book that no other test knows, with a hold that is due later."""
    sandbox_id = next(BOOKS)
    store = PostgresStore(administrator)
    with store.transaction():
        settle(Book(store, sandbox_id))
        post(Book(store, sandbox_id), hold("due", 10, 5))
    return sandbox_id


def wrote(administrator: Connection, sandbox_id: str) -> list[list[tuple[Any, ...]]]:
    """Read all that there is of a book, and of the caller's own notes, but for the name of the book."""
    tables = ("entry", "account", "account_change", "open_hold", "spent_id")
    statements = [f"SELECT * FROM ledger_{table} WHERE sandbox_id = %s ORDER BY 2" for table in tables]
    statements.append("SELECT * FROM callers_own WHERE sandbox_id = %s")
    statements.append(
        "SELECT sandbox_id, number, first_seq, last_seq FROM ledger_batch WHERE sandbox_id = %s ORDER BY 2"
    )
    return [[row[1:] for row in administrator.execute(each, (sandbox_id,))] for each in statements]


def a_batch(store: PostgresStore, sandbox_id: str) -> Any:
    batch = [pay("p", 30), hold("h", 5, 50), pay("poor", 1000)]
    return Book(store, sandbox_id).post(batch, now=NOW, recorded_at=NOW)


def a_refused_batch(store: PostgresStore, sandbox_id: str) -> Any:
    return Book(store, sandbox_id).post([pay("poor", 1000)], now=NOW, recorded_at=NOW)


def a_sweep(store: PostgresStore, sandbox_id: str) -> Any:
    return Book(store, sandbox_id).expire(now=LATER, recorded_at=LATER)


def a_limit(store: PostgresStore, sandbox_id: str) -> Any:
    return Book(store, sandbox_id).set_credit_limit("ali", 50, 0, now=NOW, recorded_at=NOW)


def a_note(store: PostgresStore, sandbox_id: str) -> Any:
    return store.query("INSERT INTO callers_own VALUES (:id, 'once') RETURNING note", {"id": sandbox_id})


def a_look(store: PostgresStore, sandbox_id: str) -> Any:
    return store.accounts(sandbox_id, ["ali"])


WORKS = [a_batch, a_refused_batch, a_sweep, a_limit, a_note, a_look]


class Lines:
    """Gives connections that have a fuse, and notes what is waited."""

    def __init__(self, uri: str, fuse: Fuse, kind: type[Flaky] = Flaky) -> None:
        self.uri, self.fuse, self.kind = uri, fuse, kind
        self.waited: list[float] = []

    def connect(self) -> Flaky:
        connection = self.kind.connect(self.uri)
        connection.fuse = self.fuse
        return connection

    def run(self, work: Work, sandbox_id: str) -> Any:
        return run_in_transaction(
            self.connect, lambda store: work(store, sandbox_id), sleep=self.waited.append
        )


@pytest.mark.parametrize("work", WORKS, ids=lambda work: work.__name__)
@pytest.mark.parametrize("fault", ["cut", "killed", "refused", "tangled"])
def test_whichever_step_fails_it_is_written_once(
    administrator: Connection, postgres_uri: str, work: Work, fault: str
) -> None:
    faults = {"cut": CUT, "killed": killed_by(administrator), "refused": REFUSED, "tangled": TANGLED}
    undisturbed, sandbox_id = Lines(postgres_uri, Fuse(CUT)), new_town(administrator)
    answer = undisturbed.run(work, sandbox_id)
    written = wrote(administrator, sandbox_id)
    steps = undisturbed.fuse.steps
    assert (steps[0], steps[-2:]) == ("begin", ["commit", "answer"])
    for at in range(1, len(steps) + 1):
        lines, sandbox_id = Lines(postgres_uri, Fuse(faults[fault], at)), new_town(administrator)
        assert lines.run(work, sandbox_id) == answer, at
        assert wrote(administrator, sandbox_id) == written, at
        struck = faults[fault].loses or at < len(steps)
        assert lines.waited == [DELAYS[0]] * struck, at


@pytest.mark.parametrize("lost", ["commit", "answer"])
@pytest.mark.parametrize("work", [a_batch, a_refused_batch, a_note], ids=lambda work: work.__name__)
def test_after_a_lost_commit_the_look_for_it_may_fail_as_well(
    administrator: Connection, postgres_uri: str, work: Work, lost: str
) -> None:
    undisturbed, sandbox_id = Lines(postgres_uri, Fuse(CUT)), new_town(administrator)
    answer = undisturbed.run(work, sandbox_id)
    written = wrote(administrator, sandbox_id)
    first = undisturbed.fuse.steps.index(lost) + 1
    for second in range(first + 1, first + 8):
        lines, sandbox_id = Lines(postgres_uri, Fuse(CUT, first, second)), new_town(administrator)
        assert lines.run(work, sandbox_id) == answer, second
        assert wrote(administrator, sandbox_id) == written, second


@pytest.mark.parametrize("work", [a_batch, a_refused_batch], ids=lambda work: work.__name__)
def test_on_a_cluster_the_rows_tell_what_was_kept(
    administrator: Connection, postgres_uri: str, work: Work
) -> None:
    class Coordinator(Flaky):
        """Knows of no transaction, since the books are elsewhere."""

        def execute(self, query: Any, *args: Any, **options: Any) -> Any:
            return super().execute(
                "SELECT NULL" if "pg_current_xact_id" in str(query) else query, *args, **options
            )

    fuse = Fuse(CUT)
    first = new_town(administrator)
    answer = Lines(postgres_uri, fuse, Coordinator).run(work, first)
    for at in (len(fuse.steps) - 1, len(fuse.steps)):
        sandbox_id = new_town(administrator)
        assert Lines(postgres_uri, Fuse(CUT, at), Coordinator).run(work, sandbox_id) == answer
        assert wrote(administrator, sandbox_id) == wrote(administrator, first)


def a_new_book(store: PostgresStore, sandbox_id: str) -> Any:
    return Book(store, sandbox_id).open_accounts([Account("ali", "PKR", 1)], now=NOW, recorded_at=NOW)


@pytest.mark.parametrize("ending", ["COMMIT", "ROLLBACK"])
@pytest.mark.parametrize("work", [a_new_book, a_note], ids=lambda work: work.__name__)
def test_a_transaction_that_still_runs_is_waited_for(
    postgres_uri: str, administrator: Connection, work: Work, ending: str
) -> None:
    """The client has lost a connection that the server still works for."""
    undisturbed, sandbox_id = next(BOOKS), next(BOOKS)
    Lines(postgres_uri, Fuse(CUT)).run(work, undisturbed)
    left = Leaving.connect(postgres_uri)
    connections = chain([left], iter(lambda: psycopg.connect(postgres_uri), None))
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            left.execute(ending)

    answers: list[Any] = []

    def noted(store: PostgresStore) -> Any:
        answers.append(work(store, sandbox_id))
        return answers[-1]

    answer = run_in_transaction(lambda: next(connections), noted, sleep=sleep)
    left.close()
    assert answer == answers[-1]
    assert len(answers) == (1 if ending == "COMMIT" else 2)
    assert tuple(waits) == DELAYS[:3]
    assert wrote(administrator, sandbox_id) == wrote(administrator, undisturbed)


def test_without_any_connection_the_error_is_raised_in_the_end() -> None:
    waits: list[float] = []

    def connect() -> Connection:
        raise OperationalError("nobody is there")

    with pytest.raises(OperationalError, match="nobody is there"):
        run_in_transaction(connect, lambda _: None, sleep=waits.append)
    assert tuple(waits) == DELAYS


def test_a_lost_commit_and_nobody_to_ask(postgres_uri: str, sandbox_id: str) -> None:
    undisturbed = Lines(postgres_uri, Fuse(CUT))
    undisturbed.run(a_note, sandbox_id)
    from_the_commit_on = range(undisturbed.fuse.steps.index("commit") + 1, 100)
    lines = Lines(postgres_uri, Fuse(CUT, *from_the_commit_on))
    with pytest.raises(CommitUnknownError, match="COMMIT") as caught:
        lines.run(a_note, sandbox_id)
    assert isinstance(caught.value.__cause__, OperationalError)
    assert tuple(lines.waited) == DELAYS


def a_look_at_nothing(store: PostgresStore, _sandbox_id: str) -> Any:
    return store.query("SELECT * FROM nothing", {})


def a_stranger_closed(store: PostgresStore, sandbox_id: str) -> Any:
    return Book(store, sandbox_id).close_account("stranger", now=NOW, recorded_at=NOW)


@pytest.mark.parametrize(
    ("work", "error"), [(a_look_at_nothing, UndefinedTable), (a_stranger_closed, AccountNotFoundError)]
)
def test_other_errors_are_raised_at_once(
    postgres_uri: str, sandbox_id: str, work: Work, error: type[Exception]
) -> None:
    lines = Lines(postgres_uri, Fuse(CUT))
    with pytest.raises(error):
        lines.run(work, sandbox_id)
    assert lines.waited == []


def side_by_side(
    uri: str, works: list[Callable[[PostgresStore], Any]], level: IsolationLevel | None = None
) -> list[Any]:
    """Run units of work at the same time, each in a thread of its own, and return their answers."""
    answers: dict[int, Any] = {}

    def connect() -> Connection:
        connection = psycopg.connect(uri, options="-c deadlock_timeout=50ms")
        connection.isolation_level = level
        return connection

    def run(number: int) -> None:
        answers[number] = run_in_transaction(connect, works[number], sleep=lambda _: None)

    threads = [Thread(target=run, args=(number,)) for number in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [answers[number] for number in range(len(works))]


def test_a_real_deadlock_is_resolved(postgres_uri: str, administrator: Connection) -> None:
    books = [new_town(administrator), new_town(administrator)]
    both_have_one, seen = Barrier(2), []

    def over(order: list[str], name: str) -> Callable[[PostgresStore], list[Status]]:
        runs = count()

        def work(store: PostgresStore) -> list[Status]:
            again = next(runs)
            try:
                first = post(Book(store, order[0]), pay(name, 1))
                if not again:
                    both_have_one.wait()
                return first + post(Book(store, order[1]), pay(name, 1))
            except DeadlockDetected as error:
                seen.append(error)
                raise

        return work

    answers = side_by_side(postgres_uri, [over(books, "there"), over(books[::-1], "back")])
    assert answers == [[Status.CREATED, Status.CREATED]] * 2
    assert len(seen) == 1
    store = PostgresStore(administrator)
    for sandbox_id in books:
        assert store.accounts(sandbox_id, ["sara"])["sara"].balance == 2
        assert examine(store, sandbox_id, NOW) == []


@pytest.mark.parametrize("level", [IsolationLevel.REPEATABLE_READ, IsolationLevel.SERIALIZABLE])
def test_a_real_serialization_failure_is_resolved(
    postgres_uri: str, sandbox_id: str, administrator: Connection, level: IsolationLevel
) -> None:
    both_have_begun, seen = Barrier(2), []

    def paying(name: str) -> Callable[[PostgresStore], list[Status]]:
        runs = count()

        def work(store: PostgresStore) -> list[Status]:
            store.accounts(sandbox_id, ["ali"])
            if not next(runs):
                both_have_begun.wait()
            try:
                return post(Book(store, sandbox_id), pay(name, 60), pay("same", 5))
            except SerializationFailure as error:
                seen.append(error)
                raise

        return work

    answers = side_by_side(postgres_uri, [paying("one"), paying("other")], level)
    assert sorted(answers) == [[Status.CREATED, Status.CREATED], [Status.EXCEEDS_CREDITS, Status.EXISTS]]
    assert len(seen) == 1
    assert PostgresStore(administrator).accounts(sandbox_id, ["sara"])["sara"].balance == 65
