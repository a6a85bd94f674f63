"""A graph of what stands around one record: it in the middle, the others on one or two arcs around it.

Names stand on rows of their own, so that no name can cover another, however many there are; records of the
same sort of tie stand together.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

from portal.registry.drawing.marks import Anchor

_ROW = 46.0
_TOP = 34.0
_LETTER = 8.4
_LEAST_ROWS = 3


@dataclass(frozen=True)
class Neighbour:
    """A record tied to the middle one; `group` keeps ties of a sort together, `weight` is how many say so."""

    id: str
    name: str
    words: str
    kind: str
    group: int = 0
    weight: int = 1


@dataclass(frozen=True)
class Node:
    """A neighbour in the picture: its point, and where its name begins."""

    neighbour: Neighbour
    x: float
    y: float
    name: str
    words: str
    dx: float
    anchor: Anchor


@dataclass(frozen=True)
class Graph:
    """A picture in pixels; `chords` are the paths of ties among the neighbours."""

    width: float
    height: float
    x: float
    y: float
    nodes: tuple[Node, ...]
    chords: tuple[str, ...]


def graph(
    neighbours: Sequence[Neighbour],
    ties: Iterable[tuple[str, str]],
    *,
    width: float,
    arcs: int,
    mirrored: bool,
) -> Graph:
    """Lay out the neighbours on one arc or two; mirrored, the first arc stands at the left."""
    ordered = sorted(neighbours, key=lambda one: (one.group, one.name, one.id))
    half = (len(ordered) + 1) // 2 if arcs > 1 else len(ordered)
    rows = max(half, _LEAST_ROWS)
    height = 2 * _TOP + (rows - 1) * _ROW
    middle = (width / 2 if arcs > 1 else 0.13 * width, height / 2)
    reach = width * (0.2 if arcs > 1 else 0.27)
    room = width / 2 - reach - 14 if arcs > 1 else 0.87 * width - reach - 14
    arc = _Arc(middle, reach, height / 2 - _TOP / 2, max(int(room / _LETTER), 4))
    nodes = [*arc.nodes(ordered[:half], 1), *arc.nodes(ordered[half:], -1)]
    if mirrored:
        nodes = [_mirrored(node, width) for node in nodes]
        middle = (width - middle[0], middle[1])
    where = {node.neighbour.id: node for node in nodes}
    chords = [
        _chord(where[one], where[other], middle) for one, other in ties if one in where and other in where
    ]
    return Graph(width, height, *middle, tuple(nodes), tuple(dict.fromkeys(chords)))


@dataclass(frozen=True)
class _Arc:
    """An ellipse around the middle, `reach` wide and `tall` high, and how many letters fit beside it."""

    middle: tuple[float, float]
    reach: float
    tall: float
    letters: int

    def nodes(self, side: Sequence[Neighbour], way: int) -> Iterable[Node]:
        """Lay one side in rows of equal height, as far out as the ellipse is there."""
        start = self.middle[1] - (len(side) - 1) * _ROW / 2
        for row, one in enumerate(side):
            y = start + row * _ROW
            bend = sqrt(max(1 - ((y - self.middle[1]) / self.tall) ** 2, 0.0))
            x = self.middle[0] + way * self.reach * (0.55 + 0.45 * bend)
            anchor = Anchor.START if way > 0 else Anchor.END
            yield Node(one, x, y, cut(one.name, self.letters), cut(one.words, self.letters), way * 14, anchor)


def _mirrored(node: Node, width: float) -> Node:
    anchor = Anchor.END if node.anchor is Anchor.START else Anchor.START
    return Node(node.neighbour, width - node.x, node.y, node.name, node.words, -node.dx, anchor)


def _chord(one: Node, other: Node, middle: tuple[float, float]) -> str:
    """Bend a tie between two neighbours towards the middle, so that it is not taken for theirs to it."""
    (x1, y1), (x2, y2) = sorted([(one.x, one.y), (other.x, other.y)])
    x = (x1 + x2) / 2 * 0.45 + middle[0] * 0.55
    y = (y1 + y2) / 2 * 0.7 + middle[1] * 0.3
    return f"M{x1:.1f} {y1:.1f}Q{x:.1f} {y:.1f} {x2:.1f} {y2:.1f}"


def cut(text: str, longest: int) -> str:
    """Cut a text that is longer than there is room for."""
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"
