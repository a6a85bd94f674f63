"""A recipient that nobody signed, put in by SQL or by hand: refused everywhere, and the ledger says so."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from builders import Instance, token_of
from cases import a_case, a_sheet, acts_of, at_desk
from flask.testing import FlaskClient
from sqlalchemy import select
from visits import STORY, Source, said

from portal.casework.models import CodingSheet
from portal.config import Face
from portal.intake.models import Submission
from portal.permissions import Group
from portal.staff import epochs, groups
from portal.staff.credentials import group_place
from portal.staff.models import Membership, Staff
from portal.store.directory import DIRECTORY, read_public_keys, standing
from portal.store.wraps import Wrap
from portal.upkeep import install_directory
from portal.vault.directory import Request
from portal.vault.sign import SigningKey
from portal.vault.wrap import key_id, new_seed, public_key, wrap

THIEF = new_seed()


def sql(instance: Instance, statement: str, *values: object) -> None:
    """Change the database behind the portal's back."""
    with closing(sqlite3.connect(instance.settings.instance / "portal.db")) as connection:
        connection.execute(statement, values)
        connection.commit()


def slip_in_an_epoch(instance: Instance) -> None:
    """The thief's key as the intake group's next one."""
    sql(
        instance,
        "INSERT INTO group_epoch VALUES ('intake', 2, ?, '2026-11-22', 'maple', 'current', 0, NULL, NULL)",
        public_key(THIEF),
    )


def exchange_an_epoch(instance: Instance) -> None:
    """The thief's key in the place of the intake group's."""
    sql(instance, "UPDATE group_epoch SET public_key = ? WHERE \"group\" = 'intake'", public_key(THIEF))


def edit_the_directory(instance: Instance) -> None:
    """The thief's key in the file, without a signature for it."""
    path = instance.settings.instance / DIRECTORY
    value = json.loads(path.read_text())
    for one in value["statements"]:
        if one["name"] == "intake":
            one["public"] = public_key(THIEF).hex()
    path.write_text(json.dumps(value, sort_keys=True, indent=1) + "\n")


def renewed(instance: Instance) -> bytes:
    """Renew the intake group's key; returns the edition of before."""
    folder = instance.settings.instance
    before = (folder / DIRECTORY).read_bytes()
    keys = read_public_keys(folder)
    with at_desk(instance, "maple") as (session, by):
        epochs.propose(session, by=by, group=Group.INTAKE, keys=keys, now=instance.clock())
    with at_desk(instance, "maple", write=False) as (session, by):
        asked = epochs.asked_for(session, by=by, group=Group.INTAKE, keys=keys)
    root = SigningKey.from_seeds(instance.secrets.root_seeds)
    made = Request(standing(folder), (asked,)).signed(root)
    install_directory(folder, {}, made.to_json().encode())
    return before


def put_the_old_edition_back(instance: Instance) -> None:
    """An edition that the root did sign, from before a renewal."""
    before = renewed(instance)
    (instance.settings.instance / DIRECTORY).write_bytes(before)


Way = Callable[[Instance], None]
WAYS: list[Way] = [slip_in_an_epoch, exchange_an_epoch, edit_the_directory, put_the_old_edition_back]


def submissions(instance: Instance) -> list[UUID]:
    with instance.database.session(write=False) as session:
        return list(session.scalars(select(Submission.id)))


@pytest.mark.parametrize("way", WAYS)
def test_intake_seals_nothing_says_so_kindly_and_loses_nothing(
    sqlite_instance: Instance, way: Way, tmp_path: Path
) -> None:
    source = Source(sqlite_instance)
    source.write()
    source.attach()
    folder = sqlite_instance.settings.instance
    (tmp_path / "kept").write_bytes((folder / DIRECTORY).read_bytes())
    way(sqlite_instance)
    for _ in range(3):
        refused = source.post("check", action="send")
        assert refused.status_code == 503
        text = said(refused)
        assert "Nothing can be taken in safely just now" in text
        assert "Nothing of yours is lost" in text
    assert submissions(sqlite_instance) == []
    assert acts_of(sqlite_instance).count("directory.refused") == 1
    assert STORY.split(".")[0][:10] in source.get("check").text
    _mend(sqlite_instance, way, tmp_path / "kept")
    assert source.post("check", action="send").status_code == 303
    assert len(submissions(sqlite_instance)) == 1
    with sqlite_instance.database.session(write=False) as session:
        assert key_id(public_key(THIEF)) not in session.keys.scalars(select(Wrap.key_id)).all()


def _mend(instance: Instance, way: Way, kept: Path) -> None:
    """Put everything back as it was."""
    keys = instance.keys
    if way is edit_the_directory:
        (instance.settings.instance / DIRECTORY).write_bytes(kept.read_bytes())
    elif way is put_the_old_edition_back:
        sql(instance, "DELETE FROM group_epoch WHERE epoch = 2")
        sql(instance, "UPDATE group_epoch SET state = 'current' WHERE \"group\" = 'intake'")
    else:
        sql(instance, "DELETE FROM group_epoch WHERE epoch = 2")
        sql(
            instance,
            "UPDATE group_epoch SET public_key = ? WHERE \"group\" = 'intake'",
            keys.groups["intake"],
        )


@pytest.mark.parametrize("way", WAYS)
def test_a_file_for_a_folder_is_refused_as_kindly_and_leaves_nothing(
    sqlite_instance: Instance, way: Way
) -> None:
    source = Source(sqlite_instance)
    source.come_back(" ".join(source.submit()))
    before = set(sqlite_instance.files.names())
    way(sqlite_instance)
    assert source.attach(path="folder/file", seen="folder").status_code == 503
    assert set(sqlite_instance.files.names()) == before
    assert acts_of(sqlite_instance).count("directory.refused") == 1


