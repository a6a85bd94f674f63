"""The Merkle tree against the vectors of Certificate Transparency and against RFC 6962's own recursion."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.ledger import tree

ENTRIES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [tree.leaf_hash(entry) for entry in ENTRIES]
SIZES = st.integers(min_value=1, max_value=70)


def leaves_of(count: int) -> list[bytes]:
    return [tree.leaf_hash(number.to_bytes(4, "big")) for number in range(count)]


def root_by_the_definition(leaves: list[bytes]) -> bytes:
    """RFC 6962, 2.1, word for word, with another way to find the split."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    left, right = root_by_the_definition(leaves[:split]), root_by_the_definition(leaves[split:])
    return hashlib.sha256(b"\x01" + left + right).digest()


@pytest.mark.parametrize("size", range(9))
def test_roots_agree_with_the_published_vectors(size: int) -> None:
    assert tree.root(LEAVES[:size]).hex() == ROOTS[size]


@pytest.mark.parametrize(
    ("index", "size", "proof"),
    [
        (0, 1, []),
        (
            0,
            8,
            [
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            5,
            8,
            [
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    ],
)
def test_inclusion_proofs_agree_with_the_published_vectors(index: int, size: int, proof: list[str]) -> None:
    made = tree.inclusion_proof(LEAVES[:size], index)
    assert [item.hex() for item in made] == proof
    assert tree.verify_inclusion(LEAVES[index], index, size, made, bytes.fromhex(ROOTS[size]))


@pytest.mark.parametrize(
    ("old", "new", "proof"),
    [
        (1, 1, []),
        (
            1,
            8,
            [
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            6,
            8,
            [
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
    ],
)
def test_consistency_proofs_agree_with_the_published_vectors(old: int, new: int, proof: list[str]) -> None:
    made = tree.consistency_proof(LEAVES[:new], old)
    assert [item.hex() for item in made] == proof
    assert tree.verify_consistency(old, new, bytes.fromhex(ROOTS[old]), bytes.fromhex(ROOTS[new]), made)


@given(st.integers(min_value=0, max_value=140))
def test_the_root_follows_the_definition(size: int) -> None:
    leaves = leaves_of(size)
    assert tree.root(leaves) == root_by_the_definition(leaves)


@given(st.integers(min_value=0, max_value=70), st.integers(min_value=0, max_value=70))
def test_an_edge_kept_as_bytes_goes_on_as_if_nothing_had_happened(before: int, after: int) -> None:
    leaves = leaves_of(before + after)
    edge = tree.RightEdge().extended(leaves[:before])
    again = tree.RightEdge.from_bytes(edge.size, edge.to_bytes())
    assert again.extended(leaves[before:]).root() == tree.root(leaves)


@given(SIZES, st.data())
def test_every_leaf_proves_its_place_and_no_other(size: int, data: st.DataObject) -> None:
    leaves = leaves_of(size)
    index = data.draw(st.integers(min_value=0, max_value=size - 1))
    proof, root = tree.inclusion_proof(leaves, index), tree.root(leaves)
    assert tree.verify_inclusion(leaves[index], index, size, proof, root)
    other = data.draw(st.integers(min_value=-1, max_value=size + 1))
    assert tree.verify_inclusion(leaves[index], other, size, proof, root) == (other == index)
    assert not tree.verify_inclusion(tree.leaf_hash(b"x"), index, size, proof, root)
    assert not tree.verify_inclusion(leaves[index], index, size, [*proof, root], root)
    assert not tree.verify_inclusion(leaves[index], index, size, [item[:-1] for item in proof] or [b""], root)
    if proof:
        assert not tree.verify_inclusion(leaves[index], index, size, proof[:-1], root)


@given(SIZES, SIZES, st.data())
def test_growth_is_proved_and_rewriting_is_not(one: int, two: int, data: st.DataObject) -> None:
    old, new = sorted((one, two))
    leaves = leaves_of(new)
    old_root, new_root = tree.root(leaves[:old]), tree.root(leaves)
    proof = tree.consistency_proof(leaves, old)
    assert tree.verify_consistency(old, new, old_root, new_root, proof)
    changed = leaves.copy()
    changed[data.draw(st.integers(min_value=0, max_value=old - 1))] = tree.leaf_hash(b"rewritten")
    rewritten = tree.consistency_proof(changed, old)
    assert not tree.verify_consistency(old, new, old_root, tree.root(changed), rewritten)
    assert not tree.verify_consistency(old, new, old_root, new_root, [*proof, old_root])
    assert not tree.verify_consistency(old, new, old_root, new_root, [b"short"])
    if proof:
        assert not tree.verify_consistency(old, new, old_root, new_root, proof[:-1])
        assert not tree.verify_consistency(old, new, old_root, new_root, [])


def test_the_empty_tree_is_the_beginning_of_every_tree() -> None:
    assert tree.consistency_proof(LEAVES, 0) == []
    assert tree.verify_consistency(0, 8, tree.EMPTY_ROOT, bytes.fromhex(ROOTS[8]), [])
    assert not tree.verify_consistency(0, 8, LEAVES[0], bytes.fromhex(ROOTS[8]), [])
    assert not tree.verify_consistency(3, 2, LEAVES[0], LEAVES[0], [])
    assert tree.RightEdge().root() == tree.EMPTY_ROOT


def test_proofs_of_what_is_not_there_are_refused() -> None:
    with pytest.raises(IndexError):
        tree.inclusion_proof(LEAVES, 8)
    with pytest.raises(IndexError):
        tree.consistency_proof(LEAVES, 9)


@pytest.mark.parametrize(("size", "stored"), [(1, b""), (2, b"x" * 64), (1, b"x" * 31), (-1, b"x" * 32)])
def test_an_edge_that_does_not_fit_its_size_is_refused(size: int, stored: bytes) -> None:
    with pytest.raises(ValueError, match=r"size|32 bytes"):
        tree.RightEdge.from_bytes(size, stored)
