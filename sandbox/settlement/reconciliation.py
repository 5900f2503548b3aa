"""Reconciliation files: a closed day as somebody else believes it, with breaks on request and their key."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Annotated, Final, Literal

from pydantic import BaseModel, Field

from ledger.clock import to_rfc3339
from sandbox.limits.periods import midnight
from sandbox.problems import Problem
from sandbox.settlement.breaks import Break, pick
from sandbox.settlement.breaks import grade as grade_pure
from sandbox.settlement.models import positions_of
from sandbox.settlement.queries import closed_day, member_named
from sandbox.shelf import Shelf
from sandbox.world import World, WorldView

MOST_BREAKS: Final = 200
MOST_FOUND: Final = 1_000
LARGEST_SEED: Final = 2**53


class MakeReconciliation(BaseModel):
    """How many breaks the file is to have; kinds take turns. The same seed makes the same file."""

    model_config = {"extra": "forbid"}

    breaks: Annotated[int, Field(strict=True, ge=0, le=MOST_BREAKS)] = 7
    seed: Annotated[int, Field(strict=True, ge=0, le=LARGEST_SEED)] = 1
    institution: Annotated[str, Field(max_length=40, description="Whose day.")] = "SBXA"


class Reconciliation(BaseModel):
    """What is kept of a file: all that it follows from. `movements` is how many the day has."""

    id: str
    day: date
    institution: str
    breaks: int
    seed: int
    movements: int
    created_at: int


class ReconciliationView(BaseModel):
    """A reconciliation file as the API shows it; the key is apart, for whoever wants to look for themselves."""

    id: str
    object: Literal["reconciliation"] = "reconciliation"
    date: str
    institution: str
    breaks: int
    seed: int
    movements: int
    created_at: str
    file: str
    statement: str
    key: str


class BreakView(BaseModel):
    """One break of the key; `line` counts the file's lines, the header is 1."""

    kind: str
    reference: str
    line: int | None
    true_paisa: int | None
    file_paisa: int | None
    true_reference: str | None


class KeyView(BaseModel):
    """All breaks of a file, in its order."""

    object: Literal["reconciliation_key"] = "reconciliation_key"
    reconciliation: str
    breaks: list[BreakView]


class Finding(BaseModel):
    """A break that somebody found: its kind, and the reference in the file (of a missing row: the true one)."""

    model_config = {"extra": "forbid"}

    kind: Annotated[str, Field(max_length=40)]
    reference: Annotated[str, Field(max_length=80)]


class Findings(BaseModel):
    """All that somebody found."""

    model_config = {"extra": "forbid"}

    found: Annotated[list[Finding], Field(max_length=MOST_FOUND)]


class GradeView(BaseModel):
    """How well the breaks were found; `wrong` lists what is none."""

    object: Literal["reconciliation_grade"] = "reconciliation_grade"
    reconciliation: str
    right: int
    missed: int
    wrong: list[Finding]
    complete: bool


FILES: Final = Shelf("settlement", "reconciliation", Reconciliation)


def make_file(world: World, request: MakeReconciliation, *, day: str) -> ReconciliationView:
    """Ask for a file of a closed day."""
    member, found = member_named(request.institution), closed_day(world, day)
    own = [position for position in positions_of(found.flows) if position.institution == member]
    movements = sum(position.sent + position.received for position in own)
    if request.breaks > movements:
        raise Problem(
            "invalid_field",
            f"{member} has {movements} movements on {day}, and each is broken once at most.",
            field="breaks",
        )
    made = Reconciliation(
        id=world.new_id("rcn"),
        day=found.day,
        institution=member,
        breaks=request.breaks,
        seed=request.seed,
        movements=movements,
        created_at=world.now,
    )
    return view(FILES.put(world, made.id, made))


def find_file(world: WorldView, file_id: str) -> Reconciliation:
    """Return what is kept of a file, or say that it is not here."""
    found = FILES.get(world, file_id)
    if found is None:
        raise Problem("not_found", f"There is no reconciliation {file_id[:40]!r} in this sandbox.")
    return found


def show_file(world: WorldView, *, file_id: str) -> ReconciliationView:
    """Show a file."""
    return view(find_file(world, file_id))


def view(made: Reconciliation) -> ReconciliationView:
    """Show what is kept of a file."""
    home = f"/v1/settlement/reconciliations/{made.id}"
    return ReconciliationView(
        id=made.id,
        date=made.day.isoformat(),
        institution=made.institution,
        breaks=made.breaks,
        seed=made.seed,
        movements=made.movements,
        created_at=to_rfc3339(made.created_at),
        file=f"{home}/file",
        statement=f"/v1/settlement/{made.day}/statement?institution={made.institution}&format=csv",
        key=f"{home}/key",
    )


def chosen(made: Reconciliation) -> dict[int, str]:
    """Return which movements are broken and how."""
    return pick(made.seed, made.breaks, made.movements)


def end_of(made: Reconciliation) -> int:
    """Return when the file's day ends."""
    return midnight(made.day + timedelta(days=1))


def show_key(made: Reconciliation, breaks: Iterable[Break]) -> KeyView:
    """Show the key of a file."""
    return KeyView(reconciliation=made.id, breaks=[BreakView(**one._asdict()) for one in breaks])


def show_grade(made: Reconciliation, breaks: Iterable[Break], found: Findings) -> GradeView:
    """Grade what somebody found."""
    graded = grade_pure(breaks, [(one.kind, one.reference) for one in found.found])
    return GradeView(
        reconciliation=made.id,
        right=graded.right,
        missed=graded.missed,
        wrong=[Finding(kind=kind, reference=reference) for kind, reference in graded.wrong],
        complete=not graded.missed and not graded.wrong,
    )
