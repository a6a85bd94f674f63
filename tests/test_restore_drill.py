"""The drill: nothing is left but a backup and the recovery key, and a new lead reads every epoch."""

import base64
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from builders import CHEAP, Instance, a_submission, token_of
from cases import acts_of, at_desk
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from visits import Source, said

from portal.app import create_app
from portal.cli import main
from portal.config import Face, Settings, load_settings
from portal.intake.models import Submission
from portal.permissions import MAY_HOLD, Group, Role
from portal.release import rewrapping
from portal.staff import epochs, service
from portal.staff.models import EpochState, GroupEpoch, Membership, Staff
from portal.store.directory import read_public_keys, standing
from portal.upkeep import install_directory
from portal.vault import sheet, totp
from portal.vault.directory import Request
from portal.vault.sign import SigningKey
from portal.web.edge import parts

KEPT = ("directory.json", "root.fingerprint", "recovery-groups", "web.key", "ledger.key", "entry.key")
"""Beside the databases and the files: what docs/operate.md says to keep."""
RENEWED = (Group.INTAKE, Group.CONTACT, Group.RELEASE)


def portal(*words: object, fails: bool = False) -> str:
    """What `portal ...` says."""
    environ = {"PORTAL_STAFF_MEMORY_KIB": str(CHEAP.memory_kib), "PORTAL_SECURE_COOKIES": "0"}
    result = CliRunner().invoke(main, [str(word) for word in words], env=environ)
    assert (result.exit_code != 0) == fails, result.output
    return result.output


def renew(instance: Instance, group: Group) -> None:
    """A holder makes the group's next key, and the root signs it."""
    folder = instance.settings.instance
    keys = read_public_keys(folder)
    with at_desk(instance, "maple") as (session, by):
        epochs.propose(session, by=by, group=group, keys=keys, now=instance.clock())
    with at_desk(instance, "maple", write=False) as (session, by):
        asked = epochs.asked_for(session, by=by, group=group, keys=keys)
    root = SigningKey.from_seeds(instance.secrets.root_seeds)
    made = Request(standing(folder), (asked,)).signed(root)
    install_directory(folder, {}, made.to_json().encode())
    changed = {**instance.settings.__dict__, "public_keys": read_public_keys(folder)}
    instance.settings = Settings(**changed)


def move_over(instance: Instance, group: Group) -> None:
    """Everything goes to the newest key, and the ones before are retired."""

    def once(act: Any) -> object:
        with instance.database.session(write=True) as session:
            return act(session)

    with at_desk(instance, "maple", write=False) as (_session, by):
        actor = by
    for _done in rewrapping.rounds(group, once, by=actor, keys=instance.keys):
        pass


def send(instance: Instance, words: str) -> UUID:
    with instance.database.session(write=True) as session:
        return a_submission(instance, session, words, called="Sahel", contact="Oslo").submission.id


def everybody_gone(instance: Instance) -> None:
    """Every lead and reviewer is gone, and with them every wrapped key."""
    with at_desk(instance, "rowan") as (session, by):
        people = session.scalars(select(Staff).where(Staff.role.in_([Role.LEAD, Role.REVIEWER]))).all()
        for one in people:
            service.end(session, by=by, staff_id=one.id)
        session.flush()
        held = session.scalars(select(Membership.group)).all()
    assert set(held) <= {Group.AUDITORS}


def back_up(instance: Instance, where: Path) -> Path:
    """A backup as docs/operate.md makes it: main database, then keys, then files, and the kept files."""
    where.mkdir()
    folder = instance.settings.instance
    for name in ("portal.db", "keys.db"):
        with closing(sqlite3.connect(folder / name)) as live:
            live.execute("VACUUM INTO ?", (str(where / name),))
    shutil.copytree(instance.settings.files, where / "files")
    for name in KEPT:
        shutil.copy(folder / name, where / name)
    return where


def recovery_key(instance: Instance, folder: Path) -> Path:
    """The opened key in a file, as on a stick."""
    path = folder / "stick"
    path.write_text(" ".join(sheet.written(instance.secrets.recovery_seed)[:8]))
    return path


def enrolled(told: str) -> tuple[str, bytes]:
    """The passphrase and the second factor that were printed once."""
    passphrase, second = re.search(r"passphrase +(.+)", told), re.search(r"second factor +(.+)", told)
    assert passphrase
    assert second
    raw = second[1].replace(" ", "").strip()
    return passphrase[1].strip(), base64.b32decode(raw + "=" * (-len(raw) % 8))


Open = Callable[[Path, Face], FlaskClient]


@pytest.fixture
def restored(sqlite_instance: Instance) -> Iterator[Open]:
    """Opens a face of a folder that was put back, with the test's clock."""
    apps: list[Flask] = []

    def opened(folder: Path, face: Face) -> FlaskClient:
        settings = load_settings({"PORTAL_SECURE_COOKIES": "0"}, folder, read=read_public_keys)
        apps.append(create_app(settings, face, clock=sqlite_instance.clock))
        return apps[-1].test_client()

    yield opened
    for app in apps:
        parts(app).database.dispose()


def sign_in(desk: FlaskClient, instance: Instance, told: str, name: str) -> None:
    """Sign somebody in who was enrolled on the way."""
    instance.clock.advance(seconds=30)
    passphrase, secret = enrolled(told)
    fields = {"name": name, "passphrase": passphrase, "code": totp.code(secret, instance.clock())}
    page = desk.get("/en/sign-in")
    answer = desk.post("/en/sign-in", data={"csrf_token": token_of(page), **fields})
    assert answer.status_code == 303


