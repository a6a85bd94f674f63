"""Images of a record: two sealed files each, as it came and as it is shown; taken off, put back, erased.

They are sealed to the circle that every reviewer reads in, as documents are: whoever has the disk, or runs
the place, sees none. The shown copy is the picture alone (`pictures.reading.plain`); camera, place and time
stay with the original, and the ledger says who took that out.
"""

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, BinaryIO
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.config import PublicKeys
from portal.database import PortalSession
from portal.errors import InvalidError, NotFoundError, RefusedError, UnavailableError
from portal.ledger.service import note as write_down
from portal.permissions import Group, Permission
from portal.registry.changing import changed, may_restrict, take
from portal.registry.looking import find, readable, several
from portal.registry.models import Image, ImageFile, Record
from portal.registry.periods import NOTHING, Period
from portal.registry.pictures.reading import plain
from portal.registry.records import Cite
from portal.registry.saying import find_source
from portal.registry.vocabulary import Copy, ImageKind
from portal.registry.wholes import whole
from portal.staff.actor import Actor
from portal.store import wraps
from portal.store.files import FileStore, new_name
from portal.vault.seal import KEY_SIZE, Label, Sealed, context, seal, unseal
from portal.vault.stream import SealedReader, SealingWriter

CIRCLE = Group.INTAKE
"""Whose key opens images."""

LIMIT = 20 << 20
"""Bytes of the largest file that is taken; it is held in memory while it is looked at, and nowhere else."""

_LONGEST = 300


@dataclass(frozen=True)
class Shows:
    """What is said of an image."""

    kind: ImageKind
    caption: str
    told: str
    maker: str = ""
    original_at: str = ""
    date: Period = NOTHING
    restricted: bool = False

    def __post_init__(self) -> None:
        """Refuse an image of which nobody says what it shows."""
        if not (self.caption.strip() and self.told.strip()):
            raise InvalidError("An image needs to be told in words.")


@dataclass(frozen=True)
class PutAway:
    """An image whose files lie sealed in the store, while no row speaks of it yet."""

    id: UUID
    width: int
    height: int
    sha256: str
    """Of the file as it came."""
    blob: Sealed
    files: Sequence[tuple[str, Copy, bytes, int]]
    """Of each its name, which copy it is, its digest and size as sealed."""
    key: bytes = field(repr=False)

    @property
    def names(self) -> list[str]:
        """What is to be erased when no row comes to speak of it."""
        return [name for name, *_ in self.files]


@dataclass(frozen=True)
class OpenedName:
    """What a file is called when it leaves."""

    name: str


@dataclass(frozen=True)
class OpenedImage:
    """A copy of an image whose bytes open piece by piece; whoever asked closes ``source``."""

    attached: OpenedName
    media_type: str
    reader: SealedReader
    source: BinaryIO


