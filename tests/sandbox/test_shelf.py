from pydantic import BaseModel

from sandbox.db import UnitOfWork
from sandbox.shelf import Shelf
from sandbox.world import enter
from tests.startup import Startup


class Note(BaseModel):
    text: str


NOTES = Shelf("raast", "note", Note)
OTHERS = Shelf("onelink", "note", Note)


async def test_what_is_laid_down_is_found_again_replaced_and_taken_away(startup: Startup) -> None:
    def lay(uow: UnitOfWork) -> list[Note | None]:
        world = enter(uow, startup.sandbox_id)
        found = [NOTES.get(world, "a")]
        NOTES.put(world, "a", Note(text="first"))
        found.append(NOTES.get(world, "a"))
        NOTES.put(world, "a", Note(text="second"))
        return [*found, NOTES.get(world, "a"), OTHERS.get(world, "a")]

    def take(uow: UnitOfWork) -> tuple[Note | None, Note | None]:
        world = enter(uow, startup.sandbox_id)
        before = NOTES.get(world, "a")
        NOTES.remove(world, "a")
        return before, NOTES.get(world, "a")

    write = startup.services.executor.write
    assert await write(lay) == [None, Note(text="first"), Note(text="second"), None]
    assert await write(take) == (Note(text="second"), None)
    assert startup.count("shelf_item") == 0


async def test_pages_go_through_a_kind_in_the_order_of_keys(startup: Startup) -> None:
    def lay(uow: UnitOfWork) -> None:
        world = enter(uow, startup.sandbox_id)
        for key in "bac":
            NOTES.put(world, key, Note(text=key.upper()))
        assert NOTES.add(world, "d", Note(text="D")) == NOTES.get(world, "d")
        OTHERS.put(world, "x", Note(text="of another rail"))

    def read(uow: UnitOfWork, after: str, *, newest_first: bool) -> str:
        page = NOTES.page(enter(uow, startup.sandbox_id), after=after, limit=2, newest_first=newest_first)
        return "".join(key for key, note in page if note.text == key.upper())

    write = startup.services.executor.write
    await write(lay)
    pages = [
        await write(read, after, newest_first=newest_first)
        for after, newest_first in (("", False), ("b", False), ("d", False), ("", True), ("c", True))
    ]
    assert pages == ["ab", "cd", "", "dc", "ba"]
