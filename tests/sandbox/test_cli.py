import re
import socket
from pathlib import Path

from typer.testing import CliRunner

from sandbox.cli import app

COMMANDS = ("up", "work", "migrate", "demo")


def run(*arguments: str, **environment: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments), env={"COLUMNS": "200", **environment})
    return result.exit_code, result.output


def test_help_names_every_command() -> None:
    code, told = run("--help")
    assert code == 0
    assert [name for name in COMMANDS if name not in told] == []


def test_the_readme_names_every_command() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    assert set(re.findall(r"^\| `kasauti (\w+)`", readme, re.MULTILINE)) == set(COMMANDS)


def test_migrate_makes_a_database_and_leaves_a_new_one_as_it_is(tmp_path: Path) -> None:
    database = tmp_path / "kasauti.db"
    first = run("migrate", "--database", str(database))
    assert first[0] == 0
    assert database.stat().st_size > 0
    assert run("migrate", KASAUTI_DATABASE=str(database)) == first


def test_up_on_a_port_that_is_taken_says_so_and_what_to_do(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, told = run("up", "--port", port, "--database", str(tmp_path / "kasauti.db"))
    assert code == 1
    assert f"Cannot listen on 127.0.0.1:{port}" in told
    assert "--port 0" in told
