"""Administrators propose, holders grant; what was not proposed, or was taken back, is not granted."""

from typing import Any

import pytest
from sqlalchemy import select

from portal.errors import InvalidError, PortalError, RefusedError, StaleError
from portal.permissions import MAY_HOLD, USUAL, Group, Role
from portal.staff import epochs, groups, service
from portal.staff.models import EpochState, GroupEpoch, Membership, Proposal, Staff
from portal.vault.wrap import key_id


def do(world: Any, act: Any, by: Any, who: Any, *words: Any, **more: Any) -> None:
    with world.database.session(write=True) as session:
        names = ("group",) if act is not groups.change_role else ("role",)
        more |= dict(zip(names, words, strict=True))
        if act in {groups.propose, groups.grant}:
            more["now"] = world.clock.now
        act(session, by=world.actor(by), staff_id=who.id, **more)


def marked(world: Any) -> set[Group]:
    with world.database.session(write=False) as session:
        rows = session.scalars(select(GroupEpoch)).all()
        return {one.group for one in rows if one.renew}


def follow(world: Any) -> None:
    with world.database.session(write=True) as session:
        epochs.follow(session, world.settings.public_keys, day=world.clock.now.date())


@pytest.fixture
def office(world: Any) -> Any:
    follow(world)
    return world.person("Nader", Role.ADMINISTRATOR)


def test_a_key_that_was_not_proposed_is_not_granted(world: Any, office: Any) -> None:
    sahar, mina = world.person("Sahar", Role.LEAD, MAY_HOLD[Role.LEAD]), world.person("Mina", Role.REVIEWER)
    with pytest.raises(RefusedError):
        do(world, groups.grant, sahar, mina, Group.CASES)
    do(world, groups.propose, office, mina, Group.CASES)
    do(world, groups.grant, sahar, mina, Group.CASES)
    assert Group.CASES in world.actor(mina).seeds
    do(world, groups.take_back, office, mina, Group.INTAKE)
    with pytest.raises(RefusedError):
        do(world, groups.grant, sahar, mina, Group.INTAKE)
    with pytest.raises(StaleError):
        do(world, groups.take_back, office, mina, Group.CASES)


def test_what_was_there_before_is_granted_only_where_the_proposal_says_so(world: Any, office: Any) -> None:
    sahar, mina = world.lead(), world.person("Mina", Role.REVIEWER)
    with pytest.raises(RefusedError):
        do(world, groups.grant, sahar, mina, Group.INTAKE, before=True)
    do(world, groups.propose, office, mina, Group.INTAKE, before=True)
    with world.database.session(write=False) as session:
        [(_, one)] = groups.waiting(session, by=world.actor(sahar))
    assert (one.before, one.proposed_by) == (True, "Nader")
    do(world, groups.grant, sahar, mina, Group.INTAKE, before=True)
    with pytest.raises(StaleError):
        do(world, groups.propose, office, mina, Group.INTAKE, before=True)


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.LEAD, Role.AUDITOR])
def test_only_administrators_propose_revoke_and_change_roles(world: Any, office: Any, role: Role) -> None:
    del office
    somebody, mina = world.person("Somebody", role), world.person("Mina", Role.REVIEWER, [Group.INTAKE])
    for act in (groups.propose, groups.take_back, groups.revoke):
        with pytest.raises(RefusedError):
            do(world, act, somebody, mina, Group.INTAKE)
    with pytest.raises(RefusedError):
        do(world, groups.change_role, somebody, mina, Role.LEAD)


def test_nothing_is_proposed_for_oneself_for_the_ended_or_beyond_a_role(world: Any, office: Any) -> None:
    mina, gone = world.person("Mina", Role.REVIEWER), world.person("Gone", Role.REVIEWER)
    with world.database.session(write=True) as session:
        service.end(session, by=world.actor(office), staff_id=gone.id)
        session.flush()
        assert session.get(Proposal, (gone.id, Group.INTAKE)) is None
    for who, group in (
        (office, Group.INTAKE),
        (gone, Group.INTAKE),
        (mina, Group.LEGAL),
        (mina, Group.RELEASE),
    ):
        with pytest.raises(RefusedError):
            do(world, groups.propose, office, who, group)


@pytest.mark.parametrize("role", list(Role))
def test_whoever_joins_waits_for_the_usual_keys_of_their_role(world: Any, office: Any, role: Role) -> None:
    with world.database.session(write=True) as session:
        words = service.invite(session, by=world.actor(office), name="New", role=role, now=world.clock.now)
    new = world.joined("New", words)
    with world.database.session(write=False) as session:
        waits = groups.awaited(session.get_one(Staff, new.id), epochs.current(session))
    assert {one.group for one in waits} == USUAL[role]
    assert not any(one.before for one in waits)


