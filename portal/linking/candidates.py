"""Which records marked words may mean: found by name, ordered by all that speaks for and against them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from uuid import UUID

from portal.casework.access import Opened
from portal.casework.marking import Span, on_word_boundaries
from portal.casework.reading import Judged, Mark, open_texts, text_of
from portal.database import PortalSession
from portal.linking import evidence, gathering, known, service
from portal.linking.account import Account
from portal.linking.evidence import Evidence
from portal.linking.matching import NameIndex, Reason, Suggestion
from portal.linking.vocabulary import KINDS_FOR, LinkRelation, Target, Verdict
from portal.registry import service as registry
from portal.registry.models import Record
from portal.registry.vocabulary import Kind
from portal.registry.wholes import shown_for, whole
from portal.staff.actor import Actor

MOST = 12
_ASKED = 4 * MOST
"""Records of each kind whose evidence is weighed; the name alone would not bring the best to the front."""
_ANY = (Kind.PERSON, Kind.PLACE, Kind.GRAVE)
_LIKE = evidence.of_name(0.55)
"""Who weighs less than such a name is somebody else: 99 of 100 right names alone weigh more."""
_SAME = 0.85
_A_NAME = 5
"""Words that are a name; more are a sentence, in which a name is but a part."""
_PART = 0.1
_AROUND = 1200
"""Code points of the text shown on either side of the marked words."""


@dataclass(frozen=True)
class Candidate:
    """A record that words may mean; ``reasons`` compare them word by word with its nearest name."""

    record: Record
    target: Target
    score: float
    reasons: tuple[Reason, ...]
    evidence: tuple[Evidence, ...]
    linked: tuple[LinkRelation, ...]
    judged: Judged | None

    @property
    def agrees(self) -> bool:
        """Tell whether the name as a whole agrees."""
        return self.score >= _SAME

    @property
    def weight(self) -> float:
        """Weigh the name and all evidence together, in bits."""
        return evidence.total(self.score, self.evidence)

    @property
    def order(self) -> tuple[float, str, str]:
        """What weighs more comes first; the registry's own order decides between equals."""
        return -self.weight, self.record.sort_key, str(self.record.id)


@dataclass(frozen=True)
class Passage:
    """The marked words with the text around them."""

    before: str = field(repr=False)
    words: str = field(repr=False)
    after: str = field(repr=False)


@dataclass(frozen=True)
class Proposed:
    """Candidates, best first, and those that were set aside; not ``complete`` while names are read in."""

    passage: Passage | None
    candidates: Sequence[Candidate]
    aside: Sequence[Candidate]
    complete: bool


@dataclass(frozen=True)
class _Asked:
    """Who asks what words of a case mean."""

    session: PortalSession
    by: Actor
    opened: Opened
    mark: Mark | None
    text: str


def _ask(session: PortalSession, *, by: Actor, case_id: UUID, mark_id: UUID | None, text: str) -> _Asked:
    opened = service.open_to_link(session, by=by, case_id=case_id)
    mark = service.mark_as_seen(session, opened, mark_id, by=by) if mark_id else None
    return _Asked(session, by, opened, mark, text)


def propose(
    session: PortalSession,
    *,
    by: Actor,
    case_id: UUID,
    text: str,
    mark_id: UUID | None = None,
    words: Mark | None = None,
) -> Proposed:
    """Rank the records that a name may mean, twelve at most.

    ``mark_id`` is where it stands in the case, or ``words``, which are not marked yet.
    """
    asked = _ask(session, by=by, case_id=case_id, mark_id=mark_id, text=text)
    if words is not None:
        asked = replace(asked, mark=words)
    mark = asked.mark
    kinds = KINDS_FOR[mark.kind] if mark else _ANY
    answer = known.names(session).ask(session, by=by, text=text, kinds=kinds, count=_ASKED)
    found = {one.id: one for one in answer.suggestions if isinstance(one.id, UUID) and one.score >= _PART}
    judged = _judged(session, mark, by)
    aside = [one for one, said in judged.items() if said.verdict == Verdict.NOT]
    records = registry.several(session, [*found, *aside], by=by)
    if not answer.complete:
        records |= _spelt(session, by=by, text=text, kinds=kinds)
    made = _candidates(asked, records, found)
    made.sort(key=lambda one: one.order)
    whole = len(text.split()) <= _A_NAME and answer.complete
    likely = [one for one in made if not whole or one.weight >= _LIKE]
    return Proposed(
        passage(asked.opened, mark) if mark else None,
        [one for one in likely if one.record.id not in aside][:MOST],
        [one for one in made if one.record.id in aside],
        answer.complete,
    )


