"""`kasauti ledger`, as its guide tells it and on the book of a startup."""

import re
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from typer.testing import CliRunner, Result

from ledger import Account, AccountFlag, Book, Kind, SqliteStore, Transfer
from sandbox import ledger_cli, portal
from sandbox.cli import app
from sandbox.migrations import upgrade
from tests.startup import Startup

GUIDE = Path(portal.__file__).with_name("docs") / "proofs.md"
NOON = 1_795_500_000_000_000
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw().hex()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["ledger", *arguments])


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with a database, whose book has a few rows, and a key."""
    upgrade(tmp_path / "kasauti.db")
    store = SqliteStore.open(tmp_path / "kasauti.db")
    book = Book(store, "sbx_1")
    spender = AccountFlag.DEBITS_MUST_NOT_EXCEED_CREDITS
    with store.transaction():
        accounts = [
            Account("bank", "PKR", 1),
            Account("ali", "PKR", 2, spender),
            Account("sara", "PKR", 2, spender),
        ]
        book.open_accounts(accounts, now=NOON, recorded_at=NOON)
    with store.transaction():
        salary = Transfer("salary", "bank", "ali", 100_000)
        rent = Transfer("rent", "ali", "sara", 3_000)
        book.post([salary, rent], now=NOON + 1_000_000, recorded_at=NOON + 1_000_007)
    with store.transaction():
        hold = Transfer("hold", "ali", "sara", 800, Kind.HOLD)
        book.post([hold], now=NOON + 2_000_000, recorded_at=NOON + 2_000_007)
    store.close()
    key = tmp_path / "kasauti-ledger.key"
    key.touch(0o600)
    key.write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KASAUTI_DATABASE", raising=False)
    monkeypatch.delenv("KASAUTI_LEDGER_KEY", raising=False)
    monkeypatch.setattr(ledger_cli, "utc_now", lambda: NOON + 300_000_000)
    return tmp_path


def told(command: str) -> str:
    """Run a command of the guide and return what it prints."""
    name, *arguments = command.replace("$PUBLIC", PUBLIC).split()
    if name == "kasauti":
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == int(result.stdout == "")
        return result.output
    done = subprocess.run(["/bin/sh", "-ec", command], capture_output=True, check=True)  # noqa: S603 - our own guide
    return done.stdout.decode()


def replayed(guide: str) -> str:
    """Return the guide with each command followed by what it prints now."""

    def block(match: re.Match[str]) -> str:
        commands = re.findall(r"^\$ (.*)\n", match[1], re.MULTILINE)
        return "```console\n" + "".join(f"$ {command}\n{told(command)}" for command in commands) + "```"

    return re.sub(r"```console\n(.*?)```", block, guide, flags=re.DOTALL)


@pytest.mark.usefixtures("place")
def test_the_guide_shows_what_its_commands_print() -> None:
    guide = GUIDE.read_text("utf-8")
    assert replayed(guide) == guide


@pytest.mark.usefixtures("place")
def test_the_python_of_the_guide_runs() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(code, str(GUIDE), "exec"), names)  # noqa: S102 - our own text
    store = names["store"]
    assert isinstance(store, SqliteStore)
    store.close()


@pytest.mark.usefixtures("place")
def test_an_export_to_standard_output_is_the_same() -> None:
    assert run("export", "--sandbox", "sbx_1", "--output", "book.jsonl").exit_code == 0
    plain = run("export", "--sandbox", "sbx_1")
    assert (plain.exit_code, plain.stdout_bytes) == (0, Path("book.jsonl").read_bytes())


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["export", "--sandbox", "sbx_2"], "No export: there is no book of sandbox 'sbx_2'"),
        (["export", "--sandbox", "sbx_1", "--database", "other.db"], "No export: there is no database other.db"),
        (["export", "--sandbox", "sbx_1", "--output", "no/book.jsonl"], "No export: [Errno 2]"),
        (["verify", "no.jsonl", "--key", PUBLIC], "Does not hold: [Errno 2]"),
        (["verify", "book.jsonl", "--key", "00"], "Does not hold: a public key is 64 hex digits"),
        (["verify", "book.jsonl", "--key", "00" * 32], "Does not hold: line 1: the header says"),
        (["verify", "book.jsonl", "--key", PUBLIC, "--since", "kasauti.db"], "Does not hold: the file breaks off"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("place")
def test_what_goes_wrong_is_told_in_a_line(arguments: list[str], says: str) -> None:
    assert run("export", "--sandbox", "sbx_1", "--output", "book.jsonl").exit_code == 0
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    assert says in result.stderr
    assert "Traceback" not in result.output
    assert not Path("other.db").exists()


def test_a_key_that_others_may_read_signs_nothing(place: Path) -> None:
    (place / "kasauti-ledger.key").chmod(0o644)
    for arguments in (["key"], ["export", "--sandbox", "sbx_1"]):
        result = run(*arguments)
        assert (result.exit_code, result.stdout) == (1, "")
        assert "others may read the key" in result.stderr


def test_a_refused_export_leaves_no_file(place: Path) -> None:
    store = SqliteStore.open(place / "kasauti.db")
    store.query("DROP TRIGGER ledger_entry_no_update", {})
    store.query("UPDATE ledger_entry SET amount = 3001 WHERE id = 'rent'", {})
    store.close()
    result = run("export", "--sandbox", "sbx_1", "--output", "book.jsonl")
    assert result.exit_code == 1
    assert "batch 2 of sbx_1 (rows 4 to 5) is not what was sealed" in result.stderr
    assert not [path.name for path in place.iterdir() if "jsonl" in path.name]


def test_texts_of_a_file_cannot_act_on_the_terminal(place: Path) -> None:
    assert run("export", "--sandbox", "sbx_1", "--output", "book.jsonl").exit_code == 0
    file = place / "book.jsonl"
    file.write_bytes(file.read_bytes().replace(b'"id":"rent"', b'"id":"x\\nHolds: \\u001b[2J"'))
    result = run("verify", "book.jsonl", "--key", PUBLIC)
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert r"row 5 (x\nHolds: \x1b[2J) was changed" in result.stderr


@pytest.mark.usefixtures("place")
def test_a_head_signed_in_a_year_that_no_calendar_has_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_cli, "utc_now", lambda: 2**62)
    assert run("export", "--sandbox", "sbx_1", "--output", "book.jsonl").exit_code == 0
    result = run("verify", "book.jsonl", "--key", PUBLIC)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Does not hold: ")


async def test_the_book_of_a_startup_is_exported_while_its_server_runs(
    startup: Startup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KASAUTI_LEDGER_KEY", str(tmp_path / "ledger.key"))
    await startup.pay()
    database, first, second = (str(tmp_path / name) for name in ("kasauti.db", "first", "second"))
    public = run("key").stdout.split()[2]
    of_startup = ("export", "--sandbox", startup.sandbox_id, "--database", database, "--output")
    assert run(*of_startup, first).exit_code == 0
    await startup.pay()
    assert run(*of_startup, second).exit_code == 0
    checked = run("verify", second, "--key", public, "--since", first)
    assert checked.exit_code == 0, checked.output
    assert checked.stdout.startswith(f"Holds: book {startup.sandbox_id}, ")
    assert run("verify", first, "--key", public, "--since", second).exit_code == 1
