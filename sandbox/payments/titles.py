"""Title fetch: whose account it is, and whether it may be credited this much."""

from connectors.contract import Declined, Party, Rail, TitleQuery
from connectors.identifiers.iban import institution_of
from connectors.identifiers.institutions import INSTITUTIONS
from connectors.registry import RAILS
from sandbox.accounts.models import ACCOUNTS, BankAccount
from sandbox.accounts.queries import account_by_iban
from sandbox.accounts.service import outside
from sandbox.limits.rules import Direction
from sandbox.payments.counting import over_limit
from sandbox.payments.course import course_of
from sandbox.payments.models import (
    TITLE_FETCHES,
    CreatePayment,
    FetchTitle,
    TitleFetch,
    TitleFetchView,
    TitleStatus,
    view_title,
)
from sandbox.problems import Problem
from sandbox.scenarios.service import require_listed
from sandbox.world import World


def rail_of(code: str) -> Rail:
    """Return the rail with this code, or refuse naming the field."""
    rail = RAILS.get(code)
    if rail is None:
        raise Problem(
            "unknown_rail", f"There is no rail {code!r}; this sandbox has: {', '.join(RAILS)}.", field="rail"
        )
    return rail


def party_of(account: BankAccount | None) -> Party | None:
    """Tell a rail what it may know of an account."""
    return None if account is None else Party(account.iban, account.holder, account.status)


def fetch_title(world: World, request: FetchTitle) -> TitleFetchView:
    """Ask the rail for an account's title. A refusal is an answer too, and is kept like one.

    What the account can take is asked last: a missing or frozen one has a better reason. A named
    scenario that is about payments lets the title be found.
    """
    rail = rail_of(request.rail)
    course = course_of(world, rail)
    fetch_id = world.new_id("tf")
    _require_member(request.destination_iban)
    account = account_by_iban(world, request.destination_iban)
    query = TitleQuery(request.destination_iban, request.amount_paisa)
    answer = rail.fetch_title(query, party_of(account))
    if course is not None:
        require_listed(course.plan, rail, query.iban, query.amount_paisa, known=account is not None)
        answer = course.title(world, rail, fetch_id, query, answer)
    over = None
    if not isinstance(answer, Declined):
        over = over_limit(world, rail, account, Direction.CREDIT, request.amount_paisa)
        if over is not None:
            answer = over.answer
    refused = isinstance(answer, Declined)
    fetch = TitleFetch(
        sandbox_id=world.id,
        id=fetch_id,
        rail=rail.code,
        status=TitleStatus.REFUSED if refused else TitleStatus.MATCHED,
        iban=request.destination_iban,
        destination=account.id if account else outside(institution_of(request.destination_iban)),
        title="" if isinstance(answer, Declined) else answer.title,
        amount_paisa=request.amount_paisa,
        reason=answer.reason if isinstance(answer, Declined) else None,
        created_at=world.now,
        expires_at=world.now + rail.title_fetch_us,
        breach=None if over is None else over.breach,
    )
    TITLE_FETCHES.insert(world.uow, fetch)
    return view_title(fetch, rail.reasons[fetch.reason] if fetch.reason else None)


def _require_member(iban: str) -> None:
    code = institution_of(iban)
    if code not in INSTITUTIONS:
        raise Problem(
            "invalid_field",
            f"{code} is not an institution of the sandbox ({', '.join(INSTITUTIONS)}). "
            "Real people's accounts do not belong in a sandbox.",
            field="destination_iban",
        )


def quoted_title(world: World, request: CreatePayment) -> TitleFetch:
    """Return the title fetch that a payment quotes, if it may be used for it."""
    fetch = TITLE_FETCHES.get(world.uow, world.id, request.title_fetch)
    if fetch is None:
        raise _refusal(
            "title_fetch_unknown", f"There is no title fetch {request.title_fetch!r} in this sandbox."
        )
    if fetch.status != TitleStatus.MATCHED:
        raise _refusal(
            "title_fetch_refused", f"It was refused with {fetch.reason}; nothing can be paid with it."
        )
    if fetch.payment_id is not None:
        raise _refusal(
            "title_fetch_used",
            f"Payment {fetch.payment_id} used it. Fetch the title again for a new payment; "
            "for a retry, send the first request's Idempotency-Key.",
        )
    if fetch.expires_at <= world.now:
        raise _refusal(
            "title_fetch_expired",
            "It is older than the rail allows. Fetch the title again and quote the new id.",
        )
    made_for = {"rail": fetch.rail, "destination_iban": fetch.iban, "amount_paisa": fetch.amount_paisa}
    for field, value in made_for.items():
        if getattr(request, field) != value:
            raise Problem(
                "title_fetch_mismatch",
                f"The title was fetched for {field} {value}. Pay that, or fetch the title again.",
                field=field,
            )
    return fetch


def _refusal(code: str, detail: str) -> Problem:
    return Problem(code, detail, field="title_fetch")


def receiving_account(world: World, fetch: TitleFetch) -> BankAccount | None:
    """Look at the destination again: it may have changed since its title was fetched. None: it is elsewhere."""
    if fetch.destination.startswith("outside:"):
        return None
    return ACCOUNTS.get(world.uow, world.id, fetch.destination)
