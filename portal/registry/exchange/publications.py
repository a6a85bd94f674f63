"""The publications that the rows of a file rest on: the one chosen for all, or those that a column names."""

from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.ledger.service import note as write_down
from portal.permissions import Permission
from portal.registry import names
from portal.registry.exchange import fields
from portal.registry.exchange.cells import BrokenRowError, Reason
from portal.registry.exchange.drafts import Draft, Entry, Published, identity
from portal.registry.models import Source
from portal.registry.records import Cite
from portal.registry.saying import find_source
from portal.registry.vocabulary import SourceKind
from portal.staff.actor import Actor


class Publications:
    """Finds each row's publication; one that nobody has named yet is added when ``writes``."""

    def __init__(self, session: Session, default: UUID, *, writes: bool) -> None:
        self.session, self.writes = session, writes
        self.default = find_source(session, default)
        self._titled: dict[str, Source] = {}

    def of(self, entry: Entry) -> Source | None:
        """Give the publication of a row; None where it says that there is none."""
        if not entry.source:
            return self.default
        if entry.source == fields.NO_SOURCE and isinstance(entry, Draft) and not entry.said:
            return None
        if not names.fold(entry.source):
            raise BrokenRowError(Reason.SOURCE)
        found = self._titled.get(entry.source)
        if found is None:
            found = titled(self.session, entry.source) or self._new(entry.source)
            self._titled[entry.source] = found
        return found

    def add(self, one: Published) -> bool:
        """Add a publication; False when one of that title is there."""
        if titled(self.session, one.title) is not None:
            return False
        kept = {"title": one.title, "author": one.author, "year": one.year, "address": one.address}
        self.session.add(Source(id=uuid4(), kind=one.kind, **kept))
        self.session.flush()
        return True

    def cites(self, entry: Entry) -> list[Cite]:
        """Give the publication of a row, and where in it, if there is one."""
        source = self.of(entry)
        return [] if source is None else [Cite(source.id, entry.locator)]

    def cite(self, entry: Entry) -> Cite:
        """Give the publication of a row that needs one."""
        for cite in self.cites(entry):
            return cite
        raise BrokenRowError(Reason.SOURCE)

    def identity(self, code: str, content: bytes) -> bytes:
        """Give what makes a row the same next time: what it says under the publication of its file."""
        return identity(self.default.id.bytes, code, content)

    def _new(self, title: str) -> Source:
        source = Source(id=uuid4(), kind=SourceKind.LIST, title=title, author="", address="")
        if self.writes:
            self.session.add(source)
            self.session.flush()
        return source


def titled(session: Session, title: str) -> Source | None:
    """Find a publication by its title; the first of several."""
    return session.scalar(select(Source).where(Source.title == title).order_by(Source.id).limit(1))


def source_named(session: Session, title: str, *, by: Actor) -> UUID:
    """Find a publication by its title; one that is not there is added as a list, if anything is written."""
    by.require(Permission.REGISTRY_EDIT)
    title = " ".join(title.split())
    found = titled(session, title)
    if found is None:
        found = Source(id=uuid4(), kind=SourceKind.LIST, title=title, author="", address="")
        session.add(found)
        session.flush()
        write_down(session, "registry.source", by=by.name, subject=found.id)
    return found.id
