"""The map keeps north up, Iran inside its picture, and gives no label the room of another."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from portal.registry.drawing import land
from portal.registry.drawing.marks import Box, Spot, box_of, picture

EAST, NORTH = st.integers(445, 630), st.integers(255, 395)
NAMES = st.text("ابپتجچحخدرزسشکگلمنوهی abcdefgh", min_size=1, max_size=40)


@st.composite
def spots(draw: st.DrawFn) -> list[Spot]:
    places = draw(st.lists(st.tuples(EAST, NORTH, NAMES), max_size=40))
    return [Spot(str(turn), name, "prison", east, north) for turn, (east, north, name) in enumerate(places)]


@settings(deadline=None)
@given(EAST, NORTH)
def test_north_is_up_and_east_is_right(east: int, north: int) -> None:
    x, y = land.plane(east / 10, north / 10)
    assert land.plane(east / 10, north / 10 + 0.1)[1] < y
    assert land.plane(east / 10 + 0.1, north / 10)[0] > x


def test_iran_lies_in_its_picture_and_every_part_in_iran_s() -> None:
    whole = land.VIEWS["iran"]
    corners = [point.split() for point in land.outline("iran").strip("MZ").replace("ZM", "L").split("L")]
    assert len(corners) > 200
    assert all(whole.holds(float(x), float(y)) for x, y in corners)
    for part in land.VIEWS.values():
        assert part.width / part.height == land.SHAPE or abs(part.width / part.height - land.SHAPE) < 1e-9
    assert whole.holds(*land.plane(51.4, 35.7))
    assert land.VIEWS["tehran"].holds(*land.plane(51.0, 35.8))


@settings(max_examples=60, deadline=None)
@given(spots(), st.sampled_from(sorted(land.VIEWS)), st.sampled_from([760, 350]))
def test_no_label_covers_a_label_or_a_mark_or_leaves_the_picture(
    found: list[Spot], view: str, pixels: int
) -> None:
    window = land.VIEWS[view]
    drawn = picture(found, window, pixels, seas=land.WATERS)
    labels: list[Box] = []
    at = [((one.x - window.x) / drawn.unit, (one.y - window.y) / drawn.unit) for one in drawn.marks]
    seen = [point for mark, point in zip(drawn.marks, at, strict=True) if not mark.covered]
    for mark, (x, y) in zip(drawn.marks, at, strict=True):
        assert window.holds(mark.x, mark.y)
        if mark.label:
            box = box_of(mark.label, x, y)
            assert box.left >= 0
            assert box.right <= pixels
            assert not any(box.meets(other) for other in labels)
            assert not any(box.meets(Box(left - 8, top - 8, left + 8, top + 8)) for left, top in seen)
            labels.append(box)
    inside = [
        one for one in found if window.holds(*land.plane(one.longitude_tenths / 10, one.latitude_tenths / 10))
    ]
    assert sorted(spot.id for mark in drawn.marks for spot in mark.spots) == sorted(one.id for one in inside)


def test_what_stands_at_one_point_is_one_mark_named_for_the_first() -> None:
    here = [Spot("b", "Khavaran", "grave", 515, 357, 1), Spot("a", "Evin", "prison", 515, 357, 0)]
    drawn = picture([*here, Spot("c", "Karaj prison", "prison", 516, 357, 2)], land.VIEWS["iran"], 760)
    mark, other = drawn.marks
    assert other.covered
    assert mark.label
    assert mark.label.text == "Evin (2) +1"
    lent = [replace(spot, place="Tehran") for spot in here]
    assert picture(lent, land.VIEWS["tehran"], 760).marks[0].name == "Tehran (2)"
    assert (drawn.kilometres, picture([], land.VIEWS["tehran"], 760).kilometres) == (500, 50)
    assert mark.kinds == ("prison", "grave")
    assert mark.blur > 0