def test_an_invitation_proposes_what_it_names_and_nothing_beyond_the_role(world: Any, office: Any) -> None:
    with world.database.session(write=True) as session:
        by, now = world.actor(office), world.clock.now
        with pytest.raises(InvalidError):
            service.invite(session, by=by, name="A", role=Role.REVIEWER, now=now, groups=[Group.LEGAL])
        words = service.invite(
            session, by=by, name="New", role=Role.REVIEWER, now=now, groups=[Group.CASES], before=True
        )
    new = world.joined("New", words)
    with world.database.session(write=False) as session:
        [one] = groups.awaited(session.get_one(Staff, new.id), epochs.current(session))
    assert (one.group, one.before) == (Group.CASES, True)


def test_who_is_taken_out_of_a_group_holds_the_others_and_the_key_is_to_be_renewed(
    world: Any, office: Any
) -> None:
    sahar = world.lead()
    do(world, groups.revoke, office, sahar, Group.CONTACT)
    assert world.actor(sahar).seeds.keys() == {Group.INTAKE, Group.RELEASE}
    assert marked(world) == {Group.CONTACT}
    with pytest.raises(StaleError):
        do(world, groups.revoke, office, sahar, Group.CONTACT)


def test_a_new_role_keeps_the_keys_it_may_hold_and_loses_the_others(world: Any, office: Any) -> None:
    sahar = world.lead()
    do(world, groups.change_role, office, sahar, Role.REVIEWER)
    by = world.actor(sahar)
    assert (by.role, by.seeds.keys()) == (Role.REVIEWER, {Group.INTAKE})
    assert marked(world) == {Group.CONTACT, Group.RELEASE}
    with pytest.raises(StaleError):
        do(world, groups.change_role, office, sahar, Role.REVIEWER)


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.LEAD, Role.AUDITOR])
def test_nobody_changes_between_administrator_and_a_role_with_keys(
    world: Any, office: Any, role: Role
) -> None:
    second, mina = world.person("Second", Role.ADMINISTRATOR), world.person("Mina", role)
    for who, to in ((second, role), (mina, Role.ADMINISTRATOR)):
        with pytest.raises(InvalidError, match="new pseudonym"):
            do(world, groups.change_role, office, who, to)
    with pytest.raises(InvalidError, match="own role"):
        do(world, groups.change_role, office, office, role)


def untagged(world: Any, who: Any) -> None:
    """As a membership stood before there were tags."""
    with world.database.session(write=True) as session:
        for one in session.scalars(select(Membership).where(Membership.staff_id == who.id)):
            one.tag = None


def renewed(world: Any, by: Any) -> set[str]:
    """Who is wrapped to by a renewal of the intake key."""
    with world.database.session(write=True) as session:
        actor, keys = world.actor(by), world.settings.public_keys
        epochs.propose(session, by=actor, group=Group.INTAKE, keys=keys, now=world.clock.now)
        rows = session.scalars(select(Membership).where(Membership.epoch == 2)).all()
        return {session.get_one(Staff, one.staff_id).name for one in rows}


def test_who_renews_a_key_has_it_and_who_was_never_vouched_for_is_shown(world: Any, office: Any) -> None:
    del office
    sahar, mina = world.lead(), world.person("Mina", Role.REVIEWER, [Group.INTAKE])
    for who in (sahar, mina):
        untagged(world, who)
    with world.database.session(write=False) as session:
        found = groups.unvouched(session, by=world.actor(sahar))
    assert [(person.name, group) for person, group in found] == [("Mina", Group.INTAKE)]
    assert renewed(world, sahar) == {"Sahar"}


def test_whom_nobody_vouched_for_gets_the_key_only_as_anybody_does(world: Any, office: Any) -> None:
    sahar, mina = world.lead(), world.person("Mina", Role.REVIEWER, [Group.INTAKE])
    untagged(world, mina)
    mark = key_id(mina.bundle.public_key)
    with pytest.raises(StaleError):
        do(world, groups.grant, sahar, mina, Group.INTAKE, compared=mark)
    do(world, groups.revoke, office, mina, Group.INTAKE)
    do(world, groups.propose, office, mina, Group.INTAKE)
    do(world, groups.grant, sahar, mina, Group.INTAKE, compared=mark)
    with world.database.session(write=False) as session:
        assert groups.unvouched(session, by=world.actor(sahar)) == []
    assert renewed(world, sahar) == {"Sahar", "Mina"}
    assert world.actor(mina).seed_at(Group.INTAKE, 1) == world.group_seeds[Group.INTAKE]


