"""The land on which the map is drawn: a plane for Iran, its outline, the parts that can be looked at."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import cos, log, pi, radians, sin, tan
from pathlib import Path

_LAND = Path(__file__).with_name("land.json")
_HUNDREDTHS = 100
_SOUTH, _NORTH = radians(28), radians(37)
_MIDDLE, _ORIGIN = 53.5, 32.5
_SCALE = 2000.0
KILOMETRES = 6371 / _SCALE
"""Kilometres in a unit of the plane, near enough everywhere in Iran."""

_CONE = log(cos(_SOUTH) / cos(_NORTH)) / log(tan(pi / 4 + _NORTH / 2) / tan(pi / 4 + _SOUTH / 2))
_FACTOR = cos(_SOUTH) * tan(pi / 4 + _SOUTH / 2) ** _CONE / _CONE
SHAPE = 1.22
"""Width of every picture by its height."""

_NARROW = 0.8


def plane(longitude: float, latitude: float) -> tuple[float, float]:
    """Lay a point on the plane (Lambert's conformal cone through 28 and 37 north); x to the right, y down.

    The unit is 1/2000 of the earth's radius, some three kilometres.
    """
    rho, middle = (_FACTOR / tan(pi / 4 + radians(one) / 2) ** _CONE for one in (latitude, _ORIGIN))
    angle = _CONE * radians(longitude - _MIDDLE)
    return _SCALE * rho * sin(angle), _SCALE * (rho * cos(angle) - middle)


@dataclass(frozen=True)
class Window:
    """What a picture shows of the plane."""

    x: float
    y: float
    width: float
    height: float

    def holds(self, x: float, y: float) -> bool:
        """Tell whether a point lies inside."""
        return self.x <= x <= self.x + self.width and self.y <= y <= self.y + self.height


def window(west: float, south: float, east: float, north: float) -> Window:
    """Give the window, of the shape of every picture, around a piece of the globe in degrees."""
    middle = (west + east) / 2
    corners = [plane(one, other) for one in (west, middle, east) for other in (south, north)]
    left, right = (end(x for x, _ in corners) for end in (min, max))
    top, bottom = (end(y for _, y in corners) for end in (min, max))
    width = max(right - left, (bottom - top) * SHAPE)
    height = width / SHAPE
    return Window((left + right - width) / 2, (top + bottom - height) / 2, width, height)


def around(longitude: float, latitude: float, degrees: float = 1.5) -> Window:
    """Give a window around a point."""
    return window(longitude - degrees, latitude - degrees, longitude + degrees, latitude + degrees)


VIEWS: Mapping[str, Window] = {
    "iran": window(44.0, 25.0, 63.4, 40.0),
    "tehran": window(50.2, 35.05, 52.4, 36.25),
    "north": window(48.3, 35.9, 54.6, 38.2),
    "north-west": window(44.2, 35.9, 49.2, 39.4),
    "west": window(45.4, 32.9, 50.2, 36.4),
    "south-west": window(47.4, 29.8, 52.2, 33.3),
    "centre": window(50.2, 31.0, 55.4, 34.8),
    "south": window(50.6, 26.3, 58.0, 31.4),
    "north-east": window(55.6, 34.2, 61.6, 38.4),
    "south-east": window(56.4, 25.2, 63.2, 31.6),
}
"""The parts of the country that can be looked at without scripts."""

WATERS: Mapping[str, tuple[float, float]] = {
    "caspian": (51.4, 39.35),
    "persian-gulf": (51.6, 27.0),
    "oman": (58.9, 25.25),
}
"""Where the names of the seas stand."""


@cache
def _rings() -> Mapping[str, Sequence[Sequence[int]]]:
    found: Mapping[str, Sequence[Sequence[int]]] = json.loads(_LAND.read_text(encoding="utf-8"))
    return found


@cache
def outline(name: str) -> str:
    """Give the path of a piece of land on the plane, as SVG writes it: ``iran`` or ``around``."""
    return "".join(_path(ring) for ring in _rings()[name])


def _path(ring: Sequence[int]) -> str:
    points = (plane(x / _HUNDREDTHS, y / _HUNDREDTHS) for x, y in zip(ring[::2], ring[1::2], strict=True))
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "Z"
