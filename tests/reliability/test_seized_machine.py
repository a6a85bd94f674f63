"""A machine is taken with everything on it, and every administrator and auditor hands over a passphrase."""

import json
import shutil
import sqlite3
from base64 import b64decode
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from io import BytesIO
from itertools import product
from pathlib import Path
from typing import Any
from uuid import UUID

import contents
import pytest
from builders import Instance
from contents import Filled, Told

from portal.casework.sealing import CaseKey, open_for_release, release_wrap_place
from portal.errors import PortalError
from portal.intake import withdrawing
from portal.intake.models import Compartment, Speaker
from portal.intake.sealing import PartKey, open_field, open_message, open_record, wrap_place
from portal.ledger.recorder import acts_place
from portal.permissions import Group, Role
from portal.staff.credentials import Credentials, group_place
from portal.staff.locks import Locks, unlock
from portal.store.directory import read_public_keys
from portal.vault.passphrase import Cost
from portal.vault.seal import Label, Sealed, UnsealError, context
from portal.vault.stream import SealedReader
from portal.vault.wrap import unwrap

GROUPS = context(Label.WRAP_RECOVERY, "groups")
SECRET = ("Sepidehdam", "Mahtabgoon", "Oslo the", "SarveravanBYTES", "Kabootarnameh", "Panjshirlamp")
SECRET += ("Ghobareshab", "Bidmajnoon", "Derakhteanar")


@dataclass
class Seized:
    """A copy of the folder, read without the portal: rows as they stand, bytes as they lie."""

    folder: Path
    opened: list[str] = field(default_factory=list)
    """What came open, as text."""

    def rows(self, table: str, database: str = "portal.db") -> list[dict[str, Any]]:
        with closing(sqlite3.connect(self.folder / database)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(f'SELECT * FROM "{table}"')]  # noqa: S608

    def tables(self, database: str) -> list[str]:
        with closing(sqlite3.connect(self.folder / database)) as connection:
            found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            return [name for (name,) in found]

    def file(self, name: str) -> bytes:
        return (self.folder / "files" / name[:2] / name[2:4] / name).read_bytes()


def seize(instance: Instance, where: Path) -> Seized:
    """Copy the whole folder as it lies, logs of the databases included."""
    shutil.copytree(instance.settings.instance, where)
    return Seized(where)


def handed_over(seized: Seized, instance: Instance, roles: Iterable[Role]) -> set[bytes]:
    """Every key that these people's passphrases and the files beside the databases give."""
    keys = read_public_keys(seized.folder)
    found: set[bytes] = {keys.receipt_salt * 2}
    for path in ("ledger.key", "web.key", "entry.key"):
        content = (seized.folder / path).read_bytes()
        found |= {content[start : start + 32] for start in range(0, len(content) - 31, 32)}
    for row in seized.rows("staff"):
        if Role(row["role"]) in roles:
            cost = Cost(row["memory_kib"], row["iterations"], row["lanes"])
            kept = Credentials(row["salt"], cost, Sealed(row["bundle"]))
            passphrase = instance.founders[row["name"]].passphrase
            opened = unlock(Locks(kept), passphrase, staff_id=UUID(row["id"]))
            assert opened is not None
            bundle = opened.bundle
            found |= {bundle.identity, bundle.signing[:32], bundle.signing[32:]}
            found |= set(_groups(seized, bundle.identity, UUID(row["id"])))
    packed = (seized.folder / "recovery-groups").read_bytes()
    for seed in list(found):
        with suppress(PortalError):
            found |= set(_split(unwrap(seed, packed, GROUPS)))
    return found


def _groups(seized: Seized, seed: bytes, staff_id: UUID) -> Iterator[bytes]:
    for row in seized.rows("membership"):
        with suppress(PortalError):
            yield unwrap(seed, row["blob"], group_place(staff_id, Group(row["group"]), row["epoch"]))


def _split(packed: bytes) -> Iterator[bytes]:
    return (packed[start : start + 32] for start in range(0, len(packed), 32))


