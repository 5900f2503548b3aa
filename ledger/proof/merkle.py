"""The Merkle tree of RFC 9162 over all rows of a book, and its proofs.

Leaf number 0 is the row with seq 1. A leaf is hashed with 0x00 in front of its canonical bytes, a node
with 0x01 in front of its two children, so that neither can be taken for the other.

Nothing of the tree is stored. Roots and proofs are made by going through the leaf hashes once, in order,
keeping only the right edge of each subtree asked for: O(n) time, O(log n) memory. Checking a proof takes
O(log n) of both.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from itertools import islice
from typing import Final

EMPTY_ROOT: Final = sha256(b"").digest()
"""The root of a tree without leaves."""

_Range = tuple[int, int]


def leaf_hash(canonical: bytes) -> bytes:
    """Return the hash of a leaf."""
    return sha256(b"\0" + canonical).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node above two others."""
    return sha256(b"\1" + left + right).digest()


class Tree:
    """A growing tree of which only the right edge is kept: the roots of its full subtrees."""

    __slots__ = ("_edge", "size")

    def __init__(self) -> None:
        """Begin without leaves."""
        self._edge: list[bytes] = []
        self.size = 0

    def append(self, leaf: bytes) -> None:
        """Add the hash of the next leaf."""
        # As a binary counter: each 1 at the end of the old size is a full subtree of the new node's size.
        size = self.size
        while size & 1:
            leaf = node_hash(self._edge.pop(), leaf)
            size >>= 1
        self._edge.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """Return the root over the leaves so far."""
        if not self._edge:
            return EMPTY_ROOT
        root = self._edge[-1]
        for subtree in self._edge[-2::-1]:
            root = node_hash(subtree, root)
        return root


def root(leaves: Iterable[bytes]) -> bytes:
    """Return the root over leaf hashes."""
    tree = Tree()
    for leaf in leaves:
        tree.append(leaf)
    return tree.root()


def inclusion_proof(leaves: Iterable[bytes], index: int, size: int) -> list[bytes]:
    """Prove that leaf `index` (from 0) is in the tree of the first `size` leaves.

    Raises ValueError when there is no such leaf, or when there are fewer leaves than `size`.
    """
    if not 0 <= index < size:
        message = f"a tree of {size} has no leaf {index}"
        raise ValueError(message)
    return _roots(leaves, _path(index, 0, size), size)


def consistency_proof(leaves: Iterable[bytes], old_size: int, size: int) -> list[bytes]:
    """Prove that the tree of the first `old_size` leaves is the beginning of the tree of `size`.

    Raises ValueError unless 0 < old_size <= size, or when there are fewer leaves than `size`.
    """
    if not 0 < old_size <= size:
        message = f"no tree of {old_size} can be the beginning of one of {size}"
        raise ValueError(message)
    return _roots(leaves, _difference(old_size, size), size)


def includes(proof: Sequence[bytes], leaf: bytes, index: int, size: int, root_hash: bytes) -> bool:
    """Check an inclusion proof against a trusted root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    at, last, hashed = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            hashed = node_hash(sibling, hashed)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            hashed = node_hash(hashed, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and hashed == root_hash


def extends(proof: Sequence[bytes], old_size: int, old_root: bytes, size: int, root_hash: bytes) -> bool:
    """Check a consistency proof between two trusted roots (RFC 9162, 2.1.4.2)."""
    if old_size == size:
        return not proof and old_size > 0 and old_root == root_hash
    if not 0 < old_size < size:
        return False
    # A full old tree is a node of the new one, so its root need not be sent.
    path = [old_root, *proof] if old_size & (old_size - 1) == 0 else list(proof)
    if not path:
        return False
    at, last = old_size - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and old == old_root and new == root_hash


def _path(index: int, start: int, end: int) -> list[_Range]:
    """Return the ranges of leaves whose roots lead from a leaf to the root, the nearest first."""
    ranges: list[_Range] = []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    return ranges[::-1]


def _difference(old_size: int, size: int) -> list[_Range]:
    """Return the ranges of leaves whose roots give both the old and the new root."""
    ranges: list[_Range] = []
    start, end = 0, size
    while old_size != end:
        middle = start + _split(end - start)
        if old_size <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    if start:
        ranges.append((start, end))
    return ranges[::-1]


def _split(size: int) -> int:
    """Return the largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1


def _roots(leaves: Iterable[bytes], ranges: Sequence[_Range], size: int) -> list[bytes]:
    """Return the root of each range in one pass; they do not overlap."""
    stream = iter(leaves)
    found: dict[_Range, bytes] = {}
    at = 0
    for start, end in sorted(ranges):
        at += sum(1 for _ in islice(stream, start - at))
        tree = Tree()
        for leaf in islice(stream, end - start):
            tree.append(leaf)
        found[start, end] = tree.root()
        at += tree.size
    at += sum(1 for _ in islice(stream, size - at))
    if at != size:
        message = f"there are only {at} leaves of {size}"
        raise ValueError(message)
    return [found[each] for each in ranges]
