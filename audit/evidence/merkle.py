"""The Merkle tree of RFC 6962 (RFC 9162 draws the same): hashes, proofs, and their verification.

Verifying follows the iterative procedures of RFC 9162, sections 2.1.3.2 and 2.1.4.2, with their
strict limits. A proof is made from ranges of leaves: which ranges is arithmetic and stands here;
what their hashes are is asked of whoever keeps them.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

HASH_BYTES = 32
EMPTY = sha256(b"").digest()

Node = Callable[[int, int], bytes]
"""Hash of the complete subtree at a level (0: leaves) and index: leaves
`[index << level, (index + 1) << level)`."""


class ProofRefused(Exception):
    """The proof does not show what it claims to show."""


def leaf_hash(data: bytes) -> bytes:
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def fold(hashes: Sequence[bytes]) -> bytes:
    """The root over neighbouring subtrees of one size; only the last may be smaller.

    Pairing neighbours and carrying an odd last one up draws the tree of RFC 6962, section 2.1.
    """
    if not hashes:
        return EMPTY
    level = list(hashes)
    while len(level) > 1:
        paired = [
            sha256(b"\x01" + level[at] + level[at + 1]).digest()
            for at in range(0, len(level) - 1, 2)
        ]
        if len(level) % 2:
            paired.append(level[-1])
        level = paired
    return level[0]


def root_of(leaves: Iterable[bytes]) -> bytes:
    return fold([leaf_hash(leaf) for leaf in leaves])


def range_hash(first: int, end: int, node: Node) -> bytes:
    """Hash of leaves `[first, end)`, a range as proofs speak of: `first` is aligned to its size."""
    pieces = []
    while first < end:
        level = (end - first).bit_length() - 1
        pieces.append(node(level, first >> level))
        first += 1 << level
    hash = pieces.pop()
    for piece in reversed(pieces):
        hash = node_hash(piece, hash)
    return hash


def inclusion_ranges(index: int, size: int) -> list[tuple[int, int]]:
    """RFC 6962, section 2.1.1: the ranges whose hashes are the audit path of a leaf, from below."""
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    first, end, path = 0, size, []
    while end - first > 1:
        middle = first + _split(end - first)
        if index < middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((first, middle))
            first = middle
    return path[::-1]


def consistency_ranges(before: int, size: int) -> list[tuple[int, int]]:
    """RFC 6962, section 2.1.2: the ranges of the proof that `before` leaves are still the first."""
    if not 0 < before <= size:
        raise ValueError(f"a tree of {before} is no beginning of a tree of {size}")
    first, end, path, whole = 0, size, [], True
    while before != end:
        middle = first + _split(end - first)
        if before <= middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((first, middle))
            first, whole = middle, False
    if not whole:
        path.append((first, end))
    return path[::-1]


def _split(size: int) -> int:
    """The largest power of two below a size of two and more."""
    return 1 << (size - 1).bit_length() - 1


def verify_inclusion(
    index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes
) -> None:
    """Raises `ProofRefused` unless the leaf hash stands at `index` of the tree of that root."""
    _refuse_odd_hashes(leaf, root, *proof)
    if not 0 <= index < size:
        raise ProofRefused("the index lies outside the tree")
    at, last, hash = index, size - 1, leaf
    for piece in proof:
        if last == 0:
            raise ProofRefused("the proof is too long")
        if at & 1 or at == last:
            hash = node_hash(piece, hash)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            hash = node_hash(hash, piece)
        at, last = at >> 1, last >> 1
    if last:
        raise ProofRefused("the proof is too short")
    if hash != root:
        raise ProofRefused("the proof leads to another root")


def verify_consistency(
    before: int, size: int, old_root: bytes, root: bytes, proof: Sequence[bytes]
) -> None:
    """Raises `ProofRefused` unless the first `before` leaves of the tree are the old tree's."""
    if not 0 < before <= size:
        raise ProofRefused("the sizes do not follow each other")
    if before == size:
        if proof:
            raise ProofRefused("the proof is too long")
        if old_root != root:
            raise ProofRefused("two roots of one size")
        return
    _refuse_odd_hashes(old_root, root, *proof)
    pieces = list(proof)
    if before & (before - 1) == 0:
        pieces.insert(0, old_root)
    if not pieces:
        raise ProofRefused("the proof is too short")
    at, last = before - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = pieces[0]
    for piece in pieces[1:]:
        if last == 0:
            raise ProofRefused("the proof is too long")
        if at & 1 or at == last:
            old, new = node_hash(piece, old), node_hash(piece, new)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new = node_hash(new, piece)
        at, last = at >> 1, last >> 1
    if last:
        raise ProofRefused("the proof is too short")
    if old != old_root:
        raise ProofRefused("the proof leads to another old root")
    if new != root:
        raise ProofRefused("the proof leads to another root")


def _refuse_odd_hashes(*hashes: bytes) -> None:
    if any(len(hash) != HASH_BYTES for hash in hashes):
        raise ProofRefused(f"a hash has {HASH_BYTES} bytes")
