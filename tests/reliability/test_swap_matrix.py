"""Whatever is sealed opens where it was sealed, and nowhere else: every pair is tried in the rows."""

import hashlib
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import contents
import pytest
from builders import Instance
from cases import at_desk
from coded import a_release, accounts, fetched
from contents import Filled, Told
from flask import Flask
from sqlalchemy import and_, delete, inspect, not_, select, update
from sqlalchemy.orm import InstrumentedAttribute
from werkzeug.test import EnvironBuilder

from portal.casework import reading
from portal.casework.models import Annotation, CaseNote, CodingSheet
from portal.casework.sealing import CaseKey, open_for_release, release_wrap_place
from portal.config import Face
from portal.database import PortalSession, close
from portal.errors import PortalError
from portal.intake import opening
from portal.intake.models import Document, Message, Part, SealedField, Speaker
from portal.intake.sealing import PartKey, open_field, open_message, open_record, wrap_place
from portal.linking.models import Link, LinkDecision
from portal.permissions import Group
from portal.release.models import ReleaseFile, ReleaseKey
from portal.release.sealing import _key_place, _place, open_inside
from portal.staff import service as staff
from portal.staff.credentials import Credentials
from portal.staff.locks import Locks, unlock
from portal.staff.models import Membership, Staff
from portal.store.wraps import Wrap
from portal.vault.passphrase import Cost
from portal.vault.seal import Label, Sealed, UnsealError, unseal
from portal.vault.stream import SealedReader
from portal.vault.wrap import key_id, public_key, unwrap
from portal.web.sessions import ProcessHalves, SealedSessions
from portal.web.shared import Shared

Opener = Callable[[PortalSession, Any], object]


@dataclass(frozen=True)
class Place:
    """Where something sealed stands: a column of a row, and how its rightful reader opens it."""

    column: InstrumentedAttribute[Any]
    key: tuple[Any, ...]
    open: Opener = field(repr=False)

    @property
    def model(self) -> Any:
        return self.column.class_

    def session(self, session: PortalSession) -> Any:
        return session.keys if self.model is Wrap else session

    def row(self, session: PortalSession) -> Any:
        return self.session(session).get(self.model, self.key, populate_existing=True)

    def put(self, session: PortalSession, values: Mapping[str, Any]) -> None:
        """Write past every rule, as somebody with the database in hand does."""
        columns = inspect(self.model).primary_key
        where = [column == part for column, part in zip(columns, self.key, strict=True)]
        self.session(session).connection().execute(update(self.model).where(*where).values(values))

    def opened(self, session: PortalSession) -> object:
        try:
            return self.open(session, self.row(session))
        except PortalError:
            return None


@dataclass(frozen=True)
class Keys:
    """Every key that opens something: a thief with all of them may still not move anything."""

    parts: Mapping[UUID, PartKey] = field(repr=False)
    case: Mapping[UUID, CaseKey] = field(repr=False)
    thread: Mapping[UUID, PartKey] = field(repr=False)
    seeds: Mapping[str, bytes] = field(repr=False)


def keys_of(instance: Instance, filled: Filled) -> Keys:
    """Open all there is to open, once."""
    parts: dict[UUID, PartKey] = {}
    case, thread = {}, {}
    groups = instance.secrets.group_seeds
    with instance.database.session(write=False) as session:
        for told in (filled.one, filled.other):
            submission = opening.load(session, told.id)
            for group in (Group.INTAKE, Group.CONTACT):
                parts |= opening.part_keys(session, submission, groups[group])
            case[told.id] = CaseKey(told.id, parts[submission.parts[0].id])
            thread[told.id] = opening.thread_of(opening.part_keys(session, submission, groups[Group.INTAKE]))
    seeds = [*groups.values(), instance.secrets.recovery_seed, filled.one.seed, filled.other.seed]
    seeds += [one.bundle.identity for one in instance.founders.values()]
    return Keys(parts, case, thread, {key_id(public_key(seed)): seed for seed in seeds})


