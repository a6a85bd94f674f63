"""A passphrase is proved and changed by its owner alone; there is no reset."""

import ast
from typing import Any

import pytest
from builders import Instance, token_of
from commands import commands
from flask import Flask
from sqlalchemy import event

from portal.config import PACKAGE, Face
from portal.errors import InvalidError, NotFoundError, RefusedError
from portal.permissions import Group, Role
from portal.staff import changing, groups, service
from portal.staff.models import Staff
from portal.vault import passphrase as passphrases
from portal.vault.passphrase import Cost
from portal.vault.seal import UnsealError

COST = Cost(memory_kib=64, iterations=3, lanes=1)
PASSPHRASE = "seven plain words that nobody would guess"
NEW = "purple lamp seventeen frog river"


def row(world: Any, colleague: Any) -> dict[str, object]:
    with world.database.session(write=False) as session:
        person = session.get_one(Staff, colleague.id)
        return {column.name: getattr(person, column.name) for column in Staff.__table__.columns}


def changed(world: Any, colleague: Any, **other: Any) -> Staff | None:
    world.clock.forward(seconds=30)
    given = {"passphrase": PASSPHRASE, "code": world.code(colleague), "new": NEW, "cost": COST} | other
    by = world.actor(colleague)
    with world.database.session(write=True) as session:
        return changing.change(session, by=by, now=world.clock.now, **given)


def sign_in(world: Any, colleague: Any, passphrase: str) -> service.SignedIn | None:
    world.clock.forward(seconds=30)
    with world.database.session(write=True) as session:
        return service.sign_in(
            session,
            name=colleague.name,
            passphrase=passphrase,
            code=world.code(colleague),
            cost=COST,
            now=world.clock.now,
        )


def test_a_changed_passphrase_opens_the_same_keys_and_the_old_one_none(world: Any) -> None:
    sahar = world.lead()
    before = row(world, sahar)
    dearer = Cost(memory_kib=128, iterations=4, lanes=1)
    assert changed(world, sahar, cost=dearer) is not None
    after = row(world, sahar)
    assert after["salt"] != before["salt"]
    assert after["bundle"] != before["bundle"]
    assert (after["memory_kib"], after["iterations"]) == (128, 4)
    assert {name for name in after if after[name] != before[name]} == {
        "salt",
        "bundle",
        "memory_kib",
        "iterations",
        "totp_counter",
    }
    assert sign_in(world, sahar, PASSPHRASE) is None
    signed_in = sign_in(world, sahar, NEW)
    assert signed_in is not None
    assert signed_in.seed == sahar.bundle.identity


@pytest.mark.parametrize(
    "wrong", [{"passphrase": "another one altogether"}, {"code": "000000"}, {"code": ""}], ids=str
)
def test_nothing_changes_without_the_present_passphrase_and_a_code(world: Any, wrong: dict[str, str]) -> None:
    sahar = world.lead()
    before = row(world, sahar)
    assert changed(world, sahar, **wrong) is None
    assert row(world, sahar) == before


def test_a_code_that_was_used_changes_no_passphrase(world: Any) -> None:
    sahar = world.lead()
    world.clock.forward(seconds=30)
    used = world.code(sahar)
    assert sign_in(world, sahar, PASSPHRASE)
    assert changed(world, sahar, code=used) is None


def test_the_present_passphrase_is_no_new_one_however_it_is_typed(world: Any) -> None:
    with pytest.raises(InvalidError, match="present passphrase"):
        changed(world, world.lead(), new=f"  {PASSPHRASE.replace(' ', '   ')} ")


def test_who_is_gone_neither_proves_nor_changes_anything(world: Any) -> None:
    sahar, nader = world.lead(), world.person("Nader", Role.ADMINISTRATOR)
    by = world.actor(sahar)
    with world.database.session(write=True) as session:
        service.end(session, by=world.actor(nader), staff_id=sahar.id)
    with world.database.session(write=True) as session, pytest.raises(RefusedError):
        changing.prove(session, by=by, passphrase=PASSPHRASE)


def test_a_passphrase_proves_its_owner_alone(world: Any) -> None:
    sahar, mina = world.lead(), world.person("Mina", Role.REVIEWER)
    assert changed(world, mina)
    with world.database.session(write=True) as session:
        assert changing.prove(session, by=world.actor(sahar), passphrase=PASSPHRASE)
        assert not changing.prove(session, by=world.actor(sahar), passphrase=NEW)
        assert changing.prove(session, by=world.actor(mina), passphrase=NEW)


