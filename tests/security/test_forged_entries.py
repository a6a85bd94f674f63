"""An entry put into the ledger by SQL alone agrees with itself and bears anybody's name; no head signs it."""

from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from builders import Founded, Instance, an_instance, open_instance
from click.testing import CliRunner
from sqlalchemy import Connection, select, text

from portal import cli, upkeep
from portal.app import create_app
from portal.config import Face
from portal.database import Base
from portal.errors import UnavailableError
from portal.ledger import service as ledger
from portal.ledger.recorder import acts_place
from portal.ledger.report import Report
from portal.ledger.rows import canonical, digests, key_text, recorded_tables
from portal.ledger.tree import leaf_hash
from portal.permissions import Group
from portal.vault.wrap import wrap

FORGED = "was not written by this portal"


def verified(instance: Instance) -> Report:
    settings = instance.settings
    environ = {"PORTAL_DATABASE_URL": settings.database_url, "PORTAL_KEYS_URL": settings.keys_url}
    return upkeep.verify_folder(settings.instance, environ)


def named(instance: Instance) -> list[str]:
    return [str(one) for one in verified(instance).problems]


def sql(instance: Instance, statement: str, **values: object) -> None:
    with instance.database.main.begin() as connection:
        assert connection.execute(text(statement), values).rowcount


def act(instance: Instance) -> None:
    with instance.database.session(write=True) as session:
        ledger.note(session, "ledger.recover", by="portal")


def recorded(connection: Connection, name: str) -> list[list[str]]:
    """What an honest entry would say of all rows of a table: their digests need no key."""
    table = recorded_tables(Base)[name]
    keys = [tuple(row) for row in connection.execute(select(*table.primary_key.columns))]
    return [[name, key_text(key), digest.hex()] for key, digest in digests(connection, table, keys).items()]


def forge(instance: Instance, **more: Any) -> int:
    """Make a reviewer a lead, propose keys for them, cover it with an entry in an administrator's name."""
    with instance.database.main.begin() as connection:
        find = text("SELECT id FROM staff WHERE name = 'cedar'")
        cedar = connection.execute(find).scalar_one()
        connection.execute(text("UPDATE staff SET role = 'lead' WHERE name = 'cedar'"))
        for group in (Group.CONTACT, Group.LEGAL):
            connection.execute(
                text(
                    'INSERT INTO proposal (staff_id, "group", before, proposed_by, day) '
                    "VALUES (:cedar, :group, true, 'rowan', '2026-11-22')"
                ),
                {"cedar": cedar, "group": group.value},
            )
        rows = sorted([*recorded(connection, "staff"), *recorded(connection, "proposal")])
        last = connection.execute(text("SELECT seq, day FROM ledger_entry ORDER BY seq DESC LIMIT 1")).one()
        seq, day = last.seq + 1, str(last.day)
        detail = {"before": "yes", "group": "contact"}
        acts = [{"act": "group.propose", "by": "rowan", "subject": None, "detail": detail}]
        sealed = wrap(instance.keys.groups["auditors"], canonical(acts), acts_place(seq))
        whole = {"v": 1, "seq": seq, "day": day, "rows": rows, "acts": b64encode(sealed).decode()}
        body = canonical(whole)
        values: Mapping[str, Any] = {
            "seq": seq, "day": last.day, "body": body, "leaf_hash": leaf_hash(body), "tag": None, **more
        }  # fmt: skip
        connection.execute(
            text(
                "INSERT INTO ledger_entry (seq, day, body, leaf_hash, tag) "
                "VALUES (:seq, :day, :body, :leaf_hash, :tag)"
            ),
            values,
        )
    return int(seq)


def sign(instance: Instance) -> None:
    upkeep.checkpoint(instance.database, instance.settings)


def head(instance: Instance) -> int:
    with instance.database.session(write=False) as session:
        found = ledger.latest_checkpoint(session)
        return found.size if found else 0


def test_a_forged_entry_is_named_and_no_head_covers_it(instance: Instance) -> None:
    sign(instance)
    before, seq = head(instance), forge(instance)
    assert named(instance) == [f"entry {seq}: has no tag: the portal did not write it"]
    for _ in range(2):
        with pytest.raises(UnavailableError, match=f"Entry {seq} of the ledger {FORGED}.*portal verify"):
            sign(instance)
        act(instance)  # what comes behind it does not cover it either
    assert head(instance) == before
    assert named(instance) == [f"entry {seq}: has no tag: the portal did not write it"]


