"""Use cases of accounts: opening them, and seeding a fresh sandbox."""

import tomllib
from collections.abc import Sequence
from importlib.resources import files
from typing import NamedTuple

from connectors.identifiers.iban import make_iban
from connectors.identifiers.institutions import INSTITUTIONS
from ledger.book import Book
from ledger.model import Account, AccountFlag, AccountResult, Result, Transfer
from ledger.money import rupees
from ledger.status import AccountStatus as LedgerStatus
from ledger.status import Status
from sandbox.accounts.models import (
    ACCOUNTS,
    CODE_CUSTOMER,
    CODE_FUNDING,
    CODE_OUTSIDE,
    CURRENCY,
    FUNDING,
    AccountStatus,
    AccountView,
    BankAccount,
    OpenAccount,
)
from sandbox.accounts.queries import view_account
from sandbox.events import EventType, emit
from sandbox.limits.reading import RULES
from sandbox.limits.rules import FULL
from sandbox.limits.service import opening_limit
from sandbox.problems import Problem
from sandbox.world import World

FIRST_FREE_NUMBER = 1_000_000


class SeedAccount(NamedTuple):
    """A row of `seed.toml`."""

    nickname: str
    institution: str
    account: str
    holder: str
    cnic: str
    balance_paisa: int
    help: str
    status: str = AccountStatus.ACTIVE
    limit_paisa: int | None = None
    tier: str = FULL

    @property
    def iban(self) -> str:
        """The account's IBAN, the same in every sandbox."""
        return make_iban(self.institution, self.account)


def _read_seed() -> dict[str, SeedAccount]:
    text = files("sandbox.accounts").joinpath("seed.toml").read_text("utf-8")
    return {nickname: SeedAccount(nickname=nickname, **row) for nickname, row in tomllib.loads(text).items()}


SEED = _read_seed()


def outside(institution: str) -> str:
    """Return the ledger account for money paid to an institution's accounts that are not in the sandbox."""
    return f"outside:{institution}"


def seed_accounts(world: World) -> None:
    """Open the sandbox's own ledger accounts and the documented set of accounts."""
    book = world.book
    own = [Account(FUNDING, CURRENCY, CODE_FUNDING)]
    own += [Account(outside(code), CURRENCY, CODE_OUTSIDE) for code in INSTITUTIONS]
    _expect_created(book.open_accounts(own, now=world.now, recorded_at=world.uow.now))
    for seed in SEED.values():
        account = BankAccount(
            sandbox_id=world.id,
            id=world.new_id("acc"),
            iban=seed.iban,
            nickname=seed.nickname,
            institution=seed.institution,
            holder=seed.holder,
            cnic=seed.cnic,
            status=seed.status,
            limit_paisa=seed.limit_paisa,
            tier=seed.tier,
            created_at=world.now,
        )
        _open(world, book, account, seed.balance_paisa)


def open_account(world: World, request: OpenAccount) -> AccountView:
    """Open an account for an invented holder and pay in its opening balance."""
    if request.institution not in INSTITUTIONS:
        raise Problem(
            "unknown_institution",
            f"{request.institution!r} is none of the sandbox's institutions: {', '.join(INSTITUTIONS)}.",
            field="institution",
        )
    _check_tier(world, request)
    number = FIRST_FREE_NUMBER + _count(world)
    account = BankAccount(
        sandbox_id=world.id,
        id=world.new_id("acc"),
        iban=make_iban(request.institution, str(number)),
        nickname=request.nickname,
        institution=request.institution,
        holder=request.holder,
        cnic=f"90002{number:07}{number % 10}",
        status=AccountStatus.ACTIVE,
        limit_paisa=request.limit_paisa,
        tier=request.tier,
        created_at=world.now,
    )
    _open(world, world.book, account, request.balance_paisa)
    view = view_account(world, account)
    emit(world, EventType.ACCOUNT_OPENED, account.id, view.model_dump_json().encode())
    return view


def _check_tier(world: World, request: OpenAccount) -> None:
    """Refuse a tier that there is not, and more money than an account of the tier may hold."""
    if request.tier not in RULES.tiers:
        raise Problem(
            "unknown_tier",
            f"{request.tier!r} is none of the tiers: {', '.join(RULES.tiers)}.",
            field="tier",
        )
    most = opening_limit(world, request.tier)
    if most is not None and request.balance_paisa > most:
        raise Problem(
            "invalid_field",
            f"An account of the tier {request.tier} holds at most {rupees(most)}.",
            field="balance_paisa",
        )


def _open(world: World, book: Book, account: BankAccount, balance_paisa: int) -> None:
    ACCOUNTS.insert(world.uow, account)
    flags = AccountFlag.DEBITS_MUST_NOT_EXCEED_CREDITS
    opened = [Account(account.id, CURRENCY, CODE_CUSTOMER, flags)]
    _expect_created(book.open_accounts(opened, now=world.now, recorded_at=world.uow.now))
    if balance_paisa:
        opening = Transfer(
            world.new_id("tr"),
            FUNDING,
            account.id,
            balance_paisa,
            currency=CURRENCY,
            code=CODE_FUNDING,
            reference="opening balance",
        )
        _expect_created(book.post([opening], now=world.now, recorded_at=world.uow.now))


def _expect_created(results: Sequence[AccountResult | Result]) -> None:
    refused = [result for result in results if result.status not in {Status.CREATED, LedgerStatus.CREATED}]
    if refused:
        raise AssertionError(f"the ledger refused what must work: {refused}")


def _count(world: World) -> int:
    row = world.uow.driver.execute(
        "SELECT count(*) FROM bank_account WHERE sandbox_id = ?", (world.id,)
    ).fetchone()
    return int(row[0])
