"""Keeping an instance whole, on both databases: heads, sweeps, and the check of a folder or a copy of it."""

import os
import time
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from builders import Instance, a_draft, a_submission
from sqlalchemy import text

from portal import upkeep
from portal.errors import UnavailableError
from portal.intake import documents, service
from portal.intake.models import Compartment
from portal.ledger import service as ledger
from portal.ledger.report import Report
from portal.registry.starter import load_starter
from portal.store.files import new_name
from portal.store.wraps import Wrap
from portal.vault import receipt as receipts
from portal.vault.receipt import Receipt


def environ(instance: Instance) -> dict[str, str]:
    return {
        "PORTAL_DATABASE_URL": instance.settings.database_url,
        "PORTAL_KEYS_URL": instance.settings.keys_url,
    }


def verified(instance: Instance) -> Report:
    return upkeep.verify_folder(instance.settings.instance, environ(instance))


def with_a_file(instance: Instance) -> str:
    """Send an account with a file, and give the name under which the file is stored."""
    draft, document_id, stored = a_draft(), uuid4(), new_name()
    with documents.receiving(instance.files, draft.part(Compartment.CONTENT), document_id, stored) as coming:
        coming.write(b"\xff\xd8\xff a letter")
    draft.files.append(
        documents.draft_file(coming, document_id=document_id, stored_name=stored, name="a.jpg", caption="")
    )
    keys = receipts.keys_of(Receipt(draft.receipt), instance.keys.receipt_salt)
    with instance.database.session(write=True) as session:
        service.submit(
            session,
            draft=draft,
            keys=instance.keys,
            receipt=keys,
            language="en",
            day=instance.clock().date(),
        )
    upkeep.checkpoint(instance.database, instance.settings)
    return stored


def place(instance: Instance, name: str) -> Path:
    return instance.settings.files / name[:2] / name[2:4] / name


def test_an_instance_that_is_whole_verifies(instance: Instance) -> None:
    with_a_file(instance)
    report = verified(instance)
    assert report.ok, report.problems
    assert report.warnings == []


@pytest.mark.parametrize("damage", ["missing", "changed", "shorter"])
def test_a_file_that_is_not_as_it_was_is_named(instance: Instance, damage: str) -> None:
    stored = with_a_file(instance)
    path = place(instance, stored)
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(content[:-1] + (b"" if damage == "shorter" else bytes([content[-1] ^ 1])))
    problems = verified(instance).problems
    assert [(one.kind, one.object) for one in problems] == [("file", stored)]


def test_a_wrapped_key_that_is_gone_is_named(instance: Instance) -> None:
    with_a_file(instance)
    with instance.database.keys.begin() as connection:
        connection.execute(text("DELETE FROM wrap WHERE id = (SELECT id FROM wrap LIMIT 1)"))
    problems = verified(instance).problems
    assert [one.kind for one in problems] == ["row"]
    assert problems[0].object.startswith("wrap")


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE registry_name_key SET whole = NOT whole WHERE key = (SELECT min(key) FROM registry_name_key)",
        "DELETE FROM registry_name_key WHERE key = (SELECT min(key) FROM registry_name_key)",
    ],
    ids=["changed", "taken"],
)
def test_a_record_that_is_no_longer_found_by_its_name_is_named(instance: Instance, damage: str) -> None:
    with instance.database.session(write=True) as session:
        load_starter(session, author="starter", now=datetime(2026, 5, 4, tzinfo=UTC))
    assert verified(instance).ok
    with instance.database.session(write=True) as session:
        session.execute(text(damage))
    assert any("registry_name_key" in str(one) for one in verified(instance).problems)


def test_a_database_without_its_tables_is_a_finding_and_no_fault(instance: Instance) -> None:
    with instance.database.main.begin() as connection:
        connection.execute(text("DROP TABLE document"))
    problems = verified(instance).problems
    assert problems[0].kind == "database"
    assert "cannot be read" in problems[0].what


def test_a_head_over_everything_is_signed_once(instance: Instance) -> None:
    for _ in range(2):
        upkeep.checkpoint(instance.database, instance.settings)
    with instance.database.session(write=False) as session:
        head = ledger.latest_checkpoint(session)
        assert head
        assert head.size == ledger.size(session)
        assert head.day == datetime.now(UTC).date()


def test_a_head_kept_elsewhere_shows_that_newer_entries_were_cut_off(instance: Instance) -> None:
    with_a_file(instance)
    with instance.database.session(write=False) as session:
        head = ledger.latest_checkpoint(session)
        assert head
    folder = instance.settings.instance
    assert upkeep.verify_folder(folder, environ(instance), witnessed=[head.note]).ok
    with instance.database.main.begin() as connection:
        connection.execute(text("DELETE FROM ledger_checkpoint"))
        connection.execute(text("DELETE FROM ledger_entry WHERE seq = (SELECT max(seq) FROM ledger_entry)"))
    assert not upkeep.verify_folder(folder, environ(instance), witnessed=[head.note]).ok


def test_a_sweep_spares_what_a_row_speaks_of_and_what_is_young(instance: Instance) -> None:
    stored, stray = with_a_file(instance), new_name()
    with instance.files.create(stray) as sink:
        sink.write(b"\x01 of a draft that was never sent")
    now = datetime.fromtimestamp(time.time() + 60, UTC)
    kept = upkeep.sweep(instance.database, instance.settings, older_than=3600, now=now)
    assert kept == upkeep.Swept(0, 0, 0)
    swept = upkeep.sweep(instance.database, instance.settings, older_than=0, now=now)
    assert swept == upkeep.Swept(1, 0, 0)
    assert list(instance.files.names()) == [stored]
    assert verified(instance).ok


def test_a_sweep_erases_keys_that_no_submission_has(instance: Instance) -> None:
    with instance.database.session(write=True) as session:
        a_submission(instance, session)
    with instance.database.keys.begin() as connection:
        connection.execute(
            Wrap.__table__.insert().values(  # type: ignore[attr-defined]
                id=uuid4(), submission_id=uuid4(), part_id=uuid4(), key_id="0" * 32, epoch=1, blob=b"\x01left"
            )
        )
    now = datetime.now(UTC)
    assert upkeep.sweep(instance.database, instance.settings, older_than=0, now=now).wraps == 1
    assert upkeep.sweep(instance.database, instance.settings, older_than=0, now=now).wraps == 0


def test_a_sweep_without_its_store_erases_nothing(sqlite_instance: Instance) -> None:
    os.rename(sqlite_instance.settings.files, sqlite_instance.settings.instance / "elsewhere")  # noqa: PTH104
    with pytest.raises(UnavailableError, match="missing"):
        upkeep.sweep(sqlite_instance.database, sqlite_instance.settings, older_than=0, now=datetime.now(UTC))