def test_nothing_but_the_tag_tells_it_from_an_entry_of_the_portal(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check taken out: then the head signs it, and a copy without the key holds."""
    seq = forge(instance)
    monkeypatch.setattr(ledger, "holds", lambda *_: True)
    sign(instance)
    assert head(instance) == seq + 1
    assert named(instance) == [f"entry {seq}: has no tag: the portal did not write it"]
    (instance.settings.instance / "entry.key").unlink()
    assert named(instance) == []


@pytest.mark.parametrize("tag", [b"", bytes(32), b"\x01" * 31])
def test_a_tag_of_ones_own_does_not_do(sqlite_instance: Instance, tag: bytes) -> None:
    seq = forge(sqlite_instance, tag=tag)
    assert named(sqlite_instance) == [f"entry {seq}: the tag is not one that this portal made for it"]
    with pytest.raises(UnavailableError, match=FORGED):
        sign(sqlite_instance)


def test_the_tag_of_another_entry_does_not_do(sqlite_instance: Instance) -> None:
    act(sqlite_instance)
    with sqlite_instance.database.main.connect() as connection:
        tags = connection.execute(text("SELECT tag FROM ledger_entry")).scalars().all()
    assert all(tags)
    for tag in tags:
        seq = forge(sqlite_instance, tag=tag)
        assert [one.object for one in verified(sqlite_instance).problems] == [str(seq)]
        sql(sqlite_instance, "DELETE FROM ledger_entry WHERE seq = :seq", seq=seq)
        sql(
            sqlite_instance, "DELETE FROM proposal WHERE staff_id = (SELECT id FROM staff WHERE name='cedar')"
        )


def test_swapped_and_cleared_tags_are_named(instance: Instance) -> None:
    for _ in range(3):
        act(instance)
    with instance.database.main.begin() as connection:
        (one, two) = connection.execute(
            text("SELECT tag FROM ledger_entry WHERE seq IN (1, 2) ORDER BY seq")
        ).scalars()
        put = text("UPDATE ledger_entry SET tag = :tag WHERE seq = :seq")
        connection.execute(put, [{"tag": two, "seq": 1}, {"tag": one, "seq": 2}])
    assert named(instance) == ["entry 1-2: the tag is not one that this portal made for it"]
    with pytest.raises(UnavailableError, match=f"Entry 1 of the ledger {FORGED}"):
        sign(instance)
    sql(instance, "UPDATE ledger_entry SET tag = NULL WHERE seq > 0")
    assert named(instance) == ["entry 1-3: has no tag: the portal did not write it"]


def test_an_entry_and_its_tag_from_another_instance_are_named(
    sqlite_instance: Instance, tmp_path: Path
) -> None:
    """The other has the same name and nearly the same keys: its file of tags is its own."""
    other = an_instance(tmp_path / "other")
    key = other.settings.instance / "entry.key"
    key.write_bytes(bytes(reversed(key.read_bytes())))
    made = Founded(other.settings.instance, other.founders, other.secrets)
    again = open_instance(made, other.settings.instance)
    act(again)
    with again.database.main.connect() as connection:
        row = connection.execute(text("SELECT * FROM ledger_entry WHERE seq = 1")).mappings().one()
    for one in (again, other):
        one.database.dispose()
    with sqlite_instance.database.main.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO ledger_entry (seq, day, body, leaf_hash, tag) "
                "VALUES (:seq, :day, :body, :leaf_hash, :tag)"
            ),
            dict(row),
        )
    assert named(sqlite_instance) == ["entry 1: the tag is not one that this portal made for it"]
    with pytest.raises(UnavailableError, match=f"Entry 1 of the ledger {FORGED}"):
        sign(sqlite_instance)


def test_an_exchanged_key_is_named_once_and_signs_nothing(sqlite_instance: Instance) -> None:
    for _ in range(3):
        act(sqlite_instance)
    path = sqlite_instance.settings.instance / "entry.key"
    kept = path.read_bytes()
    path.write_bytes(bytes(32))
    assert named(sqlite_instance) == ["entry 0-3: the tag is not one that this portal made for it"]
    with pytest.raises(UnavailableError, match=f"Entry 0 of the ledger {FORGED}"):
        sign(sqlite_instance)
    path.write_bytes(kept[:-1])
    report = verified(sqlite_instance)
    assert [str(one) for one in report.problems] == [
        "entry entry.key: no tag was checked: entry.key is damaged: put the kept copy back."
    ]
    assert report.counts["tags not checked"] == 4
    path.write_bytes(kept)
    assert named(sqlite_instance) == []


def test_without_the_key_nothing_starts_and_a_copy_says_that_tags_were_not_checked(
    sqlite_instance: Instance,
) -> None:
    assert verified(sqlite_instance).counts["tags"] == 1
    folder = sqlite_instance.settings.instance
    (folder / "entry.key").unlink()
    report = verified(sqlite_instance)
    assert report.ok
    assert "tags" not in report.counts
    assert report.counts["tags not checked"] == 1
    told = CliRunner().invoke(cli.main, ["verify", str(folder)])
    assert told.exit_code == 0
    assert "1 tags not checked" in told.output
    with pytest.raises(UnavailableError, match=r"entry.key is missing"):
        create_app(sqlite_instance.settings, Face.INTAKE)
    sweep = CliRunner().invoke(cli.main, ["sweep", "--instance", str(folder)])
    assert sweep.exit_code == 1
    assert "portal ledger tag-again" in sweep.output
    with pytest.raises(UnavailableError, match=r"entry.key is missing"):
        sign(sqlite_instance)