def put_away(store: FileStore, record_id: UUID, *, data: bytes, filename: str) -> PutAway:
    """Seal a picture as it came, and its plain copy; `InvalidError` for what is none.

    Done before the transaction that brings the rows: what no row comes to speak of is swept.
    """
    shown = plain(data)
    image_id, key = uuid4(), secrets.token_bytes(KEY_SIZE)
    copies = {Copy.ORIGINAL: data, Copy.SHOWN: shown.data}
    value: dict[str, Any] = {
        "filename": filename[-_LONGEST:],
        "media_type": shown.media_type,
        **{
            one.value: {"length": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for one, content in copies.items()
        },
    }
    files: list[tuple[str, Copy, bytes, int]] = []
    try:
        for one, content in copies.items():
            name = new_name()
            with store.create(name) as target:
                writer = SealingWriter(key, _file_place(record_id, image_id, one), target)
                writer.write(content)
                sealed = writer.finish()
            files.append((name, one, sealed.sealed_sha256, sealed.stored_size))
    except BaseException:
        for name, *_ in files:
            store.erase(name)
        raise
    blob = seal(key, json.dumps(value, ensure_ascii=False).encode(), _place(record_id, image_id))
    return PutAway(
        image_id, shown.width, shown.height, value[Copy.ORIGINAL.value]["sha256"], blob, files, key
    )


def add(
    session: PortalSession,
    record_id: UUID,
    *,
    by: Actor,
    version: int,
    image: PutAway,
    shows: Shows,
    cite: Cite,
    keys: PublicKeys,
    note: str,
    now: datetime,
) -> Image:
    """Keep an image with its record; the same file twice is refused, where the actor sees the first."""
    may_restrict(by, restricted=shows.restricted)
    record = take(session, record_id, by=by, version=version)
    if CIRCLE.value not in keys.groups:
        raise UnavailableError("The circle that reads images has no key yet.")
    if may_open(by) and _is_here(session, record, image.sha256, by):
        raise InvalidError("This very picture is here already.")
    row = Image(id=image.id, record_id=record.id, author=by.name, day=now.date())
    row.width, row.height, row.blob = image.width, image.height, image.blob
    row.files[:] = [
        ImageFile(name=name, copy=copy, sealed_sha256=digest, sealed_size=size)
        for name, copy, digest, size in image.files
    ]
    _describe(session, row, shows, cite)
    wraps.add(
        session,
        submission_id=record.id,
        part_id=row.id,
        key=image.key,
        recipients=[keys.groups[CIRCLE.value], keys.recovery],
        place=wrap_place(record.id, row.id),
        epoch_of=keys.epoch_of,
    )
    session.add(row)
    changed(session, record, by=by, note=note, now=now, act="registry.image")
    return row


def describe(
    session: PortalSession,
    record_id: UUID,
    image_id: UUID,
    *,
    by: Actor,
    version: int,
    shows: Shows,
    cite: Cite,
    note: str,
    now: datetime,
) -> Image:
    """Correct what is said of an image."""
    record = take(session, record_id, by=by, version=version)
    row = find_image(session, record, image_id, by=by)
    may_restrict(by, restricted=shows.restricted or bool(row.restricted))
    _describe(session, row, shows, cite)
    changed(session, record, by=by, note=note, now=now, act="registry.image-describe")
    return row


def _describe(session: PortalSession, row: Image, shows: Shows, cite: Cite) -> None:
    row.source = find_source(session, cite.source_id)
    row.source_id, row.locator = cite.source_id, cite.locator
    row.kind, row.caption, row.told = shows.kind, shows.caption.strip(), shows.told.strip()
    row.maker, row.original_at = shows.maker.strip(), shows.original_at.strip()
    row.when, row.restricted = shows.date, shows.restricted or None


def take_off(
    session: PortalSession,
    record_id: UUID,
    image_id: UUID,
    *,
    by: Actor,
    version: int,
    note: str,
    now: datetime,
) -> Record:
    """Show an image no more; it stays sealed, and can be put back."""
    record = take(session, record_id, by=by, version=version)
    row = find_image(session, record, image_id, by=by)
    row.off_by, row.off_day, row.off_reason = by.name, now.date(), note[:_LONGEST]
    return changed(session, record, by=by, note=note, now=now, act="registry.image-off")


def put_back(
    session: PortalSession,
    record_id: UUID,
    image_id: UUID,
    *,
    by: Actor,
    version: int,
    note: str,
    now: datetime,
) -> Record:
    """Show an image again that was taken off."""
    record = take(session, record_id, by=by, version=version)
    row = find_image(session, record, image_id, by=by, off=True)
    row.off_by = row.off_day = row.off_reason = None
    return changed(session, record, by=by, note=note, now=now, act="registry.image-back")


def erase(
    session: PortalSession,
    record_id: UUID,
    image_id: UUID,
    *,
    by: Actor,
    version: int,
    note: str,
    now: datetime,
) -> list[str]:
    """Erase an image that was taken off, with its key; return its files' names, for the edge to erase."""
    record = take(session, record_id, by=by, version=version)
    row = find_image(session, record, image_id, by=by, off=True)
    names = [one.name for one in row.files]
    for wrapped in session.keys.scalars(select(wraps.Wrap).where(wraps.Wrap.part_id == row.id)):
        session.keys.delete(wrapped)
    session.delete(row)
    changed(session, record, by=by, note=note, now=now, act="registry.image-erase")
    return names


def find_image(
    session: PortalSession, record: Record, image_id: UUID, *, by: Actor, off: bool = False
) -> Image:
    """Find an image of a record that this person may know of: one that is shown, or was taken off."""
    query = select(Image).where(Image.id == image_id, Image.record_id == record.id, readable(Image, by))
    found = session.scalar(query.where(Image.off_day.is_not(None) if off else Image.off_day.is_(None)))
    if found is None:
        raise NotFoundError
    return found


def of_record(session: Session, record: Record, *, by: Actor, off: bool = False) -> Sequence[Image]:
    """Give the images of a record itself, as time went on: those that are shown, or that were taken off."""
    query = select(Image).where(Image.record_id == record.id, readable(Image, by))
    query = query.where(Image.off_day.is_not(None) if off else Image.off_day.is_(None))
    return sorted(session.scalars(query), key=_in_time)


def gallery(session: PortalSession, record: Record, *, by: Actor) -> list[Image]:
    """Give the images of a record and of all that it is one with, as time went on."""
    one = whole(session, record.id, by=by)
    others = [key for key in one.parts if key != record.id] if one.shown == record.id else []
    together = [record, *several(session, others, by=by).values()]
    return sorted((each for one in together for each in of_record(session, one, by=by)), key=_in_time)


def _in_time(row: Image) -> tuple[date, str]:
    return row.earliest or row.latest or date.max, str(row.id)


def may_open(by: Actor) -> bool:
    """Tell whether somebody holds a key that opens images."""
    return by.may(Permission.CASE_READ) and bool(by.seeds.get(CIRCLE))


def open_image(
    session: PortalSession, record_id: UUID, image_id: UUID, *, by: Actor, copy: Copy, store: FileStore
) -> OpenedImage:
    """Open one copy of an image for a holder of the circle's key; the ledger says who took an original out.

    One that was taken off still opens for those who may put it back.
    """
    record = find(session, record_id, by=by)
    by.require(Permission.CASE_READ)
    row = _any(session, record, image_id, by)
    key, value = _opened(session, row, by)
    (file,) = (one for one in row.files if one.copy is copy)
    if copy is Copy.ORIGINAL:
        write_down(session, "registry.image-original", by=by.name, subject=record.id)
    source = store.open(file.name)
    try:
        reader = SealedReader(key, _file_place(record.id, row.id, copy), source, value[copy.value]["length"])
    except BaseException:
        source.close()
        raise
    return OpenedImage(OpenedName(value["filename"]), value["media_type"], reader, source)


def _any(session: PortalSession, record: Record, image_id: UUID, by: Actor) -> Image:
    try:
        return find_image(session, record, image_id, by=by)
    except NotFoundError:
        by.require(Permission.REGISTRY_EDIT)
        return find_image(session, record, image_id, by=by, off=True)


def _is_here(session: PortalSession, record: Record, sha256: str, by: Actor) -> bool:
    """Tell whether this very file is among the images that the actor opens.

    Of those under an earlier key of the circle, which a newcomer may lack, nothing is known here.
    """
    return any(
        _told(row, key)[Copy.ORIGINAL.value]["sha256"] == sha256
        for row in of_record(session, record, by=by)
        if (key := _key(session, row, by)) is not None
    )


def _key(session: PortalSession, row: Image, by: Actor) -> bytes | None:
    place = wrap_place(row.record_id, row.id)
    return wraps.open_key(session, part_id=row.id, seed=by.seeds_of(CIRCLE), place=place)


def _opened(session: PortalSession, row: Image, by: Actor) -> tuple[bytes, dict[str, Any]]:
    """Open the key of an image and what is sealed about it."""
    key = _key(session, row, by)
    if key is None:
        raise RefusedError
    return key, _told(row, key)


def _told(row: Image, key: bytes) -> dict[str, Any]:
    value = json.loads(unseal(key, Sealed(row.blob), _place(row.record_id, row.id)))
    assert isinstance(value, dict)  # noqa: S101 - only ever sealed as a mapping
    return value


def wrap_place(record_id: UUID, image_id: UUID) -> bytes:
    """Return the context under which an image's key is wrapped."""
    return context(Label.WRAP_IMAGE, record_id, image_id)


def _place(record_id: UUID, image_id: UUID) -> bytes:
    return context(Label.IMAGE, record_id, image_id)


def _file_place(record_id: UUID, image_id: UUID, copy: Copy) -> bytes:
    return context(Label.IMAGE_FILE, record_id, image_id, copy.value)
