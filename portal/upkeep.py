"""Keeping an instance whole: sign the ledger's head, sweep leftovers, verify a folder or a copy of it."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

import portal.erasure  # noqa: F401 - every table must be known before rows are checked or erased
from portal import schema
from portal.config import PublicKeys, Settings, load_settings, root_fingerprint
from portal.database import Database, PortalSession, empty_log
from portal.errors import RefusedError, UnavailableError
from portal.intake import draft_rows, withdrawing
from portal.intake.models import Document
from portal.ledger import service as ledger
from portal.ledger.checkpoint import LogKeys
from portal.ledger.cosignature import Witness, witnesses_of
from portal.ledger.heads import Trusted
from portal.ledger.report import Finding, Report
from portal.ledger.tagging import Tagged, tag_entries
from portal.ledger.tags import ENTRY_KEY, known_key, read_key, tag_key
from portal.ledger.verify import FileClaim
from portal.ledger.verify import verify as verify_ledger
from portal.permissions import Group
from portal.registry.models import ImageFile
from portal.registry.writing import astray
from portal.staff import epochs
from portal.staff.founding import read_signer, write_private
from portal.store.arrivals import Arrivals
from portal.store.directory import (
    DIRECTORY,
    pinned_fingerprint,
    read_directory,
    read_public_keys,
    rename_whole,
    standing,
    write_whole,
)
from portal.store.files import FileStore
from portal.store.pinned import certificates, witness_keys
from portal.vault.directory import Directory, DirectoryError
from portal.vault.timestamp import Authorities

RECORDED_AGAIN = {"0008": "membership", "0012": "submission"}
"""Migrations that gave the rows of a table a new value: the ledger records them anew."""
TAGS = "0015"
"""The migration that brought tags: what was there before gets its tag with it, and never later."""
_COMING = f"{ENTRY_KEY}.new"
"""The key of tags that are being written; it takes its name when the database has them."""


def log_keys(keys: PublicKeys) -> LogKeys:
    """Return what the ledger's heads are checked with."""
    return LogKeys(keys.origin, keys.ledger_ed25519, keys.ledger_mldsa44)


def checkpoint(database: Database, settings: Settings) -> None:
    """Sign the ledger's head over everything so far."""
    with database.session(write=True) as session:
        ledger.checkpoint(
            session, signer=read_signer(settings), key=read_key(settings), day=datetime.now(UTC).date()
        )


def claims(session: PortalSession) -> list[FileClaim]:
    """Return what the database says of every stored file."""
    documents = select(Document.stored_name, Document.stored_sha256, Document.stored_size)
    images = select(ImageFile.name, ImageFile.sealed_sha256, ImageFile.sealed_size)
    return [
        FileClaim(name, digest, size)
        for query in (documents, images)
        for name, digest, size in session.execute(query)
    ]


def verify_folder(
    folder: Path,
    environ: Mapping[str, str],
    *,
    kept: Directory | None = None,
    witnessed: Iterable[str] = (),
    demanded: Mapping[str, Witness] | None = None,
    authorities: Iterable[bytes] = (),
) -> Report:
    """Check an instance, or a copy of one, with nothing but public keys; tags, if their key is in the folder.

    ``kept`` (a verified directory) and ``witnessed`` (signed heads) that were kept elsewhere show what the
    folder itself cannot: that its own keys or its newest entries were not exchanged. So do witnesses whose
    co-signature is ``demanded``; certificates of ``authorities`` take the place of those in the folder.
    """
    report = Report()
    keys = _directory_keys(folder, root_fingerprint(environ), kept, report)
    settings = load_settings(environ, folder, read=lambda *_: keys)
    database = Database(settings.main_url, settings.wraps_url)
    known: list[FileClaim] = []
    try:
        with database.session(write=False) as session:
            known = claims(session)
            for record_id in astray(session):
                report.add("row", f"registry_name_key of {record_id}", "does not follow from the name")
    except (DBAPIError, ValueError) as problem:
        report.add("database", "document", f"cannot be read: {type(problem).__name__}")
    found = verify_ledger(
        database,
        FileStore(settings.files),
        log_keys(kept.public_keys() if kept else keys),
        files=known,
        witnessed=witnessed,
        trusted=replace(
            trusted(folder, demanded=demanded, authorities=authorities),
            tags=_key_of_tags(folder, keys.origin, report),
        ),
    )
    found.problems[:0] = report.problems
    database.dispose()
    return found


