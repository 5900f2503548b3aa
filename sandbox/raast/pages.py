"""Pages of what lies on a shelf."""

from collections.abc import Callable
from typing import TypeVar

from pydantic import BaseModel

from sandbox.commands import Page
from sandbox.shelf import Shelf
from sandbox.world import WorldView

M = TypeVar("M", bound=BaseModel)
V = TypeVar("V", bound=BaseModel)


def page_of(
    world: WorldView, shelf: Shelf[M], show: Callable[[M], V], *, limit: int, cursor: str | None
) -> Page[V]:
    """List a shelf whose keys are ids, the newest first."""
    found = shelf.page(world, after=cursor or "", limit=limit + 1, newest_first=True)
    shown, more = found[:limit], len(found) > limit
    return Page(
        data=[show(value) for _, value in shown], has_more=more, next_cursor=shown[-1][0] if more else None
    )
