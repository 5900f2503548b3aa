import pytest

from ledger.model import Transfer
from sandbox.db import UnitOfWork
from sandbox.payments.institutions import CODES, Role, institution_account
from sandbox.world import enter
from tests.startup import Startup


async def test_an_institution_has_accounts_of_its_own_once_they_are_needed(startup: Startup) -> None:
    def move(uow: UnitOfWork) -> list[str]:
        world = enter(uow, startup.sandbox_id)
        opened = [institution_account(world, role, "SBXA") for role in Role]
        again = [institution_account(world, role, "SBXA") for role in Role]
        assert opened == again
        rich = startup.accounts["rich"]
        moved = Transfer("to-suspense", rich, opened[0], 5, currency="PKR", code=CODES[Role.SUSPENSE])
        result = world.book.post([moved], now=world.now, recorded_at=uow.now)[0]
        return [*opened, result.status.value]

    before = startup.count("ledger_account")
    assert await startup.services.executor.write(move) == [
        "suspense:SBXA",
        "settlement:SBXA",
        "fees:SBXA",
        "created",
    ]
    assert startup.count("ledger_account") == before + 3
    assert (await startup.get("/v1/ledger/trial-balance"))["balanced"]


async def test_only_institutions_of_the_sandbox_have_them(startup: Startup) -> None:
    def ask(uow: UnitOfWork) -> None:
        institution_account(enter(uow, startup.sandbox_id), Role.FEES, "HABB")

    with pytest.raises(LookupError):
        await startup.services.executor.write(ask)