def sealed_openers(instance: Instance, keys: Keys) -> dict[InstrumentedAttribute[Any], Opener]:
    """How each column of sealed values is opened, with what its row says of itself."""
    release = instance.secrets.group_seeds[Group.RELEASE]

    def of_case(label: Label) -> Opener:
        return lambda _session, row: keys.case[row.submission_id].open(label, row.id, row.blob)

    def document(label: Label, name: str) -> Opener:
        return lambda _session, row: open_record(keys.parts[row.part_id], row.id, label, getattr(row, name))

    def copy(session: PortalSession, row: CodingSheet) -> object:
        wrapped = session.keys.scalar(
            select(Wrap.blob).where(Wrap.part_id == row.id, Wrap.key_id == key_id(public_key(release)))
        )
        assert wrapped is not None
        assert row.release_blob is not None
        key = unwrap(release, Sealed(wrapped), release_wrap_place(row.submission_id, row.id))
        return open_for_release(key, row.submission_id, row.id, row.release_blob)

    def archive(session: PortalSession, row: ReleaseFile) -> object:
        rowan = instance.founders["rowan"].bundle.identity
        person = session.scalars(select(Staff).where(Staff.name == "rowan")).one()
        mine = session.get_one(ReleaseKey, (row.release_id, person.id))
        key = unwrap(rowan, Sealed(mine.blob), _key_place(row.release_id, person.id))
        return unseal(key, Sealed(row.blob), _place(row.release_id, "archive"))

    return {
        SealedField.blob: lambda _s, row: open_field(
            keys.parts[row.part_id], row.name, row.version, row.blob
        ),
        Document.record: document(Label.FILE_RECORD, "record"),
        Document.custody: document(Label.CUSTODY, "custody"),
        Message.blob: lambda _s, row: open_message(
            keys.thread[row.submission_id], row.id, row.number, row.speaker, row.blob
        ),
        Annotation.blob: lambda _s, row: keys.case[row.submission_id].open(
            Label.ANNOTATION, row.id, row.blob, version=row.version, bound=(row.field_id,)
        ),
        CodingSheet.blob: lambda _s, row: keys.case[row.submission_id].open(
            Label.CODING_SHEET, row.id, row.blob, version=row.version
        ),
        CodingSheet.release_blob: copy,
        Link.blob: of_case(Label.LINK),
        LinkDecision.blob: lambda _s, row: keys.case[row.submission_id].open(
            Label.LINK_DECISION, row.id, row.blob, version=row.number, bound=(row.link_id,)
        ),
        CaseNote.blob: of_case(Label.NOTE),
        ReleaseFile.blob: archive,
        ReleaseFile.inside: lambda _s, row: open_inside(row.release_id, release, row.inside_key, row.inside),
    }


def wrapped_openers(instance: Instance, keys: Keys) -> dict[InstrumentedAttribute[Any], Opener]:
    """How each column of wrapped keys is opened by the one it was wrapped to."""
    release = instance.secrets.group_seeds[Group.RELEASE]
    people = {name: one.bundle.identity for name, one in instance.founders.items()}

    def part(session: PortalSession, row: Wrap) -> object:
        known = session.get(Part, row.part_id)
        place = (
            wrap_place(row.submission_id, row.part_id, known.compartment)
            if known
            else release_wrap_place(row.submission_id, row.part_id)
        )
        return unwrap(keys.seeds[row.key_id], Sealed(row.blob), place)

    def group(session: PortalSession, row: Membership) -> object:
        return staff.opened(row, people[session.get_one(Staff, row.staff_id).name])

    def archive(session: PortalSession, row: ReleaseKey) -> object:
        seed = people[session.get_one(Staff, row.staff_id).name]
        return unwrap(seed, Sealed(row.blob), _key_place(row.release_id, row.staff_id))

    return {
        Wrap.blob: part,
        Membership.blob: group,
        ReleaseKey.blob: archive,
        ReleaseFile.inside_key: lambda _s, row: unwrap(
            release, Sealed(row.inside_key), _place(row.release_id, "inside-key")
        ),
    }


