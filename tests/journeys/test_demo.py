"""The demo is a journey of its own: it tells its story only if every step held."""

import io

from rich.console import Console

from sandbox.demo.story import tell


def test_every_step_of_the_demo_holds() -> None:
    told = io.StringIO()
    held = tell(Console(file=told, width=100))
    assert held, told.getvalue()
    assert "Trial balance" in told.getvalue()
