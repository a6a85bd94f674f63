"""What a release may be made of, as of now: read in a few statements, opened only afterwards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select

from portal.casework.coding import Prison
from portal.casework.models import CodingSheet, SheetState
from portal.casework.prisons import prisons
from portal.database import PortalSession
from portal.intake import consent
from portal.intake.models import GONE, Answer, Compartment, Consent, Part, Submission, Use
from portal.linking.models import UNDECIDED, Link, LinkState
from portal.registry.wholes import Edge, all_edges
from portal.release.listed import Listed, listed
from portal.release.models import ReleaseFile
from portal.staff.actor import Actor
from portal.store.wraps import Wrap, key_ids
from portal.vault.wrap import Seeds

_BATCH = 500
_ASKED = (Use.RESEARCH, Use.STATISTICS, Use.LINK, Use.SHARE, *consent.weighs(Use.READ))
_BINDING = (LinkState.CURRENT, *UNDECIDED)
"""A link that waits for a second look binds a family, too: to take two for one is the safe mistake."""


class Account(NamedTuple):
    """An approved sheet that may be used now; ``linkable`` says whether its links may be, too."""

    submission_id: UUID
    sheet_id: UUID
    revision: int
    linkable: bool


@dataclass(frozen=True)
class Standing:
    """Everything a result depends on; two that are equal give the same release."""

    accounts: frozenset[Account]
    links: frozenset[UUID]
    earlier: frozenset[UUID]
    prisons: frozenset[Prison]
    same: frozenset[Edge] = frozenset()
    """Records of the registry that were found to be one."""
    people: tuple[Listed, ...] = field(default=(), repr=False)
    """The victims whom everybody finds in the registry, where a release is to hide among them."""


class SealedSheet(NamedTuple):
    """The release copy of a coding sheet and its wrapped key."""

    account: Account
    blob: bytes
    wrapped: bytes


class SealedLinks(NamedTuple):
    """The links of one account, and the wrapped key of the part whose key opens them."""

    submission_id: UUID
    part_id: UUID
    wrapped: bytes
    links: tuple[tuple[UUID, bytes], ...]


class SealedRecord(NamedTuple):
    """The inside record of an earlier release."""

    release_id: UUID
    wrapped: bytes
    blob: bytes


@dataclass(frozen=True)
class Gathered:
    """All that is needed to prepare a release, still sealed."""

    standing: Standing
    sheets: Sequence[SealedSheet] = field(repr=False)
    links: Sequence[SealedLinks] = field(repr=False)
    earlier: Sequence[SealedRecord] = field(repr=False)


def standing(
    session: PortalSession,
    *,
    by: Actor,
    use: Use = Use.RESEARCH,
    receiver: UUID | None = None,
    watched: bool = False,
) -> Standing:
    """Read which accounts may be used now: approved, not withdrawn, with a yes to reading and to this use.

    For a body on the list of receivers, with a yes to being handed to that very body besides.

    Those of a circle whose key the actor does not hold are not known of, here as anywhere. With ``watched``
    the people of the registry are read, too.
    """
    accounts = _accounts(session, by, use, receiver)
    linkable = {one.submission_id for one in accounts if one.linkable}
    linked = select(Link.id, Link.submission_id).where(Link.state.in_(_BINDING))
    found = session.execute(linked).all()
    return Standing(
        accounts=frozenset(accounts),
        links=frozenset(link_id for link_id, submission_id in found if submission_id in linkable),
        earlier=frozenset(session.scalars(select(ReleaseFile.release_id))),
        prisons=frozenset(place for _, place in prisons(session, by=by, open_only=True)),
        same=all_edges(session),
        people=listed(session) if watched else (),
    )


def gather(
    session: PortalSession,
    *,
    by: Actor,
    release_seed: Seeds,
    case_seeds: Seeds,
    use: Use = Use.RESEARCH,
    receiver: UUID | None = None,
    watched: bool = False,
) -> Gathered:
    """Read what is sealed to the groups that the seeds belong to; nothing is opened here."""
    now = standing(session, by=by, use=use, receiver=receiver, watched=watched)
    records = session.scalars(select(ReleaseFile).execution_options(populate_existing=True))
    return Gathered(
        standing=now,
        sheets=_sheets(session, now, release_seed),
        links=_links(session, now, case_seeds),
        earlier=[SealedRecord(one.release_id, one.inside_key, one.inside) for one in records],
    )


def _accounts(session: PortalSession, by: Actor, use: Use, receiver: UUID | None) -> list[Account]:
    sheets = session.execute(
        select(CodingSheet.submission_id, CodingSheet.id, CodingSheet.revision)
        .join(Submission, Submission.id == CodingSheet.submission_id)
        .where(
            CodingSheet.state == SheetState.APPROVED,
            CodingSheet.release_blob.is_not(None),
            Submission.status.not_in(GONE),
            Submission.group.in_(by.circles),
        )
    ).all()
    said = _consents(session)
    needed = {Use.READ, use} if receiver is None else {Use.READ, use, Use.SHARE}
    found = []
    for submission_id, sheet_id, revision in sheets:
        decisions = said.get(submission_id, [])
        holds = consent.current(decisions, on=session.today, receiver=receiver)
        if all(holds[one] is Answer.YES for one in needed):
            found.append(Account(submission_id, sheet_id, revision, holds[Use.LINK] is Answer.YES))
    return found


def _consents(session: PortalSession) -> Mapping[UUID, list[Consent]]:
    query = (
        select(Consent)
        .join(CodingSheet, CodingSheet.submission_id == Consent.submission_id)
        .where(CodingSheet.state == SheetState.APPROVED, Consent.use.in_(_ASKED))
    )
    found: dict[UUID, list[Consent]] = {}
    for one in session.scalars(query.execution_options(populate_existing=True)):
        found.setdefault(one.submission_id, []).append(one)
    return found


def _wraps(session: PortalSession, part_ids: Sequence[UUID], seed: Seeds) -> dict[UUID, bytes]:
    """Read the keys that were wrapped to the holder of the seed, by what they open."""
    mine = key_ids(seed)
    found: dict[UUID, bytes] = {}
    for start in range(0, len(part_ids), _BATCH):
        some = part_ids[start : start + _BATCH]
        query = select(Wrap.part_id, Wrap.blob).where(Wrap.key_id.in_(mine), Wrap.part_id.in_(some))
        found |= dict(iter(session.keys.execute(query)))
    return found


def _sheets(session: PortalSession, now: Standing, seed: Seeds) -> list[SealedSheet]:
    accounts = {one.sheet_id: one for one in now.accounts}
    wrapped = _wraps(session, list(accounts), seed)
    query = select(CodingSheet.id, CodingSheet.release_blob).where(CodingSheet.state == SheetState.APPROVED)
    return [
        SealedSheet(accounts[sheet_id], blob, wrapped[sheet_id])
        for sheet_id, blob in session.execute(query)
        if blob is not None and sheet_id in accounts and sheet_id in wrapped
    ]


def _links(session: PortalSession, now: Standing, seed: Seeds) -> list[SealedLinks]:
    links: dict[UUID, list[tuple[UUID, bytes]]] = {}
    query = select(Link.id, Link.submission_id, Link.blob).where(Link.state.in_(_BINDING))
    for link_id, submission_id, blob in session.execute(query):
        if link_id in now.links:
            links.setdefault(submission_id, []).append((link_id, blob))
    if not links:
        return []
    parts = _first_parts(session)
    wrapped = _wraps(session, [parts[one] for one in links if one in parts], seed)
    return [
        SealedLinks(one, parts[one], wrapped[parts[one]], tuple(some))
        for one, some in links.items()
        if parts.get(one) in wrapped
    ]


def _first_parts(session: PortalSession) -> dict[UUID, UUID]:
    """Read the first content part of every submission: what staff wrote opens with its key."""
    query = (
        select(Part.submission_id, Part.id)
        .join(CodingSheet, CodingSheet.submission_id == Part.submission_id)
        .where(Part.compartment == Compartment.CONTENT, CodingSheet.state == SheetState.APPROVED)
        .order_by(Part.number.desc())
    )
    return dict(iter(session.execute(query)))