def places(
    session: PortalSession, openers: Mapping[InstrumentedAttribute[Any], Opener], filled: Filled
) -> list[Place]:
    """Every place of these columns that belongs to the two submissions, or to no submission at all."""
    ours = {filled.one.id, filled.other.id}
    found = []
    for column, opener in openers.items():
        model = column.class_
        unit = session.keys if model is Wrap else session
        for row in unit.scalars(select(model)):
            part = session.get(Part, row.part_id) if isinstance(row, SealedField | Document) else None
            belongs = part.submission_id if part else getattr(row, "submission_id", None)
            if belongs is None or belongs in ours:
                key = tuple(inspect(model).primary_key_from_instance(row))
                found.append(Place(column, key, opener))
    return found


@contextmanager
def undone(instance: Instance) -> Iterator[PortalSession]:
    """A unit of work of which nothing is kept."""
    session = instance.database.open(write=True)
    try:
        yield session
    finally:
        close(session)


def matrix(instance: Instance, found: list[Place]) -> tuple[int, list[str]]:
    """Put each sealed thing into every other place: how many moves there were, and which of them opened."""
    with undone(instance) as session:
        blobs = [getattr(place.row(session), place.column.key) for place in found]
        assert all(place.opened(session) is not None for place in found)
    moves, opened = 0, []
    for target in found:
        with undone(instance) as session:
            own = getattr(target.row(session), target.column.key)
            for blob in blobs:
                if blob != own:
                    target.put(session, {target.column.key: blob})
                    moves += 1
                    if target.opened(session) is not None:
                        opened.append(f"{target.column} {target.key}")
            target.put(session, {target.column.key: own})
            assert target.opened(session) is not None
    return moves, opened


@pytest.fixture
def filled(sqlite_instance: Instance) -> Filled:
    made = contents.fill(sqlite_instance)
    accounts(sqlite_instance, 12)
    for _number in range(2):
        release_id = a_release(sqlite_instance, k=5)
        assert fetched(sqlite_instance, release_id)
    return made


def test_no_sealed_value_opens_in_another_place(sqlite_instance: Instance, filled: Filled) -> None:
    openers = sealed_openers(sqlite_instance, keys_of(sqlite_instance, filled))
    with sqlite_instance.database.session(write=False) as session:
        found = places(session, openers, filled)
    assert {place.column for place in found} == set(openers)
    moves, opened = matrix(sqlite_instance, found)
    assert opened == []
    assert moves > 2_000


def test_no_wrapped_key_opens_in_another_place(sqlite_instance: Instance, filled: Filled) -> None:
    openers = wrapped_openers(sqlite_instance, keys_of(sqlite_instance, filled))
    with sqlite_instance.database.session(write=False) as session:
        found = places(session, openers, filled)
    assert {place.column for place in found} == set(openers)
    moves, opened = matrix(sqlite_instance, found)
    assert opened == []
    assert moves > 1_000


# A row that says something else of itself is another place, too.
BOUND: Mapping[Any, tuple[str, ...]] = {
    SealedField.blob: ("part_id", "name", "version"),
    Document.record: ("part_id",),
    Document.custody: ("part_id",),
    Message.blob: ("submission_id", "number", "speaker"),
    Annotation.blob: ("submission_id", "field_id", "version"),
    Link.blob: ("submission_id",),
    LinkDecision.blob: ("submission_id", "link_id", "number"),
    CaseNote.blob: ("submission_id",),
    CodingSheet.blob: ("submission_id", "version"),
    CodingSheet.release_blob: ("submission_id",),  # a copy has a key of its own for each approval
    Wrap.blob: ("submission_id", "part_id", "key_id"),
    Membership.blob: ("staff_id", "group"),
    ReleaseKey.blob: ("release_id", "staff_id"),
}