def try_everything(seized: Seized, keys: set[bytes]) -> list[str]:
    """Try every key on every wrapped key, and what came of it on every sealed value and file."""
    parts = {row["id"]: row for row in seized.rows("part")}
    sheets = {row["id"]: row for row in seized.rows("coding_sheet")}
    direct = set(keys)
    open_parts: dict[str, set[bytes]] = {part_id: set(direct) for part_id in parts}
    for wrapped, key in product(seized.rows("wrap", "keys.db"), keys):
        part_id, submission_id = wrapped["part_id"], UUID(wrapped["submission_id"])
        with suppress(PortalError):
            if part_id in parts:
                place = wrap_place(submission_id, UUID(part_id), Compartment(parts[part_id]["compartment"]))
                open_parts[part_id].add(unwrap(key, wrapped["blob"], place))
            elif part_id in sheets:
                place = release_wrap_place(submission_id, UUID(part_id))
                copy = unwrap(key, wrapped["blob"], place)
                blob = sheets[part_id]["release_blob"]
                seized.opened.append(open_for_release(copy, submission_id, UUID(part_id), blob).decode())
    made = [
        PartKey(
            UUID(parts[part_id]["submission_id"]),
            UUID(part_id),
            Compartment(parts[part_id]["compartment"]),
            key,
        )
        for part_id, some in open_parts.items()
        for key in some
        if len(key) == 32
    ]
    for part in made:
        seized.opened.extend(_of_part(seized, part))
    return seized.opened


def _of_part(seized: Seized, part: PartKey) -> Iterator[str]:
    """What one key of one part opens."""
    mine = part.submission_id.hex
    for row in seized.rows("sealed_field"):
        if row["part_id"] == part.part_id.hex:
            with suppress(UnsealError):
                yield open_field(part, row["name"], row["version"], row["blob"])
    for row in seized.rows("document"):
        if row["part_id"] == part.part_id.hex:
            with suppress(UnsealError):
                yield str(open_record(part, UUID(row["id"]), Label.CUSTODY, row["custody"]))
                record = open_record(part, UUID(row["id"]), Label.FILE_RECORD, row["record"])
                yield str(record)
                yield _file(seized, part, row, record["length"])
    for row in seized.rows("message"):
        if row["submission_id"] == mine:
            with suppress(UnsealError):
                speaker = Speaker(row["speaker"])
                yield open_message(part, UUID(row["id"]), row["number"], speaker, row["blob"])
    yield from _of_case(seized, CaseKey(part.submission_id, part))


def _of_case(seized: Seized, key: CaseKey) -> Iterator[str]:
    tables = {"annotation": Label.ANNOTATION, "link": Label.LINK, "case_note": Label.NOTE}
    for table, label in {**tables, "coding_sheet": Label.CODING_SHEET}.items():
        for row in seized.rows(table):
            if row["submission_id"] == key.submission_id.hex:
                bound = (UUID(row["field_id"]),) if "field_id" in row else ()
                with suppress(UnsealError):
                    value = key.open(
                        label, UUID(row["id"]), row["blob"], version=row.get("version", 1), bound=bound
                    )
                    yield f"{table}: {value}"


def _file(seized: Seized, part: PartKey, row: dict[str, Any], length: int) -> str:
    source = BytesIO(seized.file(row["stored_name"]))
    key, place = part.file_key(UUID(row["id"])), part.file_place(UUID(row["id"]))
    return b"".join(SealedReader(key, place, source, length).read()).decode()


@pytest.fixture
def filled(sqlite_instance: Instance) -> Filled:
    contents.leave_a_draft(sqlite_instance)
    return contents.fill(sqlite_instance)


HELPLESS = (Role.ADMINISTRATOR, Role.AUDITOR)


def test_administrators_and_auditors_open_nothing(
    sqlite_instance: Instance, filled: Filled, tmp_path: Path
) -> None:
    seized = seize(sqlite_instance, tmp_path / "seized")
    keys = handed_over(seized, sqlite_instance, HELPLESS)
    assert sqlite_instance.secrets.group_seeds[Group.AUDITORS] in keys
    assert try_everything(seized, keys) == []
    assert filled.one.id


