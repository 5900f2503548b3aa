"""The Merkle tree against the recursive definitions of RFC 9162, written down a second time here."""

from collections.abc import Sequence
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.proof.merkle import (
    EMPTY_ROOT,
    Tree,
    consistency_proof,
    extends,
    includes,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
)

MOST = 40
LEAVES = [leaf_hash(number.to_bytes(2)) for number in range(MOST)]


def split(size: int) -> int:
    half = 1
    while half * 2 < size:
        half *= 2
    return half


def naive_root(leaves: Sequence[bytes]) -> bytes:
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    half = split(len(leaves))
    return sha256(b"\1" + naive_root(leaves[:half]) + naive_root(leaves[half:])).digest()


def naive_path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    half = split(len(leaves))
    if index < half:
        return [*naive_path(index, leaves[:half]), naive_root(leaves[half:])]
    return [*naive_path(index - half, leaves[half:]), naive_root(leaves[:half])]


def naive_proof(old_size: int, leaves: Sequence[bytes], *, whole: bool = True) -> list[bytes]:
    if old_size == len(leaves):
        return [] if whole else [naive_root(leaves)]
    half = split(len(leaves))
    if old_size <= half:
        return [*naive_proof(old_size, leaves[:half], whole=whole), naive_root(leaves[half:])]
    return [*naive_proof(old_size - half, leaves[half:], whole=False), naive_root(leaves[:half])]


# The eight leaves and the roots over the first 1 to 8 of them that implementations of Certificate
# Transparency test each other with.
KNOWN_LEAVES = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
KNOWN_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize("size", range(1, 9))
def test_the_roots_that_others_have(size: int) -> None:
    assert root(leaf_hash(bytes.fromhex(leaf)) for leaf in KNOWN_LEAVES[:size]).hex() == KNOWN_ROOTS[size - 1]


def test_the_root_of_nothing() -> None:
    assert root([]) == EMPTY_ROOT == sha256(b"").digest()


def test_leaves_and_nodes_are_told_apart() -> None:
    left, right = LEAVES[:2]
    assert node_hash(left, right) != leaf_hash(left + right)


@pytest.mark.parametrize("size", range(MOST + 1))
def test_roots_and_proofs_of_every_size(size: int) -> None:
    leaves = LEAVES[:size]
    tree = root(leaves)
    assert tree == naive_root(leaves)
    for index in range(size):
        proof = inclusion_proof(LEAVES, index, size)
        assert proof == naive_path(index, leaves)
        assert includes(proof, leaves[index], index, size, tree)
    for old_size in range(1, size + 1):
        proof = consistency_proof(LEAVES, old_size, size)
        assert proof == naive_proof(old_size, leaves)
        assert extends(proof, old_size, naive_root(leaves[:old_size]), size, tree)


def test_a_tree_has_a_root_at_each_step() -> None:
    tree = Tree()
    for size in range(MOST):
        assert (tree.size, tree.root()) == (size, naive_root(LEAVES[:size]))
        tree.append(LEAVES[size])


@given(st.data(), st.integers(1, MOST))
def test_a_proof_of_inclusion_proves_nothing_else(data: st.DataObject, size: int) -> None:
    index = data.draw(st.integers(0, size - 1))
    tree, proof = root(LEAVES[:size]), inclusion_proof(LEAVES, index, size)
    other = data.draw(st.integers(0, size - 1))
    assert includes(proof, LEAVES[other], index, size, tree) == (other == index)
    assert includes(proof, LEAVES[index], other, size, tree) == (other == index)
    assert not includes([*proof, LEAVES[0]], LEAVES[index], index, size, tree)
    assert not includes(proof, LEAVES[index], index, size, LEAVES[0] if size > 1 else LEAVES[1])
    if proof:
        assert not includes(proof[:-1], LEAVES[index], index, size, tree)
        at = data.draw(st.integers(0, len(proof) - 1))
        assert not includes([*proof[:at], bytes(32), *proof[at + 1 :]], LEAVES[index], index, size, tree)


@given(st.data(), st.integers(2, MOST))
def test_a_proof_of_growth_proves_nothing_else(data: st.DataObject, size: int) -> None:
    old_size = data.draw(st.integers(1, size - 1))
    old, new = root(LEAVES[:old_size]), root(LEAVES[:size])
    proof = consistency_proof(LEAVES, old_size, size)
    assert not extends(proof, old_size, bytes(32), size, new)
    assert not extends(proof, old_size, old, size, bytes(32))
    assert not extends([*proof, bytes(32)], old_size, old, size, new)
    assert not extends(proof[:-1], old_size, old, size, new)
    at = data.draw(st.integers(0, len(proof) - 1))
    assert not extends([*proof[:at], bytes(32), *proof[at + 1 :]], old_size, old, size, new)
    other = data.draw(st.integers(1, size - 1))
    assert extends(proof, other, old, size, new) == (other == old_size)


@pytest.mark.parametrize(
    ("old_size", "old", "size", "new", "proof"),
    [
        (0, EMPTY_ROOT, 2, root(LEAVES[:2]), []),
        (3, root(LEAVES[:3]), 2, root(LEAVES[:2]), []),
        (3, root(LEAVES[:3]), 5, root(LEAVES[:5]), []),
        (2, root(LEAVES[:2]), 5, root(LEAVES[:5]), []),
        (2, root(LEAVES[:2]), 2, root(LEAVES[1:3]), []),
        (2, root(LEAVES[:2]), 2, root(LEAVES[:2]), [LEAVES[0]]),
        (0, EMPTY_ROOT, 0, EMPTY_ROOT, []),
    ],
)
def test_what_is_no_growth(old_size: int, old: bytes, size: int, new: bytes, proof: list[bytes]) -> None:
    assert not extends(proof, old_size, old, size, new)


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_there_is_no_such_leaf(index: int, size: int) -> None:
    with pytest.raises(ValueError, match=f"tree of {size} has no leaf"):
        inclusion_proof(LEAVES, index, size)
    assert not includes([], LEAVES[0], index, size, LEAVES[0])


@pytest.mark.parametrize(("old_size", "size"), [(0, 3), (4, 3), (-1, 3)])
def test_there_is_no_such_growth(old_size: int, size: int) -> None:
    with pytest.raises(ValueError, match=f"tree of {old_size} can"):
        consistency_proof(LEAVES, old_size, size)


@pytest.mark.parametrize("index", range(4))
def test_leaves_that_are_missing_are_noticed(index: int) -> None:
    with pytest.raises(ValueError, match="only 3 leaves of 4"):
        inclusion_proof(LEAVES[:3], index, 4)
    with pytest.raises(ValueError, match="only 3 leaves of 4"):
        consistency_proof(LEAVES[:3], index + 1, 4)
