"""After a renewal everything moves over to the new key, and those who are gone open none of it."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from builders import Instance
from cases import a_case, acts_of, at_desk
from sqlalchemy import select

from portal.config import Face
from portal.database import PortalSession
from portal.errors import RefusedError
from portal.intake import opening, withdrawing
from portal.ledger import service as ledger
from portal.permissions import Group
from portal.release import rewrapping
from portal.staff import epochs, service
from portal.staff.models import EpochState, GroupEpoch, Membership, Staff
from portal.store.directory import read_public_keys, standing
from portal.store.wraps import Wrap
from portal.upkeep import install_directory, verify_folder
from portal.vault.directory import Request
from portal.vault.sign import SigningKey

sys.path.insert(0, str(Path(__file__).parent.parent / "reliability"))

import contents
from test_seized_machine import Seized, handed_over, try_everything


def renew(instance: Instance, group: Group) -> None:
    folder = instance.settings.instance
    keys = read_public_keys(folder)
    with at_desk(instance, "maple") as (session, by):
        epochs.propose(session, by=by, group=group, keys=keys, now=instance.clock())
        session.flush()
        asked = epochs.asked_for(session, by=by, group=group, keys=keys)
    root = SigningKey.from_seeds(instance.secrets.root_seeds)
    signed = Request(standing(folder), (asked,)).signed(root)
    install_directory(folder, {}, signed.to_json().encode())


def end(instance: Instance, name: str) -> None:
    with at_desk(instance, "rowan") as (session, by):
        person = session.scalars(select(Staff).where(Staff.name == name)).one()
        service.end(session, by=by, staff_id=person.id)


def move(instance: Instance, group: Group, *, by: str = "maple", stop: int = 10_000) -> None:
    """Move everything over; stop after so many batches."""
    keys = read_public_keys(instance.settings.instance)

    def once(act: Callable[[PortalSession], object]) -> object:
        with instance.database.session(write=True) as session:
            return act(session)

    with at_desk(instance, by, write=False) as (_, actor):
        pass
    for number, _moved in enumerate(rewrapping.rounds(group, once, by=actor, keys=keys), 1):
        if number >= stop:
            return


def left(instance: Instance, group: Group) -> rewrapping.Left:
    keys = read_public_keys(instance.settings.instance)
    with at_desk(instance, "maple", write=False) as (session, by):
        return rewrapping.left(session, by=by, group=group, keys=keys)


def test_a_revoked_reviewer_with_all_they_ever_held_opens_nothing_of_a_fresh_dump(
    sqlite_instance: Instance, tmp_path: Path
) -> None:
    filled = contents.fill(sqlite_instance)
    folder = sqlite_instance.settings.instance
    shutil.copytree(folder, tmp_path / "before")
    held = handed_over(Seized(tmp_path / "before"), sqlite_instance, [service.Role.REVIEWER])
    files = {path: path.read_bytes() for path in (folder / "files").rglob("*") if path.is_file()}
    for name in ("cedar", "birch"):
        end(sqlite_instance, name)
    for group in sorted(rewrapping.MOVED):
        renew(sqlite_instance, group)
        move(sqlite_instance, group)
        assert left(sqlite_instance, group) == rewrapping.Left(0, 0)
    shutil.copytree(folder, tmp_path / "after")
    assert try_everything(Seized(tmp_path / "before"), held)
    assert try_everything(Seized(tmp_path / "after"), held) == []
    assert {path: path.read_bytes() for path in (folder / "files").rglob("*") if path.is_file()} == files
    # Those who stayed open everything, and so does the recovery key.
    stayed = handed_over(Seized(tmp_path / "after"), sqlite_instance, [service.Role.LEAD])
    opened = "\n".join(try_everything(Seized(tmp_path / "after"), stayed))
    assert "Mahtabgoon" in opened
    assert "Sepidehdam" in opened
    recovery = try_everything(Seized(tmp_path / "after"), {sqlite_instance.secrets.recovery_seed})
    assert any("Sepidehdam" in one for one in recovery)
    with sqlite_instance.database.session(write=False) as session:
        first = session.scalars(select(GroupEpoch).where(GroupEpoch.epoch == 1)).all()
        states = {one.group: one.state for one in first}
        epochs_held = {(one.group, one.epoch) for one in session.scalars(select(Membership))}
    assert states.pop(Group.AUDITORS) is EpochState.CURRENT
    assert set(states.values()) == {EpochState.RETIRED}
    assert epochs_held == {(group, 1 if group is Group.AUDITORS else 2) for group in Group}
    assert [str(one) for one in verify_folder(folder, {}).problems] == []
    assert {"group.rewrap", "group.unwrap", "group.retire"} <= set(acts_of(sqlite_instance))
    assert filled.one.id


def test_it_goes_on_where_it_was_interrupted_and_asking_again_changes_nothing(
    sqlite_instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rewrapping, "BATCH", 3)
    cases = [a_case(sqlite_instance, f"account {number}", holder="") for number in range(5)]
    renew(sqlite_instance, Group.INTAKE)
    assert left(sqlite_instance, Group.INTAKE) == rewrapping.Left(10, 10)
    for stop in range(1, 9):
        move(sqlite_instance, Group.INTAKE, stop=stop)
        with at_desk(sqlite_instance, "maple", write=False) as (session, by):
            for case_id in cases:  # at no moment is anything closed
                keys = opening.part_keys(session, opening.load(session, case_id), by.seeds_of(Group.INTAKE))
                assert len(keys) == 2
    move(sqlite_instance, Group.INTAKE)
    assert left(sqlite_instance, Group.INTAKE) == rewrapping.Left(0, 0)
    with sqlite_instance.database.session(write=False) as session:
        before = ledger.size(session)
    move(sqlite_instance, Group.INTAKE)
    with sqlite_instance.database.session(write=False) as session:
        assert ledger.size(session) == before
    assert [str(one) for one in verify_folder(sqlite_instance.settings.instance, {}).problems] == []


def test_what_was_withdrawn_is_not_brought_back(sqlite_instance: Instance) -> None:
    case_id = a_case(sqlite_instance, "account", holder="")
    other = a_case(sqlite_instance, "another", holder="")
    renew(sqlite_instance, Group.INTAKE)
    with sqlite_instance.database.session(write=True) as session:
        withdrawing.withdraw(session, submission_id=case_id, day=sqlite_instance.clock().date())
    move(sqlite_instance, Group.INTAKE)
    with sqlite_instance.database.session(write=False) as session:
        found = set(session.keys.scalars(select(Wrap.submission_id)))
    assert found == {other}


def test_only_holders_move_keys_and_not_once_their_access_has_ended(sqlite_instance: Instance) -> None:
    a_case(sqlite_instance, "account", holder="")
    renew(sqlite_instance, Group.INTAKE)
    keys = read_public_keys(sqlite_instance.settings.instance)
    with at_desk(sqlite_instance, "willow", write=False) as (_, gone):
        pass
    end(sqlite_instance, "willow")
    for by in (gone,):
        with sqlite_instance.database.session(write=True) as session, pytest.raises(RefusedError):
            rewrapping.add_batch(session, by=by, group=Group.INTAKE, keys=keys)
    for name in ("cedar", "rowan", "olive"):
        with at_desk(sqlite_instance, name) as (session, by), pytest.raises(RefusedError):
            rewrapping.add_batch(session, by=by, group=Group.INTAKE, keys=keys)
    with at_desk(sqlite_instance, "olive") as (session, by), pytest.raises(RefusedError):
        rewrapping.add_batch(session, by=by, group=Group.AUDITORS, keys=keys)


def test_a_lead_moves_everything_over_on_the_page(sqlite_instance: Instance) -> None:
    a_case(sqlite_instance, "account", holder="")
    renew(sqlite_instance, Group.INTAKE)
    client = sqlite_instance.app(Face.DESK).test_client()
    sqlite_instance.sign_in(client, "maple")
    assert "Move over to the new key" in client.get("/en/staff/keys").get_data(as_text=True)
    page = client.get("/en/releases/rewrap/intake").get_data(as_text=True)
    token = page.split('name="csrf_token"')[-1].split('value="')[1].split('"')[0]
    answer = client.post("/en/releases/rewrap/intake", data={"csrf_token": token})
    assert answer.status_code == 303
    assert "open nothing any more" in client.get("/en/releases/rewrap/intake").get_data(as_text=True)
    assert client.get("/en/releases/rewrap/auditors").status_code == 404


def test_moving_over_says_whom_it_opens_what_was_there_before_to(sqlite_instance: Instance) -> None:
    a_case(sqlite_instance, "account", holder="")
    renew(sqlite_instance, Group.INTAKE)
    with sqlite_instance.database.session(write=True) as session:
        cedar = session.scalars(select(Staff).where(Staff.name == "cedar")).one()
        for one in cedar.memberships:  # as if given the newest key alone
            if one.epoch == 1:
                session.delete(one)
    client = sqlite_instance.app(Face.DESK).test_client()
    sqlite_instance.sign_in(client, "maple")
    page = client.get("/en/releases/rewrap/intake").get_data(as_text=True)
    assert "<bdi>cedar</bdi>" in page
    assert "<bdi>birch</bdi>" not in page
    token = page.split('name="csrf_token"')[-1].split('value="')[1].split('"')[0]
    assert client.post("/en/releases/rewrap/intake", data={"csrf_token": token}).status_code == 422
    assert left(sqlite_instance, Group.INTAKE).wraps == 2
    sent = client.post("/en/releases/rewrap/intake", data={"csrf_token": token, "also": "y"})
    assert sent.status_code == 303
    assert left(sqlite_instance, Group.INTAKE).wraps == 0


def test_a_part_that_was_left_under_two_earlier_keys_moves_once(sqlite_instance: Instance) -> None:
    case_id = a_case(sqlite_instance, "account", holder="")
    renew(sqlite_instance, Group.INTAKE)
    keys = read_public_keys(sqlite_instance.settings.instance)
    with at_desk(sqlite_instance, "maple") as (session, by):
        rewrapping.add_batch(session, by=by, group=Group.INTAKE, keys=keys)
    renew(sqlite_instance, Group.INTAKE)
    assert left(sqlite_instance, Group.INTAKE) == rewrapping.Left(4, 4)
    move(sqlite_instance, Group.INTAKE)
    assert left(sqlite_instance, Group.INTAKE) == rewrapping.Left(0, 0)
    with at_desk(sqlite_instance, "maple", write=False) as (session, by):
        opened = opening.part_keys(session, opening.load(session, case_id), by.seeds_of(Group.INTAKE))
        assert len(opened) == 2


def test_the_page_offers_nothing_when_nothing_is_left(sqlite_instance: Instance) -> None:
    client = sqlite_instance.app(Face.DESK).test_client()
    sqlite_instance.sign_in(client, "maple")
    page = client.get("/en/releases/rewrap/intake").get_data(as_text=True)
    assert "Back to the keys" in page
    assert "Erase the earlier keys" not in page