def _others(row: Any, name: str, rows: list[Any]) -> list[Any]:
    """What the same column says in other rows, and what it might say."""
    made: dict[str, list[Any]] = {"version": [7], "number": [9], "speaker": list(Speaker)}
    values = {getattr(one, name) for one in rows} | set(made.get(name, ()))
    return [value for value in values if value != getattr(row, name)]


def test_no_row_opens_once_it_says_that_it_belongs_elsewhere(
    sqlite_instance: Instance, filled: Filled
) -> None:
    keys = keys_of(sqlite_instance, filled)
    openers = {**sealed_openers(sqlite_instance, keys), **wrapped_openers(sqlite_instance, keys)}
    with sqlite_instance.database.session(write=False) as session:
        found = [place for place in places(session, openers, filled) if place.column in BOUND]
        rows = {place: place.row(session) for place in found}
    tried = 0
    for place in found:
        siblings = [rows[one] for one in found if one.model is place.model]
        for name in BOUND[place.column]:
            for value in _others(rows[place], name, siblings):
                with undone(sqlite_instance) as session:
                    tried += 1
                    assert _moved(session, place, name, value) is None, (place.column, name)
    assert tried > 500


def _moved(session: PortalSession, place: Place, name: str, value: Any) -> object:
    """Clear the way of every other row, rewrite the column, open the row."""
    connection = place.session(session).connection()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
    mapper = inspect(place.model)
    mine = and_(*(one == part for one, part in zip(mapper.primary_key, place.key, strict=True)))
    blob = getattr(place.row(session), place.column.key)
    connection.execute(delete(place.model).where(not_(mine)))
    connection.execute(update(place.model).where(mine).values({name: value}))
    names = [one.name for one in mapper.primary_key]
    key = tuple(value if one == name else part for one, part in zip(names, place.key, strict=True))
    moved = Place(place.column, key, place.open)
    assert getattr(moved.row(session), place.column.key) == blob
    return moved.opened(session)


def test_pages_refuse_what_was_moved(sqlite_instance: Instance, filled: Filled) -> None:
    """The services themselves, once for each kind that a reader's page opens."""
    columns = (SealedField.blob, Document.record, Document.custody, Message.blob, Annotation.blob)
    columns += (CodingSheet.blob, CaseNote.blob)
    openers = sealed_openers(sqlite_instance, keys_of(sqlite_instance, filled))
    with sqlite_instance.database.session(write=False) as session:
        found = places(session, {column: openers[column] for column in columns}, filled)
        first = {column: [one for one in found if one.column is column] for column in columns}
    with at_desk(sqlite_instance) as (session, by):
        assert reading.read(session, by=by, case_id=filled.one.id).content is not None
    for ours in first.values():
        belongs = [one for one in ours if _submission_of(sqlite_instance, one) == filled.one.id]
        other = next(one for one in ours if one not in belongs)
        with undone(sqlite_instance) as session:
            by = sqlite_instance.actor("cedar", session)
            blob = getattr(other.row(session), other.column.key)
            belongs[0].put(session, {other.column.key: blob})
            session.expire_all()
            if not _is_identity(session, belongs[0]):
                with pytest.raises(UnsealError):
                    reading.read(session, by=by, case_id=filled.one.id)


def _submission_of(instance: Instance, place: Place) -> UUID:
    with instance.database.session(write=False) as session:
        row = place.row(session)
        part_id = getattr(row, "part_id", None)
        found: UUID = session.get_one(Part, part_id).submission_id if part_id else row.submission_id
        return found


def _is_identity(session: PortalSession, place: Place) -> bool:
    """The page of a case opens the latest answers of what was told only."""
    row = place.row(session)
    return isinstance(row, SealedField) and (
        row.name in {"called", "contact"} or (row.name == "narrative" and row.version == 1)
    )


