"""The typed shelf: what rails remember, without a table each.

An item is found by its rail, kind and key, and holds a Pydantic model as JSON. A `Shelf` is one kind of
items of one rail; whoever declares it owns its items. Another key to the same thing is an item of its own.
"""

from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import BaseModel

from sandbox.db import Snapshot
from sandbox.records import Records
from sandbox.world import World, WorldView

M = TypeVar("M", bound=BaseModel)


class Item(NamedTuple):
    """One thing that a rail remembers; `body` is its JSON text."""

    sandbox_id: str
    rail: str
    kind: str
    key: str
    body: str
    created_at: int
    updated_at: int


ITEMS = Records(Item, "shelf_item", key=("sandbox_id", "rail", "kind", "key"))


class Shelf(Generic[M]):
    """The items of one kind, in and out as models of one class. Keys sort as text."""

    def __init__(self, rail: str, kind: str, model: type[M]) -> None:
        self._rail, self._kind, self._model = rail, kind, model

    def get(self, world: WorldView, key: str) -> M | None:
        """Return what lies under this key, or None."""
        item = self._item(world.snapshot, world.id, key)
        return None if item is None else self._model.model_validate_json(item.body)

    def put(self, world: World, key: str, value: M) -> M:
        """Lay something down, or in the place of what lay there."""
        body, now = value.model_dump_json(), world.now
        item = self._item(world.uow, world.id, key)
        if item is None:
            ITEMS.insert(world.uow, Item(world.id, self._rail, self._kind, key, body, now, now))
        else:
            ITEMS.update(world.uow, item, body=body, updated_at=now)
        return value

    def add(self, world: World, key: str, value: M) -> M:
        """Lay something down where nothing lies, as the caller has made sure of."""
        body, now = value.model_dump_json(), world.now
        ITEMS.insert(world.uow, Item(world.id, self._rail, self._kind, key, body, now, now))
        return value

    def remove(self, world: World, key: str) -> None:
        """Take something away, if it is there."""
        ITEMS.delete(world.uow, world.id, self._rail, self._kind, key)

    def page(
        self, world: WorldView, *, after: str = "", limit: int = 50, newest_first: bool = False
    ) -> list[tuple[str, M]]:
        """Return keys and values in the order of keys, from `after` on; keys that are ids sort by creation."""
        c = ITEMS.c
        beyond: list[Any] = []
        if after:
            beyond = [c.key < after if newest_first else c.key > after]
        rows = ITEMS.select(
            world.snapshot,
            c.sandbox_id == world.id,
            c.rail == self._rail,
            c.kind == self._kind,
            *beyond,
            order=(c.key.desc() if newest_first else c.key,),
            limit=limit,
        )
        return [(row.key, self._model.model_validate_json(row.body)) for row in rows]

    def _item(self, snapshot: Snapshot, sandbox_id: str, key: str) -> Item | None:
        return ITEMS.get(snapshot, sandbox_id, self._rail, self._kind, key)