def _key_of_tags(folder: Path, origin: str, report: Report) -> bytes | None:
    try:
        return known_key(folder, origin)
    except UnavailableError as problem:
        report.find(Finding.TAG_KEY, ENTRY_KEY, why=problem)
        return None


def trusted(
    folder: Path, *, demanded: Mapping[str, Witness] | None = None, authorities: Iterable[bytes] = ()
) -> Trusted:
    """Return whom an instance's folder believes besides its log, and who is asked for from outside."""
    return Trusted(
        demanded=demanded or {},
        witnesses=witnesses_of(witness_keys(folder)),
        authorities=Authorities.read([*authorities] or certificates(folder)),
    )


def _directory_keys(folder: Path, pinned: str, kept: Directory | None, report: Report) -> PublicKeys:
    """Check the directory of a folder; if it does not hold, go on with the kept one or unsigned."""
    report.count("directories")
    try:
        found = standing(folder, pinned)
    except DirectoryError as problem:
        report.add("directory", DIRECTORY, str(problem))
        if kept is not None:
            return kept.public_keys()
        try:
            return Directory.from_json((folder / DIRECTORY).read_text(encoding="utf-8")).public_keys()
        except (OSError, ValueError, DirectoryError):
            raise problem from None
    if kept is not None and found.serial < kept.serial:
        report.add(
            "directory", DIRECTORY, f"is edition {found.serial}; edition {kept.serial} was kept elsewhere"
        )
    if kept is not None and found.serial == kept.serial and found.message != kept.message:
        report.add("directory", DIRECTORY, "differs from the edition that was kept elsewhere")
    return found.public_keys()


def install_directory(folder: Path, environ: Mapping[str, str], signed: bytes) -> Directory:
    """Take a directory that the root signed; asked again, it does nothing more.

    Raises `DirectoryError` for another root's, a changed one, or one older than what stands.
    """
    pinned = pinned_fingerprint(folder, root_fingerprint(environ))
    directory = read_directory(signed, pinned)
    if (folder / DIRECTORY).exists():
        now = standing(folder, pinned)
        if directory.serial < now.serial or (directory.serial == now.serial and directory != now):
            raise DirectoryError(f"Edition {now.serial} stands already; this is {directory.serial}.")
    write_whole(folder / DIRECTORY, directory.to_json().encode())
    settings = load_settings(environ, folder, read=read_public_keys)
    database = Database(settings.main_url, settings.wraps_url)
    key = read_key(settings) if _has_tags(database) else None
    ledger.attach(database, settings.public_keys.groups[Group.AUDITORS.value], key=key)
    with database.session(write=True) as session:
        detail = {"serial": str(directory.serial)}
        ledger.note(session, "directory.install", by="portal", detail=detail)
        if schema.is_current(database):  # else `portal db upgrade` does it, which comes next
            epochs.follow(session, settings.public_keys, day=datetime.now(UTC).date())
    database.dispose()
    return directory


def upgrade(settings: Settings) -> None:
    """Bring both databases up to this version, and record anew the rows whose columns were changed.

    Entries of before tags get theirs now, unless the folder has a key of tags: then somebody set the database
    back, and `tag_again` is a decision of theirs.
    """
    database = Database(settings.main_url, settings.wraps_url)
    try:
        before = schema.current(database.main)
        without = before is not None and before < TAGS and not (settings.instance / ENTRY_KEY).exists()
        coming = without or (settings.instance / _COMING).exists()
        key = _coming_key(settings) if coming else read_key(settings)
        schema.upgrade(database)
        ledger.attach(database, settings.public_keys.groups[Group.AUDITORS.value], key=key)
        with database.session(write=True) as session:
            if coming:
                _tag(session, settings, key, again=False, unsigned=True)
            for revision, table in RECORDED_AGAIN.items():
                if before is not None and before < revision:
                    ledger.record_again(session, [table], by="portal", reason=f"migration {revision}")
            epochs.follow(session, settings.public_keys, day=datetime.now(UTC).date())
        if coming:
            rename_whole(settings.instance / _COMING, settings.instance / ENTRY_KEY)
    finally:
        database.dispose()