def test_no_file_opens_under_another_name(sqlite_instance: Instance, filled: Filled) -> None:
    keys = keys_of(sqlite_instance, filled)
    with sqlite_instance.database.session(write=False) as session:
        rows = session.scalars(select(Document)).all()
        lengths = {
            row.id: open_record(keys.parts[row.part_id], row.id, Label.FILE_RECORD, row.record)["length"]
            for row in rows
        }
    assert len(rows) == 6
    for row in rows:
        for other in rows:
            with sqlite_instance.files.open(other.stored_name) as source:
                part = keys.parts[row.part_id]
                asked = (part.file_key(row.id), part.file_place(row.id), source, lengths[row.id])
                if other is row:
                    told: Told = filled.one if part.submission_id == filled.one.id else filled.other
                    assert b"".join(SealedReader(*asked).read()) in told.contents
                else:
                    with pytest.raises(UnsealError):
                        SealedReader(*asked)


def test_no_bundle_opens_for_another_person(sqlite_instance: Instance) -> None:
    with sqlite_instance.database.session(write=False) as session:
        people = session.scalars(select(Staff)).all()
    for owner in people:
        for giver in people:
            kept = Credentials(
                giver.salt, Cost(giver.memory_kib, giver.iterations, giver.lanes), Sealed(giver.bundle)
            )
            for passphrase in {sqlite_instance.founders[one.name].passphrase for one in (owner, giver)}:
                opened = unlock(Locks(kept), passphrase, staff_id=owner.id)
                assert (opened is not None) == (owner is giver)


def _content(app: Flask, cookie: str) -> dict[str, Any]:
    """What the session of a cookie opens to."""
    interface = app.session_interface
    assert isinstance(interface, SealedSessions)
    environ = EnvironBuilder(headers={"Cookie": f"{interface.cookie}={cookie}"}).get_environ()
    with app.request_context(environ) as context:
        return dict(interface.open_session(app, context.request))


def test_no_session_opens_with_another_cookie(sqlite_instance: Instance) -> None:
    apps = {face: sqlite_instance.app(face) for face in Face}
    cookies: list[tuple[Face, str]] = []
    for name in ("cedar", "birch"):
        client = apps[Face.DESK].test_client()
        sqlite_instance.sign_in(client, name)
        cookies.append((Face.DESK, _cookie(client, Face.DESK)))
        source = apps[Face.INTAKE].test_client()
        source.get("/en/account")
        cookies.append((Face.INTAKE, _cookie(source, Face.INTAKE)))
    kept = {face: dict(app.session_interface.halves._kept) for face, app in apps.items()}  # type: ignore[attr-defined]
    assert all(_content(apps[face], cookie) for face, cookie in cookies)
    # Sessions lie beside what all workers share; neither opens in the place of a session.
    places = [(face, _half(cookie)) for face, cookie in cookies]
    others = [half for halves in kept.values() for half in halves.values()]
    assert len(others) > len(places) == len(set(places))
    for face, name in places:
        for other in others:
            if other is kept[face][name]:
                continue
            halves = apps[face].session_interface.halves  # type: ignore[attr-defined]
            halves._kept = {**kept[face], name: other}
            opened = [bool(_content(apps[face], cookie)) for where, cookie in cookies if where is face]
            assert opened.count(False) == 1
            halves._kept = dict(kept[face])


def test_no_shared_entry_opens_in_the_place_of_another() -> None:
    halves = ProcessHalves()
    shared = Shared(halves)
    entries = [("trouble", "cedar"), ("trouble", "birch"), ("door", "cedar")]
    for number, (kind, key) in enumerate(entries):
        with shared.change(kind, key, expires=2**40) as entry:
            entry["number"] = number
    kept = dict(halves._kept)
    names = [f"{kind}-{shared.mark(kind, key)}" for kind, key in entries]
    for (kind, key), name in zip(entries, names, strict=True):
        assert shared.read(kind, key)
        for other in kept.keys() - {name}:
            halves._kept = {**kept, name: kept[other]}
            assert shared.read(kind, key) == {}
        halves._kept = dict(kept)


def _half(cookie: str) -> str:
    return hashlib.sha256(urlsafe_b64decode(cookie)[:16]).hexdigest()


def _cookie(client: Any, face: Face) -> str:
    found = client.get_cookie(face.value)
    assert found is not None
    return str(found.value)