def test_a_reviewer_opens_what_was_told_and_not_who_told_it(
    sqlite_instance: Instance, filled: Filled, tmp_path: Path
) -> None:
    seized = seize(sqlite_instance, tmp_path / "seized")
    opened = "\n".join(try_everything(seized, handed_over(seized, sqlite_instance, [Role.REVIEWER])))
    assert set(SECRET) - {word for word in SECRET if word in opened} == {"Mahtabgoon", "Oslo the"}
    assert all(content.decode() in opened for told in (filled.one, filled.other) for content in told.contents)
    assert str(filled.person) in opened


def test_a_lead_opens_everything_but_who_did_what(
    sqlite_instance: Instance, filled: Filled, tmp_path: Path
) -> None:
    seized = seize(sqlite_instance, tmp_path / "seized")
    keys = handed_over(seized, sqlite_instance, [Role.LEAD])
    opened = "\n".join(try_everything(seized, keys))
    assert [word for word in SECRET if word not in opened] == []
    assert str(filled.prison) in opened
    sealed = [(row["seq"], json.loads(row["body"])["acts"]) for row in seized.rows("ledger_entry")]
    acts = [(seq, b64decode(text)) for seq, text in sealed if text is not None]
    assert len(acts) > 10
    for (seq, blob), key in product(acts, [key for key in keys if len(key) == 32]):
        with pytest.raises(UnsealError):
            unwrap(key, blob, acts_place(seq))


def test_the_recovery_key_opens_everything(sqlite_instance: Instance, filled: Filled, tmp_path: Path) -> None:
    seized = seize(sqlite_instance, tmp_path / "seized")
    recovery = sqlite_instance.secrets.recovery_seed
    opened = "\n".join(try_everything(seized, {recovery}))
    assert [word for word in SECRET if word not in opened] == []
    groups = unwrap(
        recovery,
        (seized.folder / "recovery-groups").read_bytes(),
        GROUPS,
    )
    assert set(_split(groups)) == set(sqlite_instance.secrets.group_seeds.values())
    assert str(filled.prison) in opened


def forms(record_id: UUID) -> set[bytes]:
    """How an id may stand in a file."""
    return {record_id.bytes, record_id.hex.encode(), str(record_id).encode()}


def test_nothing_in_clear_connects_a_case_with_a_person_or_a_prison(
    sqlite_instance: Instance, filled: Filled, tmp_path: Path
) -> None:
    seized = seize(sqlite_instance, tmp_path / "seized")
    tables = {name for name in seized.tables("portal.db") if name not in {"ledger_entry", "sqlite_sequence"}}
    registry = {name for name in tables if name.startswith("registry_")}
    records = forms(filled.person) | forms(filled.prison) | {b"Omid Rastegar", b"Gohardasht"}
    cases = forms(filled.one.id) | forms(filled.other.id)
    for name in tables - registry:
        assert not _holds(seized.rows(name), records), name
    for name in registry:
        assert not _holds(seized.rows(name), cases), name
    for path in (seized.folder / "files").rglob("*"):
        assert not path.is_file() or not any(one in path.read_bytes() for one in records | cases)
        assert not any(one in path.name.encode() for one in records | cases)
    assert not _holds(seized.rows("wrap", "keys.db"), records)
    # No entry of the log tells that a case and a record changed together.
    for row in seized.rows("ledger_entry"):
        both = any(one in row["body"] for one in records), any(one in row["body"] for one in cases)
        assert both != (True, True)
        assert not (both[1] and b'"registry_' in row["body"])
        assert not (both[0] and any(f'["{name}"'.encode() in row["body"] for name in tables - registry))


def _holds(rows: list[dict[str, Any]], wanted: set[bytes]) -> bool:
    values = [value for row in rows for value in row.values() if isinstance(value, str | bytes)]
    raw = [value.encode() if isinstance(value, str) else value for value in values]
    return any(one in value for value in raw for one in wanted)