def test_who_missed_a_renewal_waits_for_the_new_key_without_a_new_word(world: Any, office: Any) -> None:
    del office
    sahar, mina = world.lead(), world.person("Mina", Role.REVIEWER, [Group.INTAKE])
    untagged(world, mina)
    renewed(world, sahar)
    with world.database.session(write=True) as session:
        session.get_one(GroupEpoch, (Group.INTAKE, 1)).state = EpochState.FORMER
        session.get_one(GroupEpoch, (Group.INTAKE, 2)).state = EpochState.CURRENT
    with world.database.session(write=False) as session:
        [(person, one)] = groups.waiting(session, by=world.actor(sahar))
    assert (person.name, one.group, one.proposed_by) == ("Mina", Group.INTAKE, "")
    do(world, groups.grant, sahar, mina, Group.INTAKE)
    assert set(world.actor(mina).seeds[Group.INTAKE]) == {1, 2}


# The pages


def test_a_revoked_key_and_another_role_bite_at_the_next_click(world: Any, office: Any, browser: Any) -> None:
    sahar, admin, desk = world.lead(), browser(), browser()
    desk.sign_in(sahar)
    admin.sign_in(office)
    assert "Names and contacts" in desk.get("/me").get_data(as_text=True)
    member = f"/staff/{sahar.id}"
    admin.post(f"{member}/revoke", {"group": "contact"}, seen=member)
    assert "Names and contacts of those who wrote" not in held_on(desk)
    assert desk.get("/staff/keys").status_code == 200
    admin.post(f"{member}/role", {"role": "reviewer"}, seen=member)
    assert desk.get("/staff/keys").status_code == 403
    assert "Coding sheets" not in held_on(desk)
    assert "Testimony as it comes in" in held_on(desk)


def held_on(desk: Any) -> str:
    """What the page of one's own access says one holds."""
    page: str = desk.get("/me").get_data(as_text=True)
    return page.split("Keys you hold")[1].split("</ul>", maxsplit=1)[0]


def test_an_administrator_proposes_and_takes_back_on_the_page(world: Any, office: Any, browser: Any) -> None:
    mina, admin = world.person("Mina", Role.REVIEWER), browser()
    admin.sign_in(office)
    member = f"/staff/{mina.id}"
    page = admin.get(member).get_data(as_text=True)
    assert 'value="cases"' in page
    assert 'value="legal"' not in page
    assert 'value="administrator"' not in page
    admin.post(f"{member}/propose", {"group": "cases", "before": "y"}, seen=member)
    with world.database.session(write=False) as session:
        assert session.get_one(Proposal, (mina.id, Group.CASES)).before
    admin.post(f"{member}/take-back", {"group": "cases"}, seen=member)
    with world.database.session(write=False) as session:
        assert session.get(Proposal, (mina.id, Group.CASES)) is None
    for path in ("propose", "take-back", "revoke"):
        assert admin.post(f"{member}/{path}", {"group": "everything"}, seen=member).status_code == 404
    assert admin.post(f"{member}/role", {"role": "administrator"}, seen=member).status_code == 404
    assert admin.get(f"/staff/{office.id}").status_code == 404


def test_the_page_shows_whom_nobody_vouched_for_and_offers_nothing(
    world: Any, office: Any, browser: Any
) -> None:
    del office
    sahar, mina = world.lead(), world.person("Mina", Role.REVIEWER, [Group.INTAKE])
    untagged(world, mina)
    lead = browser()
    lead.sign_in(sahar)
    page = lead.get("/staff/keys").get_data(as_text=True)
    assert "Nobody vouched" in page
    assert f"/staff/{mina.id}/" not in page


def test_the_invitation_page_proposes_circles(world: Any, office: Any, browser: Any) -> None:
    admin = browser()
    admin.sign_in(office)
    wrong = admin.post("/staff/invite", {"name": "Zari", "role": "reviewer", "more": "legal"})
    assert wrong.status_code == 400
    assert "Choose others" in wrong.get_data(as_text=True)
    assert (
        admin.post("/staff/invite", {"name": "Zari", "role": "reviewer", "more": "cases"}).status_code == 200
    )
    with world.database.session(write=False) as session:
        [one] = service.open_invitations(session, by=world.actor(office), now=world.clock.now)
        assert service.proposed_in(one) == [Group.CASES, Group.INTAKE]


def test_nobody_can_change_somebody_unknown(world: Any, office: Any) -> None:
    mina = world.person("Mina", Role.REVIEWER)
    ghost = type(mina)(office.id, "", Role.REVIEWER, mina.bundle)
    with pytest.raises(PortalError):
        do(world, groups.revoke, office, ghost, Group.INTAKE)