def tag_again(settings: Settings, *, unsigned: bool) -> Tagged:
    """Give every entry of which everything holds its tag anew, under a new key; both faces must be down.

    For when `ENTRY_KEY` is lost, or an older copy of the database was put back. ``unsigned`` believes entries
    behind the newest head as well, which nothing proves; else they are a `RefusedError`. Recorded as an act.
    """
    database = Database(settings.main_url, settings.wraps_url)
    key = _coming_key(settings)
    ledger.attach(database, settings.public_keys.groups[Group.AUDITORS.value], key=key)
    try:
        with database.session(write=True) as session:
            tagged = _tag(session, settings, key, again=True, unsigned=unsigned)
    except RefusedError:
        (settings.instance / _COMING).unlink()
        raise
    finally:
        database.dispose()
    rename_whole(settings.instance / _COMING, settings.instance / ENTRY_KEY)
    return tagged


def _has_tags(database: Database) -> bool:
    return (schema.current(database.main) or "") >= TAGS


def _coming_key(settings: Settings) -> bytes:
    """Return the key under which tags are being written; what was interrupted goes on with the same."""
    path = settings.instance / _COMING
    if not path.exists():
        write_private(path, secrets.token_bytes(32))
    return tag_key(path.read_bytes(), settings.public_keys.origin)


def _tag(session: PortalSession, settings: Settings, key: bytes, *, again: bool, unsigned: bool) -> Tagged:
    tagged = tag_entries(session, key=key, keys=log_keys(settings.public_keys), headless=again and unsigned)
    if tagged.unsigned and not unsigned:
        raise RefusedError(
            f"{tagged.unsigned} entries stand behind the newest head, and nothing proves them. "
            "Look at them, then add --unsigned."
        )
    if again and tagged.left and not tagged.signed + tagged.unsigned:
        raise RefusedError(
            "No head fits, so no entry is believed: run `portal verify`, and look for a backup that holds. "
            "If only the heads are missing, --unsigned believes the entries without them."
        )
    act = "ledger.tag-again" if again else "ledger.tag"
    ledger.note(session, act, by="portal", detail=tagged.detail())
    return tagged


@dataclass(frozen=True)
class Swept:
    """What a sweep erased."""

    files: int
    wraps: int
    withdrawn: int
    """Submissions that had been taken back under a legal hold, which has ended."""
    drafts: int = 0
    """Drafts whose time was over."""


def sweep(database: Database, settings: Settings, *, older_than: float, now: datetime) -> Swept:
    """Erase what no row speaks of: half files, files of drafts never sent, wrapped keys without a submission.

    What was taken back under a legal hold goes as well, once the hold has ended or run out; so do drafts
    whose time is over. Files of a draft that is kept live as long as it; ``older_than`` seconds spare those
    of drafts whose code was put off.
    """
    if not settings.files.is_dir():
        raise UnavailableError(f"{settings.files} is missing.")
    with database.session(write=True) as session:
        wraps = ledger.recover(session)
    files = FileStore(settings.files)
    withdrawn = _carry_out(database, files, today=now.date())
    drafts = _expire_drafts(database, settings, today=now.date())
    with database.session(write=False) as session:
        kept = list(draft_rows.living(session))
        known = {claim.name for claim in claims(session)}.union(*(one.files for one in kept))
    for engine in (database.main, database.keys):
        empty_log(engine)
    erased = files.sweep(known, older_than=older_than, now=now.timestamp())
    spare = {one.arriving for one in kept}
    Arrivals(settings.files).sweep(older_than=older_than, now=now.timestamp(), spare=spare)
    return Swept(erased, wraps, withdrawn, drafts)


def _expire_drafts(database: Database, settings: Settings, *, today: date) -> int:
    """Erase the drafts whose time is over: row and key first, then what lies in the store."""
    with database.session(write=True) as session:
        over = draft_rows.expire(session, today=today)
    for one in over:
        for name in one.files:
            FileStore(settings.files).erase(name)
        Arrivals(settings.files).forget(one.arriving)
    return len(over)


def _carry_out(database: Database, files: FileStore, *, today: date) -> int:
    """Write down which holds have run out, and erase what waited for that; each in its own transaction."""
    with database.session(write=True) as session:
        withdrawing.expire(session, today=today)
    with database.session(write=False) as session:
        waiting = withdrawing.due(session, today=today)
    for submission_id in waiting:
        with database.session(write=True) as session:
            names = withdrawing.carry_out(session, submission_id=submission_id, today=today)
        for name in names:
            files.erase(name)
    return len(waiting)
