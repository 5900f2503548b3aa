"""The README runs from top to bottom, and prints what it says it prints."""

import io
import re
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

import ledger

README = Path(ledger.__file__).with_name("README.md")
ADDRESS = "postgresql://localhost/books"


class Example(NamedTuple):
    code: str
    printed: str


def examples() -> list[Example]:
    """Return each piece of code with what stands beneath it."""
    text = README.read_text(encoding="utf-8")
    found = re.findall(r"```python\n(.*?)```\n(?:```text\n(.*?)```\n)?", text, re.DOTALL)
    return [Example(*each) for each in found]


def run(code: str, names: dict[str, Any]) -> str:
    """Run a piece of code and return what it has printed."""
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(compile(code, str(README), "exec"), names)  # noqa: S102 - our own text
    return printed.getvalue()


def test_the_readme_prints_what_it_says(postgres_uri: str) -> None:
    names: dict[str, Any] = {}
    for example in examples():
        assert run(example.code.replace(ADDRESS, postgres_uri), names) == example.printed


def test_every_example_says_what_it_prints() -> None:
    text = README.read_text(encoding="utf-8")
    assert len(examples()) == text.count("```python\n") == text.count("```text\n")
    assert ADDRESS in text


def test_every_public_name_is_there() -> None:
    assert sorted(ledger.__all__) == sorted(set(ledger.__all__))
    assert all(hasattr(ledger, name) for name in ledger.__all__)
