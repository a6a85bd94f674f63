"""The Merkle tree of the ledger (RFC 6962 section 2.1, RFC 9162 section 2.1): roots and proofs, pure."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

HASH_SIZE = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """Hash one entry as a leaf; the 0x00 in front keeps leaves and nodes apart."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two neighbouring subtrees into their parent."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class RightEdge:
    """The roots of the perfect subtrees of a tree of `size` leaves, largest first (a "compact range").

    It is all that appending needs: log2(size) hashes at most, one per binary digit 1 of `size`.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.hashes) != self.size.bit_count():
            raise ValueError("the number of hashes does not fit the size")
        if any(len(item) != HASH_SIZE for item in self.hashes):
            raise ValueError("a hash has 32 bytes")

    def extended(self, leaves: Iterable[bytes]) -> "RightEdge":
        """Return the edge after these leaf hashes; one hash a leaf on average, log2(size) at worst."""
        size, hashes = self.size, list(self.hashes)
        for leaf in leaves:
            merged = leaf
            for _ in range((size ^ (size + 1)).bit_length() - 1):
                merged = node_hash(hashes.pop(), merged)
            hashes.append(merged)
            size += 1
        return RightEdge(size, tuple(hashes))

    def root(self) -> bytes:
        """Return the root hash of the whole tree."""
        if not self.hashes:
            return EMPTY_ROOT
        *rest, merged = self.hashes
        for left in reversed(rest):
            merged = node_hash(left, merged)
        return merged

    def to_bytes(self) -> bytes:
        """Return the hashes one after the other; the size is kept beside them."""
        return b"".join(self.hashes)

    @classmethod
    def from_bytes(cls, size: int, stored: bytes) -> "RightEdge":
        """Read what `to_bytes` wrote; ValueError when it cannot belong to `size`."""
        return cls(size, tuple(stored[at : at + HASH_SIZE] for at in range(0, len(stored), HASH_SIZE)))


def root(leaves: Iterable[bytes]) -> bytes:
    """Return the root hash over all leaf hashes, computed afresh."""
    return RightEdge().extended(leaves).root()


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Return the hashes from the sibling of leaf `index` up to the child of the root (RFC 6962, 2.1.1)."""
    if not 0 <= index < len(leaves):
        raise IndexError("there is no such leaf")
    proof: list[bytes] = []
    first, last = 0, len(leaves)
    while last - first > 1:
        middle = first + _split(last - first)
        if index < middle:
            proof.append(root(leaves[middle:last]))
            last = middle
        else:
            proof.append(root(leaves[first:middle]))
            first = middle
    proof.reverse()
    return proof


def consistency_proof(leaves: Sequence[bytes], old_size: int) -> list[bytes]:
    """Return the proof that the first `old_size` leaves are the beginning of all (RFC 6962, 2.1.2)."""
    if not 0 <= old_size <= len(leaves):
        raise IndexError("the older tree is larger than the newer")
    if old_size in (0, len(leaves)):
        return []
    proof: list[bytes] = []
    first, last, whole = 0, len(leaves), True
    while old_size != last:
        middle = first + _split(last - first)
        if old_size <= middle:
            proof.append(root(leaves[middle:last]))
            last = middle
        else:
            proof.append(root(leaves[first:middle]))
            first, whole = middle, False
    if not whole:
        proof.append(root(leaves[first:last]))
    proof.reverse()
    return proof


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected: bytes) -> bool:
    """Tell whether `leaf` is number `index` of the tree of `size` leaves (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    node, last, merged = index, size - 1, leaf
    for sibling in proof:
        if last == 0 or len(sibling) != HASH_SIZE:
            return False
        if node & 1 or node == last:
            merged = node_hash(sibling, merged)
            node, last = _climb(node, last)
        else:
            merged = node_hash(merged, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and merged == expected


def verify_consistency(
    old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Tell whether the newer tree only appended to the older one (RFC 9162, 2.1.4.2)."""
    if not 0 <= old_size <= new_size or any(len(item) != HASH_SIZE for item in proof):
        return False
    if old_size == 0:
        return not proof and old_root == EMPTY_ROOT
    if old_size == new_size:
        return not proof and old_root == new_root
    hashes: Iterator[bytes] = iter(proof)
    # When the older tree is a perfect subtree, the proof leaves its root out: the verifier has it.
    first = old_root if old_size & (old_size - 1) == 0 else next(hashes, None)
    return first is not None and _walk(old_size, new_size, first, hashes) == (old_root, new_root)


def _walk(old_size: int, new_size: int, first: bytes, hashes: Iterator[bytes]) -> tuple[bytes, bytes] | None:
    """Rebuild both roots from the proof; None when its length does not fit the sizes."""
    node, last = old_size - 1, new_size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = first
    for item in hashes:
        if last == 0:
            return None
        if node & 1 or node == last:
            old, new = node_hash(item, old), node_hash(item, new)
            node, last = _climb(node, last)
        else:
            new = node_hash(new, item)
        node, last = node >> 1, last >> 1
    return (old, new) if last == 0 else None


def _split(size: int) -> int:
    """Return the largest power of two smaller than `size` (which is at least 2)."""
    return 1 << ((size - 1).bit_length() - 1)


def _climb(node: int, last: int) -> tuple[int, int]:
    """Skip the levels at which the node at the right edge has no sibling."""
    while node and not node & 1:
        node, last = node >> 1, last >> 1
    return node, last