def test_the_clear_part_of_the_machine_says_no_word_of_any_account(
    sqlite_instance: Instance, filled: Filled, tmp_path: Path
) -> None:
    seized = seize(sqlite_instance, tmp_path / "seized")
    words = [word.encode() for word in SECRET] + [word.encode("utf-16-le") for word in SECRET]
    for path in seized.folder.rglob("*"):
        assert not path.is_file() or not any(word in path.read_bytes() for word in words), path.name
    assert filled.other.id


def fingerprints(seized: Seized, told: Told) -> dict[str, bytes]:
    """A stretch from the middle of everything that is sealed of one submission, wrapped keys above all."""
    mine = told.id.hex
    found = {
        f"wrap {row['part_id']} {row['key_id']}": row["blob"][500:540]
        for row in seized.rows("wrap", "keys.db")
        if row["submission_id"] == mine
    }
    assert len(found) > 10
    return found


def where_found(folder: Path, wanted: dict[str, bytes]) -> list[str]:
    return [
        f"{name} in {path.name}"
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        for name, stretch in wanted.items()
        if stretch in path.read_bytes()
    ]


def withdraw(instance: Instance, told: Told) -> None:
    """As the source's page does it: rows and wraps first, then the files."""
    with instance.database.session(write=True) as session:
        names = withdrawing.withdraw(session, submission_id=told.id, day=instance.clock().date())
    for name in names:
        instance.files.erase(name)


def everything(seized: Seized, instance: Instance, filled: Filled) -> set[bytes]:
    """All keys that exist, of staff, of the recovery and of both sources."""
    keys = handed_over(seized, instance, list(Role))
    return (
        keys
        | {instance.secrets.recovery_seed, filled.one.seed, filled.other.seed}
        | set(instance.secrets.group_seeds.values())
    )


def test_what_was_withdrawn_opens_with_no_key_at_all(
    sqlite_instance: Instance, filled: Filled, tmp_path: Path
) -> None:
    before = seize(sqlite_instance, tmp_path / "before")
    gone = fingerprints(before, filled.one)
    assert where_found(sqlite_instance.settings.instance, gone)
    withdraw(sqlite_instance, filled.one)
    # No one had to do anything: the keys are gone from the database and from its log at once.
    assert where_found(sqlite_instance.settings.instance, gone) == []
    after = seize(sqlite_instance, tmp_path / "after")
    opened = "\n".join(try_everything(after, everything(after, sqlite_instance, filled)))
    assert "the second" in opened
    assert "the first" not in opened
    assert not [row for row in after.rows("wrap", "keys.db") if row["submission_id"] == filled.one.id.hex]


def test_a_copy_of_the_main_database_alone_opens_nothing_after_withdrawal(
    sqlite_instance: Instance, filled: Filled, tmp_path: Path
) -> None:
    """Even an old copy of the main database: what opened it is kept apart and gone."""
    old = seize(sqlite_instance, tmp_path / "old")
    withdraw(sqlite_instance, filled.one)
    backup = tmp_path / "backup"
    shutil.copytree(old.folder, backup)
    for name in ("keys.db", "keys.db-wal", "keys.db-shm"):
        (backup / name).unlink(missing_ok=True)
    with closing(sqlite3.connect(sqlite_instance.settings.instance / "portal.db")) as live:
        live.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for name in ("portal.db", "keys.db"):
        with (
            closing(sqlite3.connect(sqlite_instance.settings.instance / name)) as live,
            closing(sqlite3.connect(backup / f"fresh-{name}")) as copy,
        ):
            live.backup(copy)
    (backup / "fresh-keys.db").rename(backup / "keys.db")
    old_rows = Seized(backup)
    opened = "\n".join(try_everything(old_rows, everything(old_rows, sqlite_instance, filled)))
    assert "the second" in opened
    assert "the first" not in opened
    for name in ("portal.db-wal", "portal.db-shm"):
        (backup / name).unlink(missing_ok=True)
    (backup / "fresh-portal.db").replace(backup / "portal.db")
    fresh = Seized(backup)
    opened = "\n".join(try_everything(fresh, everything(fresh, sqlite_instance, filled)))
    assert "the second" in opened
    assert "the first" not in opened
    assert [row["submission_id"] for row in fresh.rows("tombstone")] == [filled.one.id.hex]
