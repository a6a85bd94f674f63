"""What was noticed in a text, drawn into it and listed beneath it for its reviewer."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from flask import url_for

from portal.casework.marking import MarkKind
from portal.dates.reading import ApproximateDate
from portal.linking import labels
from portal.linking.mentions import About
from portal.linking.noticing import Noticed, Notices
from portal.registry.records import shown
from portal.web.locale import day, language
from portal.web.locale import gettext as _
from portal.web.locale import lazy_gettext as _l

Pieces = Sequence[tuple[str, Sequence[str], str]]
"""A text in pieces that together are the text: words, kinds of marks, anchor."""
Hint = Mapping[str, str]

_NAMED = 3
"""Candidates whose names are listed."""
_OPEN = 12
"""Suggestions that are listed without being asked for."""
_MARKED_AS = {
    About.PERSON: MarkKind.PERSON,
    About.PLACE: MarkKind.PLACE,
    About.GRAVE: MarkKind.PLACE,
    About.BODY: MarkKind.PERSON,
    About.DATE: MarkKind.DATE,
}
_OTHER_SORTS: Mapping[About, Any] = {About.BODY: _l("Organisation"), About.DATE: _l("Date")}
_APART = "\u2068{}\u2069"


@dataclass(frozen=True)
class Suggested:
    """A text with its suggestions drawn in, and the same as rows, each once; ``on`` unless turned off."""

    pieces: Sequence[tuple[str, Sequence[str], str, Hint | None]] = field(repr=False)
    rows: Sequence[Mapping[str, Any]] = field(repr=False, default=())
    complete: bool = True
    on: bool = True

    @property
    def unfolded(self) -> bool:
        """Whether the list is short enough to stand open."""
        return len(self.rows) <= _OPEN

    @classmethod
    def off(cls, pieces: Pieces) -> "Suggested":
        """Draw nothing."""
        return cls([(*one, None) for one in pieces], on=False)


def shown_in(pieces: Pieces, found: Notices, *, case_id: UUID, field_id: UUID) -> Suggested:
    """Draw what was noticed into the pieces of a text, and list it."""
    rows: dict[object, dict[str, Any]] = {}
    hints = []
    for one in found.noticed:
        at = one.mention
        way = _way(one, case_id=case_id, field_id=field_id)
        row = rows.setdefault(_same(one), _row(one, way, len(rows)))
        row["times"] += 1
        hint = {
            "kind": _MARKED_AS[at.kind].value,
            "href": way or f"#told-{row['number']}",
            "title": row["days"] or row["names"][0],
        }
        hints.append((at.start, at.end, hint))
    return Suggested([*_drawn(pieces, hints)], [*rows.values()], found.complete)


def _same(one: Noticed) -> object:
    """Return what makes two mentions one suggestion: the same candidates, or the same days."""
    if one.mention.date:
        return one.mention.date.interval, one.mention.date.words
    return tuple(record.id for record in one.records)


def _way(one: Noticed, *, case_id: UUID, field_id: UUID) -> str:
    at = one.mention
    if at.kind is About.DATE:
        return ""
    if one.target is None:
        return url_for("registry.show", record_id=one.records[0].id)
    kind = _MARKED_AS[at.kind].value
    return url_for("linking.mention", case_id=case_id, text=field_id, at=f"{at.start}-{at.end}", kind=kind)


def _row(one: Noticed, way: str, number: int) -> dict[str, Any]:
    names = [shown(record.names, language())[0] for record in one.records[:_NAMED]]
    when = one.mention.date
    words = " ".join(part for part in (one.mention.titles, one.mention.name) if part)
    return {
        "number": number,
        "words": when.words if when else words,
        "kind": _MARKED_AS[one.mention.kind].value,
        "sort": labels.TARGETS[one.target] if one.target else _OTHER_SORTS[one.mention.kind],
        "href": way or f"#seen-{one.mention.start}",
        "names": names,
        "more": len(one.records) - len(names),
        "days": days(when) if when else "",
        "leans": bool(when and when.proposal and when.placed),
        "times": 0,
    }


def days(when: ApproximateDate) -> str:
    """Say in words which days a date may mean."""
    first, last = when.earliest, when.latest
    if first and last:
        return (
            _day(first) if first == last else _("%(first)s to %(last)s", first=_day(first), last=_day(last))
        )
    if first:
        return _("%(day)s or later", day=_day(first))
    if last:
        return _("%(day)s or earlier", day=_day(last))
    return _("the text does not say in which year")


def _day(one: date) -> str:
    return _APART.format(day(one))


def _drawn(
    pieces: Pieces, hints: Sequence[tuple[int, int, Hint]]
) -> Iterator[tuple[str, Sequence[str], str, Hint | None]]:
    """Cut the pieces where suggestions begin and end; these do not overlap and come in order."""
    at, waiting = 0, [*reversed(hints)]
    for words, kinds, anchor in pieces:
        begun, end = at, at + len(words)
        while at < end:
            while waiting and waiting[-1][1] <= at:
                waiting.pop()
            start, stop, hint = waiting[-1] if waiting else (end, end, None)
            inside = start <= at
            upto = min(end, stop if inside else start)
            name = anchor if at == begun else ""
            name = name or (f"seen-{start}" if inside and at == start else "")
            yield words[at - begun : upto - begun], kinds, name, hint if inside else None
            at = upto