@pytest.mark.parametrize("way", WAYS)
def test_the_desk_seals_no_sheet_and_moves_no_key_over(sqlite_instance: Instance, way: Way) -> None:
    case_id = a_case(sqlite_instance)
    a_sheet(sqlite_instance, case_id)
    desk = sqlite_instance.app(Face.DESK).test_client()
    sqlite_instance.sign_in(desk, "maple")
    way(sqlite_instance)
    token = token_of(desk.get(f"/en/cases/{case_id}"))
    answers = [
        desk.post(f"/en/cases/{case_id}/sheet/approve", data={"csrf_token": token, "revision": "1"}),
        desk.post("/en/staff/keys/renew", data={"csrf_token": token, "group": "intake"}),
        desk.post("/en/releases/rewrap/intake", data={"csrf_token": token}),
    ]
    assert [one.status_code for one in answers] == [503, 503, 503]
    assert acts_of(sqlite_instance).count("directory.refused") == 1
    with sqlite_instance.database.session(write=False) as session:
        assert [one.release_blob for one in session.scalars(select(CodingSheet))] == [None]
        assert key_id(public_key(THIEF)) not in session.keys.scalars(select(Wrap.key_id)).all()


def test_an_older_edition_is_refused_also_by_a_process_that_has_seen_no_other(
    sqlite_instance: Instance,
) -> None:
    put_the_old_edition_back(sqlite_instance)
    source = Source(sqlite_instance)  # a new process
    source.write()
    assert source.post("check", action="send").status_code == 503
    assert "directory.refused" in acts_of(sqlite_instance)


# Memberships


def person(instance: Instance, name: str) -> Staff:
    with instance.database.session(write=False) as session:
        return session.scalars(select(Staff).where(Staff.name == name)).one()


def slip_a_key_in(instance: Instance, name: str, group: Group, *, instead: bool) -> None:
    """Wrap the thief's seed to somebody, as if a colleague had handed on the group's key."""
    one = person(instance, name)
    blob = wrap(one.public_key, THIEF, group_place(one.id, group, 1))
    if instead:
        sql(
            instance,
            'UPDATE membership SET blob = ? WHERE staff_id = ? AND "group" = ?',
            blob,
            one.id.hex,
            group.value,
        )
    else:
        sql(
            instance,
            'INSERT INTO membership (id, staff_id, "group", epoch, blob, granted_by, granted)'
            " VALUES (?, ?, ?, 1, ?, 'maple', '2026-11-22')",
            uuid4().hex,
            one.id.hex,
            group.value,
            blob,
        )


def signed_in(instance: Instance, name: str) -> FlaskClient:
    desk = instance.app(Face.DESK).test_client()
    instance.sign_in(desk, name)
    return desk


def test_a_key_in_the_place_of_the_groups_is_not_used(sqlite_instance: Instance) -> None:
    case_id = a_case(sqlite_instance)
    slip_a_key_in(sqlite_instance, "willow", Group.INTAKE, instead=True)
    desk = signed_in(sqlite_instance, "willow")
    for _ in range(2):
        assert desk.get(f"/en/cases/{case_id}").status_code == 404
    assert acts_of(sqlite_instance).count("group.refused") == 1


def test_a_membership_that_was_slipped_in_gives_nothing(sqlite_instance: Instance) -> None:
    case_id = a_case(sqlite_instance)
    slip_a_key_in(sqlite_instance, "cedar", Group.CONTACT, instead=False)
    desk = signed_in(sqlite_instance, "cedar")
    assert desk.get(f"/en/cases/{case_id}").status_code == 200
    assert acts_of(sqlite_instance).count("group.refused") == 1


def test_a_membership_nobody_vouched_for_gets_no_later_key_and_the_ledger_names_whose(
    sqlite_instance: Instance,
) -> None:
    cedar = person(sqlite_instance, "cedar")
    sql(sqlite_instance, "UPDATE membership SET tag = NULL WHERE staff_id = ?", cedar.id.hex)
    sql(sqlite_instance, "UPDATE staff SET public_key = ? WHERE name = 'birch'", public_key(THIEF))
    renewed(sqlite_instance)
    assert acts_of(sqlite_instance).count("group.unvouched") == 2
    with sqlite_instance.database.session(write=False) as session:
        later = session.scalars(select(Membership.staff_id).where(Membership.epoch == 2)).all()
    assert cedar.id not in later
    assert person(sqlite_instance, "birch").id not in later


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE group_epoch SET state = CASE epoch WHEN 1 THEN 'current' ELSE 'former' END",
        "DELETE FROM group_epoch WHERE \"group\" = 'intake'",
    ],
)
def test_a_renewal_undone_by_sql_hands_no_earlier_key_on(sqlite_instance: Instance, statement: str) -> None:
    renewed(sqlite_instance)
    cedar = person(sqlite_instance, "cedar")
    with at_desk(sqlite_instance, "rowan") as (session, by):
        groups.revoke(session, by=by, staff_id=cedar.id, group=Group.INTAKE)
        now = sqlite_instance.clock()
        groups.propose(session, by=by, staff_id=cedar.id, group=Group.INTAKE, now=now)
    sql(sqlite_instance, statement)
    desk = signed_in(sqlite_instance, "maple")
    fields = {"csrf_token": token_of(desk.get("/en/staff/keys")), "group": "intake"}
    fields["mark"] = key_id(cedar.public_key)
    assert desk.post(f"/en/staff/{cedar.id}/keys", data=fields).status_code == 503
    with sqlite_instance.database.session(write=False) as session:
        assert not session.scalars(select(Membership).where(Membership.staff_id == cedar.id)).all()
    assert acts_of(sqlite_instance).count("directory.refused") == 1
