"""What the index holds of a case, made from the case itself in a session that may read it; many at a time."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from portal.casework.access import Opened
from portal.casework.coding import Sheet
from portal.casework.models import Annotation, CaseNote, CaseTitle, CodingSheet
from portal.casework.reading import open_mark, open_texts, open_title
from portal.casework.sealing import CaseKey
from portal.casework.search_format import Digest, Spoken
from portal.casework.search_words import Memo, words_of
from portal.database import Base, PortalSession
from portal.intake import consent, opening
from portal.intake.answers import ON_CARDS, typed_on_cards
from portal.intake.consent import Decision
from portal.intake.models import GONE, Compartment, Consent, Part, Submission, Use
from portal.intake.sealing import PartKey, open_field, wrap_place
from portal.permissions import Group
from portal.staff.actor import Actor, CircleKey
from portal.store.wraps import Wrap
from portal.vault.seal import Label, UnsealError

FILE = "\x01"
"""Begins what stands among the words for a file: its digest, by which nobody searches."""
CODED = "coded"
"""The relation of a prison that the coding sheet names."""

_PARTS = (selectinload(Submission.parts),)
_TEXTS = (*(_PARTS[0].selectinload(one) for one in (Part.fields, Part.documents)),)

Speaks = Callable[[PortalSession, Mapping[UUID, Opened]], Mapping[UUID, Sequence[Spoken]]]
_Row = TypeVar("_Row", bound=Base)
_speaks: list[Speaks] = []


def install(speaks: Speaks) -> None:
    """Say who knows which records cases are linked to; done once, by linking, which stands above this."""
    _speaks[:] = [speaks]


@dataclass(frozen=True)
class Gathered:
    """A case that may be read now, open, and the circle and epoch whose key opened it."""

    opened: Opened
    group: Group
    epoch: int
    decisions: Sequence[Decision] = field(repr=False)


def gather(
    session: PortalSession,
    *,
    by: Actor,
    case_ids: Iterable[UUID],
    lock: bool = False,
    texts: bool = True,
) -> list[Gathered]:
    """Open those of the cases that the actor may read now, in few statements; nothing is noted here.

    ``lock`` keeps writers out of them, and passes over those that a writer holds. Without ``texts`` what
    their sources sent is not loaded.
    """
    held = by.circle_keys
    groups = {one.group for one in held.values()}
    query = (
        select(Submission)
        .where(
            Submission.id.in_(list(case_ids)), Submission.status.not_in(GONE), Submission.group.in_(groups)
        )
        .options(*(_TEXTS if texts else _PARTS))
        .order_by(Submission.day, Submission.id)
    )
    if lock:
        query = query.with_for_update(of=Submission, skip_locked=True)
    rows = session.scalars(query.execution_options(populate_existing=True)).all()
    decisions = _decisions(session, [one.id for one in rows])
    allowed = [one for one in rows if consent.permits(decisions[one.id], Use.READ, on=session.today)]
    found = [_opened(one, wrapped, decisions[one.id]) for one, wrapped in _wraps(session, allowed, held)]
    return [one for one in found if one is not None]


def _decisions(session: PortalSession, case_ids: Sequence[UUID]) -> dict[UUID, list[Decision]]:
    """Return what the sources decided, as plain rows: whole objects would take longer than opening."""
    found: dict[UUID, list[Decision]] = {one: [] for one in case_ids}
    query = select(
        Consent.submission_id,
        Consent.number,
        Consent.use,
        Consent.answer,
        Consent.day,
        Consent.wording,
        Consent.until,
        Consent.years,
        Consent.receiver_id,
    )
    for row in session.execute(query.where(Consent.submission_id.in_(case_ids))):
        found[row.submission_id].append(cast(Decision, row))
    return found


def _content(submission: Submission) -> list[Part]:
    return [part for part in submission.parts if part.compartment is Compartment.CONTENT]


_Wrapped = list[tuple[Part, CircleKey, bytes]]


def _wraps(
    session: PortalSession, submissions: Sequence[Submission], held: Mapping[str, CircleKey]
) -> Iterable[tuple[Submission, _Wrapped]]:
    """Give each submission with the wraps of its content that the actor's keys of its circle may open."""
    wanted = [part.id for one in submissions for part in _content(one)]
    query = select(Wrap.part_id, Wrap.key_id, Wrap.blob).where(
        Wrap.part_id.in_(wanted), Wrap.key_id.in_(held)
    )
    by_part: dict[UUID, list[tuple[str, bytes]]] = {}
    for part_id, name, blob in session.keys.execute(query):
        by_part.setdefault(part_id, []).append((name, blob))
    for one in submissions:
        yield (
            one,
            [
                (part, held[name], blob)
                for part in _content(one)
                for name, blob in by_part.get(part.id, ())
                if held[name].group is one.group
            ],
        )


