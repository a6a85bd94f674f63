"""Pages that draw: a map of prisons and graves, who was in a prison, what stands around a record."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import render_template, request
from flask.typing import ResponseReturnValue

from portal.errors import NotFoundError
from portal.permissions import Permission
from portal.registry import around, atlas, circle, lives, looking, stays, wholes
from portal.registry.around import Tie, statements
from portal.registry.drawing import land, marks
from portal.registry.drawing.axis import Tick
from portal.registry.drawing.figures import Scale, by_year
from portal.registry.drawing.graph import Graph, Neighbour, graph
from portal.registry.drawing_dates import brief
from portal.registry.drawing_labels import CROWDS, FILTERS, MARKS, VIEWS, WATERS
from portal.registry.labels import label, reversed_label
from portal.registry.models import Record
from portal.registry.pages import pages, title
from portal.registry.vocabulary import Kind, PlaceKind, Predicate, RelationKind
from portal.staff.current import actor
from portal.web.edge import db
from portal.web.languages import LANGUAGES
from portal.web.locale import direction, language, month_name, number

_WIDE, _NARROW = 760, 350
"""Pixels that a picture is about wide on a screen and on a phone: its labels are laid out for both."""

_FEW_AROUND = 8
_DIGITS = 6
_MARKS = ("prison", "grave", "cemetery")


def _turned() -> dict[str, Any]:
    """Say in which calendar and in which direction time is drawn."""
    code = language()
    return {"calendar": LANGUAGES[code].calendar, "mirrored": direction(code) == "rtl"}


@pages.context_processor
def _drawn() -> dict[str, Any]:
    """Give the templates the drawings of a record, made when one asks for them."""
    return {
        "life_line_of": lambda record: lives.life_line(db(), record, by=actor(), **_turned()),
        "houses_of": _houses,
        "counts_of": _counts,
        "graph_of": lambda record: _graph(
            circle.circle(db(), record, by=actor(), limit=_FEW_AROUND, without=around.crowds(record))
        ),
        "brief": brief,
        "point_of": _point,
        "tick_label": _tick,
        "month_label": lambda one: f"{month_name(one.month)} {number(one.year)}",
        "short_source": lives.short,
        "by_year": by_year,
        "crowd_label": lambda word: str(CROWDS[word]),
        "said_of": _said,
    }


def _tick(tick: Tick) -> str:
    return month_name(tick.month, short=True) if tick.month else number(tick.year)


def _words(record: Record) -> Sequence[RelationKind]:
    """Say which crowds a record may have: prisoners and staff, or the buried."""
    return [word for word in around.crowds(record) if isinstance(word, RelationKind)]


def _houses(record: Record) -> list[tuple[RelationKind, stays.House]]:
    """Give the first page of each crowd of a record that has anybody in it, or any transfer."""
    found = [(word, stays.house(db(), record, by=actor(), word=word, **_turned())) for word in _words(record)]
    told = RelationKind.HELD_AT
    return [(word, one) for word, one in found if one.people or (word is told and one.moves)]


def _counts(record: Record) -> tuple[Scale, Sequence[Any]] | None:
    """Give the rival figures of how many lie in a grave, on one scale."""
    told = [
        one
        for each in _together(record)
        for one in statements(db(), each, by=actor())
        if one.predicate is Predicate.CAPACITY and one.high is not None
    ]
    most = max((one.high for one in told if one.high is not None), default=0)
    told.sort(key=lambda one: (one.low or 0, one.high or 0))
    return (Scale(most, mirrored=_turned()["mirrored"]), told) if told else None


def _together(record: Record) -> list[Record]:
    """Give a record with those that it is one with, where it stands for them."""
    one = wholes.whole(db(), record.id, by=actor())
    others = [key for key in one.parts if key != record.id] if one.shown == record.id else []
    return [record, *looking.several(db(), others, by=actor()).values()]


def _point(record: Record) -> bool:
    """Tell whether the map can show a record."""
    located = record.kind is Kind.GRAVE or (
        record.place is not None
        and record.place.kind in {PlaceKind.PRISON, PlaceKind.CEMETERY, PlaceKind.PLOT}
    )
    return located and atlas.point_of(db(), record, by=actor()) is not None


def _said(tie: Tie) -> str:
    """Say what the other is to the one looked at."""
    if isinstance(tie.word, RelationKind) and not tie.forward:
        return reversed_label(tie.word)
    return label(tie.word)


def _graph(found: circle.Circle) -> tuple[circle.Circle, Graph, Graph]:
    """Draw what stands around a record for a screen and for a phone."""
    near = [
        Neighbour(
            str(one.other.id),
            title(one.other),
            ", ".join(dict.fromkeys(_said(tie) for tie in one.ties)),
            one.other.kind.value,
            one.group,
            one.sources,
        )
        for one in found.near
    ]
    ties = [(str(one.one.id), str(one.other.id)) for one in found.among]
    mirrored = bool(_turned()["mirrored"])
    wide, narrow = (
        graph(near, ties, width=width, arcs=arcs, mirrored=mirrored)
        for width, arcs in ((_WIDE + 100.0, 2), (float(_NARROW), 1))
    )
    return found, wide, narrow


def _number(name: str, least: int, most: int) -> int:
    """Read a number from the address; anything else is the least."""
    text = request.args.get(name, "")[:_DIGITS]
    return min(max(int(text), least), most) if text.isascii() and text.isdecimal() else least


@pages.page("/<uuid:record_id>/graph", access=Permission.REGISTRY_READ)
def graph_page(record_id: UUID) -> ResponseReturnValue:
    """Draw what stands around a record, a few at a time, with a table that says the same."""
    record = looking.find(db(), record_id, by=actor())
    limit = _number("show", circle.STEP, circle.MOST)
    drawn = _graph(circle.circle(db(), record, by=actor(), limit=limit))
    return render_template(
        "registry/graph.html", record=record, drawn=drawn, limit=limit, step=circle.STEP, most=circle.MOST
    )


@pages.page("/<uuid:record_id>/people", access=Permission.REGISTRY_READ)
def people(record_id: UUID) -> ResponseReturnValue:
    """Show who was in a prison (or worked there, or is said to lie in a grave), page by page."""
    record = looking.find(db(), record_id, by=actor())
    word = next((one for one in _words(record) if one.value == request.args.get("as")), None)
    word = word or next(iter(_words(record)), None)
    if word is None:
        raise NotFoundError
    house = stays.house(db(), record, by=actor(), word=word, page=_number("page", 1, 99_999), **_turned())
    return render_template("registry/people.html", record=record, word=word, house=house)


@pages.page("/map", access=Permission.REGISTRY_READ)
def map_page() -> ResponseReturnValue:
    """Draw prisons and graves where they are, coarsely, and list them."""
    chosen = request.args.get("kind", "")
    wanted = (chosen,) if chosen in _MARKS else _MARKS
    found = atlas.atlas(db(), by=actor(), wanted=wanted, latin=language() != "fa")
    here = _asked_for(found)
    window = land.around(here.longitude_tenths / 10, here.latitude_tenths / 10) if here else _view()[1]
    seas = {str(WATERS[name]): point for name, point in land.WATERS.items()}
    spots = [_spot(one, first=one is here) for one in found.located]
    pictures = [marks.picture(spots, window, pixels, seas=seas, number=number) for pixels in (_WIDE, _NARROW)]
    return render_template(
        "registry/map.html",
        atlas=found,
        here=here,
        view="" if here else _view()[0],
        views=VIEWS,
        filters=FILTERS,
        names=MARKS,
        step=marks.STEP,
        kilometres=land.KILOMETRES,
        kind=chosen if chosen in _MARKS else "",
        window=window,
        land={name: land.outline(name) for name in ("iran", "around")},
        pictures=pictures,
        inside={UUID(spot.id) for mark in pictures[0].marks for spot in mark.spots},
    )


def _view() -> tuple[str, land.Window]:
    name = request.args.get("view", "")
    return (name, land.VIEWS[name]) if name in land.VIEWS else ("iran", land.VIEWS["iran"])


def _asked_for(found: atlas.Atlas) -> atlas.Located | None:
    """Give the record that the address names, if it is on the map."""
    text = request.args.get("record", "")
    return next((one for one in found.located if str(one.record.id) == text), None)


def _spot(one: atlas.Located, *, first: bool) -> marks.Spot:
    rank = -1 if first else ("prison", "disturbed", "grave", "cemetery").index(one.mark)
    return marks.Spot(
        str(one.record.id),
        title(one.record),
        one.mark,
        one.longitude_tenths,
        one.latitude_tenths,
        rank,
        title(one.through) if one.through else "",
    )
