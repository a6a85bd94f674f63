"""Rules against mistakes that others made: no way around the seal, nothing in clear that need not be."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from commands import typed
from sqlalchemy import Date, DateTime, Integer, String

import portal.casework.models
import portal.intake.models
import portal.linking.models
import portal.registry.models
import portal.release.models
import portal.staff.models  # noqa: F401 - all tables are looked at
from portal.database import Base, KeysBase, SealedColumn, UtcTime

PORTAL = Path(__file__).resolve().parents[2] / "portal"
UNSAFE = {"pickle", "shelve", "marshal", "smtplib", "subprocess", "multiprocessing", "sqlite3.dbapi2"}
OWN_CHILD = PORTAL / "registry" / "exchange" / "preparing.py"
"""Rows of the registry are read by a second process of our own, through a pipe; nobody else writes to it."""
SPOOLING = {"SpooledTemporaryFile", "TemporaryFile", "NamedTemporaryFile"}
OTHER_CRYPTOGRAPHY = {"Fernet", "MultiFernet", "AESGCMSIV", "ChaCha20Poly1305", "AESCCM", "Cipher"}


def modules() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(PORTAL.rglob("*.py")):
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def test_the_library_is_used_by_its_public_names_and_for_two_constructions_only() -> None:
    """Its hybrid keys do not serialise, so only seeds are kept; its private functions may change."""
    for path, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("cryptography"):
                names = {alias.name for alias in node.names}
                assert not names & OTHER_CRYPTOGRAPHY, path
                assert not any(name.startswith("_") for name in names), path
            if isinstance(node, ast.Attribute):
                assert node.attr not in {"_encrypt_with_aad", "_decrypt_with_aad"}, path


def test_bare_aes_gcm_appears_only_where_ranges_are_read() -> None:
    using = {path.name for path, _tree in modules() if "AESGCM" in path.read_text(encoding="utf-8")}
    assert using == {"stream.py"}


def test_nothing_spools_pickles_mails_or_starts_programs() -> None:
    """Thumbnails, text recognition, virus scanners and notifications write in clear where nobody looks."""
    for path, tree in modules():
        unsafe = UNSAFE - {"multiprocessing", "pickle"} if path == OWN_CHILD else UNSAFE
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                assert not {alias.name for alias in node.names} & unsafe, path
            if isinstance(node, ast.ImportFrom):
                assert node.module not in unsafe, path
                assert not {alias.name for alias in node.names} & SPOOLING, path
            if isinstance(node, ast.Attribute):
                assert node.attr not in SPOOLING, path


def test_no_database_searches_words_and_none_counts_arrivals() -> None:
    """No full-text index, no counter that tells how many came, no moment finer than a day at intake."""
    for base in (Base, KeysBase):
        for table in base.metadata.tables.values():
            for column in table.primary_key.columns:
                counts = isinstance(column.type, Integer) and column.autoincrement is True
                assert not counts, f"{table.name}.{column.name}"
            for index in table.indexes:
                assert not index.dialect_options.get("postgresql", {}).get("using"), index.name
    for path in (PORTAL.parent / "migrations").rglob("*.py"):
        assert not re.search(r"fts[345]|tsvector|CREATE VIRTUAL", path.read_text(encoding="utf-8")), path


def test_what_sources_send_has_a_day_and_sealed_words_and_nothing_finer() -> None:
    intake = [mapper.local_table for mapper in Base.registry.mappers if "intake" in mapper.class_.__module__]
    assert len(intake) >= 7
    for table in intake:
        if table.name in {
            "receiver",
            "edition",
        }:  # no source writes these: bodies asked about, public numbers
            continue
        for column in table.columns:
            where = f"{table.name}.{column.name}"
            assert not isinstance(column.type, DateTime | UtcTime), where
            if isinstance(column.type, String) and not hasattr(column.type, "enums"):
                assert (column.type.length or 0) <= 60, f"{where} could hold words"
        assert not any(isinstance(one.type, Date) and "time" in one.name for one in table.columns)


def test_no_row_leads_from_a_case_to_a_record() -> None:
    """Who is linked to whom is testimony: no foreign key crosses, in either direction."""
    owner = {mapper.local_table: mapper.class_.__module__.split(".")[1] for mapper in Base.registry.mappers}
    for table in Base.metadata.tables.values():
        for foreign in table.foreign_keys:
            pair = {owner.get(table), owner.get(foreign.column.table)}
            assert "registry" not in pair or pair == {"registry"}, (
                f"{table.name} -> {foreign.column.table.name}"
            )
    linked = Base.metadata.tables["link"]
    assert {column.name for column in linked.columns if isinstance(column.type, SealedColumn)} == {"blob"}


FORBIDDEN = re.compile(r"decrypt|reset|unlock|escrow|debug|impersonate|dump|passphrase|password")


def test_no_command_and_no_page_opens_for_whoever_runs_the_place() -> None:
    """No reset, no escrow, no debug command: each would void the promise."""
    assert [one for one in typed() if FORBIDDEN.search(one)] == []
    table = (Path(__file__).parents[1] / "golden" / "pages.txt").read_text(encoding="utf-8").splitlines()
    opened = [line.split()[2] for line in table if "administrator: open" in line]
    assert not [
        one for one in opened if one.startswith(("casework.", "linking.")) and not one.endswith("figures")
    ]
