"""Marks on the map and their labels: what stands at one point is one mark, and no label covers another."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from portal.registry.drawing.land import KILOMETRES, Window, plane

_LETTER = 7.6
"""Pixels that a letter of a label takes on average, a little more than it does."""

_LINE = 18.0
_MARK = 9.0
_GAP = 4.0
STEP = 15.0
_TENTHS = 10
_BLUR = 0.05
_LONGEST = 26
"""Letters of a label; what is longer is cut."""


class Anchor(StrEnum):
    """Which end of a text its point is, as SVG writes it; texts run from left to right in the frame."""

    START = "start"
    MIDDLE = "middle"
    END = "end"


@dataclass(frozen=True)
class Spot:
    """Something at a coarse position, in tenths of a degree; ``kind`` chooses its mark."""

    id: str
    name: str
    kind: str
    longitude_tenths: int
    latitude_tenths: int
    rank: int = 0
    """The lower, the sooner it is named."""

    place: str = ""
    """The place that lends its position; several that lie in one are named by it."""


class Box(NamedTuple):
    """A rectangle in pixels of the picture."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "Box") -> bool:
        """Tell whether two rectangles overlap."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


@dataclass(frozen=True)
class Label:
    """Where a name stands, in pixels from its mark."""

    text: str
    dx: float
    dy: float
    anchor: Anchor


@dataclass(frozen=True)
class Mark:
    """One point of the map, on the plane: what stands there, how wide its blur is, and its label if any.

    Of each kind that stands there one sign is drawn, beside each other, `STEP` pixels apart. A mark that
    would cover another is `covered` at this size: it is left to that one, whose label counts it.
    """

    x: float
    y: float
    kinds: tuple[str, ...]
    spots: tuple[Spot, ...]
    blur: float
    label: Label | None
    spare: Label
    name: str
    covered: bool = False


@dataclass(frozen=True)
class Picture:
    """The marks of a window drawn at a width in pixels; `unit` is the plane's units in a pixel.

    The bar is so many kilometres long, in `bar` units of the plane.
    """

    unit: float
    marks: tuple[Mark, ...]
    kilometres: int
    bar: float
    seas: tuple[tuple[str, float, float], ...] = ()


def picture(
    spots: Iterable[Spot],
    window: Window,
    pixels: int,
    *,
    seas: Mapping[str, tuple[float, float]] | None = None,
    number: Callable[[int], str] = str,
) -> Picture:
    """Lay out what lies in the window; ``seas`` are names without a mark, shown where room is left."""
    unit = window.width / pixels
    frame = Box(0, 0, pixels, window.height / unit)
    groups = _gathered(spots, window)
    kinds = [tuple(dict.fromkeys(spot.kind for spot in here)) for _, _, here in groups]
    sides = [(len(several) - 1) * STEP / 2 for several in kinds]
    at = [((x - window.x) / unit, (y - window.y) / unit) for x, y, _ in groups]
    boxes = [_around(*point, side) for point, side in zip(at, sides, strict=True)]
    leaders = _leaders(boxes)
    taken = [box for place, box in enumerate(boxes) if leaders[place] == place]
    marks = []
    for place, (x, y, here) in enumerate(groups):
        covered = leaders[place] != place
        more = sum(len(groups[other][2]) for other, leader in enumerate(leaders) if leader == place != other)
        name = _name(here, number)
        text = f"{name} +{number(more)}" if more else name
        label = None if covered else _placed(text, at[place], sides[place], taken, frame)
        spare = _labels(text, sides[place])[0]
        marks.append(Mark(x, y, kinds[place], here, _blur(here[0]), label, spare, name, covered))
    kilometres = _round(window.width * KILOMETRES / 4)
    bar = kilometres / KILOMETRES
    return Picture(unit, tuple(marks), kilometres, bar, tuple(_seas(seas or {}, window, unit, taken, frame)))


def _round(kilometres: float) -> int:
    """Give the longest of 1, 2, 5, 10, 20, 50 ... that is no longer."""
    lengths = (step * 10**power for power in range(4) for step in (1, 2, 5))
    return max((one for one in lengths if one <= kilometres), default=1)


def _blur(spot: Spot) -> float:
    """Give how far from its point something may lie, in units of the plane."""
    latitude = spot.latitude_tenths / _TENTHS
    return abs(plane(0, latitude + _BLUR)[1] - plane(0, latitude)[1])


def _gathered(spots: Iterable[Spot], window: Window) -> list[tuple[float, float, tuple[Spot, ...]]]:
    """Gather what stands at the same point, those to be named first in front."""
    found: dict[tuple[int, int], list[Spot]] = {}
    for spot in sorted(spots, key=lambda one: (one.rank, one.name, one.id)):
        found.setdefault((spot.longitude_tenths, spot.latitude_tenths), []).append(spot)
    laid = [(*plane(east / _TENTHS, north / _TENTHS), tuple(here)) for (east, north), here in found.items()]
    return [one for one in laid if window.holds(one[0], one[1])]


def _leaders(boxes: Sequence[Box]) -> list[int]:
    """Give for each mark the one that stands for it: itself, or the first that it would cover."""
    found: list[int] = []
    for place, box in enumerate(boxes):
        over = (one for one in range(place) if found[one] == one and boxes[one].meets(box))
        found.append(next(over, place))
    return found


def _name(here: Sequence[Spot], number: Callable[[int], str]) -> str:
    """Name what stands at a point: the one, or the place in which several lie, or the first of several."""
    place = here[0].place if here[1:] and len({spot.place for spot in here}) == 1 else ""
    name = place or here[0].name
    name = name if len(name) <= _LONGEST else name[: _LONGEST - 1].rstrip() + "…"
    return f"{name} ({number(len(here))})" if here[1:] else name


def _labels(text: str, side: float) -> list[Label]:
    """Give the places that a label may take around its mark, the best first."""
    aside, up, down = _MARK + side + _GAP, -_MARK - _GAP, _MARK + _LINE - _GAP
    return [
        Label(text, aside, 5, Anchor.START),
        Label(text, -aside, 5, Anchor.END),
        Label(text, 0, up, Anchor.MIDDLE),
        Label(text, 0, down, Anchor.MIDDLE),
        Label(text, aside, up + 4, Anchor.START),
        Label(text, aside, down - 4, Anchor.START),
        Label(text, -aside, up + 4, Anchor.END),
        Label(text, -aside, down - 4, Anchor.END),
    ]


def width_of(text: str) -> float:
    """Estimate the width of a label in pixels."""
    return len(text) * _LETTER


def box_of(label: Label, x: float, y: float) -> Box:
    """Give the rectangle of a label whose mark stands at a point."""
    width = width_of(label.text)
    back = {Anchor.START: 0.0, Anchor.MIDDLE: width / 2, Anchor.END: width}[label.anchor]
    left, base = x + label.dx - back, y + label.dy
    return Box(left, base - _LINE + 4, left + width, base + 5)


def _placed(text: str, at: tuple[float, float], side: float, taken: list[Box], frame: Box) -> Label | None:
    """Find room for a label, and take it."""
    for label in _labels(text, side):
        box = box_of(label, *at)
        inside = box.left >= frame.left and box.right <= frame.right
        inside = inside and box.top >= frame.top and box.bottom <= frame.bottom
        if inside and not any(box.meets(other) for other in taken):
            taken.append(box)
            return label
    return None


def _around(x: float, y: float, side: float = 0.0) -> Box:
    return Box(x - _MARK - side, y - _MARK, x + _MARK + side, y + _MARK)


def _seas(
    seas: Mapping[str, tuple[float, float]], window: Window, unit: float, taken: list[Box], frame: Box
) -> Iterable[tuple[str, float, float]]:
    for text, point in seas.items():
        x, y = plane(*point)
        at = ((x - window.x) / unit, (y - window.y) / unit)
        box = box_of(Label(text, 0, 0, Anchor.MIDDLE), *at)
        inside = box.left >= frame.left and box.right <= frame.right
        if inside and window.holds(x, y) and not any(box.meets(other) for other in taken):
            taken.append(box)
            yield text, x, y
