"""The tree, its proofs and its tiles: published vectors first, then whatever Hypothesis bends."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.evidence import verifier
from audit.evidence.merkle import (
    EMPTY,
    ProofRefused,
    consistency_ranges,
    fold,
    inclusion_ranges,
    leaf_hash,
    node_hash,
    range_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from audit.evidence.tiles import (
    ENTRIES,
    WIDTH,
    Edge,
    Place,
    node_in,
    pack,
    parse_path,
    places,
    unpack,
)
from tests.audit.vectors import raw, vectors

PROBES = vectors("rfc6962-proof-probes")
TREE = vectors("rfc6962-tree-1to8")
LOG15 = vectors("tlog-tiles-log15")
LEAVES = [bytes.fromhex(leaf) for leaf in TREE["leaf_inputs_hex"]]


def passes(check: Callable[..., Any], *arguments: Any) -> bool:
    try:
        check(*arguments)
    except ProofRefused:
        return False
    return True


@pytest.mark.parametrize("probe", PROBES["inclusion"], ids=lambda probe: probe["id"])
def test_inclusion_probes(probe: dict[str, Any]) -> None:
    path = [raw(hash) for hash in probe["proof"] or ()]
    found = passes(
        verify_inclusion,
        probe["leafIdx"],
        probe["treeSize"],
        raw(probe["leafHash"]),
        path,
        raw(probe["root"]),
    )
    assert found is not probe["wantErr"]


@pytest.mark.parametrize("probe", PROBES["consistency"], ids=lambda probe: probe["id"])
def test_consistency_probes(probe: dict[str, Any]) -> None:
    path = [raw(hash) for hash in probe["proof"] or ()]
    roots = raw(probe["root1"]), raw(probe["root2"])
    found = passes(verify_consistency, probe["size1"], probe["size2"], *roots, path)
    assert found is not probe["wantErr"]


def test_all_that_must_be_refused_was_there() -> None:
    for kind in ("inclusion", "consistency"):
        assert sum(probe["wantErr"] for probe in PROBES[kind]) == 92


def test_hashes_and_roots_as_published() -> None:
    told = {case["what"]: case["sha256"] for case in TREE["hasher"]}
    assert EMPTY.hex() == told["empty tree"]
    assert leaf_hash(b"").hex() == told["leaf hash of empty input"]
    assert leaf_hash(b"L123456").hex() in told.values()
    assert node_hash(b"N123", b"N456").hex() in told.values()
    for size, root in enumerate(TREE["roots_hex_size_1_to_8"], 1):
        assert root_of(LEAVES[:size]).hex() == root
        assert verifier.root([leaf_hash(leaf) for leaf in LEAVES[:size]]).hex() == root


def test_proofs_as_published() -> None:
    hashes = [leaf_hash(leaf) for leaf in LEAVES]

    def told(ranges: list[tuple[int, int]]) -> list[str]:
        return [fold(hashes[first:end]).hex() for first, end in ranges]

    for case in TREE["published_inclusion"] + TREE["complete_inclusion"]:
        assert told(inclusion_ranges(case["index"], case["size"])) == case["proof"]
    for case in TREE["published_consistency"] + TREE["complete_consistency"]:
        assert told(consistency_ranges(case["size1"], case["size2"])) == case["proof"]


SIZES = st.integers(1, 700)


@settings(deadline=None)  # no promise of speed
@given(size=SIZES, data=st.data())
def test_every_proof_from_tiles_verifies_and_no_bent_one_does(
    size: int, data: st.DataObject
) -> None:
    leaves = [leaf_hash(n.to_bytes(4)) for n in range(size)]
    tiles: dict[tuple[int, int], bytes] = {}
    edge = Edge(0)
    for place, tile in edge.grow(leaves).tiles:
        tiles[place.level, place.number] = tile
    node = node_in(lambda level, number: tiles[level, number])
    root = fold(leaves)
    assert edge.root() == root

    index = data.draw(st.integers(0, size - 1))
    path = [range_hash(*found, node) for found in inclusion_ranges(index, size)]
    verify_inclusion(index, size, leaves[index], path, root)
    before = data.draw(st.integers(1, size))
    old = fold(leaves[:before])
    proof = [range_hash(*found, node) for found in consistency_ranges(before, size)]
    verify_consistency(before, size, old, root, proof)

    other = data.draw(st.integers(0, size - 1).filter(lambda n: n != index) | st.just(size))
    assert not passes(verify_inclusion, other, size, leaves[index], path, root)
    assert not passes(verify_inclusion, index, size, leaf_hash(b"other"), path, root)
    assert not passes(verify_inclusion, index, size, leaves[index], [*path, root], root)
    assert not passes(verify_consistency, before, size, leaf_hash(b"other"), root, proof)
    assert not passes(verify_consistency, before, size, old, root, [*proof, root])
    if path:
        at = data.draw(st.integers(0, len(path) - 1))
        bent = [*path[:at], bytes(32), *path[at + 1 :]]
        assert not passes(verify_inclusion, index, size, leaves[index], bent, root)
        assert not passes(verify_inclusion, index, size, leaves[index], path[:-1], root)


@settings(deadline=None)
@given(steps=st.lists(st.integers(0, 600), min_size=1, max_size=6))
def test_a_log_that_grows_in_steps_ends_with_the_same_tiles(steps: list[int]) -> None:
    """Also when the edge is taken from its tiles anew before each step, as after a restart."""
    leaves = [leaf_hash(n.to_bytes(4)) for n in range(sum(steps))]
    tiles: dict[tuple[int, int], bytes] = {}
    size = 0
    for step in steps:
        wide = [place for place in places(size) if place.width < WIDTH]
        held = {place.level: tiles[place.level, place.number] for place in wide}
        edge = Edge(size, [held.get(level, b"") for level in range(max(held, default=-1) + 1)])
        grown = edge.grow(leaves[size : size + step])
        size = grown.size
        for place, tile in grown.tiles:
            kept = tiles.get((place.level, place.number), b"")
            assert tile.startswith(kept), "a tile only grows"
            tiles[place.level, place.number] = tile
        assert grown.root == fold(leaves[:size])
    once = {(p.level, p.number): tile for p, tile in Edge(0).grow(leaves).tiles}
    assert tiles == once
    assert {(p.level, p.number): p.width * 32 for p in places(size)} == {
        at: len(tile) for at, tile in once.items()
    }


def test_a_foreign_logs_tiles_and_bundle() -> None:
    entries = [entry.encode() for entry in LOG15["entries_utf8"]]
    assert pack(entries) == raw(LOG15["entry_bundle_p15_base64"])
    assert unpack(pack(entries)) == entries
    (only,) = Edge(0).grow([leaf_hash(entry) for entry in entries]).tiles
    assert only == (Place(0, 0, 15), raw(LOG15["tile_level0_p15_base64"]))


def test_paths_of_tiles() -> None:
    for case in LOG15["tile_paths"]:
        if case["kind"].startswith("index"):
            assert Place(0, case["n"]).path() == f"tile/0/{case['path']}"
            continue
        level = ENTRIES if case["kind"] == "entries" else case["level"]
        place = Place(level, case["n"], case["width"] or WIDTH)
        assert place.path() == case["path"]
        assert parse_path(case["path"]) == place


@pytest.mark.parametrize(
    "path",
    ["tile/0/00", "tile/0/0000", "tile/0/x000/000", "tile/64/000", "tile/00/000", "tile/0/000.p/0",
     "tile/0/000.p/256", "tile/0/000.p/01", "tile/-1/000", "tile/0/x1/234", "tile/0/000/",
     "/tile/0/000", "tile/0/../000", "tile/0/٠٠٠"],
)  # fmt: skip
def test_what_is_no_path_of_a_tile(path: str) -> None:
    assert parse_path(path) is None


def test_how_many_tiles_a_size_has() -> None:
    for case in LOG15["tile_counts_by_size"]:
        found: dict[str, int] = {}
        for place in places(case["size"]):
            if place.width == WIDTH:
                name = f"level{place.level}_full"
                found[name] = found.get(name, 0) + 1
            else:
                found[f"level{place.level}_partial_width"] = place.width
        wanted = {name: n for name, n in case.items() if name != "size" and n}
        assert found == wanted


@given(st.lists(st.binary(max_size=300), max_size=20), st.integers(1, 40))
def test_a_cut_bundle_is_refused(entries: list[bytes], cut: int) -> None:
    bundle = pack(entries)
    assert unpack(bundle) == entries
    short = bundle[: max(len(bundle) - cut, 0)]
    between = {len(pack(entries[:n])) for n in range(len(entries) + 1)}
    if len(short) in between:
        assert unpack(short) == entries[: len(unpack(short))]
    else:
        with pytest.raises(ValueError, match="within an entry"):
            unpack(short)