def test_no_transaction_waits_while_a_passphrase_is_proved_or_changed(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sahar, open_now, seen = world.lead(), list[int](), list[int]()
    derive = passphrases.derive_key
    event.listen(world.database.main, "begin", lambda _: open_now.append(1))
    for end_of_one in ("commit", "rollback"):
        event.listen(world.database.main, end_of_one, lambda _: open_now.clear())

    def watched(*given: Any) -> bytes:
        seen.append(len(open_now))
        return derive(*given)

    monkeypatch.setattr("portal.vault.passphrase.derive_key", watched)
    monkeypatch.setattr("portal.staff.changing.derive_key", watched)
    by = world.actor(sahar)
    with world.database.session(write=True) as session:
        session.get(Staff, sahar.id)  # as a view has done before
        assert changing.prove(session, by=by, passphrase=PASSPHRASE)
    with world.database.session(write=True) as session:
        session.get(Staff, sahar.id)
        world.clock.forward(seconds=30)
        assert changing.change(
            session,
            by=by,
            passphrase=PASSPHRASE,
            code=world.code(sahar),
            new=NEW,
            cost=COST,
            now=world.clock.now,
        )
    assert seen == [0, 0, 0]


# no reset


def test_who_comes_back_is_another_person_and_opens_nothing_before_a_new_grant(world: Any) -> None:
    sahar, nader = world.lead(), world.person("Nader", Role.ADMINISTRATOR)
    mina = world.person("Mina", Role.REVIEWER, [Group.INTAKE])
    with world.database.session(write=True) as session:
        service.end(session, by=world.actor(nader), staff_id=mina.id)
        with pytest.raises(InvalidError, match="taken"):
            service.invite(
                session, by=world.actor(nader), name="Mina", role=Role.REVIEWER, now=world.clock.now
            )
        words = service.invite(
            session, by=world.actor(nader), name="Mina 2", role=Role.REVIEWER, now=world.clock.now
        )
    again = world.joined("Mina 2", words)
    by = world.actor(again)
    assert by.seeds == {}
    with pytest.raises(RefusedError):
        by.ring(Group.INTAKE)
    with world.database.session(write=False) as session:
        for person in session.query(Staff):
            for one in person.memberships:
                with pytest.raises(UnsealError):
                    service.opened(one, again.bundle.identity)
    with world.database.session(write=True) as session:
        groups.grant(
            session, by=world.actor(sahar), staff_id=again.id, group=Group.INTAKE, now=world.clock.now
        )
    assert world.actor(again).seed_of(Group.INTAKE) == world.group_seeds[Group.INTAKE]


def test_salt_and_bundle_are_written_where_people_join_and_change_them_and_nowhere_else() -> None:
    writers = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            targets = node.targets if isinstance(node, ast.Assign) else []
            for target in targets:
                if isinstance(target, ast.Attribute) and target.attr in {"salt", "bundle", "totp_secret"}:
                    writers.add(f"{path.parent.name}/{path.name}")
    assert writers == {"staff/changing.py", "staff/hardware.py"}


@pytest.fixture
def whole_desk(sqlite_instance: Instance) -> Flask:
    return sqlite_instance.app(Face.DESK)


def bundles(instance: Instance) -> dict[str, tuple[bytes, bytes, bytes]]:
    with instance.database.session(write=False) as session:
        return {one.name: (one.salt, one.bundle, one.public_key) for one in session.query(Staff)}


@pytest.mark.parametrize("name", ["", "maple", "cedar", "rowan", "olive"])
def test_no_page_gives_anybody_another_persons_way_in(
    sqlite_instance: Instance, whole_desk: Flask, name: str
) -> None:
    """Every address of the desk is sent the form of a reset, by everybody, about everybody."""
    client = whole_desk.test_client()
    if name:
        sqlite_instance.sign_in(client, name)
    before = bundles(sqlite_instance)
    with sqlite_instance.database.session(write=False) as session:
        people = [str(person.id) for person in session.query(Staff) if person.name != name]
    for rule in whole_desk.url_map.iter_rules():
        if "POST" not in (rule.methods or ()) or rule.endpoint in {"staff.sign_out", "staff.end"}:
            continue
        for staff_id in people[:2]:
            values = {
                one: "en" if one == "language" else staff_id if one.endswith("_id") else "intake"
                for one in rule.arguments
            }
            with whole_desk.test_request_context():
                try:
                    address = whole_desk.url_for(rule.endpoint, **values)  # type: ignore[arg-type] # ids
                except Exception:  # noqa: BLE001, S112 - a choice of words that is none of ours
                    continue
            page = client.get("/en/me" if name else "/en/sign-in")
            fields = {"staff_id": staff_id, "passphrase": NEW, "again": NEW, "new": NEW, "name": "cedar"}
            client.post(address, data={"csrf_token": token_of(page), "code": "000000", **fields})
    assert bundles(sqlite_instance) == before


def test_no_command_resets_a_passphrase() -> None:
    """The recovery key makes new people (`recovery restore`); no command changes somebody who is there."""
    for name, command in commands():
        said = " ".join([name, *(one.name or "" for one in command.params)])
        assert not {"reset", "passphrase", "password", "unlock", "totp", "forgot"} & set(
            said.replace("-", " ").replace("_", " ").split()
        ), name


def test_an_invitation_is_no_way_into_an_old_name(world: Any) -> None:
    nader, mina = world.person("Nader", Role.ADMINISTRATOR), world.person("Mina", Role.REVIEWER)
    for name in ("Mina", "mina", " MINA "):
        with world.database.session(write=True) as session, pytest.raises(InvalidError, match="taken"):
            service.invite(session, by=world.actor(nader), name=name, role=Role.REVIEWER, now=world.clock.now)
    with world.database.session(write=False) as session, pytest.raises(NotFoundError):
        service.invited(session, name=mina.name, code="any words", now=world.clock.now)
