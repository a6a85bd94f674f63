"""Several at once around keys, roles and holds, on both databases: what was taken away stays away."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from builders import NOON, Instance
from cases import a_case, at_desk
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from test_races import acts, all_at_once, winners

from portal.casework import holds
from portal.database import PortalSession
from portal.errors import RefusedError, StaleError
from portal.intake import withdrawing
from portal.intake.models import HoldState, LegalHold, Status, Submission
from portal.permissions import MAY_HOLD, Group, Role
from portal.staff import epochs, groups
from portal.staff import service as staff
from portal.staff.actor import Actor
from portal.staff.models import EpochState, GroupEpoch, Staff
from portal.store.wraps import Wrap
from portal.vault.wrap import public_key

LEADS = ("maple", "willow")


def act(instance: Instance, name: str, what: Callable[[PortalSession, Actor], object]) -> object:
    """Do something as a page does: while the person's own access is held."""
    with at_desk(instance, name) as (session, by):
        if staff.present(session, staff_id=by.id, hold=True) is None:
            raise RefusedError
        return what(session, by)


def renew(session: PortalSession, by: Actor, instance: Instance) -> GroupEpoch:
    try:
        return epochs.propose(session, by=by, group=Group.INTAKE, keys=instance.keys, now=NOON)
    except IntegrityError:  # the other was first; a page answers 409
        raise StaleError from None


def id_of(instance: Instance, name: str) -> UUID:
    with instance.database.session(write=False) as session:
        return session.scalars(select(Staff.id).where(Staff.name == name)).one()


def proposed(instance: Instance, birch: UUID, group: Group) -> None:
    act(
        instance,
        "rowan",
        lambda session, by: groups.propose(session, by=by, staff_id=birch, group=group, now=NOON),
    )


def test_who_is_ended_while_a_key_is_handed_on_and_another_is_renewed_holds_nothing(
    instance: Instance,
) -> None:
    birch = id_of(instance, "birch")
    proposed(instance, birch, Group.CASES)

    def go(number: int) -> object:
        if number == 5:
            act(instance, "rowan", lambda session, by: staff.end(session, by=by, staff_id=birch))
            return "ended"
        if number == 7:
            return act(instance, "willow", lambda session, by: renew(session, by, instance))
        return act(
            instance,
            LEADS[number % 2],
            lambda session, by: groups.grant(session, by=by, staff_id=birch, group=Group.CASES, now=NOON),
        )

    assert "ended" in all_at_once(go, 12)
    with instance.database.session(write=False) as session:
        person = session.get_one(Staff, birch)
        assert (person.active, person.memberships, person.proposals) == (False, [], [])
        to_renew = {
            one.group: one.renew for one in session.scalars(select(GroupEpoch).order_by(GroupEpoch.epoch))
        }
        made = session.scalars(select(GroupEpoch).where(GroupEpoch.state == EpochState.PROPOSED)).one()
    done = acts(instance)
    after_the_end = done.index(("group.renew", "willow")) > done.index(("staff.end", "rowan"))
    assert made.renew or after_the_end
    if {("group.grant", one) for one in LEADS} & set(done):
        assert to_renew[Group.CASES]


def test_who_gets_another_role_meanwhile_holds_no_key_that_it_may_not(instance: Instance) -> None:
    birch = id_of(instance, "birch")

    def become(role: Role) -> None:
        act(
            instance,
            "rowan",
            lambda session, by: groups.change_role(session, by=by, staff_id=birch, role=role),
        )

    become(Role.LEAD)
    proposed(instance, birch, Group.LEGAL)

    def go(number: int) -> object:
        if number == 5:
            become(Role.REVIEWER)
            return "changed"
        return act(
            instance,
            LEADS[number % 2],
            lambda session, by: groups.grant(session, by=by, staff_id=birch, group=Group.LEGAL, now=NOON),
        )

    assert "changed" in all_at_once(go, 12)
    with instance.database.session(write=False) as session:
        person = session.get_one(Staff, birch)
        assert person.role is Role.REVIEWER
        held = {one.group for one in (*person.memberships, *person.proposals)}
    assert held <= MAY_HOLD[Role.REVIEWER]


def test_a_key_is_renewed_once_and_everybody_has_that_one(instance: Instance) -> None:
    got = all_at_once(
        lambda number: act(instance, LEADS[number % 2], lambda session, by: renew(session, by, instance)), 6
    )
    assert len(winners(got)) == 1
    with instance.database.session(write=False) as session:
        made = session.get_one(GroupEpoch, (Group.INTAKE, 2)).public_key
    for name in (*LEADS, "cedar", "birch"):
        with at_desk(instance, name, write=False) as (_session, by):
            assert public_key(by.seed_at(Group.INTAKE, 2)) == made


def test_a_withdrawal_comes_before_a_hold_or_waits_for_it(instance: Instance) -> None:
    case_id, until = a_case(instance, holder=""), NOON.date() + timedelta(days=9)
    with at_desk(instance, "maple") as (session, by):
        hold_id = holds.ask(
            session, by=by, case_id=case_id, reason="A court asked.", until=until, now=NOON
        ).id

    def go(number: int) -> object:
        if number == 3:
            return act(
                instance,
                "willow",
                lambda session, by: holds.approve(session, by=by, hold_id=hold_id, now=NOON),
            )
        with instance.database.session(write=True) as session:
            return withdrawing.withdraw(session, submission_id=case_id, day=NOON.date())

    all_at_once(go, 8)
    with instance.database.session(write=False) as session:
        status, hold = session.get_one(Submission, case_id).status, session.get(LegalHold, hold_id)
        wraps = session.keys.scalars(select(Wrap).where(Wrap.submission_id == case_id)).all()
    if status is Status.WITHDRAWN:
        assert hold is None
        assert not wraps
    else:
        assert status is Status.LOCKED
        assert hold is not None
        assert hold.state is HoldState.APPROVED
        assert wraps
