"""What can be done about staff, and above all what cannot."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select

from portal.errors import InvalidError, NotFoundError, PortalError, RefusedError, StaleError
from portal.permissions import MAY_HOLD, Group, Role
from portal.staff import groups, service
from portal.staff.credentials import group_place
from portal.staff.models import Invitation, Membership, Staff
from portal.vault import passphrase
from portal.vault.seal import Sealed, UnsealError
from portal.vault.wrap import unwrap


def invite(world: Any, by: Any, name: str, role: Role) -> str:
    with world.database.session(write=True) as session:
        return service.invite(session, by=world.actor(by), name=name, role=role, now=world.clock.now)


def grant(world: Any, by: Any, to: Any, group: Group) -> None:
    with world.database.session(write=True) as session:
        groups.grant(session, by=world.actor(by), staff_id=to.id, group=group, now=world.clock.now)


def end(world: Any, by: Any, who: Any) -> None:
    with world.database.session(write=True) as session:
        service.end(session, by=world.actor(by), staff_id=who.id)


def sign_in(world: Any, who: Any, **other: str) -> service.SignedIn | None:
    typed = {
        "name": who.name,
        "passphrase": "seven plain words that nobody would guess",
        "code": world.code(who),
    }
    cost = passphrase.Cost(world.settings.staff_memory_kib, 3, 1)
    with world.database.session(write=True) as session:
        return service.sign_in(session, **(typed | other), cost=cost, now=world.clock.now)


def test_an_invited_person_joins_with_the_words_and_the_way_in_is_closed(world: Any) -> None:
    words = invite(world, world.person("Nader", Role.ADMINISTRATOR), "Mina", Role.REVIEWER)
    mina = world.joined(" mina ", words.upper())
    assert mina.role is Role.REVIEWER
    with pytest.raises(NotFoundError):
        world.joined("Mina", words)


@pytest.mark.parametrize(("name", "words"), [("Mina", "not the words"), ("Nobody", None)])
def test_wrong_words_and_an_unknown_name_are_refused_alike(world: Any, name: str, words: str | None) -> None:
    right = invite(world, world.person("Nader", Role.ADMINISTRATOR), "Mina", Role.REVIEWER)
    with pytest.raises(NotFoundError):
        world.joined(name, words or right)


def test_an_invitation_runs_out(world: Any) -> None:
    nader = world.person("Nader", Role.ADMINISTRATOR)
    words = invite(world, nader, "Mina", Role.REVIEWER)
    world.clock.forward(days=service.INVITATION_DAYS)
    with pytest.raises(NotFoundError):
        world.joined("Mina", words)
    assert world.joined("Mina", invite(world, nader, "Mina", Role.REVIEWER)).role is Role.REVIEWER


def test_an_open_invitation_is_listed_and_can_be_withdrawn(world: Any) -> None:
    nader = world.person("Nader", Role.ADMINISTRATOR)
    words = invite(world, nader, "Mina", Role.REVIEWER)
    with world.database.session(write=True) as session:
        by = world.actor(nader)
        [one] = service.open_invitations(session, by=by, now=world.clock.now)
        service.withdraw_invitation(session, by=by, invitation_id=one.id)
    with pytest.raises(NotFoundError):
        world.joined("Mina", words)
    with world.database.session(write=True) as session, pytest.raises(NotFoundError):
        service.withdraw_invitation(session, by=world.actor(nader), invitation_id=one.id)


@pytest.mark.parametrize("taken", ["Mina", "MINA", "Nader", " nader "])
def test_a_name_is_given_once_however_it_is_typed(world: Any, taken: str) -> None:
    nader = world.person("Nader", Role.ADMINISTRATOR)
    invite(world, nader, "Mina", Role.REVIEWER)
    with pytest.raises(InvalidError):
        invite(world, nader, taken, Role.REVIEWER)


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.LEAD, Role.AUDITOR])
def test_only_administrators_invite_and_end(world: Any, role: Role) -> None:
    somebody, other = world.person("Somebody", role), world.person("Other", Role.REVIEWER)
    with pytest.raises(RefusedError):
        invite(world, somebody, "Mina", Role.REVIEWER)
    with pytest.raises(RefusedError):
        end(world, somebody, other)


def test_nothing_of_an_invitation_or_a_person_opens_anything(world: Any) -> None:
    words = invite(world, world.person("Nader", Role.ADMINISTRATOR), "Mina", Role.REVIEWER)
    with world.database.session(write=False) as session:
        kept = session.scalars(select(Invitation)).one()
        person = session.scalars(select(Staff)).one()
    assert not any(word.encode() in kept.code_hash for word in words.split())
    assert b"nobody would guess" not in person.bundle


def test_signing_in_takes_name_passphrase_and_code_together(world: Any) -> None:
    mina = world.person("Mina", Role.REVIEWER)
    assert sign_in(world, mina, passphrase="other words") is None
    assert sign_in(world, mina, code="000000") is None
    assert sign_in(world, mina, name="Nobody") is None
    signed_in = sign_in(world, mina, name="MINA ")
    assert signed_in == service.SignedIn(mina.id, mina.bundle.identity)
    assert mina.bundle.identity.hex() not in repr(signed_in)


def test_a_code_is_taken_once(world: Any) -> None:
    mina = world.person("Mina", Role.REVIEWER)
    code = world.code(mina)
    assert sign_in(world, mina, code=code)
    assert sign_in(world, mina, code=code) is None
    world.clock.forward(seconds=30)
    assert sign_in(world, mina, code=code) is None
    assert sign_in(world, mina)


def test_an_unknown_name_costs_what_a_known_one_does(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    mina = world.person("Mina", Role.REVIEWER)
    costs: list[passphrase.Cost] = []
    derive = passphrase.derive_key

    def watched(typed: str | bytes, salt: bytes, cost: passphrase.Cost, *line: passphrase.Line) -> bytes:
        costs.append(cost)
        return derive(typed, salt, cost, *line)

    monkeypatch.setattr("portal.vault.passphrase.derive_key", watched)
    assert sign_in(world, mina, passphrase="other words") is None
    assert sign_in(world, mina, name="Nobody") is None
    assert len(costs) == 2
    assert costs[0] == costs[1]


def test_no_transaction_waits_while_a_passphrase_is_stretched(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    mina = world.person("Mina", Role.REVIEWER)
    words = invite(world, world.person("Nader", Role.ADMINISTRATOR), "Zari", Role.REVIEWER)
    derive = passphrase.derive_key
    open_now: list[int] = []
    begun: list[int] = []
    seen: list[int] = []

    def begin(connection: object) -> None:
        del connection
        open_now.append(1)
        begun.append(1)

    event.listen(world.database.main, "begin", begin)
    for end_of_one in ("commit", "rollback"):
        event.listen(world.database.main, end_of_one, lambda _: open_now.clear())

    def watched(typed: str | bytes, salt: bytes, cost: passphrase.Cost, *line: passphrase.Line) -> bytes:
        seen.append(len(open_now))
        return derive(typed, salt, cost, *line)

    monkeypatch.setattr("portal.vault.passphrase.derive_key", watched)
    monkeypatch.setattr("portal.staff.credentials.derive_key", watched)
    sign_in(world, mina)
    sign_in(world, mina, name="Nobody")
    world.joined("Zari", words)
    assert seen == [0, 0, 0]
    assert begun


def test_who_was_ended_neither_signs_in_nor_holds_a_key(world: Any) -> None:
    nader, sahar = world.person("Nader", Role.ADMINISTRATOR), world.lead()
    end(world, nader, sahar)
    assert sign_in(world, sahar) is None
    assert world.actor(sahar).seeds == {}
    with pytest.raises(StaleError):
        end(world, nader, sahar)


def test_who_was_ended_does_not_come_back_by_an_invitation_of_their_own(world: Any) -> None:
    nader, soraya = world.person("Nader", Role.ADMINISTRATOR), world.person("Soraya", Role.ADMINISTRATOR)
    given = {}
    for by, name in ((soraya, "Homa"), (nader, "Mina")):
        with world.database.session(write=True) as session:
            given[name] = service.invite(
                session, by=world.actor(by), name=name, role=Role.ADMINISTRATOR, now=world.clock.now
            )
    with world.database.session(write=True) as session:
        service.end(session, by=world.actor(nader), staff_id=soraya.id)
    with pytest.raises(NotFoundError):
        world.joined("Homa", given["Homa"])
    assert world.joined("Mina", given["Mina"]).role is Role.ADMINISTRATOR


def test_an_administrator_cannot_end_their_own_access(world: Any) -> None:
    nader = world.person("Nader", Role.ADMINISTRATOR)
    with pytest.raises(InvalidError):
        end(world, nader, nader)


def test_somebody_unknown_cannot_be_ended(world: Any) -> None:
    nader = world.person("Nader", Role.ADMINISTRATOR)
    with world.database.session(write=True) as session, pytest.raises(NotFoundError):
        service.end(session, by=world.actor(nader), staff_id=uuid4())


def test_the_only_holder_of_a_key_is_known_before_they_are_ended(world: Any) -> None:
    nader, sahar = world.person("Nader", Role.ADMINISTRATOR), world.lead()
    world.person("Mina", Role.REVIEWER, [Group.INTAKE])
    with world.database.session(write=False) as session:
        alone = groups.only_holder_of(session, by=world.actor(nader), staff_id=sahar.id)
    assert alone == [Group.CONTACT, Group.RELEASE]


def test_a_lead_hands_on_the_very_key_and_once(world: Any) -> None:
    sahar, mina = world.lead(), world.person("Mina", Role.REVIEWER)
    with world.database.session(write=False) as session:
        [(person, one)] = groups.waiting(session, by=world.actor(sahar))
    assert (person.id, one.group, one.before) == (mina.id, Group.INTAKE, False)
    grant(world, sahar, mina, Group.INTAKE)
    assert world.actor(mina).seed_of(Group.INTAKE) == world.group_seeds[Group.INTAKE]
    with pytest.raises(StaleError):
        grant(world, sahar, mina, Group.INTAKE)
    with world.database.session(write=False) as session:
        assert groups.waiting(session, by=world.actor(sahar)) == []


def test_a_key_goes_only_to_roles_that_may_hold_it(world: Any) -> None:
    sahar, mina = world.lead(), world.person("Mina", Role.REVIEWER)
    for group in (Group.CONTACT, Group.RELEASE):
        with pytest.raises(RefusedError):
            grant(world, sahar, mina, group)


def test_a_lead_without_a_key_cannot_hand_it_on(world: Any) -> None:
    new_lead, mina = world.person("Parvin", Role.LEAD), world.person("Mina", Role.REVIEWER)
    with pytest.raises(RefusedError):
        grant(world, new_lead, mina, Group.INTAKE)


def test_nobody_grants_a_key_to_themselves_or_to_the_ended(world: Any) -> None:
    nader, sahar, mina = (
        world.person("Nader", Role.ADMINISTRATOR),
        world.lead(),
        world.person("Mina", Role.REVIEWER),
    )
    with pytest.raises(RefusedError):
        grant(world, sahar, sahar, Group.INTAKE)
    end(world, nader, mina)
    with pytest.raises(RefusedError):
        grant(world, sahar, mina, Group.INTAKE)


def test_an_administrator_who_invites_himself_as_a_reviewer_waits_for_a_lead(world: Any) -> None:
    nader, sahar = world.person("Nader", Role.ADMINISTRATOR), world.lead()
    twin = world.joined("Nader II", invite(world, nader, "Nader II", Role.REVIEWER))
    assert world.actor(twin).seeds == {}
    for by in (nader, twin):
        with pytest.raises(RefusedError):
            grant(world, by, twin, Group.INTAKE)
    with world.database.session(write=False) as session:
        [(person, _)] = groups.waiting(session, by=world.actor(sahar))
    assert person.invited_by == "Nader"


ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("invite"), st.integers(0, 9), st.sampled_from(list(Role))),
        st.tuples(st.just("grant"), st.integers(0, 9), st.integers(0, 9), st.sampled_from(list(Group))),
        st.tuples(st.just("end"), st.integers(0, 9), st.integers(0, 9)),
    ),
    max_size=10,
)


def act(world: Any, people: list[Any], action: Sequence[Any]) -> None:
    """Try one action; what is refused changes nothing."""
    kind, by, *rest = action
    someone = people[by % len(people)]
    with world.database.session(write=False) as session:
        if service.present(session, staff_id=someone.id) is None:
            return
    if kind == "invite":
        name = f"Person {len(people)}"
        people.append(world.joined(name, invite(world, someone, name, rest[0])))
    elif kind == "grant":
        grant(world, someone, people[rest[0] % len(people)], rest[1])
    else:
        end(world, someone, people[rest[0] % len(people)])


def opens(colleague: Any, one: Membership) -> bool:
    try:
        unwrap(colleague.bundle.identity, Sealed(one.blob), group_place(one.staff_id, one.group))
    except UnsealError:
        return False
    return True


@settings(max_examples=30, deadline=None)
@given(ACTIONS)
def test_no_way_of_inviting_joining_granting_and_ending_gives_an_administrator_a_key(
    new_world: Any, actions: list[Sequence[Any]]
) -> None:
    with TemporaryDirectory() as folder:
        world = new_world(Path(folder))
        people = [world.person("Nader", Role.ADMINISTRATOR), world.lead(), world.person("Vida", Role.AUDITOR)]
        for action in actions:
            try:
                act(world, people, action)
            except PortalError:
                continue
        with world.database.session(write=False) as session:
            held = session.scalars(select(Membership)).all()
            rows = {one.id: one for one in session.scalars(select(Staff))}
        for one in held:
            assert rows[one.staff_id].active
            assert one.group in MAY_HOLD[rows[one.staff_id].role]
        administrators = [person for person in people if person.role is Role.ADMINISTRATOR]
        assert not any(opens(person, one) for person in administrators for one in held)
        world.database.dispose()


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from(list(Role)), max_size=4), st.lists(st.sampled_from(list(Group)), max_size=6))
def test_administrators_alone_bring_no_key_into_being(
    new_world: Any, roles: list[Role], wanted: list[Group]
) -> None:
    with TemporaryDirectory() as folder:
        world = new_world(Path(folder))
        nader, _ = world.person("Nader", Role.ADMINISTRATOR), world.lead()
        puppets = [nader]
        for number, role in enumerate(roles):
            name = f"Puppet {number}"
            puppets.append(world.joined(name, invite(world, nader, name, role)))
        for group in wanted:
            for giver in puppets:
                for taker in puppets:
                    with pytest.raises(RefusedError):
                        grant(world, giver, taker, group)
        assert all(world.actor(puppet).seeds == {} for puppet in puppets)
        world.database.dispose()


def test_an_invitation_names_its_last_moment(world: Any) -> None:
    nader = world.person("Nader", Role.ADMINISTRATOR)
    invite(world, nader, "Mina", Role.REVIEWER)
    world.clock.forward(days=service.INVITATION_DAYS, seconds=-1)
    with world.database.session(write=False) as session:
        [one] = service.open_invitations(session, by=world.actor(nader), now=world.clock.now)
        assert one.expires - world.clock.now == timedelta(seconds=1)
        world.clock.forward(seconds=1)
        assert not service.open_invitations(session, by=world.actor(nader), now=world.clock.now)


def test_one_code_sent_twice_at_once_opens_one_session(world: Any) -> None:
    mina = world.person("Mina", Role.REVIEWER)
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(lambda _: sign_in(world, mina), range(4)))
    assert sum(outcome is not None for outcome in outcomes) == 1
