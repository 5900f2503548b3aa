import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from sandbox.app import create_app
from sandbox.migrations import upgrade
from sandbox.settings import Settings
from tests.startup import SignUp, Startup


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database at the newest schema: made once, since migrating takes longer than most tests."""
    database = tmp_path_factory.mktemp("empty") / "kasauti.db"
    upgrade(database)
    return database


@pytest.fixture
async def app(tmp_path: Path, empty_database: Path) -> AsyncIterator[FastAPI]:
    """The application on a database of its own; nothing runs beside the requests."""
    shutil.copy(empty_database, tmp_path / "kasauti.db")
    settings = Settings(
        database=tmp_path / "kasauti.db", worker=False, allow_loopback_webhooks=True, ahead_from=1
    )
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://sandbox.example"
    ) as client:
        yield client


@pytest.fixture
def sign_up(app: FastAPI, client: httpx.AsyncClient) -> SignUp:
    """Makes newcomers, each with a sandbox of its own; what is given goes into the request."""

    async def sign_up(**more: object) -> Startup:
        who = {"name": "Chai Pay", "email": "dev@chaipay.example"}
        answer = await client.post("/v1/signup", json=who | more)
        assert answer.status_code == 201, answer.text
        return Startup(app, client, answer.json())

    return sign_up


@pytest.fixture
async def startup(sign_up: SignUp) -> Startup:
    return await sign_up()


@pytest.fixture
async def other(sign_up: SignUp) -> Startup:
    """Somebody else, with another sandbox."""
    return await sign_up()