def test_from_a_backup_and_the_recovery_key_a_new_lead_reads_every_epoch(
    sqlite_instance: Instance, restored: Open, tmp_path: Path
) -> None:
    instance = sqlite_instance
    source = Source(instance)
    source.attach()
    words = " ".join(source.submit("Told under the first key."))
    told = {"Told under the second key.": 0, "Told under the third key.": 0}
    for number, text in enumerate(told):
        for group in RENEWED:
            renew(instance, group)
        if number == 0:
            move_over(instance, Group.INTAKE)  # the first key is retired; its seed is held by nobody
        send(instance, text)
    everybody_gone(instance)
    folder = back_up(instance, tmp_path / "backup")
    shutil.rmtree(instance.settings.instance / "files")  # the machine is lost

    stick = recovery_key(instance, tmp_path)
    said_ = portal("recovery", "restore", folder, "--to", "lily", "--enrol", "lead", "--key", stick)
    assert "could not be opened" not in said_
    assert f"Keys handed to lily: {', '.join(sorted(MAY_HOLD[Role.LEAD]))}." in said_
    assert f"Destroy {stick}" in said_
    assert "Everything holds." in portal("verify", folder)

    desk = restored(folder, Face.DESK)
    sign_in(desk, instance, said_, "lily")
    with closing(sqlite3.connect(folder / "portal.db")) as copy:
        cases = [UUID(hex=row[0]) for row in copy.execute("SELECT id FROM submission")]
    pages = " ".join(said(desk.get(f"/en/cases/{case_id}")) for case_id in cases)
    for text in ("Told under the first key.", *told):
        assert text in pages
    for case_id in cases:
        page = desk.get(f"/en/cases/{case_id}/identity")
        opened = desk.post(f"/en/cases/{case_id}/identity", data={"csrf_token": token_of(page)})
        assert "Nasrin" in said(opened) or "Sahel" in said(opened)
    back = Source(instance)
    back.client = restored(folder, Face.INTAKE)
    _the_source_comes_back(back, words)


def _the_source_comes_back(back: Source, words: str) -> None:
    """The nine words open the restored folder, file and all."""
    back.come_back(words)
    page = back.get("folder")
    assert "Told under the first key." in said(page)
    link = re.search(r'href="(/en/folder/files/[^"]+)"', page.text)
    assert link
    with back.client.get(link[1]) as answer:
        assert answer.data == b"\xff\xd8\xff a letter"


def test_every_epoch_is_handed_on_and_noted_and_what_was_sealed_later_opens_too(
    sqlite_instance: Instance, tmp_path: Path
) -> None:
    instance = sqlite_instance
    renew(instance, Group.INTAKE)
    renew(instance, Group.INTAKE)
    everybody_gone(instance)
    folder = instance.settings.instance
    stick = recovery_key(instance, tmp_path)
    portal("recovery", "restore", folder, "--to", "lily", "--enrol", "lead", "--key", stick)
    with instance.database.session(write=False) as session:
        lily = session.scalars(select(Staff).where(Staff.name == "lily")).one()
        held = session.scalars(select(Membership).where(Membership.staff_id == lily.id)).all()
        assert sorted(one.epoch for one in held if one.group is Group.INTAKE) == [1, 2, 3]
        assert {one.group for one in held} == MAY_HOLD[Role.LEAD]
        # The new lead's places are vouched for: the next renewal reaches them.
        assert all(one.tag for one in held)
    assert acts_of(instance).count("recovery.use") == 1


@pytest.mark.parametrize("damage", ["exchanged", "gone", "of another epoch"])
def test_a_later_key_that_does_not_open_is_told_and_the_others_are_handed_on(
    sqlite_instance: Instance, tmp_path: Path, damage: str
) -> None:
    instance = sqlite_instance
    renew(instance, Group.INTAKE)
    renew(instance, Group.CONTACT)
    with instance.database.session(write=True) as session:
        row = session.get_one(GroupEpoch, (Group.INTAKE, 2))
        other = session.get_one(GroupEpoch, (Group.CONTACT, 2))
        assert row.state is EpochState.CURRENT
        assert row.recovery_blob
        changed = row.recovery_blob[:-1] + bytes([row.recovery_blob[-1] ^ 1])
        row.recovery_blob = {"exchanged": changed, "gone": None, "of another epoch": other.recovery_blob}[
            damage
        ]
    told = portal(
        *("recovery", "restore", instance.settings.instance, "--to", "lily", "--enrol", "lead"),
        *("--key", recovery_key(instance, tmp_path)),
    )
    assert "Key 2 of intake could not be opened" in told
    assert "Key 2 of contact" not in told
    with instance.database.session(write=False) as session:
        lily = session.scalars(select(Staff).where(Staff.name == "lily")).one()
        held = {(one.group, one.epoch) for one in lily.memberships}
    assert {(Group.CONTACT, 1), (Group.CONTACT, 2), (Group.INTAKE, 1)} <= held
    assert (Group.INTAKE, 2) not in held


def test_a_backup_with_the_directory_from_before_a_renewal_reads_and_seals_nothing(
    sqlite_instance: Instance, restored: Open, tmp_path: Path
) -> None:
    """So the directory belongs to the backup of the day, not to that of the founding."""
    instance = sqlite_instance
    first = (instance.settings.instance / "directory.json").read_bytes()
    renew(instance, Group.INTAKE)
    send(instance, "Told under the second key.")
    folder = back_up(instance, tmp_path / "backup")
    (folder / "directory.json").write_bytes(first)
    source = Source(instance)
    source.client = restored(folder, Face.INTAKE)
    source.write()
    assert source.post("check", action="send").status_code == 503
    with instance.database.session(write=False) as session:
        assert len(session.scalars(select(Submission)).all()) == 1
