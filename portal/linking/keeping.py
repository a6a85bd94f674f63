"""The links of an open case, with all that was decided on them, and who may not know of them yet."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from portal.casework.access import Opened
from portal.casework.reading import Mark
from portal.database import PortalSession
from portal.linking.models import UNDECIDED, Link, LinkDecision, LinkState
from portal.linking.opinions import Opinion, Settlement
from portal.permissions import Permission
from portal.registry import service as registry
from portal.staff.actor import Actor
from portal.vault.seal import Label

SECOND, LEAD = 2, 3


@dataclass(frozen=True)
class Kept:
    """A link as it is kept: its row, what the first one said, and what came after."""

    row: Link
    mark_id: UUID
    first: Opinion
    quote: str = field(repr=False)
    second: Opinion | None = None
    settled: Settlement | None = None
    settles: UUID | None = None
    """The link that two saw differently, in whose place a lead put this one."""

    @property
    def hands(self) -> tuple[Opinion, ...]:
        """What those said who decided on it before any lead."""
        return (self.first,) if self.second is None else (self.first, self.second)

    @property
    def records(self) -> set[UUID]:
        """The records that anybody named who decided on it before any lead."""
        return {hand.choice.record_id for hand in self.hands if hand.choice}

    def decided_by(self, by: Actor) -> bool:
        """Tell whether somebody has said what they think of it."""
        return any(one.is_of(by.id, by.name) for one in self.hands)

    def hidden_from(self, by: Actor) -> bool:
        """Tell whether somebody may not know of it.

        What waits for a second look is shown to its first reviewer alone, for anybody else may become the
        second; what two see differently, to both of them and to leads.
        """
        if self.row.state not in UNDECIDED or self.decided_by(by):
            return False
        return self.row.state is LinkState.WAITING or not by.may(Permission.CASE_APPROVE)


def links_of(
    session: PortalSession, opened: Opened, *, states: Iterable[LinkState] = LinkState
) -> list[Kept]:
    """Open the links of a case that are in these states, with what was decided on them."""
    return links_in(session, {opened.submission.id: opened}, states=states)


def links_in(
    session: PortalSession, cases: Mapping[UUID, Opened], *, states: Iterable[LinkState]
) -> list[Kept]:
    """Open the links of several open cases that are in these states, in two statements, case by case."""
    query = select(Link).where(Link.submission_id.in_([*cases]), Link.state.in_([*states]))
    rows = session.scalars(query.order_by(Link.id).execution_options(populate_existing=True)).all()
    decisions = _decisions(session, cases, rows)
    order = {case_id: place for place, case_id in enumerate(cases)}
    return [
        _kept(cases[row.submission_id], row, decisions.get(row.id, {}))
        for row in sorted(rows, key=lambda one: order[one.submission_id])
    ]


def _kept(opened: Opened, row: Link, decisions: dict[int, dict[str, Any]]) -> Kept:
    value = opened.key.open(Label.LINK, row.id, row.blob)
    return Kept(
        row=row,
        mark_id=UUID(value["annotation_id"]),
        first=Opinion.from_value(value),
        quote=value["quote"],
        second=Opinion.from_value(decisions[SECOND]) if SECOND in decisions else None,
        settled=Settlement.from_value(decisions[LEAD]) if LEAD in decisions else None,
        settles=UUID(value["settles"]) if "settles" in value else None,
    )


def _decisions(
    session: PortalSession, cases: Mapping[UUID, Opened], rows: Sequence[Link]
) -> dict[UUID, dict[int, dict[str, Any]]]:
    found: dict[UUID, dict[int, dict[str, Any]]] = {}
    query = select(LinkDecision).where(LinkDecision.link_id.in_([one.id for one in rows]))
    for row in session.scalars(query.execution_options(populate_existing=True)) if rows else ():
        value = cases[row.submission_id].key.open(
            Label.LINK_DECISION, row.id, row.blob, version=row.number, bound=(row.link_id,)
        )
        found.setdefault(row.link_id, {})[row.number] = value
    return found


def knowable(session: PortalSession, links: Sequence[Kept], *, by: Actor) -> list[Kept]:
    """Leave out what is undecided and names a record that somebody may not know of: to them it is not there.

    Whoever was told that such words wait, and finds them in no list, would know what was answered.
    """
    wanted = {one.row.id: one.records for one in links if one.row.state in UNDECIDED}
    asked = [*set[UUID]().union(*wanted.values())]
    known = registry.several(session, asked, by=by).keys()
    return [one for one in links if one.decided_by(by) or wanted.get(one.row.id, set()) <= known]


def undecided_words(session: PortalSession, opened: Opened, *, by: Actor) -> dict[UUID, list[Kept]]:
    """Return what is undecided, by the marks whose words it is about, as far as somebody may know of it."""
    found: dict[UUID, list[Kept]] = {}
    for one in knowable(session, links_of(session, opened, states=UNDECIDED), by=by):
        found.setdefault(one.mark_id, []).append(one)
    return found


def as_seen(mark: Mark, undecided: Iterable[Kept], by: Actor) -> Mark:
    """Return marked words as somebody may see them: with their own judgements only, while a look waits.

    Which records the first reviewer set aside would say as much as which one they chose.
    """
    if not any(one.hidden_from(by) for one in undecided):
        return mark
    return replace(mark, judged=tuple(one for one in mark.judged if one.by == by.name))


def add(
    session: PortalSession,
    opened: Opened,
    *,
    mark_id: UUID,
    quote: str,
    said: Opinion,
    state: LinkState,
    settles: UUID | None = None,
) -> Link:
    """Keep a new link; ``settles`` is the one in whose place a lead put it."""
    row = Link(id=uuid4(), submission_id=opened.submission.id, state=state)
    value = said.to_value() | {"annotation_id": str(mark_id), "quote": quote}
    value |= {"settles": str(settles)} if settles else {}
    row.blob = opened.key.seal(Label.LINK, row.id, value)
    session.add(row)
    return row


def decide(
    session: PortalSession, opened: Opened, link_id: UUID, *, number: int, value: dict[str, Any]
) -> None:
    """Keep what somebody decided on a link; the same place is not taken twice."""
    row = LinkDecision(id=uuid4(), submission_id=opened.submission.id, link_id=link_id, number=number)
    row.blob = opened.key.seal(Label.LINK_DECISION, row.id, value, version=number, bound=(link_id,))
    session.add(row)
