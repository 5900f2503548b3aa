"""The demo is a journey of its own: it tells its story only if every step held."""

import io
import re
from pathlib import Path

from rich.console import Console

from sandbox.demo.story import tell

README = Path(__file__).parents[2] / "README.md"


def headlines(text: str) -> list[str]:
    return re.findall(r"^\d+\. .+$", text, re.MULTILINE)


def test_every_step_of_the_demo_holds_and_the_readme_shows_them() -> None:
    told = io.StringIO()
    held = tell(Console(file=told, width=100))
    assert held, told.getvalue()
    assert "Trial balance" in told.getvalue()
    recorded = README.read_text("utf-8").partition("```text\n")[2].partition("```")[0]
    assert headlines(recorded) == headlines(told.getvalue()) != []
