"""Cell suppression: small counts stay out, and so many others with them that nobody can work them out.

A table with its row and column sums is a circulation: every cell is an arc between its row and its column,
and the margins lead back. What a reader can infer of a cell is an interval; its ends are maximum flows
(Cox, JASA 1995; Fischetti and Salazar, Management Science 2001), so they are exact, not estimates.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count

from portal.errors import InvalidError

THRESHOLD = 10
"""Counts from 1 to 9 are small."""

Place = tuple[int, int]
"""Row and column; the last of each holds the sums."""


@dataclass(frozen=True)
class Marginal:
    """Counts of a table with its sums: the last row and column add up the others. Raises `InvalidError`."""

    counts: tuple[tuple[int, ...], ...]

    def __post_init__(self) -> None:
        rows, columns = self.counts[:-1], list(zip(*self.counts, strict=True))
        if min(map(min, self.counts)) < 0:
            raise InvalidError("A count is not negative.")
        if any(sum(row[:-1]) != row[-1] for row in self.counts) or any(
            sum(column[:-1]) != column[-1] for column in columns
        ):
            raise InvalidError("The sums of a table are those of its cells.")
        if not rows:
            raise InvalidError("A table has rows.")

    @classmethod
    def of(cls, cells: Sequence[Sequence[int]]) -> "Marginal":
        """Add the sums to the cells of a table."""
        rows = [(*row, sum(row)) for row in cells]
        return cls((*rows, tuple(map(sum, zip(*rows, strict=True)))))

    @cached_property
    def places(self) -> dict[Place, int]:
        """Every cell and every sum."""
        return {(i, j): value for i, row in enumerate(self.counts) for j, value in enumerate(row)}

    def ends(self, place: Place) -> tuple[int, int]:
        """Return the two nodes between which a cell or sum flows; rows are numbered before columns."""
        last_row, last_column = len(self.counts) - 1, len(self.counts[0]) - 1
        row, column = place[0], last_row + 1 + place[1]
        # A sum flows against its cells, and the sum of the sums against them.
        backward = (place[0] == last_row) != (place[1] == last_column)
        return (row, column) if not backward else (column, row)


def bounds(table: Marginal, hidden: frozenset[Place], place: Place) -> tuple[int, int | None]:
    """Return the least and the greatest count that a reader must think possible; None is any number.

    The reader knows every place that is not hidden, that counts are whole and not negative, and the sums.
    """
    value = table.places[place]
    if place not in hidden:
        return value, value
    tail, head = table.ends(place)
    limit = 2 * sum(table.places.values()) + 1  # more than can flow anywhere but in a circle
    down = _Flow(table, hidden, apart=place).push(tail, head, value)
    up = _Flow(table, hidden, apart=place).push(head, tail, limit)
    return value - down, None if up == limit else value + up


def suppressed(table: Marginal, *, threshold: int = THRESHOLD) -> frozenset[Place]:
    """Return what must stay out: small counts, and others until each may be anything from 0 to the threshold.

    Others are taken along the cheapest ways round, counted by what is lost with them.
    """
    small = sorted(place for place, value in table.places.items() if 0 < value < threshold)
    hidden = frozenset(small)
    for place in small:
        value = table.places[place]
        tail, head = table.ends(place)
        for start, end, wanted in ((head, tail, threshold - value), (tail, head, value)):
            flow = _Flow(table, hidden, apart=place, widen=True)
            if flow.push(start, end, wanted) < wanted:
                raise InvalidError("This table is too small to protect what is in it.")
            hidden = frozenset(flow.counts) | {place}
    return hidden


class _Flow:
    """What hidden counts may still become: up without end, down to nothing; others are hidden on demand.

    Successive cheapest paths (Ahuja, Magnanti and Orlin, 1993, section 9.7); a hidden count costs nothing.
    """

    def __init__(
        self, table: Marginal, hidden: frozenset[Place], *, apart: Place, widen: bool = False
    ) -> None:
        self.table, self.apart, self.widen = table, apart, widen
        self.counts = {place: table.places[place] for place in hidden if place != apart}

    def push(self, start: int, end: int, most: int) -> int:
        """Move as much as possible, up to ``most``, from one node to another; returns how much."""
        flow = 0
        while flow < most and (path := self._cheapest(start, end)):
            for place, _ in path:
                self.counts.setdefault(place, self.table.places[place])
            step = min([most - flow, *(self.counts[place] for place, forward in path if not forward)])
            for place, forward in path:
                self.counts[place] += step if forward else -step
            flow += step
        return flow

    def _arcs(self) -> dict[int, list[tuple[int, int, Place, bool]]]:
        arcs: dict[int, list[tuple[int, int, Place, bool]]] = {}
        for place, value in self.table.places.items():
            if place == self.apart or (place not in self.counts and not self.widen):
                continue
            cost = 0 if place in self.counts else value + 1
            tail, head = self.table.ends(place)
            arcs.setdefault(tail, []).append((cost, head, place, True))
            if self.counts.get(place, value):
                arcs.setdefault(head, []).append((cost, tail, place, False))
        return arcs

    def _cheapest(self, start: int, end: int) -> list[tuple[Place, bool]]:
        """Return the places of the cheapest path, each with whether it grows (Dijkstra); none is empty."""
        arcs, order = self._arcs(), count()
        came: dict[int, tuple[int, Place, bool]] = {}
        done: set[int] = set()
        waiting: list[tuple[int, int, int, tuple[int, Place, bool] | None]] = [(0, next(order), start, None)]
        while waiting and end not in done:
            cost, _, node, way = heapq.heappop(waiting)
            if node in done:
                continue
            done.add(node)
            if way is not None:
                came[node] = way
            for more, other, place, forward in arcs.get(node, ()):
                if other not in done:
                    heapq.heappush(waiting, (cost + more, next(order), other, (node, place, forward)))
        path: list[tuple[Place, bool]] = []
        node = end
        while node in came:
            node, place, forward = came[node]
            path.append((place, forward))
        return path
