"""A group's key is renewed by those who hold it and signed by the root; who is gone opens nothing with it."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from builders import CHEAP, Instance, Sent, a_submission
from cases import acts_of, at_desk
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal import schema
from portal.casework import service as casework
from portal.config import Face, PublicKeys
from portal.database import Database
from portal.errors import NotFoundError, RefusedError, StaleError
from portal.intake import opening
from portal.intake.models import Submission
from portal.permissions import Group, Role
from portal.staff import epochs, groups, service
from portal.staff.credentials import new_bundle
from portal.staff.founding import Founder
from portal.staff.models import EpochState, GroupEpoch, Membership, Staff
from portal.store.directory import read_public_keys, standing
from portal.store.wraps import Wrap
from portal.upkeep import install_directory, upgrade, verify_folder
from portal.vault.directory import Request
from portal.vault.sign import SigningKey
from portal.vault.wrap import key_id, new_seed, public_key, wrap


def keys_now(instance: Instance) -> PublicKeys:
    return read_public_keys(instance.settings.instance)


def install(instance: Instance, request: Request) -> None:
    root = SigningKey.from_seeds(instance.secrets.root_seeds)
    install_directory(instance.settings.instance, {}, request.signed(root).to_json().encode())


def renew(instance: Instance, group: Group = Group.INTAKE, *, by: str = "maple") -> None:
    """A member makes a new key, and the root signs it."""
    keys = keys_now(instance)
    with at_desk(instance, by) as (session, actor):
        epochs.propose(session, by=actor, group=group, keys=keys, now=instance.clock())
    with at_desk(instance, by, write=False) as (session, actor):
        asked = epochs.asked_for(session, by=actor, group=group, keys=keys)
    install(instance, Request(standing(instance.settings.instance), (asked,)))


def send(instance: Instance, narrative: str) -> Sent:
    """An account that is sealed to whoever the directory names now."""
    instance.settings = type(instance.settings)(
        **{**instance.settings.__dict__, "public_keys": keys_now(instance)}
    )
    with instance.database.session(write=True) as session:
        return a_submission(instance, session, narrative)


def end(instance: Instance, name: str) -> None:
    with at_desk(instance, "rowan") as (session, by):
        person = session.scalars(select(Staff).where(Staff.name == name)).one()
        service.end(session, by=by, staff_id=person.id)


def joined(instance: Instance, name: str, role: Role = Role.REVIEWER) -> None:
    """Somebody who was invited and joined."""
    with at_desk(instance, "rowan") as (session, by):
        words = service.invite(session, by=by, name=name, role=role, now=instance.clock())
    bundle = new_bundle()
    with instance.database.session(write=True) as session:
        service.join(
            session,
            name=name,
            code=words,
            bundle=bundle,
            passphrase="seven words",
            cost=CHEAP,
            now=instance.clock(),
        )
    instance.founders = {**instance.founders, name: Founder(name, role, "seven words", bundle)}


def grant(instance: Instance, to: str, group: Group = Group.INTAKE, *, before: bool = False) -> None:
    if before:
        with at_desk(instance, "rowan") as (session, by):
            person = session.scalars(select(Staff).where(Staff.name == to)).one()
            now = instance.clock()
            groups.propose(session, by=by, staff_id=person.id, group=group, before=True, now=now)
    with at_desk(instance, "maple") as (session, by):
        person = session.scalars(select(Staff).where(Staff.name == to)).one()
        groups.grant(session, by=by, staff_id=person.id, group=group, now=instance.clock(), before=before)


def reads(instance: Instance, name: str, sent: Sent) -> bool:
    """Whether somebody opens an account with the keys they hold."""
    with at_desk(instance, name, write=False) as (session, by):
        submission = opening.load(session, sent.submission.id)
        keys = opening.part_keys(session, submission, by.seeds_of(Group.INTAKE))
        return "narrative" in opening.open_fields(submission, keys)


def test_after_a_renewal_intake_seals_to_the_new_key_and_the_old_one_still_opens(
    sqlite_instance: Instance,
) -> None:
    old = send(sqlite_instance, "before")
    first = keys_now(sqlite_instance).groups["intake"]
    renew(sqlite_instance)
    keys = keys_now(sqlite_instance)
    assert keys.epochs["intake"] == 2
    assert keys.groups["intake"] != first
    new = send(sqlite_instance, "after")
    with sqlite_instance.database.session(write=False) as session:
        ids = select(Wrap.key_id, Wrap.epoch).where(Wrap.submission_id == new.submission.id)
        found = dict(iter(session.keys.execute(ids)))
    assert found[key_id(keys.groups["intake"])] == 2
    assert key_id(first) not in found
    for name in ("cedar", "maple", "willow"):
        assert reads(sqlite_instance, name, old)
        assert reads(sqlite_instance, name, new)
    assert {"group.renew", "directory.install"} <= set(acts_of(sqlite_instance))
    assert verify_folder(sqlite_instance.settings.instance, {}).ok


def test_who_was_ended_before_the_renewal_never_gets_the_new_key(sqlite_instance: Instance) -> None:
    end(sqlite_instance, "cedar")
    with at_desk(sqlite_instance, "maple", write=False) as (session, by):
        assert [one.renew for one in epochs.standings(session, by=by) if one.group is Group.INTAKE] == [True]
    renew(sqlite_instance)
    with sqlite_instance.database.session(write=False) as session:
        person = session.scalars(select(Staff).where(Staff.name == "cedar")).one()
        assert not session.scalars(select(Membership).where(Membership.staff_id == person.id)).all()
    with at_desk(sqlite_instance, "maple", write=False) as (session, by):
        assert not any(one.renew for one in epochs.standings(session, by=by) if one.group is Group.INTAKE)


def test_a_newcomer_gets_the_current_key_alone_unless_the_grant_says_more(
    sqlite_instance: Instance,
) -> None:
    old = send(sqlite_instance, "before")
    renew(sqlite_instance)
    new = send(sqlite_instance, "after")
    for name, before in (("hazel", False), ("linden", True)):
        joined(sqlite_instance, name)
        grant(sqlite_instance, name, before=before)
        assert reads(sqlite_instance, name, new)
        assert reads(sqlite_instance, name, old) is before
    with pytest.raises(StaleError):
        grant(sqlite_instance, "hazel")
    grant(sqlite_instance, "hazel", before=True)
    assert reads(sqlite_instance, "hazel", old)


def test_a_new_key_is_made_once_and_only_by_who_holds_the_present_one(sqlite_instance: Instance) -> None:
    keys = keys_now(sqlite_instance)
    now = sqlite_instance.clock()
    for name in ("cedar", "rowan", "olive"):
        with at_desk(sqlite_instance, name) as (session, by), pytest.raises(RefusedError):
            epochs.propose(session, by=by, group=Group.INTAKE, keys=keys, now=now)
    with at_desk(sqlite_instance, "maple") as (session, by):
        epochs.propose(session, by=by, group=Group.INTAKE, keys=keys, now=now)
    with at_desk(sqlite_instance, "willow") as (session, by), pytest.raises(StaleError):
        epochs.propose(session, by=by, group=Group.INTAKE, keys=keys, now=now)
    with at_desk(sqlite_instance, "maple", write=False) as (session, by), pytest.raises(NotFoundError):
        epochs.asked_for(session, by=by, group=Group.CONTACT, keys=keys)


def test_somebody_slipped_into_the_database_gets_no_new_key(sqlite_instance: Instance) -> None:
    """Only members that a holder of the key vouched for are wrapped to, with the public key they had."""
    thief = new_bundle()
    path = sqlite_instance.settings.instance / "portal.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE staff SET public_key = ? WHERE name = 'cedar'", (thief.public_key,))
        connection.commit()
    renew(sqlite_instance)
    with sqlite_instance.database.session(write=False) as session:
        second = session.scalars(select(Membership).where(Membership.epoch == 2)).all()
        names = {session.get_one(Staff, one.staff_id).name for one in second}
    assert names == {"maple", "willow", "birch"}


def test_a_proposed_key_that_was_exchanged_is_not_asked_for(sqlite_instance: Instance) -> None:
    keys = keys_now(sqlite_instance)
    with at_desk(sqlite_instance, "maple") as (session, by):
        epochs.propose(session, by=by, group=Group.INTAKE, keys=keys, now=sqlite_instance.clock())
    seed = new_seed()
    with sqlite_instance.database.session(write=True) as session:
        row = session.get_one(GroupEpoch, (Group.INTAKE, 2))
        row.public_key = public_key(seed)
        row.recovery_blob = wrap(keys.recovery, seed, epochs.recovery_place(Group.INTAKE, 2))
    with at_desk(sqlite_instance, "willow", write=False) as (session, by), pytest.raises(RefusedError):
        epochs.asked_for(session, by=by, group=Group.INTAKE, keys=keys)


def test_the_ledger_says_once_that_a_proposed_key_was_exchanged(sqlite_instance: Instance) -> None:
    with at_desk(sqlite_instance, "maple") as (session, by):
        keys = keys_now(sqlite_instance)
        epochs.propose(session, by=by, group=Group.INTAKE, keys=keys, now=sqlite_instance.clock())
    client = sqlite_instance.app(Face.DESK).test_client()
    sqlite_instance.sign_in(client, "maple")
    assert client.get("/en/staff/keys/intake/request.json").status_code == 200
    assert "group.strange" not in acts_of(sqlite_instance)
    path = sqlite_instance.settings.instance / "portal.db"
    with closing(sqlite3.connect(path)) as connection:
        slipped = (public_key(new_seed()),)
        connection.execute("UPDATE group_epoch SET public_key = ? WHERE state = 'proposed'", slipped)
        connection.commit()
    for _ in range(2):
        page = client.get("/en/staff/keys").get_data(as_text=True)
        assert "not made by anybody who holds this key" in page
        assert "request.json" not in page
        assert client.get("/en/staff/keys/intake/request.json").status_code == 403
    assert acts_of(sqlite_instance).count("group.strange") == 1


def test_a_key_that_is_proposed_but_not_signed_receives_nothing(sqlite_instance: Instance) -> None:
    keys = keys_now(sqlite_instance)
    with at_desk(sqlite_instance, "maple") as (session, by):
        made = epochs.propose(session, by=by, group=Group.INTAKE, keys=keys, now=sqlite_instance.clock())
        made.state = EpochState.CURRENT  # whatever the table says
    assert keys_now(sqlite_instance).groups == keys.groups
    send(sqlite_instance, "after")
    with sqlite_instance.database.session(write=False) as session:
        assert key_id(made.public_key) not in session.keys.scalars(select(Wrap.key_id)).all()


def token(page: TestResponse) -> str:
    text = page.get_data(as_text=True)
    return text.split('name="csrf_token" value="')[1].split('"')[0]


def test_a_lead_renews_a_key_on_the_page_and_the_desk_goes_on(sqlite_instance: Instance) -> None:
    old = send(sqlite_instance, "before")
    client = sqlite_instance.app(Face.DESK).test_client()
    sqlite_instance.sign_in(client, "maple")
    page = client.get("/en/staff/keys")
    done = client.post("/en/staff/keys/renew", data={"csrf_token": token(page), "group": "intake"})
    assert done.status_code == 303
    assert "waits for the root" in client.get("/en/staff/keys").get_data(as_text=True)
    answer = client.get("/en/staff/keys/intake/request.json")
    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]
    install(sqlite_instance, Request.from_json(answer.get_data(as_text=True)))
    new = send(sqlite_instance, "after")
    assert "waits for the root" not in client.get("/en/staff/keys").get_data(as_text=True)
    for sent in (old, new):
        with at_desk(sqlite_instance, "maple") as (session, by):
            casework.claim(session, by=by, case_id=sent.submission.id, now=sqlite_instance.clock())
        page = client.get(f"/en/cases/{sent.submission.id}")
        assert sent.draft.narrative in page.get_data(as_text=True)
    assert client.get("/en/staff/keys/intake/request.json").status_code == 404


def test_the_migration_keeps_memberships_in_both_directions(
    tmp_path: Path, sqlite_instance: Instance
) -> None:
    """What was granted before there were epochs is of the first one, and verifies after the upgrade."""
    del tmp_path
    folder = sqlite_instance.settings.instance
    path = folder / "portal.db"
    sqlite_instance.database.dispose()

    def rows() -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(path)) as connection:
            query = 'SELECT id, staff_id, "group", blob, granted_by, granted FROM membership ORDER BY id'
            return connection.execute(query).fetchall()

    before = rows()
    database = Database(sqlite_instance.settings.main_url, sqlite_instance.settings.wraps_url)
    schema.downgrade(database, "0007", which="main")
    assert rows() == before
    assert schema.current(database.main) == "0007"
    database.dispose()
    (folder / "entry.key").unlink()  # it came later than epochs
    upgrade(sqlite_instance.settings)
    assert rows() == before
    with sqlite_instance.database.session(write=False) as session:
        assert {one.epoch for one in session.scalars(select(Membership))} == {1}
        assert len(session.scalars(select(GroupEpoch)).all()) == len(Group)
        assert session.scalars(select(Submission)).all() == []
    report = verify_folder(folder, {})
    assert [str(one) for one in report.problems] == []
    assert json.loads((folder / "directory.json").read_text())["serial"] == 1