def _opened(submission: Submission, wrapped: _Wrapped, decisions: Sequence[Decision]) -> Gathered | None:
    """Open a case with the newest key that opens its first part; None when none does."""
    parts: dict[UUID, PartKey] = {}
    epochs: dict[UUID, int] = {}
    for part, one, blob in sorted(wrapped, key=lambda three: -three[1].epoch):
        if part.id in parts:
            continue
        try:
            key = one.opens(blob, wrap_place(submission.id, part.id, part.compartment))
        except UnsealError:
            continue
        parts[part.id] = PartKey(submission.id, part.id, part.compartment, key)
        epochs[part.id] = one.epoch
    first = next((part.id for part in _content(submission)), None)
    if first is None or first not in parts:
        return None
    opened = Opened(submission, parts, CaseKey(submission.id, parts[first]))
    return Gathered(opened, submission.group, epochs[first], decisions)


def make(session: PortalSession, gathered: Sequence[Gathered]) -> dict[UUID, Digest]:
    """Make the digests of open cases; a case of which something does not open gets none."""
    if not _speaks:
        raise RuntimeError("Import portal.linking.speaking: what cases are linked to is not known.")
    cases = {one.opened.submission.id: one.opened for one in gathered}
    written = _Written(session, gathered)
    memo: Memo = {}
    digests = {}
    for case_id, opened in cases.items():
        try:
            digests[case_id] = written.digest(opened, memo)
        except UnsealError:
            continue
    return digests


class _Written:
    """What staff wrote about several cases, read in one statement for each table."""

    def __init__(self, session: PortalSession, gathered: Sequence[Gathered]) -> None:
        cases = {one.opened.submission.id: one.opened for one in gathered}
        linkable = {
            one.opened.submission.id: one.opened
            for one in gathered
            if consent.permits(one.decisions, Use.LINK, on=session.today)
        }
        self.spoken = _speaks[0](session, linkable)
        self.marks = _rows(session, Annotation, cases)
        self.notes = _rows(session, CaseNote, cases)
        self.sheets = _rows(session, CodingSheet, cases)
        self.titles = _rows(session, CaseTitle, cases)

    def digest(self, opened: Opened, memo: Memo) -> Digest:
        case_id = opened.submission.id
        sheet = self._sheet(opened)
        title = next((open_title(opened, one) for one in self.titles.get(case_id, ())), "")
        words = {f"{FILE}{one.sha256}" for one in opening.open_documents(opened.submission, opened.parts)}
        for text in self._texts(opened, sheet, title):
            words |= words_of(text, memo)
        prison = [Spoken(sheet.prison.record_id, CODED)] if sheet and sheet.prison else []
        return Digest(
            case_id,
            frozenset(words),
            title=title,
            language=_language(opened),
            month=sheet.month if sheet else "",
            spoken=(*self.spoken.get(case_id, ()), *prison),
        )

    def _sheet(self, opened: Opened) -> Sheet | None:
        for row in self.sheets.get(opened.submission.id, ()):
            value = opened.key.open(Label.CODING_SHEET, row.id, row.blob, version=row.version)
            return Sheet.from_json(value["sheet"])
        return None

    def _texts(self, opened: Opened, sheet: Sheet | None, title: str) -> list[str]:
        case_id = opened.submission.id
        texts = [one.text for one in open_texts(opened)]
        texts += open_cards(opened)
        for file in opening.open_documents(opened.submission, opened.parts):
            texts += [file.name, file.caption]
        for mark in self.marks.get(case_id, ()):
            kept = open_mark(opened, mark, None)
            texts += [kept.at.quote, kept.comment]
        texts += [
            opened.key.open(Label.NOTE, row.id, row.blob)["text"] for row in self.notes.get(case_id, ())
        ]
        if sheet is not None:
            texts += [sheet.month, sheet.prison.label if sheet.prison else ""]
        return [*texts, title]


def open_cards(opened: Opened) -> list[str]:
    """Open what the source typed on cards: people, places, the lines of a sheet; not what was asked."""
    fields = {
        one.name: open_field(opened.parts[part.id], one.name, one.version, one.blob)
        for part in opened.submission.parts
        for one in sorted(part.fields, key=lambda field: field.version)
        if part.id in opened.parts and one.name in ON_CARDS
    }
    return typed_on_cards(fields)


def _language(opened: Opened) -> str:
    for part in opened.submission.parts:
        for one in part.fields if part.id in opened.parts else ():
            if one.name == "language":
                return open_field(opened.parts[part.id], one.name, one.version, one.blob)
    return ""


def _rows(session: PortalSession, model: type[_Row], cases: Mapping[UUID, Opened]) -> dict[UUID, list[_Row]]:
    kind: Any = model
    found: dict[UUID, list[_Row]] = {}
    query = select(kind).where(kind.submission_id.in_(list(cases)))
    for row in session.scalars(query.execution_options(populate_existing=True)):
        found.setdefault(row.submission_id, []).append(row)
    return found
