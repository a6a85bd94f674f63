"""A graph keeps every name apart and inside the picture, and is mirrored in Persian."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.registry.drawing.graph import Neighbour, cut, graph
from portal.registry.drawing.marks import Anchor

NAMES = st.text("ابپتجسشکگلمنوهی abcdefgh", min_size=1, max_size=60)
NEIGHBOURS = st.lists(st.tuples(NAMES, NAMES, st.integers(0, 6), st.integers(1, 5)), max_size=48).map(
    lambda rows: [Neighbour(str(turn), *row[:2], "person", *row[2:]) for turn, row in enumerate(rows)]
)


@settings(max_examples=50, deadline=None)
@given(NEIGHBOURS, st.sampled_from([(860.0, 2), (350.0, 1)]), st.booleans())
def test_everything_stands_inside_and_on_a_row_of_its_own(
    near: list[Neighbour],
    size: tuple[float, int],
    mirrored: bool,  # noqa: FBT001 - drawn
) -> None:
    width, arcs = size
    drawn = graph(near, [("0", "1"), ("1", "2")], width=width, arcs=arcs, mirrored=mirrored)
    assert {node.neighbour.id for node in drawn.nodes} == {one.id for one in near}
    for node in drawn.nodes:
        assert 0 <= node.x <= width
        assert 20 <= node.y <= drawn.height - 20
        longest = 8.4 * max(len(node.name), len(node.words))
        start = node.x + node.dx
        assert start + longest <= width if node.anchor is Anchor.START else start - longest >= 0
    for anchor in (Anchor.START, Anchor.END):
        rows = sorted(node.y for node in drawn.nodes if node.anchor is anchor)
        assert all(below - above >= 40 for above, below in itertools.pairwise(rows))


@settings(max_examples=50, deadline=None)
@given(NEIGHBOURS, st.sampled_from([(860.0, 2), (350.0, 1)]))
def test_mirrored_everything_stands_as_far_from_the_other_edge(
    near: list[Neighbour], size: tuple[float, int]
) -> None:
    one, other = (
        graph(near, [], width=size[0], arcs=size[1], mirrored=mirrored) for mirrored in (False, True)
    )
    assert one.x + other.x == pytest.approx(size[0])
    for left, right in zip(one.nodes, other.nodes, strict=True):
        assert left.x + right.x == pytest.approx(size[0])
        assert (left.y, left.name, left.dx) == (right.y, right.name, -right.dx)


def test_ties_of_a_sort_stand_together_and_those_among_others_bend_inward() -> None:
    near = [Neighbour(str(turn), f"name {turn}", "", "person", turn % 2) for turn in range(8)]
    drawn = graph(near, [("0", "1"), ("1", "0"), ("0", "gone")], width=860, arcs=2, mirrored=False)
    assert [node.neighbour.group for node in drawn.nodes] == [0, 0, 0, 0, 1, 1, 1, 1]
    assert len(drawn.chords) == 1


def test_a_long_name_is_cut_with_a_sign() -> None:
    assert cut("abcdef", 4) == "abc…"
    assert cut("abcd", 4) == "abcd"