def candidate(
    session: PortalSession,
    *,
    by: Actor,
    case_id: UUID,
    text: str,
    record_id: UUID,
    mark_id: UUID | None = None,
) -> Candidate:
    """Look closely at one record as what the words may mean."""
    asked = _ask(session, by=by, case_id=case_id, mark_id=mark_id, text=text)
    record, _ = service.linkable(session, record_id, by=by)
    (found,) = _candidates(asked, {record_id: record}, {})
    return found


def _spelt(session: PortalSession, *, by: Actor, text: str, kinds: Sequence[Kind]) -> dict[UUID, Record]:
    """Find names as they are spelt, while other spellings are not at hand yet."""
    found = [
        one for kind in kinds for one in registry.search(session, by=by, text=text, kind=kind, limit=MOST)
    ]
    return {one.id: one for one in found}


def _candidates(
    asked: _Asked, records: Mapping[UUID, Record], found: Mapping[UUID, Suggestion]
) -> list[Candidate]:
    targets = {one.id: leads_to for one in records.values() if (leads_to := service.target(one)) is not None}
    records = {record_id: one for record_id, one in records.items() if record_id in targets}
    linked = service.linked_to(asked.session, asked.opened, by=asked.by)
    facts = gathering.facts_of(asked.session, [*records.values()], by=asked.by, linked=linked)
    account, share = _account(asked.opened, asked.mark), cache(known.names(asked.session).share)
    judged = _judged(asked.session, asked.mark, asked.by)
    made = []
    for record_id, record in records.items():
        named = found.get(record_id) or _named(asked, record)
        made.append(
            Candidate(
                record=record,
                target=targets[record_id],
                score=named.score,
                reasons=named.reasons,
                evidence=evidence.weigh(account, facts[record_id], share),
                linked=linked.get(record_id, ()),
                judged=judged.get(record_id),
            )
        )
    return made


def passage(opened: Opened, mark: Mark) -> Passage:
    """Give the text around a mark, cut between words; of one that no longer fits only what it kept."""
    if not mark.fits:
        return Passage(mark.at.prefix, mark.at.quote, mark.at.suffix)
    text, at = text_of(opened, mark.field_id).text, mark.span
    around = Span(max(0, at.start - _AROUND), min(len(text), at.end + _AROUND))
    wide = on_word_boundaries(text, around)
    return Passage(text[wide.start : at.start], mark.at.quote, text[at.end : wide.end])


def _judged(session: PortalSession, mark: Mark | None, by: Actor) -> dict[UUID, Judged]:
    """Return what was thought of records as the words' meaning, by the records under which they are shown."""
    if mark is None:
        return {}
    shown = shown_for(session, [one.record_id for one in mark.judged], by=by)
    return {shown[one.record_id]: one for one in mark.judged}


def _named(asked: _Asked, record: Record) -> Suggestion:
    """Compare a name with one record's own, and those of what is one with it."""
    parts = registry.several(asked.session, whole(asked.session, record.id, by=asked.by).parts, by=asked.by)
    names = [one.text for part in parts.values() for one in part.names]
    index = NameIndex([(record.id, names)], titled=record.kind is Kind.PERSON)
    return next(iter(index.suggest(asked.text, 1)), Suggestion(record.id, 0.0, ()))


def _account(opened: Opened, mark: Mark | None) -> Account:
    """Read all texts of the case as one, the one with the mark first."""
    texts = open_texts(opened)
    if mark is None or not mark.fits:
        return Account("\n\n".join(one.text for one in texts))
    marked = text_of(opened, mark.field_id)
    others = [one.text for one in texts if one.field_id != mark.field_id]
    return Account("\n\n".join((marked.text, *others)), mark.at.start, mark.at.end)
